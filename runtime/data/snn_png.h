/* PNG files. Nothing that a file says is believed before it is checked. */
#ifndef SNN_PNG_H
#define SNN_PNG_H

#include "snn_map.h"
#include "snn_pixels.h"

/* What is transparent shows its colour, and of 16 bits the higher 8 are taken. After a failure nothing is to be freed. */
bool snn_png_read(SnnPixels *pixels, const SnnMap *map, SnnError *error);

#endif
