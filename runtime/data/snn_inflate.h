/* Parts of files that zlib packed. */
#ifndef SNN_INFLATE_H
#define SNN_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether this program can: not if it was compiled with -DSNN_NO_ZLIB. */
bool snn_inflate_possible(void);
/* Unpacks `packed` bytes into `into`, of which there must be exactly `size`. False if they are corrupt. */
bool snn_inflate(unsigned char *into, size_t size, const unsigned char *from, size_t packed);

#endif
