/* What all readers say of numbers, labels and shapes that they find in files. */
#ifndef SNN_NUMBERS_H
#define SNN_NUMBERS_H

#include "snn_error.h"

#include <stddef.h>
#include <stdint.h>

/* "[60000, 28, 28]" */
const char *snn_numbers_shape(char *text, size_t size, const uint32_t *dims, int ndim);
/* Equal but for dimensions of 1: images with one channel are images. */
bool snn_numbers_same_shape(const uint32_t *a, int a_ndim, const uint32_t *b, int b_ndim);
/* False with the error set unless the number, of a sample of the file `path`, is one to calculate with. */
bool snn_numbers_check(double number, size_t sample, const char *path, SnnError *error);
/* The same unless it is a label from 0 to below - 1, which the model `name` knows. */
bool snn_numbers_check_label(double number, int below, const char *name, size_t sample, const char *path,
                             SnnError *error);

#endif
