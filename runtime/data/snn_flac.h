/* FLAC: sound in frames that are predicted from what came before, and coded residuals. Every bit is checked, and so are the
 * checksums. */
#ifndef SNN_FLAC_H
#define SNN_FLAC_H

#include "snn_map.h"

/* What is in a file: `at` is [count], the mean of all channels, -1 to 1, to be freed. */
typedef struct SnnFlac {
    int rate; /* Hz */
    int64_t count;
    float *at;
} SnnFlac;

bool snn_flac_is(const SnnMap *map); /* whether the file begins as one */
/* After a failure nothing is to be freed. */
bool snn_flac_read(SnnFlac *sound, const SnnMap *map, SnnError *error);

#endif
