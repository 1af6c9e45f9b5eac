/* Numbers in files, whatever the machine has in memory. */
#ifndef SNN_BYTES_H
#define SNN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The `size` bytes (1 to 8) of a whole number, the lowest first or, if `big`, the highest. */
uint64_t snn_bytes_whole(const unsigned char *at, size_t size, bool big);
/* The same of one with a sign, in two's complement. */
int64_t snn_bytes_signed(const unsigned char *at, size_t size, bool big);
/* Of IEEE 754's numbers of 2, 4 or 8 bytes. */
double snn_bytes_real(const unsigned char *at, size_t size, bool big);

#endif
