/* What kernels call that are of whole numbers, or follow spikes, in C99: no float, no library. */
#ifndef SNN_WHOLE_H
#define SNN_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where addresses of a loop are made of each other, GCC 12 on x86-64 takes what is loaded there for a null pointer's, and
 * what comes behind it for unreachable: a kernel would store nothing then, and is not called. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-delete-null-pointer-checks")
#endif

#ifndef SNN_INLINE
#ifdef __GNUC__
#define SNN_INLINE static inline __attribute__((unused)) /* a program uses only some of them */
#else
#define SNN_INLINE static inline
#endif
#endif

/* Stands before what is called step by step. Inlined beside each other, functions take more of a stack: the arrays, and what does
 * not fit into registers, of all of them. */
#ifdef __GNUC__
#define SNN_KERNEL static __attribute__((noinline))
#else
#define SNN_KERNEL static
#endif

/* Stands before a loop over sums. GCC at -O3 writes its turns out, and then goes by vectors through the loop around it, whose
 * values are not beside each other: a third as fast, with kilobytes of what does not fit into registers. */
#if defined(__GNUC__) && !defined(__clang__)
#define SNN_ROLLED _Pragma("GCC unroll 1")
#else
#define SNN_ROLLED
#endif

/* Stands before a loop over elements of several sizes, none of whose turns touches what another one stores. Clang takes them for
 * dependent; what is a demand to it, with a warning where there are no vectors, is a hint. Results do not depend on it. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"
#define SNN_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define SNN_INDEPENDENT _Pragma("GCC ivdep")
#else
#define SNN_INDEPENDENT
#endif
#define SNN_INDEPENDENT_SHORT SNN_INDEPENDENT

/* Lists are made for vectors of 16 flags: each place of a list of known length is code of its own, so that processors learn
 * how often flags are set there. */
#if defined(__SSE2__) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#define SNN_LIST_BYTES 16
#define SNN_LIST_SHORT 32
#define SNN_LIST_INLINE SNN_INLINE __attribute__((always_inline))
#else
#define SNN_LIST_INLINE SNN_INLINE
#endif
#if defined(SNN_LIST_BYTES) && !defined(__clang__)
#define SNN_LIST_UNROLL _Pragma("GCC unroll 16")
#else
#define SNN_LIST_UNROLL
#endif

SNN_INLINE int32_t snn_abs(int32_t x)
{
    return x < 0 ? -x : x;
}

SNN_INLINE int32_t snn_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

SNN_INLINE int32_t snn_max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* a * factor / 2^shift, to the nearest whole number, halves upwards. The sum is made positive, so that shifting it rounds
 * down by any compiler. */
SNN_INLINE int32_t snn_rescale(int32_t a, int32_t factor, int32_t shift)
{
    const int64_t product = (int64_t)a * factor;
    const int64_t half = shift > 0 ? (int64_t)1 << (shift - 1) : 0;
    const uint64_t top = (uint64_t)1 << 63;
    const uint64_t sum = ((uint64_t)(product + half) + top) >> shift;
    return (int32_t)((int64_t)sum - (int64_t)(top >> shift));
}

/* Fetches what will soon be read, where processors have caches for data. */
SNN_INLINE void snn_ahead(const void *from, size_t bytes)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))
    for (size_t i = 0; i < bytes; i += 64) /* a line of a cache */
        __builtin_prefetch((const char *)from + i);
#else
    (void)from, (void)bytes;
#endif
}

/* Four flags, a byte each, the first one lowest. */
SNN_INLINE uint64_t snn_four(const uint8_t *flags)
{
    return (uint64_t)((uint32_t)flags[0] | (uint32_t)flags[1] << 8 | (uint32_t)flags[2] << 16
                      | (uint32_t)flags[3] << 24);
}

/* The next flag from `from` on that is set, or `to`. */
SNN_INLINE int32_t snn_next(const uint8_t *flags, int32_t from, int32_t to)
{
    while (to - from >= 4 && snn_four(flags + from) == 0)
        from += 4;
    while (from < to && flags[from] == 0)
        from++;
    return from;
}

/* The place of the lowest bit that is set. Processors without an instruction for it would call a library. */
SNN_INLINE int32_t snn_lowest(uint64_t bits)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))
    return __builtin_ctzll(bits);
#else
    int32_t place = 0;
    for (int32_t step = 32; step > 0; step /= 2)
        if ((bits & (((uint64_t)1 << step) - 1)) == 0) {
            bits >>= step;
            place += step;
        }
    return place;
#endif
}

/* Eight flags, or four of a row of four. Clang would load each byte for itself where it is told otherwise. */
SNN_LIST_INLINE uint64_t snn_eight(const uint8_t *flags, int32_t length)
{
    if (length < 8)
        return snn_four(flags);
#if defined(__GNUC__) && defined(__x86_64__)
    uint64_t word;
    __builtin_memcpy(&word, flags, sizeof word);
    return word;
#else
    return snn_four(flags) | snn_four(flags + 4) << 32;
#endif
}

/* Of at most eight rows of flags, which follow each other, the first eight columns, or four of rows of four: bit 8 * k + row is
 * column k of a row. Eight rows, which most flags are in, are written out: compilers leave loops as they are at -O2. */
SNN_LIST_INLINE uint64_t snn_columns(const uint8_t *flags, int32_t rows, int32_t length)
{
    uint64_t bits = 0;
    if (rows == 8)
        return snn_eight(flags, length) | snn_eight(flags + length, length) << 1
               | snn_eight(flags + 2 * length, length) << 2 | snn_eight(flags + 3 * length, length) << 3
               | snn_eight(flags + 4 * length, length) << 4 | snn_eight(flags + 5 * length, length) << 5
               | snn_eight(flags + 6 * length, length) << 6 | snn_eight(flags + 7 * length, length) << 7;
    SNN_LIST_UNROLL
    for (int32_t row = rows; row-- > 0;)
        bits = bits << 1 | snn_eight(flags + row * length, length);
    return bits;
}

/* What reads a list may be told to fetch the rows of weights that its places stand for: `rows`, each of `row_bytes`; NULL: none. */
#ifdef SNN_LIST_BYTES
#define SNN_ROWS_FORMAL , const void *rows, size_t row_bytes
#define SNN_ROWS_PASSED , rows, row_bytes
#define SNN_ROW_AHEAD(place) snn_row_ahead(rows, row_bytes, (size_t)(place))

/* The first two lines: by then, a processor fetches the others by itself. */
SNN_LIST_INLINE void snn_row_ahead(const void *rows, size_t row_bytes, size_t place)
{
    if (rows != NULL)
        snn_ahead((const void *)((uintptr_t)rows + place * row_bytes), 128);
}
#else
#define SNN_ROWS_FORMAL
#define SNN_ROWS_PASSED
#define SNN_ROW_AHEAD(place) (void)0
#endif

#ifdef SNN_LIST_BYTES

typedef uint8_t snn_bytes __attribute__((vector_size(SNN_LIST_BYTES)));
typedef uint64_t snn_words __attribute__((vector_size(SNN_LIST_BYTES)));

SNN_INLINE snn_bytes snn_sixteen(const uint8_t *flags)
{
    snn_bytes row;
    __builtin_memcpy(&row, flags, sizeof row);
    return row;
}

/* Of eight rows of flags, the first sixteen columns, as snn_columns() has eight. */
SNN_LIST_INLINE snn_words snn_wide_columns(const uint8_t *flags, int32_t length)
{
    snn_bytes bits = snn_sixteen(flags + 7 * length);
    bits = bits + bits + snn_sixteen(flags + 6 * length);
    bits = bits + bits + snn_sixteen(flags + 5 * length);
    bits = bits + bits + snn_sixteen(flags + 4 * length);
    bits = bits + bits + snn_sixteen(flags + 3 * length);
    bits = bits + bits + snn_sixteen(flags + 2 * length);
    bits = bits + bits + snn_sixteen(flags + length);
    return (snn_words)(bits + bits + snn_sixteen(flags));
}

/* NAME_eight: as NAME_rows, of eight rows from the first flag on. A processor cannot guess how many flags of eight columns are set: two
 * places are written even where there are fewer; they may be those behind the list, where there is room. Of short rows, flags may be
 * just made, eight at a time: sixteen of them would be waited for. */
#define SNN_DEFINE_EIGHT(NAME, INDEX)                                                                       \
    SNN_LIST_INLINE int32_t NAME##_next(INDEX *place, uint64_t bits, int32_t column,                        \
                                        int32_t length SNN_ROWS_FORMAL)                                     \
    {                                                                                                       \
        const uint32_t bit = (uint32_t)snn_lowest(bits | (uint64_t)1 << 63);                                \
        const uint32_t position = (uint32_t)column + bit / 8 + bit % 8 * (uint32_t)length;                  \
        *place = (INDEX)position;                                                                           \
        SNN_ROW_AHEAD(position);                                                                            \
        return bits != 0;                                                                                   \
    }                                                                                                       \
    SNN_LIST_INLINE int32_t NAME##_word(INDEX *list, int32_t found, uint64_t bits, int32_t column,          \
                                        int32_t length SNN_ROWS_FORMAL)                                     \
    {                                                                                                       \
        do {                                                                                                \
            found += NAME##_next(list + found, bits, column, length SNN_ROWS_PASSED);                       \
            bits &= bits - 1;                                                                               \
            found += NAME##_next(list + found, bits, column, length SNN_ROWS_PASSED);                       \
            bits &= bits - 1;                                                                               \
        } while (bits != 0);                                                                                \
        return found;                                                                                       \
    }                                                                                                       \
    SNN_LIST_INLINE int32_t NAME##_eight(INDEX *list, const uint8_t *flags, int32_t length SNN_ROWS_FORMAL) \
    {                                                                                                       \
        int32_t found = 0;                                                                                  \
        if (length % SNN_LIST_BYTES != 0 || length <= SNN_LIST_SHORT)                                       \
            return NAME##_rows(list, flags, 0, 8, length SNN_ROWS_PASSED);                                  \
        SNN_LIST_UNROLL for (int32_t column = 0; column < length; column += SNN_LIST_BYTES)                 \
        {                                                                                                   \
            const snn_words words = snn_wide_columns(flags + column, length);                               \
            found = NAME##_word(list, found, words[0], column, length SNN_ROWS_PASSED);                     \
            found = NAME##_word(list, found, words[1], column + 8, length SNN_ROWS_PASSED);                 \
        }                                                                                                   \
        return found;                                                                                       \
    }
#else
#define SNN_DEFINE_EIGHT(NAME, INDEX)                                                  \
    SNN_INLINE int32_t NAME##_eight(INDEX *list, const uint8_t *flags, int32_t length) \
    {                                                                                  \
        return NAME##_rows(list, flags, 0, 8, length);                                 \
    }
#endif

/* Columns of the eight rows that most of `count` flags are in, and of the rows of those behind. */
SNN_LIST_INLINE int32_t snn_list_length(int32_t count)
{
    const int32_t unit = count >= 128 ? 16 : count >= 64 ? 8 : 4;
    return count < 32 ? 0 : count / (8 * unit) * unit;
}

SNN_LIST_INLINE int32_t snn_list_shorter(int32_t count)
{
    return count - 8 * snn_list_length(count) < 72 ? 8 : 16;
}

#ifdef SNN_LIST_BYTES
#define SNN_LIST_MAKER(NAME) NAME##_ahead
#define SNN_DEFINE_PLAIN_LIST(NAME, INDEX)                                         \
    SNN_LIST_INLINE int32_t NAME(INDEX *list, const uint8_t *flags, int32_t count) \
    {                                                                              \
        return NAME##_ahead(list, flags, count, NULL, 0);                          \
    }
#else
#define SNN_LIST_MAKER(NAME) NAME
#define SNN_DEFINE_PLAIN_LIST(NAME, INDEX)
#define snn_list16_ahead(list, flags, count, rows, row_bytes) snn_list16(list, flags, count)
#define snn_list32_ahead(list, flags, count, rows, row_bytes) snn_list32(list, flags, count)
#endif

/* NAME: list[0 .. result - 1] = the places of the flags that are set, in the order of the Loop IR: of many flags, first those of
 * eight rows, column by column; then those of some shorter rows; then the others. NAME_ahead: it also fetches their rows. */
#define SNN_DEFINE_LIST(NAME, INDEX)                                                                         \
    SNN_LIST_INLINE int32_t NAME##_rows(INDEX *list, const uint8_t *flags, int32_t first, int32_t rows_of,   \
                                        int32_t length SNN_ROWS_FORMAL)                                      \
    {                                                                                                        \
        int32_t found = 0;                                                                                   \
        SNN_LIST_UNROLL for (int32_t column = first; column < first + length;                                \
                             column += 8) for (uint64_t bits = snn_columns(flags + column, rows_of, length); \
                                               bits != 0; bits &= bits - 1)                                  \
        {                                                                                                    \
            const int32_t bit = snn_lowest(bits), position = column + bit / 8 + bit % 8 * length;            \
            list[found++] = (INDEX)position;                                                                 \
            SNN_ROW_AHEAD(position);                                                                         \
        }                                                                                                    \
        return found;                                                                                        \
    }                                                                                                        \
    SNN_DEFINE_EIGHT(NAME, INDEX)                                                                            \
    SNN_LIST_INLINE int32_t SNN_LIST_MAKER(NAME)(INDEX * list, const uint8_t *flags,                         \
                                                 int32_t count SNN_ROWS_FORMAL)                              \
    {                                                                                                        \
        const int32_t length = snn_list_length(count), shorter = snn_list_shorter(count);                    \
        const int32_t some = (count - 8 * length) / shorter;                                                 \
        int32_t place = 8 * length, found = NAME##_eight(list, flags, length SNN_ROWS_PASSED);               \
        if (length > 0 && some > 1) {                                                                        \
            found += NAME##_rows(list + found, flags, place, some, shorter SNN_ROWS_PASSED);                 \
            place += some * shorter;                                                                         \
        }                                                                                                    \
        SNN_LIST_UNROLL for (; place < count; place++) if (flags[place] != 0)                                \
        {                                                                                                    \
            list[found++] = (INDEX)place;                                                                    \
            SNN_ROW_AHEAD(place);                                                                            \
        }                                                                                                    \
        return found;                                                                                        \
    }                                                                                                        \
    SNN_DEFINE_PLAIN_LIST(NAME, INDEX)

SNN_DEFINE_LIST(snn_list16, uint16_t)
SNN_DEFINE_LIST(snn_list32, int32_t)

#endif
