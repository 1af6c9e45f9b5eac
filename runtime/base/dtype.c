/* The element types of safetensors files, and the order of their bytes. */
#include "snn_dtype.h"

#include <string.h>

static const struct {
    const char *name;
    size_t size;
} dtypes_table[SNN_DTYPES] = {
    [SNN_BOOL] = {"BOOL", 1}, [SNN_U8] = {"U8", 1},   [SNN_I8] = {"I8", 1},     [SNN_U16] = {"U16", 2},
    [SNN_I16] = {"I16", 2},   [SNN_F16] = {"F16", 2}, [SNN_BF16] = {"BF16", 2}, [SNN_U32] = {"U32", 4},
    [SNN_I32] = {"I32", 4},   [SNN_F32] = {"F32", 4}, [SNN_U64] = {"U64", 8},   [SNN_I64] = {"I64", 8},
    [SNN_F64] = {"F64", 8},
};

const char *snn_dtype_name(SnnDtype dtype)
{
    return dtypes_table[dtype].name;
}

size_t snn_dtype_size(SnnDtype dtype)
{
    return dtypes_table[dtype].size;
}

bool snn_is_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 0;
}

void snn_reverse_bytes(void *elements, size_t count, size_t width)
{
    unsigned char *at = elements;
    for (size_t i = 0; i < count; i++, at += width)
        for (size_t low = 0, high = width - 1; low < high; low++, high--) {
            unsigned char byte = at[low];
            at[low] = at[high];
            at[high] = byte;
        }
}

size_t snn_line_of(size_t at, size_t lines, size_t taps)
{
    return at % taps * (lines / taps) + at / taps;
}
