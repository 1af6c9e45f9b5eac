/* Parts of files that zlib packed. */
#include "snn_inflate.h"

#ifdef SNN_NO_ZLIB

bool snn_inflate_possible(void)
{
    return false;
}

bool snn_inflate(unsigned char *into, size_t size, const unsigned char *from, size_t packed)
{
    (void)into, (void)size, (void)from, (void)packed;
    return false;
}

#else

#include <limits.h>
#include <stdint.h>
#include <zlib.h>

bool snn_inflate_possible(void)
{
    return true;
}

/* zlib takes no more than an unsigned int at once. */
static unsigned inflate_piece(size_t left)
{
    return left < UINT_MAX ? (unsigned)left : UINT_MAX;
}

bool snn_inflate(unsigned char *into, size_t size, const unsigned char *from, size_t packed)
{
    z_stream unpacker = {0};
    size_t given = 0, room = 0;
    int status = inflateInit(&unpacker);
    if (status != Z_OK)
        return false;
    unpacker.next_in = (unsigned char *)(uintptr_t)from;
    unpacker.next_out = into;
    while (status == Z_OK) {
        unsigned in = inflate_piece(packed - given), out = inflate_piece(size - room);
        unpacker.avail_in = in;
        unpacker.avail_out = out;
        status = inflate(&unpacker, Z_NO_FLUSH);
        given += in - unpacker.avail_in;
        room += out - unpacker.avail_out;
        if (status == Z_OK && in == unpacker.avail_in && out == unpacker.avail_out)
            break;
    }
    inflateEnd(&unpacker);
    return status == Z_STREAM_END && room == size;
}

#endif
