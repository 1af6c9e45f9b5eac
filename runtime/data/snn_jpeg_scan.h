/* Scans of JPEG files: the bits that coefficients are made of. */
#ifndef SNN_JPEG_SCAN_H
#define SNN_JPEG_SCAN_H

#include "snn_jpeg_frame.h"

typedef struct SnnJpegScan {
    SnnJpegFrame *frame;
    int count; /* of components */
    SnnJpegComponent *components[SNN_JPEG_COMPONENTS];
    const SnnJpegCode *means[SNN_JPEG_COMPONENTS],
        *others[SNN_JPEG_COMPONENTS]; /* for coefficient 0, and for those behind it */
    int first, last;                  /* coefficients */
    int high,
        low; /* the bit that was the lowest before this scan, 0 if it is the first, and the one that is now */
    int interval; /* units between two restarts; 0: there are none */
} SnnJpegScan;

/* The code of so many values of each length; false if there are more than the lengths allow. */
bool snn_jpeg_code_make(SnnJpegCode *code, const unsigned char counts[SNN_JPEG_LENGTHS],
                        const unsigned char *values, int count);
/* Reads what begins at `at` into the components' blocks. Returns what is wrong, NULL if nothing is; then `*end` is where the
 * bits end. */
const char *snn_jpeg_scan_read(const SnnJpegScan *scan, const unsigned char *at, const unsigned char *limit,
                               const unsigned char **end);

#endif
