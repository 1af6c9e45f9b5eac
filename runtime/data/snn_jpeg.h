/* JPEG files: baseline and progressive ones of 8 bits, coded by Huffman, grey, YCbCr or RGB. Nothing that a file says is believed
 * before it is checked. */
#ifndef SNN_JPEG_H
#define SNN_JPEG_H

#include "snn_map.h"
#include "snn_pixels.h"

bool snn_jpeg_is(const SnnMap *map); /* it begins as one */
/* After a failure nothing is to be freed. */
bool snn_jpeg_read(SnnPixels *pixels, const SnnMap *map, SnnError *error);

#endif
