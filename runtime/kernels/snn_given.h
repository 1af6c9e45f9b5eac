/* Lists of events that a caller gives in any order, brought into that of snn_list16(), for processors that make lists by
 * vectors: how many of the others come before an event is counted for some events at a time, so that hardly a branch is
 * guessed, and no flag is waited for. */
#ifndef SNN_GIVEN_H
#define SNN_GIVEN_H

#include "snn_whole.h"

#ifdef SNN_LIST_BYTES

enum { SNN_GIVEN_MOST = 48 };

/* What is stored as a vector and then read one by one has to be in one line of a cache: else a processor waits until it is there. */
#define SNN_GIVEN_ALIGNED __attribute__((aligned(32)))

/* NAME: list[0 .. count - 1] = units[0 .. count - 1], of `flags` units, in the order of a list; false where one is there twice, and a
 * place is not taken. They are in so many vectors, at most three, the rest of which is INT16_MAX. NAME_ranks: numbers that grow from
 * place to place of a list; see SNN_DEFINE_LIST. */
#define SNN_DEFINE_BY_RANK(NAME, LANES)                                                                     \
    typedef int16_t NAME##_signed __attribute__((vector_size(2 * LANES)));                                  \
    typedef uint16_t NAME##_vector __attribute__((vector_size(2 * LANES)));                                 \
    SNN_LIST_INLINE void NAME##_ranks(uint16_t *ranks, const uint16_t *units, int32_t flags)                \
    {                                                                                                       \
        const uint16_t length = (uint16_t)snn_list_length(flags), first = (uint16_t)(8 * length);           \
        const uint16_t shorter = (uint16_t)snn_list_shorter(flags);                                         \
        const uint16_t rows = (uint16_t)((flags - first) / shorter);                                        \
        const int16_t last = (int16_t)(first + (rows > 1 ? rows * shorter : 0));                            \
        NAME##_vector place;                                                                                \
        __builtin_memcpy(&place, units, sizeof place);                                                      \
        if (length > 0) {                                                                                   \
            const NAME##_vector row = place / length, behind = place - first, short_row = behind / shorter; \
            const NAME##_vector of_long = (place - row * length) * (uint16_t)8 + row;                       \
            const NAME##_vector of_short = (behind - short_row * shorter) * rows + short_row + first;       \
            const NAME##_vector is_long = (NAME##_vector)((NAME##_signed)place < (int16_t)first);           \
            const NAME##_vector is_short = (NAME##_vector)((NAME##_signed)place < last);                    \
            place = (of_long & is_long) | (of_short & is_short & ~is_long) | (place & ~is_short);           \
        }                                                                                                   \
        __builtin_memcpy(ranks, &place, sizeof place);                                                      \
    }                                                                                                       \
    SNN_LIST_INLINE bool NAME(uint16_t *list, const uint16_t *units, int32_t count, int32_t flags,          \
                              int32_t vectors)                                                              \
    {                                                                                                       \
        SNN_GIVEN_ALIGNED uint16_t ranks[3 * LANES];                                                        \
        SNN_GIVEN_ALIGNED int16_t places[3 * LANES];                                                        \
        NAME##_signed a, b = {0}, c = {0}, before_a = {0}, before_b = {0}, before_c = {0};                  \
        int32_t sum = 0;                                                                                    \
        const int32_t lanes = vectors * LANES;                                                              \
        SNN_LIST_UNROLL for (int32_t e = 0; e < lanes; e += LANES)                                          \
            NAME##_ranks(ranks + e, units + e, flags);                                                      \
        __builtin_memcpy(&a, ranks, sizeof a);                                                              \
        if (vectors > 1)                                                                                    \
            __builtin_memcpy(&b, ranks + LANES, sizeof b);                                                  \
        if (vectors > 2)                                                                                    \
            __builtin_memcpy(&c, ranks + 2 * LANES, sizeof c);                                              \
        SNN_LIST_UNROLL for (int32_t e = 0; e < lanes; e++)                                                 \
        {                                                                                                   \
            const int16_t rank = (int16_t)ranks[e];                                                         \
            before_a -= rank < a;                                                                           \
            before_b -= rank < b;                                                                           \
            before_c -= rank < c;                                                                           \
        }                                                                                                   \
        __builtin_memcpy(places, &before_a, sizeof before_a);                                               \
        __builtin_memcpy(places + LANES, &before_b, sizeof before_b);                                       \
        __builtin_memcpy(places + 2 * LANES, &before_c, sizeof before_c);                                   \
        SNN_LIST_UNROLL for (int32_t e = 0; e < lanes; e++)                                                 \
        {                                                                                                   \
            list[places[e]] = units[e];                                                                     \
            sum += places[e];                                                                               \
        }                                                                                                   \
        return sum == count * (count - 1) / 2 + (lanes - count) * count;                                    \
    }

SNN_DEFINE_BY_RANK(snn_few, 8)
SNN_DEFINE_BY_RANK(snn_some, 16)

/* list[0 .. count - 1] = the events, of `flags` units, at most 2^15 - 1; false, and a list of anything, where they are too many, or
 * no such events, or one of them twice. Their rows are fetched as by snn_list16_ahead(). */
SNN_LIST_INLINE bool snn_given16(uint16_t *list, const uint16_t *events, int32_t count, int32_t flags,
                                 const void *rows, size_t row_bytes)
{
    const snn_some_vector none = (snn_some_vector){0} + (uint16_t)INT16_MAX;
    SNN_GIVEN_ALIGNED uint16_t units[SNN_GIVEN_MOST];
    uint16_t most = 0;
    if (count > SNN_GIVEN_MOST || count > flags)
        return false;
    SNN_LIST_UNROLL for (int32_t e = 0; e < SNN_GIVEN_MOST; e += 16)
        __builtin_memcpy(units + e, &none, sizeof none);
    for (int32_t e = 0; e < count; e++) {
        most = events[e] > most ? events[e] : most;
        units[e] = events[e];
        snn_row_ahead(rows, row_bytes, events[e]);
    }
    if (most >= flags)
        return false;
    if (count <= 8)
        return snn_few(list, units, count, flags, 1);
    if (count <= 16)
        return snn_some(list, units, count, flags, 1);
    if (count <= 32)
        return snn_some(list, units, count, flags, 2);
    return snn_some(list, units, count, flags, 3);
}

#endif
#endif
