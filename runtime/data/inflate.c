/* Parts of files that zlib packed. */
#include "snn_inflate.h"

#ifdef SNN_NO_ZLIB

bool snn_inflate_possible(void)
{
    return false;
}

bool snn_inflate(unsigned char *into, size_t size, const unsigned char *from, size_t packed, bool raw)
{
    (void)into, (void)size, (void)from, (void)packed, (void)raw;
    return false;
}

bool snn_inflate_sound(const unsigned char *at, size_t size, uint32_t checksum)
{
    (void)at, (void)size, (void)checksum;
    return true;
}

#else

#include <limits.h>
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

bool snn_inflate(unsigned char *into, size_t size, const unsigned char *from, size_t packed, bool raw)
{
    z_stream unpacker = {0};
    size_t given = 0, room = 0;
    int status = inflateInit2(&unpacker, raw ? -MAX_WBITS : MAX_WBITS);
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

bool snn_inflate_sound(const unsigned char *at, size_t size, uint32_t checksum)
{
    uLong sum = crc32(0, NULL, 0);
    for (size_t done = 0; done < size;) {
        unsigned piece = inflate_piece(size - done);
        sum = crc32(sum, at + done, piece);
        done += piece;
    }
    return sum == checksum;
}

#endif
