/* Random numbers by counter: that they are as numbers without a pattern would be, in every place of the counter. */
#include "snn_draw.h"
#include "snn_random.h"
#define SNN_AT_LEVEL(name) name
#include "snn_vector.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

Suite *rt_random_suite(void);

/* ---- where they are used ---- */

typedef enum Place { SEED, EPOCH, SAMPLE, STEP, UNIT, PLACES } Place;

typedef struct Counter {
    uint32_t at[PLACES];
} Counter;

static uint32_t number_at(Counter c)
{
    return snn_random(snn_key(c.at[SEED], c.at[EPOCH], c.at[SAMPLE], c.at[STEP]), c.at[UNIT]);
}

/* The counter's neighbour, `by` further on in one place. */
static Counter beside(Counter c, Place place, uint32_t by)
{
    c.at[place] += by;
    return c;
}

/* Counters as a training has them: many units, a few of all others. */
static Counter counter(int k)
{
    return (Counter){{(uint32_t)k / 640000 % 2, (uint32_t)k / 128000 % 5, (uint32_t)k / 8000 % 16,
                      (uint32_t)k / 1000 % 8, (uint32_t)k % 1000}};
}

enum { COUNT = 1 << 20, CELLS = 256, SIGMAS = 5 };

/* Chi-square of equal cells: its mean is their number less one, its variance twice that. */
static void check_cells(const char *what, const int *cells, int count, double total)
{
    double expected = total / count, sum = 0;
    for (int i = 0; i < count; i++)
        sum += (cells[i] - expected) * (cells[i] - expected) / expected;
    double off = (sum - (count - 1)) / sqrt(2.0 * (count - 1));
    ck_assert_msg(fabs(off) <= SIGMAS, "%s: chi-square is %g standard deviations off", what, off);
}

/* ---- one number ---- */

START_TEST(every_byte_is_uniform)
{
    int cells[CELLS] = {0};
    for (int k = 0; k < COUNT; k++)
        cells[number_at(counter(k)) >> (8 * _i) & 255]++;
    check_cells("a byte", cells, CELLS, COUNT);
}
END_TEST

START_TEST(uniform_is_in_range)
{
    double sum = 0;
    int outside = 0;
    for (uint32_t k = 0; k < COUNT; k++) {
        float x = snn_uniform(1, k);
        outside += x < 0.0f || x >= 1.0f || x * 0x1p24f != floorf(x * 0x1p24f);
        sum += (double)x;
    }
    ck_assert_int_eq(outside, 0);
    ck_assert_double_le(fabs(sum / COUNT - 0.5), SIGMAS * sqrt(1.0 / 12 / COUNT));
}
END_TEST

/* ---- two numbers ---- */

typedef struct Neighbour {
    Place place;
    uint32_t by;
} Neighbour;

/* Of places that are next to each other, a block of steps apart, a row of an image or an image. */
static const Neighbour neighbours[] = {{SEED, 1},  {SEED, 1u << 31}, {EPOCH, 1}, {SAMPLE, 1}, {SAMPLE, 128},
                                       {STEP, 1},  {STEP, 4},        {STEP, 7},  {UNIT, 1},   {UNIT, 2},
                                       {UNIT, 28}, {UNIT, 256},      {UNIT, 784}};
enum { NEIGHBOURS = sizeof neighbours / sizeof *neighbours };

/* The upper four bits of both, and the lower four: all pairs are as frequent. */
START_TEST(neighbours_are_independent)
{
    Neighbour to = neighbours[_i];
    int upper[CELLS] = {0}, lower[CELLS] = {0};
    for (int k = 0; k < COUNT; k++) {
        uint32_t a = number_at(counter(k)), b = number_at(beside(counter(k), to.place, to.by));
        upper[a >> 28 << 4 | b >> 28]++;
        lower[(a & 15) << 4 | (b & 15)]++;
    }
    check_cells("upper bits of neighbours", upper, CELLS, COUNT);
    check_cells("lower bits of neighbours", lower, CELLS, COUNT);
}
END_TEST

/* One bit of the counter turned over turns every bit of the number over half of the time. */
START_TEST(every_bit_counts)
{
    enum { TRIES = 2000 };
    for (int bit = 0; bit < 32; bit++) {
        int turned[32] = {0};
        for (int k = 0; k < TRIES; k++) {
            Counter c = counter(k * 523), other = c;
            other.at[_i] ^= 1u << bit;
            uint32_t difference = number_at(c) ^ number_at(other);
            for (int i = 0; i < 32; i++)
                turned[i] += (int)(difference >> i & 1);
        }
        for (int i = 0; i < 32; i++)
            ck_assert_msg(fabs(turned[i] - TRIES / 2.0) <= SIGMAS * sqrt(TRIES / 4.0),
                          "place %d, bit %d: bit %d turns %d times of %d", _i, bit, i, turned[i], TRIES);
    }
}
END_TEST

/* ---- many numbers ---- */

typedef struct Word {
    uint32_t value, key, unit;
} Word;

static int compare_words(const void *a, const void *b)
{
    uint32_t x = ((const Word *)a)->value, y = ((const Word *)b)->value;
    return (x > y) - (x < y);
}

/* Among so many words some are equal by chance; the words behind them are not. */
START_TEST(streams_do_not_run_in_parallel)
{
    enum { KEYS = 1000, UNITS = 1000 };
    Word *words = malloc(sizeof *words * KEYS * UNITS);
    ck_assert_ptr_nonnull(words);
    for (uint32_t k = 0; k < KEYS * UNITS; k++) {
        uint32_t key = snn_key(0, 0, k / UNITS, 0), unit = k % UNITS;
        words[k] = (Word){snn_random(key, unit), key, unit};
    }
    qsort(words, KEYS * UNITS, sizeof *words, compare_words);
    double expected = (double)KEYS * UNITS * KEYS * UNITS / 2 / 0x1p32;
    int equal = 0, parallel = 0;
    for (int k = 1; k < KEYS * UNITS; k++) {
        Word a = words[k - 1], b = words[k];
        bool same = a.value == b.value;
        equal += same;
        parallel += same && snn_random(a.key, a.unit + 1) == snn_random(b.key, b.unit + 1);
    }
    free(words);
    ck_assert_msg(fabs(equal - expected) <= SIGMAS * sqrt(expected), "%d equal words, not %g", equal,
                  expected);
    ck_assert_int_le(parallel, 1);
}
END_TEST

/* Every order of five samples is as frequent, over epochs and over seeds. */
START_TEST(orders_are_uniform)
{
    enum { SAMPLES = 5, ORDERS = 120, SHUFFLES = 120000 };
    int cells[ORDERS] = {0};
    for (uint32_t k = 0; k < SHUFFLES; k++) {
        int32_t order[SAMPLES];
        int rank = 0;
        snn_draw_order(order, SAMPLES, _i ? k : 7, _i ? 3 : k);
        for (int i = 0; i < SAMPLES; i++) {
            int smaller = 0;
            for (int j = i + 1; j < SAMPLES; j++)
                smaller += order[j] < order[i];
            rank = rank * (SAMPLES - i) + smaller;
        }
        cells[rank]++;
    }
    check_cells("orders", cells, ORDERS, SHUFFLES);
}
END_TEST

/* ---- flags ---- */

/* From every start, for every length: what snn_next() finds is the next that is set. */
START_TEST(next_flag)
{
    uint8_t flags[40];
    for (uint32_t k = 0; k < 100; k++) {
        for (uint32_t i = 0; i < 40; i++)
            flags[i] = (snn_random(k, i) & 15) == 0 ? (uint8_t)(1 + (k & 127)) : 0;
        for (int32_t count = 0; count <= 40; count++)
            for (int32_t from = 0; from <= count; from++) {
                int32_t expected = from;
                while (expected < count && flags[expected] == 0)
                    expected++;
                if (snn_next(flags, from, count) != expected)
                    ck_abort_msg("%d .. %d: not %d", from, count, expected);
            }
    }
}
END_TEST

Suite *rt_random_suite(void)
{
    Suite *suite = suite_create("rt_random");
    TCase *tcase = tcase_create("rt_random");
    tcase_add_loop_test(tcase, every_byte_is_uniform, 0, 4);
    tcase_add_test(tcase, uniform_is_in_range);
    tcase_add_loop_test(tcase, neighbours_are_independent, 0, NEIGHBOURS);
    tcase_add_loop_test(tcase, every_bit_counts, 0, PLACES);
    tcase_add_test(tcase, streams_do_not_run_in_parallel);
    tcase_add_loop_test(tcase, orders_are_uniform, 0, 2);
    tcase_add_test(tcase, next_flag);
    suite_add_tcase(suite, tcase);
    return suite;
}
