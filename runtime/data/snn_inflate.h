/* Parts of files that zlib packed. */
#ifndef SNN_INFLATE_H
#define SNN_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether this program can: not if it was compiled with -DSNN_NO_ZLIB. */
bool snn_inflate_possible(void);
/* Unpacks `packed` bytes into `into`, of which there must be exactly `size`; `raw`: without zlib's header. False if they
 * are corrupt. */
bool snn_inflate(unsigned char *into, size_t size, const unsigned char *from, size_t packed, bool raw);
/* Whether this is what had the checksum, a CRC of 32 bits; without zlib, anything is. */
bool snn_inflate_sound(const unsigned char *at, size_t size, uint32_t checksum);

#endif
