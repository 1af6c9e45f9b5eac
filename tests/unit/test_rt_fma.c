/* snn_fma.h against fmaf of the C library, at every level that this processor has: for others than it was compiled for,
 * these have the instruction; any x86-64 has none. */
#include "snn_level.h"

#define SNN_LEVEL 0
#include "snn_level_begin.h"
#include "snn_vector.h"
#include "snn_fma.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>

Suite *rt_fma_suite(void);

enum { COUNT = 16, SAMPLES = 100000, SEED = 20240229 };

/* Rows of COUNT numbers, as vectors and one by one. */
typedef void Sums(const float *a, const float *b, float *c);

#define DEFINE_SUMS                                                                       \
    static void SNN_AT_LEVEL(vectors)(const float *a, const float *b, float *c)           \
    {                                                                                     \
        for (int k = 0; k < COUNT; k += SNN_LANES)                                        \
            snn_store(c + k, snn_fma(snn_load(a + k), snn_load(b + k), snn_load(c + k))); \
    }                                                                                     \
    static void SNN_AT_LEVEL(singles)(const float *a, const float *b, float *c)           \
    {                                                                                     \
        for (int k = 0; k < COUNT; k++)                                                   \
            c[k] = snn_fmaf(a[k], b[k], c[k]);                                            \
    }

DEFINE_SUMS
#include "snn_level_end.h"

#ifdef SNN_LEVELS
#undef SNN_LEVEL
#define SNN_LEVEL 3
#include "snn_level_begin.h"
#include "snn_vector.h"
#include "snn_fma.h"
DEFINE_SUMS
#include "snn_level_end.h"

#undef SNN_LEVEL
#define SNN_LEVEL 4
#include "snn_level_begin.h"
#include "snn_vector.h"
#include "snn_fma.h"
DEFINE_SUMS
#include "snn_level_end.h"
#endif

static const struct {
    const char *name;
    int level;
    Sums *sums;
} kinds[] = {
    {"vectors", 0, vectors},          {"singles", 0, singles},
#ifdef SNN_LEVELS
    {"vectors of v3", 3, vectors_v3}, {"singles of v3", 3, singles_v3},
    {"vectors of v4", 4, vectors_v4}, {"singles of v4", 4, singles_v4},
#endif
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool is_here(int level)
{
#ifdef SNN_LEVELS
    return level <= snn_level();
#else
    return level == 0;
#endif
}

/* ---- numbers for which it is hard to round right ---- */

static uint32_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

static float of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float special(uint64_t *state)
{
    static const float numbers[] = {
        0,         -0.0f,     1,        -1,        0x1p-149f, -0x1p-149f,     INFINITY,
        -INFINITY, 0x1p-126f, 0x1p-24f, -0x1p-23f, NAN,       0x1.fffffep127f};
    return numbers[next(state) % (sizeof numbers / sizeof *numbers)];
}

/* A product of 25 bits, the last of them set, is half-way between two floats; c, which may be too small to be seen in a
 * double, decides. */
static void draw_tie(uint64_t *state, float *a, float *b, float *c)
{
    int size = (int)(next(state) % 100) - 50;
    *a = ldexpf((float)(next(state) % 2048 + 2048) + 0.5f, size);
    *b = (float)(next(state) % 4096 | 4097);
    *c = ldexpf((float)(next(state) % 3) - 1, size + (int)(next(state) % 60) - 60);
}

/* c, normal or not, and half of its last bit, but for a little that may be too small for a double: (1 + x) (1 - x) of
 * that. */
static void draw_half(uint64_t *state, float *a, float *b, float *c)
{
    float x = ldexpf(1, (int)(next(state) % 24) - 23), sign = next(state) % 2 ? 1 : -1;
    *c = of_bits(next(state) % 2 ? next(state) & 0x80ffffffu : next(state) & 0xbfffffffu);
    float unit = of_bits(bits_of(*c) + 1) - *c;
    *a = sign * (1 + x) * ldexpf(1, -24);
    *b = (1 - x) * unit * ldexpf(1, 23);
}

/* The same, and the little is about as much as a double can hold, more or less. */
static void draw_beside(uint64_t *state, float *a, float *b, float *c)
{
    uint32_t factor = 1u << 23 | next(state) >> 9,
             other = (uint32_t)((UINT64_C(1) << 47) / factor) + next(state) % 2;
    *c = of_bits((next(state) & 0x807fffffu) | 0x3f800000u);
    *a = ldexpf((float)factor, -47);
    *b = ldexpf((float)other, -24);
}

/* A sum that leaves but the last bits of the product. */
static void draw_difference(uint64_t *state, float *a, float *b, float *c)
{
    *a = of_bits(next(state) & 0x9fffffffu) + ldexpf(1, -40);
    *b = of_bits((next(state) & 0x807fffffu) | 0x3f800000u);
    *c = of_bits(bits_of(-*a * *b) + next(state) % 5 - 2);
}

enum { WAYS = 6, TIE = 2, HALF = 3, BESIDE = 4 };

static void draw(uint64_t *state, int way, float *a, float *b, float *c)
{
    *a = of_bits(next(state));
    *b = of_bits(next(state));
    *c = of_bits(next(state));
    switch (way) {
    case 0: break;
    case 1:
        *a = special(state);
        *b = next(state) % 2 ? special(state) : *b;
        *c = special(state);
        break;
    case TIE: draw_tie(state, a, b, c); break;
    case HALF: draw_half(state, a, b, c); break;
    case BESIDE: draw_beside(state, a, b, c); break;
    default: draw_difference(state, a, b, c); break;
    }
}

START_TEST(rounds_once)
{
    if (!is_here(kinds[_i].level))
        return;
    uint64_t state = SEED;
    for (int sample = 0; sample < SAMPLES; sample++) {
        float a[COUNT], b[COUNT], c[COUNT], sum[COUNT];
        for (int k = 0; k < COUNT; k++)
            draw(&state, k % WAYS, &a[k], &b[k], &c[k]);
        memcpy(sum, c, sizeof sum);
        kinds[_i].sums(a, b, sum);
        for (int k = 0; k < COUNT; k++) {
            float wanted = fmaf(a[k], b[k], c[k]);
            bool same = isnan(wanted) ? isnan(sum[k]) : bits_of(sum[k]) == bits_of(wanted);
            if (!same) /* a check of each would take most of the time */
                ck_abort_msg("%s: %a * %a + %a is %a, not %a", kinds[_i].name, (double)a[k], (double)b[k],
                             (double)c[k], (double)sum[k], (double)wanted);
        }
    }
}
END_TEST

/* That these numbers are hard: a double between them and the float is not enough. */
START_TEST(to_round_twice_is_wrong)
{
    uint64_t state = SEED;
    int wrong = 0;
    for (int k = 0; k < SAMPLES; k++) {
        float a, b, c;
        draw(&state, _i, &a, &b, &c);
        float once = fmaf(a, b, c), twice = (float)((double)a * (double)b + (double)c);
        wrong += !isnan(once) && bits_of(once) != bits_of(twice);
    }
    ck_assert_int_gt(wrong, SAMPLES / 20);
}
END_TEST

Suite *rt_fma_suite(void)
{
    Suite *suite = suite_create("rt_fma");
    TCase *tcase = tcase_create("rt_fma");
    tcase_add_loop_test(tcase, rounds_once, 0, KINDS);
    tcase_add_loop_test(tcase, to_round_twice_is_wrong, TIE, HALF + 1);
    suite_add_tcase(suite, tcase);
    return suite;
}
