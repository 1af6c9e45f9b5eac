/* What compilers call without being asked to: all of a C library that a network needs. */
#include <stddef.h>

void *memset(void *to, int value, size_t count);
void *memcpy(void *restrict to, const void *restrict from, size_t count);

void *memset(void *to, int value, size_t count)
{
    unsigned char *at = to;
    while (count-- > 0)
        *at++ = (unsigned char)value;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    unsigned char *at = to;
    const unsigned char *source = from;
    while (count-- > 0)
        *at++ = *source++;
    return to;
}

#ifdef __ARM_EABI__
/* The same as "Run-time ABI for the Arm Architecture", 4.3.4, calls it: of any alignment, of 4 and of 8. */
void __aeabi_memset(void *to, size_t count, int value);
void __aeabi_memclr(void *to, size_t count);

void __aeabi_memset(void *to, size_t count, int value)
{
    memset(to, value, count);
}

void __aeabi_memclr(void *to, size_t count)
{
    memset(to, 0, count);
}

void *__aeabi_memcpy(void *restrict to, const void *restrict from, size_t count)
    __attribute__((alias("memcpy")));
void *__aeabi_memcpy4(void *restrict to, const void *restrict from, size_t count)
    __attribute__((alias("memcpy")));
void *__aeabi_memcpy8(void *restrict to, const void *restrict from, size_t count)
    __attribute__((alias("memcpy")));
void __aeabi_memset4(void *to, size_t count, int value) __attribute__((alias("__aeabi_memset")));
void __aeabi_memset8(void *to, size_t count, int value) __attribute__((alias("__aeabi_memset")));
void __aeabi_memclr4(void *to, size_t count) __attribute__((alias("__aeabi_memclr")));
void __aeabi_memclr8(void *to, size_t count) __attribute__((alias("__aeabi_memclr")));
#endif
