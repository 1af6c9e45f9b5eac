/* A picture in memory. */
#ifndef SNN_PIXELS_H
#define SNN_PIXELS_H

enum { SNN_PIXELS_MOST = 1 << 14 }; /* rows and columns that are read */

/* Its pixels as bytes, 0 to 255: of grey, or of red, green and blue. */
typedef struct SnnPixels {
    int width, height, channels; /* 1 or 3 */
    unsigned char *at;           /* [height][width][channels], to be freed */
} SnnPixels;

#endif
