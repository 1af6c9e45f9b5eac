/* Files of events: a decoder for each format, and a table of them. */
#include "snn_event_file.h"
#include "snn_bytes.h"
#include "snn_map.h"

#include <string.h>

/* What is left of a file. */
typedef struct EventBytes {
    const char *path;
    const unsigned char *at;
    uint64_t left;
    SnnEventSink sink;
    SnnError *error;
} EventBytes;

static uint32_t event_word(const unsigned char *at, size_t size)
{
    return (uint32_t)snn_bytes_whole(at, size, false);
}

static bool event_send(const EventBytes *bytes, int64_t time, uint32_t x, uint32_t y, bool on)
{
    return bytes->sink.take(bytes->sink.context, time, x, y, on);
}

static bool event_truncated(const EventBytes *bytes, const char *within)
{
    return snn_fail(bytes->error, "truncated (%s): it ends within %s; get the file anew", bytes->path,
                    within);
}

/* Moves on by `size` bytes; NULL where there are not so many. */
static const unsigned char *event_next(EventBytes *bytes, uint64_t size)
{
    const unsigned char *at = bytes->at;
    if (bytes->left < size)
        return NULL;
    bytes->at += size;
    bytes->left -= size;
    return at;
}

static bool event_is_end(const EventBytes *bytes)
{
    return bytes->left == 0 || event_truncated(bytes, "an event");
}

/* Whether the text stands where the file begins. */
static bool event_begins(const EventBytes *bytes, const char *text)
{
    size_t length = strlen(text);
    return bytes->left >= length && memcmp(bytes->at, text, length) == 0;
}

/* Passes a header of lines that begin with `mark`; `last` begins the line that ends it, NULL: what is no such line does.
 * Whether one of them holds `word`. */
static bool event_header(EventBytes *bytes, char mark, const char *last, const char *word)
{
    bool found = false, ended = false;
    while (!ended && bytes->left > 0 && bytes->at[0] == (unsigned char)mark) {
        const unsigned char *end = memchr(bytes->at, '\n', (size_t)bytes->left);
        size_t length = end == NULL ? (size_t)bytes->left : (size_t)(end - bytes->at) + 1;
        ended = last != NULL && event_begins(bytes, last);
        for (size_t i = 0; !found && i + strlen(word) <= length; i++)
            found = memcmp(bytes->at + i, word, strlen(word)) == 0;
        event_next(bytes, length);
    }
    return found;
}

/* x, y, then a bit of polarity and 23 of time in us, the highest first; y of 240 says that the time goes beyond its bits. */
static bool event_atis(EventBytes *bytes)
{
    enum { SIZE = 5, BEYOND = 240, LAP = 1 << 13 };
    int64_t later = 0;
    for (const unsigned char *at; (at = event_next(bytes, SIZE)) != NULL;) {
        uint32_t rest = (uint32_t)snn_bytes_whole(at + 2, 3, true);
        if (at[1] == BEYOND)
            later += LAP;
        else if (!event_send(bytes, (rest & 0x7fffff) + later, at[0], at[1], rest >> 23 != 0))
            return false;
    }
    return event_is_end(bytes);
}

/* An address and a time, the highest byte first. */
static bool event_aedat2(EventBytes *bytes)
{
    enum { SIZE = 8 };
    event_header(bytes, '#', NULL, "");
    for (const unsigned char *at; (at = event_next(bytes, SIZE)) != NULL;) {
        uint32_t address = (uint32_t)snn_bytes_whole(at, 4, true);
        int64_t time = (int64_t)snn_bytes_whole(at + 4, 4, true);
        if (!event_send(bytes, time, address >> 1 & 127, address >> 8 & 127, (address & 1) != 0))
            return false;
    }
    return event_is_end(bytes);
}

/* Of a packet: validity, polarity, y, x; and the time. */
static bool event_packet(EventBytes *bytes, uint32_t count, uint32_t laps)
{
    enum { SIZE = 8 };
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *at = event_next(bytes, SIZE);
        if (at == NULL)
            return event_truncated(bytes, "a packet");
        uint32_t word = event_word(at, 4);
        int64_t time = (int64_t)laps << 31 | event_word(at + 4, 4);
        if ((word & 1) != 0 && !event_send(bytes, time, word >> 17, word >> 2 & 0x7fff, (word & 2) != 0))
            return false;
    }
    return true;
}

/* Packets: kind, source, size of an event, where its time is, laps of the time, room, events, those that are valid. */
static bool event_aedat3(EventBytes *bytes)
{
    enum { HEAD = 28, POLARITY = 1, SIZE = 8 };
    event_header(bytes, '#', "#!END-HEADER", "");
    for (const unsigned char *at; (at = event_next(bytes, HEAD)) != NULL;) {
        uint32_t kind = event_word(at, 2), size = event_word(at + 4, 4), count = event_word(at + 20, 4);
        if (kind == POLARITY && size == SIZE) {
            if (!event_packet(bytes, count, event_word(at + 12, 4)))
                return false;
        } else if (event_next(bytes, (uint64_t)size * count) == NULL) {
            return event_truncated(bytes, "a packet");
        }
    }
    return event_is_end(bytes);
}

static bool event_aedat(EventBytes *bytes)
{
    if (event_begins(bytes, "#!AER-DAT2.0"))
        return event_aedat2(bytes);
    if (event_begins(bytes, "#!AER-DAT3.1"))
        return event_aedat3(bytes);
    return snn_fail(bytes->error,
                    "not an AEDAT file (%s): it begins neither with #!AER-DAT2.0 nor with #!AER-DAT3.1",
                    bytes->path);
}

/* A time, then x, y and polarity. */
static bool event_dat(EventBytes *bytes)
{
    enum { SIZE = 8 };
    event_header(bytes, '%', NULL, "");
    const unsigned char *at = event_next(bytes, 2); /* kind and size of events */
    if (at == NULL || at[1] != SIZE)
        return snn_fail(bytes->error, "not a DAT file (%s): events of 8 bytes do not follow its header",
                        bytes->path);
    while ((at = event_next(bytes, SIZE)) != NULL) {
        uint32_t word = event_word(at + 4, 4);
        if (!event_send(bytes, event_word(at, 4), word & 0x3fff, word >> 14 & 0x3fff, word >> 28 != 0))
            return false;
    }
    return event_is_end(bytes);
}

/* Words of 32 bits: an event with the low bits of its time, or the high ones. */
static bool event_evt2(EventBytes *bytes)
{
    enum { OFF, ON, TIME = 8 };
    int64_t high = 0;
    for (const unsigned char *at; (at = event_next(bytes, 4)) != NULL;) {
        uint32_t word = event_word(at, 4), kind = word >> 28;
        if (kind == TIME)
            high = (int64_t)(word & 0xfffffff) << 6;
        else if (kind <= ON
                 && !event_send(bytes, high | (word >> 22 & 63), word >> 11 & 0x7ff, word & 0x7ff,
                                kind == ON))
            return false;
    }
    return event_is_end(bytes);
}

/* What words of EVT 3.0 have set. */
typedef struct EventState {
    int64_t laps, high, low; /* of the time */
    uint32_t y, base;
    bool on; /* of a vector */
} EventState;

/* An event for each bit, from the base on. */
static bool event_vector(const EventBytes *bytes, EventState *state, uint32_t bits, uint32_t count)
{
    int64_t time = state->laps + state->high + state->low;
    for (uint32_t i = 0; i < count; i++)
        if ((bits >> i & 1) != 0 && !event_send(bytes, time, state->base + i, state->y, state->on))
            return false;
    state->base += count;
    return true;
}

/* Its high bits begin anew after 16 s. */
static void event_time_high(EventState *state, int64_t high)
{
    enum { ALL = 1 << 24 };
    if (high + ALL / 2 < state->high)
        state->laps += ALL;
    state->high = high;
}

/* Words of 16 bits: y, an event's x, where a vector begins, vectors of 12 and 8, low and high bits of the time. */
static bool event_evt3(EventBytes *bytes)
{
    enum { Y, X = 2, BASE, VECTOR_12, VECTOR_8, LOW, HIGH = 8 };
    EventState state = {0};
    for (const unsigned char *at; (at = event_next(bytes, 2)) != NULL;) {
        uint32_t word = event_word(at, 2), number = word & 0x7ff;
        bool on = (word >> 11 & 1) != 0, fine = true;
        switch (word >> 12) {
        case Y: state.y = number; break;
        case X: fine = event_send(bytes, state.laps + state.high + state.low, number, state.y, on); break;
        case BASE: state.base = number, state.on = on; break;
        case VECTOR_12: fine = event_vector(bytes, &state, word & 0xfff, 12); break;
        case VECTOR_8: fine = event_vector(bytes, &state, word & 0xff, 8); break;
        case LOW: state.low = word & 0xfff; break;
        case HIGH: event_time_high(&state, (int64_t)(word & 0xfff) << 12); break;
        default: break;
        }
        if (!fine)
            return false;
    }
    return event_is_end(bytes);
}

/* Whether the header of a file of Prophesee's says so. */
static bool event_says(EventBytes bytes, const char *word)
{
    return event_header(&bytes, '%', "% end", word);
}

static bool event_raw(EventBytes *bytes)
{
    bool second = event_says(*bytes, "evt 2.0") || event_says(*bytes, "EVT2;");
    bool third = event_says(*bytes, "evt 3.0") || event_says(*bytes, "EVT3");
    if (!second && !third)
        return snn_fail(
            bytes->error,
            "not a file of EVT 2.0 or 3.0 (%s): its header has neither `%% evt 2.0` nor `%% evt 3.0`",
            bytes->path);
    event_header(bytes, '%', "% end", "");
    return third ? event_evt3(bytes) : event_evt2(bytes);
}

static const struct {
    const char *end;
    bool (*decode)(EventBytes *bytes);
} event_formats[] = {
    {".bin", event_atis}, {".bs2", event_atis}, {".aedat", event_aedat},
    {".dat", event_dat},  {".raw", event_raw},
};
enum { EVENT_FORMATS = sizeof event_formats / sizeof *event_formats };

/* The row of its format, or that behind the last. */
static int event_format(const char *path)
{
    int row = 0;
    size_t length = strlen(path);
    for (; row < EVENT_FORMATS; row++) {
        size_t tail = strlen(event_formats[row].end);
        if (length > tail && strcmp(path + length - tail, event_formats[row].end) == 0)
            break;
    }
    return row;
}

bool snn_event_file_is_named(const char *path)
{
    return event_format(path) < EVENT_FORMATS;
}

bool snn_event_file_read(const char *path, SnnEventSink sink, SnnError *error)
{
    SnnMap map;
    int row = event_format(path);
    if (row == EVENT_FORMATS)
        return snn_fail(
            error, "unknown kind of file (%s): files of events end with .bin, .bs2, .aedat, .dat or .raw",
            path);
    if (!snn_map_open(&map, path, error))
        return false;
    EventBytes bytes = {path, map.at, map.size, sink, error};
    bool ok = event_formats[row].decode(&bytes);
    snn_map_close(&map);
    return ok;
}
