/* From the coefficients of JPEG files to pixels: the inverse cosine transform, larger chrominances, colours. In whole numbers, so the
 * same on every machine. The transform is exact to the rounding; other decoders, which take fewer bits for it, may have a sample
 * one larger or smaller. What was sampled half as often is interpolated, three parts of the nearest to one of the next, as libjpeg does. */
#ifndef SNN_JPEG_PIXELS_H
#define SNN_JPEG_PIXELS_H

#include "snn_jpeg_frame.h"
#include "snn_pixels.h"

/* False without memory; then nothing is to be freed. */
bool snn_jpeg_pixels(SnnPixels *pixels, const SnnJpegFrame *frame);

#endif
