/* What elements of files may be. */
#ifndef SNN_DTYPE_H
#define SNN_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SNN_TENSOR_DIMS = 8 };

typedef enum SnnDtype {
    SNN_BOOL,
    SNN_U8,
    SNN_I8,
    SNN_U16,
    SNN_I16,
    SNN_F16,
    SNN_BF16,
    SNN_U32,
    SNN_I32,
    SNN_F32,
    SNN_U64,
    SNN_I64,
    SNN_F64,
    SNN_DTYPES
} SnnDtype;

const char *snn_dtype_name(SnnDtype dtype); /* "F32" */
size_t snn_dtype_size(SnnDtype dtype);
bool snn_is_big_endian(void); /* the machine */
/* Of each of `count` elements of `width` bytes. */
void snn_reverse_bytes(void *elements, size_t count, size_t width);

/* Weights of connections are [taps][inputs][outputs] in memory and, as PyTorch has them, [outputs][inputs][taps] in files:
 * of so many lines of outputs, that which is element `at` of each output in a file. */
size_t snn_line_of(size_t at, size_t lines, size_t taps);

#endif
