/* Numbers in files. */
#include "snn_bytes.h"

#include <string.h>

uint64_t snn_bytes_whole(const unsigned char *at, size_t size, bool big)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | at[big ? i : size - 1 - i];
    return number;
}

int64_t snn_bytes_signed(const unsigned char *at, size_t size, bool big)
{
    uint64_t number = snn_bytes_whole(at, size, big);
    unsigned above = (unsigned)(64 - 8 * size);
    number <<= above;
    return (int64_t)number >= 0 ? (int64_t)(number >> above) : -(int64_t)(~number >> above) - 1;
}

/* 5 bits of exponent, 10 behind the point: those of a float have 8 and 23. */
static double bytes_half(uint32_t bits)
{
    uint32_t exponent = bits >> 10 & 31, digits = bits & 1023;
    if (exponent == 0)
        return (bits >> 15 ? -0x1p-24 : 0x1p-24) * (double)digits;
    uint32_t wide = bits >> 15 << 31 | (exponent == 31 ? 255 : exponent + 112) << 23 | digits << 13;
    float number;
    memcpy(&number, &wide, sizeof number);
    return (double)number;
}

double snn_bytes_real(const unsigned char *at, size_t size, bool big)
{
    uint64_t bits = snn_bytes_whole(at, size, big);
    if (size == 2)
        return bytes_half((uint32_t)bits);
    if (size == 4) {
        uint32_t half = (uint32_t)bits;
        float number;
        memcpy(&number, &half, sizeof number);
        return (double)number;
    }
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}
