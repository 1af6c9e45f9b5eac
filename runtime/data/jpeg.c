/* JPEG files, as ITU-T T.81 has them: segments, each behind a marker, of which some say how the bits of scans are read. */
#include "snn_jpeg.h"
#include "snn_bytes.h"
#include "snn_jpeg_pixels.h"
#include "snn_jpeg_scan.h"

#include <stdlib.h>
#include <string.h>

/* The second byte of a marker; the first is 0xff. */
enum {
    JPEG_BASELINE = 0xc0,
    JPEG_EXTENDED = 0xc1,
    JPEG_PROGRESSIVE = 0xc2,
    JPEG_CODES = 0xc4,
    JPEG_RESERVED = 0xc8,
    JPEG_ARITHMETIC = 0xcc,
    JPEG_LAST_FRAME = 0xcf,
    JPEG_RESTART = 0xd0,
    JPEG_START = 0xd8,
    JPEG_END = 0xd9,
    JPEG_SCAN = 0xda,
    JPEG_STEPS = 0xdb,
    JPEG_INTERVAL = 0xdd,
    JPEG_ADOBE = 0xee
};

/* One file while it is read. */
typedef struct JpegReader {
    const SnnMap *map;
    SnnJpegFrame frame;
    bool framed;
    SnnJpegCode codes[2][SNN_JPEG_TABLES]; /* of coefficients 0, and of the others */
    uint16_t steps[SNN_JPEG_TABLES][SNN_JPEG_BLOCK];
    bool stepped[SNN_JPEG_TABLES];
    int interval;
    bool adobe_rgb;
    SnnError *error;
} JpegReader;

/* A segment, without its marker and its length. */
typedef struct JpegSegment {
    const unsigned char *at, *end;
} JpegSegment;

static bool jpeg_wrong(const JpegReader *reader, const char *what)
{
    return snn_fail(reader->error, "unusable JPEG file (%s): %s", reader->map->path, what);
}

static bool jpeg_header_wrong(const JpegReader *reader)
{
    return jpeg_wrong(reader, "its headers are corrupt; get the file anew");
}

static bool jpeg_truncated(const JpegReader *reader)
{
    return snn_fail(reader->error, "truncated (%s): it ends before its pixels do; get the file anew",
                    reader->map->path);
}

/* ---- tables ---------------------------------------------------------------------------------------- */

static bool jpeg_read_steps(JpegReader *reader, JpegSegment segment)
{
    while (segment.at < segment.end) {
        int wide = *segment.at >> 4, table = *segment.at & 15;
        size_t size = wide == 1 ? 2 : 1;
        segment.at++;
        if (wide > 1 || table >= SNN_JPEG_TABLES
            || (size_t)(segment.end - segment.at) < size * SNN_JPEG_BLOCK)
            return jpeg_header_wrong(reader);
        for (int i = 0; i < SNN_JPEG_BLOCK; i++, segment.at += size)
            reader->steps[table][snn_jpeg_zigzag[i]] = (uint16_t)snn_bytes_whole(segment.at, size, true);
        reader->stepped[table] = true;
    }
    return true;
}

static bool jpeg_read_codes(JpegReader *reader, JpegSegment segment)
{
    while (segment.at < segment.end) {
        int kind = *segment.at >> 4, table = *segment.at & 15, count = 0;
        const unsigned char *counts = ++segment.at;
        if (kind > 1 || table >= SNN_JPEG_TABLES || segment.end - counts < SNN_JPEG_LENGTHS)
            return jpeg_header_wrong(reader);
        for (int i = 0; i < SNN_JPEG_LENGTHS; i++)
            count += counts[i];
        segment.at += SNN_JPEG_LENGTHS;
        if (count > 256 || segment.end - segment.at < count
            || !snn_jpeg_code_make(&reader->codes[kind][table], counts, segment.at, count))
            return jpeg_header_wrong(reader);
        segment.at += count;
    }
    return true;
}

/* Of what Adobe's programs write: whether there are luminance and chrominances. */
static bool jpeg_read_adobe(JpegReader *reader, JpegSegment segment)
{
    if (segment.end - segment.at >= 12 && memcmp(segment.at, "Adobe", 5) == 0)
        reader->adobe_rgb = segment.at[11] == 0;
    return true;
}

/* ---- the frame ------------------------------------------------------------------------------------- */

static bool jpeg_read_component(JpegReader *reader, const unsigned char *at, SnnJpegComponent *one)
{
    SnnJpegFrame *frame = &reader->frame;
    *one = (SnnJpegComponent){.id = at[0], .across = at[1] >> 4, .down = at[1] & 15, .table = at[2]};
    if (one->across < 1 || one->across > 4 || one->down < 1 || one->down > 4 || one->table >= SNN_JPEG_TABLES)
        return jpeg_header_wrong(reader);
    if (frame->count == 1)
        one->across = one->down = 1; /* it makes no difference then */
    frame->across = one->across > frame->across ? one->across : frame->across;
    frame->down = one->down > frame->down ? one->down : frame->down;
    return true;
}

static int jpeg_divided(int number, int by)
{
    return (number + by - 1) / by;
}

/* Room for its blocks, in whole units. */
static bool jpeg_place_component(JpegReader *reader, SnnJpegComponent *one)
{
    SnnJpegFrame *frame = &reader->frame;
    if (frame->across % one->across != 0 || frame->down % one->down != 0)
        return jpeg_wrong(reader, "its colours are sampled in an unusual way; save it anew");
    one->columns = jpeg_divided(frame->width, 8 * frame->across) * one->across;
    one->rows = jpeg_divided(frame->height, 8 * frame->down) * one->down;
    one->width = jpeg_divided(jpeg_divided(frame->width * one->across, frame->across), 8);
    one->height = jpeg_divided(jpeg_divided(frame->height * one->down, frame->down), 8);
    size_t blocks = (size_t)one->columns * (size_t)one->rows;
    if (blocks / 8 > reader->map->size) /* each has a bit at least */
        return jpeg_truncated(reader);
    one->blocks = calloc(blocks * SNN_JPEG_BLOCK, sizeof *one->blocks);
    return one->blocks != NULL || snn_fail(reader->error, "no memory (%s): its pixels", reader->map->path);
}

static bool jpeg_check_frame(const JpegReader *reader, int marker, JpegSegment segment)
{
    long size = segment.end - segment.at;
    if (marker > JPEG_PROGRESSIVE)
        return jpeg_wrong(reader, "it is coded in a rare way; save it as a baseline or progressive one");
    if (reader->framed || size < 6 || size != 6 + 3 * segment.at[5])
        return jpeg_header_wrong(reader);
    if (segment.at[0] != 8)
        return jpeg_wrong(reader, "its samples have another size than 8 bits; save it with these");
    return segment.at[5] == 1 || segment.at[5] == 3
           || jpeg_wrong(reader, "it is neither grey nor of three colours; save it as RGB");
}

static bool jpeg_read_frame(JpegReader *reader, int marker, JpegSegment segment)
{
    SnnJpegFrame *frame = &reader->frame;
    if (!jpeg_check_frame(reader, marker, segment))
        return false;
    frame->progressive = marker == JPEG_PROGRESSIVE;
    frame->height = (int)snn_bytes_whole(segment.at + 1, 2, true);
    frame->width = (int)snn_bytes_whole(segment.at + 3, 2, true);
    frame->count = segment.at[5];
    reader->framed = true;
    if (frame->width < 1 || frame->height < 1 || frame->width > SNN_PIXELS_MOST
        || frame->height > SNN_PIXELS_MOST)
        return snn_fail(reader->error,
                        "unusable JPEG file (%s): it has %d x %d pixels, up to %d x %d are read",
                        reader->map->path, frame->width, frame->height, SNN_PIXELS_MOST, SNN_PIXELS_MOST);
    for (int i = 0; i < frame->count; i++)
        if (!jpeg_read_component(reader, segment.at + 6 + 3 * i, &frame->components[i]))
            return false;
    for (int i = 0; i < frame->count; i++)
        if (!jpeg_place_component(reader, &frame->components[i]))
            return false;
    return true;
}

/* ---- scans ----------------------------------------------------------------------------------------- */

/* Finds the component that two bytes name, and its codes. */
static bool jpeg_scan_component(JpegReader *reader, SnnJpegScan *scan, const unsigned char *at)
{
    int i = 0, mean = at[1] >> 4, other = at[1] & 15;
    SnnJpegFrame *frame = &reader->frame;
    while (i < frame->count && frame->components[i].id != at[0])
        i++;
    if (i == frame->count || mean >= SNN_JPEG_TABLES || other >= SNN_JPEG_TABLES)
        return jpeg_header_wrong(reader);
    SnnJpegComponent *one = &frame->components[i];
    scan->components[scan->count] = one;
    scan->means[scan->count] = &reader->codes[0][mean];
    scan->others[scan->count++] = &reader->codes[1][other];
    bool means = scan->first == 0, others = scan->last > 0;
    if ((means && scan->high == 0 && !reader->codes[0][mean].known)
        || (others && !reader->codes[1][other].known) || !reader->stepped[one->table]
        || (!means && !one->begun))
        return jpeg_header_wrong(reader);
    if (!one->begun)
        memcpy(one->steps, reader->steps[one->table], sizeof one->steps);
    one->begun = true;
    return true;
}

/* Which coefficients, and which bits of them. */
static bool jpeg_scan_range(const JpegReader *reader, SnnJpegScan *scan, int count, const unsigned char *at)
{
    scan->last = SNN_JPEG_BLOCK - 1;
    if (!reader->frame.progressive)
        return true;
    scan->first = at[0];
    scan->last = at[1];
    scan->high = at[2] >> 4;
    scan->low = at[2] & 15;
    bool means = scan->first == 0;
    return (means ? scan->last == 0 : count == 1 && scan->first <= scan->last && scan->last < SNN_JPEG_BLOCK)
           && scan->low <= 13 && (scan->high == 0 || scan->high == scan->low + 1);
}

/* `*next`: what is behind its bits. */
static bool jpeg_read_scan(JpegReader *reader, JpegSegment segment, const unsigned char **next)
{
    SnnJpegScan scan = {.frame = &reader->frame, .interval = reader->interval};
    long size = segment.end - segment.at;
    int count = size > 0 ? segment.at[0] : 0;
    if (!reader->framed || count < 1 || count > reader->frame.count || size != 4 + 2 * count
        || !jpeg_scan_range(reader, &scan, count, segment.at + 1 + 2 * count))
        return jpeg_header_wrong(reader);
    for (int i = 0; i < count; i++)
        if (!jpeg_scan_component(reader, &scan, segment.at + 1 + 2 * i))
            return false;
    const char *wrong = snn_jpeg_scan_read(&scan, segment.end, reader->map->at + reader->map->size, next);
    return wrong == NULL
           || snn_fail(reader->error, "unusable JPEG file (%s): %s; get the file anew", reader->map->path,
                       wrong);
}

/* ---- segments -------------------------------------------------------------------------------------- */

/* Those that are not named here say nothing of pixels. */
static bool jpeg_read_segment(JpegReader *reader, int marker, JpegSegment segment, const unsigned char **next)
{
    switch (marker) {
    case JPEG_STEPS: return jpeg_read_steps(reader, segment);
    case JPEG_CODES: return jpeg_read_codes(reader, segment);
    case JPEG_SCAN: return jpeg_read_scan(reader, segment, next);
    case JPEG_ADOBE: return jpeg_read_adobe(reader, segment);
    case JPEG_INTERVAL:
        reader->interval = segment.end - segment.at == 2 ? (int)snn_bytes_whole(segment.at, 2, true) : 0;
        return segment.end - segment.at == 2 || jpeg_header_wrong(reader);
    default: break;
    }
    bool frame = marker >= JPEG_BASELINE && marker <= JPEG_LAST_FRAME && marker != JPEG_RESERVED;
    return !frame || marker == JPEG_ARITHMETIC || jpeg_read_frame(reader, marker, segment);
}

/* The marker at `*at` or behind it, and goes behind that; -1: the file ends before. Between what is left of a scan and its marker,
 * there may be any bytes. */
static int jpeg_next_marker(const unsigned char **at, const unsigned char *end)
{
    while (end - *at >= 2) {
        int marker = (*at)[0] == 0xff ? (*at)[1] : 0;
        *at += marker != 0 && marker != 0xff ? 2 : 1;
        if (marker != 0 && marker != 0xff && (marker < JPEG_RESTART || marker >= JPEG_START))
            return marker;
    }
    return -1;
}

static bool jpeg_read_segments(JpegReader *reader)
{
    const unsigned char *at = reader->map->at + 2, *end = reader->map->at + reader->map->size;
    for (;;) {
        int marker = jpeg_next_marker(&at, end);
        if (marker == JPEG_END)
            return true;
        uint64_t size = marker >= 0 && end - at >= 2 ? snn_bytes_whole(at, 2, true) : UINT64_MAX;
        if (size > (uint64_t)(end - at))
            return jpeg_truncated(reader);
        if (size < 2)
            return jpeg_header_wrong(reader);
        JpegSegment segment = {at + 2, at + size};
        at = segment.end;
        if (!jpeg_read_segment(reader, marker, segment, &at))
            return false;
    }
}

/* ---- the file -------------------------------------------------------------------------------------- */

static bool jpeg_is_whole(JpegReader *reader)
{
    SnnJpegFrame *frame = &reader->frame;
    const SnnJpegComponent *all = frame->components;
    bool whole = frame->count > 0;
    for (int i = 0; i < frame->count; i++)
        whole = whole && all[i].begun;
    frame->rgb = reader->adobe_rgb || (all[0].id == 'R' && all[1].id == 'G' && all[2].id == 'B');
    return whole || jpeg_wrong(reader, "it lacks a part of its pixels; get the file anew");
}

bool snn_jpeg_is(const SnnMap *map)
{
    return map->size >= 3 && memcmp(map->at, "\xff\xd8\xff", 3) == 0;
}

bool snn_jpeg_read(SnnPixels *pixels, const SnnMap *map, SnnError *error)
{
    JpegReader *reader = calloc(1, sizeof *reader);
    *pixels = (SnnPixels){.at = NULL};
    if (reader == NULL)
        return snn_fail(error, "no memory (%s)", map->path);
    reader->map = map;
    reader->error = error;
    bool ok = jpeg_read_segments(reader) && jpeg_is_whole(reader);
    if (ok)
        ok = snn_jpeg_pixels(pixels, &reader->frame)
             || snn_fail(error, "no memory (%s): its pixels", map->path);
    for (int i = 0; i < reader->frame.count; i++)
        free(reader->frame.components[i].blocks);
    free(reader);
    return ok;
}
