/* PNG files. Nothing that a file says is believed before it is checked. */
#ifndef SNN_PNG_H
#define SNN_PNG_H

#include "snn_map.h"

/* Its pixels as bytes, 0 to 255: of grey, or of red, green and blue; what is transparent shows its colour, and of 16 bits the
 * higher 8 are taken. */
typedef struct SnnPng {
    int width, height, channels; /* 1 or 3 */
    unsigned char *at;           /* [height][width][channels], to be freed */
} SnnPng;

bool snn_png_is_named(const char *path);
/* After a failure nothing is to be freed. */
bool snn_png_read(SnnPng *png, const char *path, SnnError *error);

#endif
