/* The smaller parts: threads, shuffling, the command line. */
#include "test_rt_fake.h"
#include "room.h"
#include "snn_random.h"
#include "snn_draw.h"
#include "snn_health.h"
#include "snn_options.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

Suite *rt_parts_suite(void);

_Static_assert((int)MAX_DIMS == (int)SNN_MAX_DIMS && (int)MAX_STATES == (int)SNN_MAX_STATES
                   && (int)MAX_BATCH == (int)SNN_MAX_BATCH && (int)MAX_EPOCHS == (int)SNN_MAX_EPOCHS,
               "the compiler refuses what has no room in the tables of a program");

/* ---- threads -------------------------------------------------------------------------------------- */

enum { ITEMS = 1000 };

static void count_items(void *net, int32_t first, int32_t last)
{
    int *counts = net;
    for (int32_t i = first; i < last; i++)
        counts[i]++;
}

START_TEST(every_item_once)
{
    static const int threads[] = {1, 2, 3, 8, 64};
    int counts[ITEMS];
    SnnPool *pool = snn_pool_open(threads[_i]);
    ck_assert_ptr_nonnull(pool);
    for (int32_t count = 0; count <= ITEMS; count += count < 70 ? 1 : 93) {
        memset(counts, 0, sizeof counts);
        snn_parallel(pool, count_items, counts, count);
        for (int32_t i = 0; i < ITEMS; i++)
            ck_assert_int_eq(counts[i], i < count);
    }
    snn_pool_close(pool);
}
END_TEST

/* Rounds with and without pauses, so that workers are met looking and asleep. */
START_TEST(many_rounds)
{
    int counts[8] = {0};
    const struct timespec rest = {.tv_nsec = 3000000};
    SnnPool *pool = snn_pool_open(4);
    for (int round = 0; round < 3000; round++) {
        snn_parallel(pool, count_items, counts, 8);
        if (round % 300 == 0)
            nanosleep(&rest, NULL);
    }
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(counts[i], 3000);
    snn_pool_close(pool);
    snn_pool_close(NULL);
}
END_TEST

START_TEST(memory_is_aligned_and_zeroed)
{
    for (size_t count = 0; count < 300; count += 7) {
        unsigned char *memory = snn_alloc(count, 3);
        ck_assert(memory != NULL && (uintptr_t)memory % SNN_ALIGN == 0);
        for (size_t i = 0; i < 3 * count; i++)
            ck_assert_uint_eq(memory[i], 0);
        snn_free(memory);
    }
    ck_assert_ptr_null(snn_alloc(SIZE_MAX / 2, 4));
    ck_assert_ptr_null(snn_alloc(SIZE_MAX, 1));
}
END_TEST

START_TEST(taken_memory_is_aligned_zeroed_and_apart)
{
    static const size_t sizes[] = {0, 1, 63, 64, 4097, 1 << 20, 40 << 20, 5, 15 << 20, 3 << 20};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    unsigned char *taken[COUNT];
    SnnMemory memory = {0};
    for (size_t k = 0; k < COUNT; k++) {
        taken[k] = snn_take(&memory, sizes[k], 1);
        ck_assert(taken[k] != NULL && (uintptr_t)taken[k] % SNN_ALIGN == 0);
        for (size_t i = 0; i < sizes[k]; i += 1 + i / 64)
            ck_assert_uint_eq(taken[k][i], 0);
        memset(taken[k], (int)k + 1, sizes[k]);
    }
    for (size_t k = 0; k < COUNT; k++)
        for (size_t i = 0; i < sizes[k]; i += 1 + i / 64)
            ck_assert_uint_eq(taken[k][i], k + 1);
    ck_assert_ptr_null(snn_take(&memory, SIZE_MAX / 2, 4));
    ck_assert_ptr_null(snn_take(&memory, SIZE_MAX, 1));
    snn_release(&memory);
    ck_assert_ptr_null(memory.blocks);
    snn_release(&memory);
}
END_TEST

/* ---- shuffling --- */

START_TEST(shuffles_are_permutations)
{
    enum { COUNT = 1000 };
    int32_t one[COUNT], other[COUNT], seen[COUNT] = {0}, fixed = 0, same = 0;
    snn_draw_order(one, COUNT, 3, 0);
    snn_draw_order(other, COUNT, 3, 1);
    for (int i = 0; i < COUNT; i++) {
        seen[one[i]]++;
        fixed += one[i] == i;
        same += one[i] == other[i];
    }
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(seen[i], 1);
    ck_assert(fixed < 8 && same < 8);
    snn_draw_order(other, COUNT, 3, 0);
    ck_assert(memcmp(one, other, sizeof one) == 0);
}
END_TEST

/* Each of the 6 orders of 3 samples is equally likely: 1000 of 6000, give or take 5 standard deviations. */
START_TEST(shuffles_are_fair)
{
    int counts[27] = {0};
    for (uint32_t epoch = 0; epoch < 6000; epoch++) {
        int32_t order[3];
        snn_draw_order(order, 3, 1, epoch);
        counts[9 * order[0] + 3 * order[1] + order[2]]++;
    }
    static const int orders[] = {5, 7, 11, 15, 19, 21};
    for (int i = 0; i < 6; i++)
        ck_assert_msg(abs(counts[orders[i]] - 1000) < 145, "%d: %d", orders[i], counts[orders[i]]);
}
END_TEST

START_TEST(non_finite_values_are_found)
{
    float values[33] = {0.0f};
    values[5] = 3.4e38f;
    ck_assert(snn_finite(values, 33) && snn_finite(NULL, 0));
    for (int i = 0; i < 33; i++) {
        values[i] = i % 2 == 0 ? INFINITY : -NAN;
        ck_assert(!snn_finite(values, 33) && snn_finite(values, i));
        values[i] = 0.0f;
    }
}
END_TEST

/* ---- the command line ----------------------------------------------------------------------------- */

typedef struct WordsRow {
    const char *words, *message;
} WordsRow;

static const WordsRow bad_words[] = {
    {"trian", "unknown command (trian): did you mean train?"},
    {"xyzzy", "unknown command (xyzzy): see --help"},
    {"train --epoch 3", "unknown flag (--epoch): did you mean --epochs?"},
    {"train --thread=3", "unknown flag (--thread): did you mean --threads?"},
    {"train --frobnicate", "unknown flag (--frobnicate): see --help"},
    {"train --epochs", "no value (--epochs): write --epochs N"},
    {"train --resume --quiet", "no value (--resume): write --resume FILE"},
    {"train --out -", "not a file (--out -): give the name of one"},
    {"train --log=-", "not a file (--log -): give the name of one"},
    {"train --epochs 0", "bad number (--epochs 0): give a whole number from 1 to 1000000"},
    {"train --epochs=3x", "bad number (--epochs 3x)"},
    {"train --epochs -3", "bad number (--epochs -3)"},
    {"train --epochs 99999999999999999999", "bad number"},
    {"train --batch 1.5", "bad number (--batch 1.5)"},
    {"train --seed 4294967296", "from 0 to 4294967295"},
    {"train --threads=", "bad number (--threads )"},
    {"train --data=", "empty value (--data): give a DIR"},
    {"train --quiet=yes", "--quiet takes no value"},
    {"--trian", "unknown flag (--trian): see --help"},
    {"--hepl", "unknown flag (--hepl): did you mean --help?"},
    {"--epochs 3", "no command: say `train`"},
    {"train --lr 0", "bad number (--lr 0): give one above 0, as 0.001 or 1e-3"},
    {"train --lr -1", "bad number (--lr -1)"},
    {"train --lr 1e39", "bad number (--lr 1e39)"},
    {"train --lr nan", "bad number (--lr nan)"},
    {"train --lr 1e-3x", "bad number (--lr 1e-3x)"},
    {"train --resume a --weights b", "two beginnings (--resume, --weights)"},
    {"train here", "too many words (here)"},
    {"predict a.idx b.idx", "too many words (b.idx)"},
    {"test --epochs 3", "--epochs is not for `test`: it goes with train"},
    {"--out x test", "--out is not for `test`: it goes with train, predict"},
    {"info --threads 3", "--threads is not for `info`"},
};

START_TEST(wrong_words)
{
    Fake fake;
    fake_open(&fake);
    ck_assert_int_eq(fake_run(&fake, bad_words[_i].words), 2);
    ck_assert_msg(strstr(fake.err, bad_words[_i].message) != NULL, "%s: %s", bad_words[_i].words, fake.err);
    ck_assert(strncmp(fake.err, "fake: ", 6) == 0);
    ck_assert_str_eq(fake.out, "");
    fake_close(&fake);
}
END_TEST

START_TEST(help_and_version)
{
    Fake fake;
    fake_open(&fake);
    ck_assert_int_eq(fake_run(&fake, ""), 2);
    ck_assert(strstr(fake.err, "Usage: ./fake COMMAND") != NULL && strstr(fake.err, "no command") != NULL);
    ck_assert_int_eq(fake_run(&fake, "--help"), 0);
    ck_assert(strstr(fake.out, "--resume FILE") != NULL && strcmp(fake.err, "") == 0);
    ck_assert(strstr(fake.out, "  ./fake train --data DIR --resume fake.safetensors --epochs 6\n") != NULL);
    ck_assert(strstr(fake.out, "are done (3)\n") != NULL);
    ck_assert_int_eq(fake_run(&fake, "train --help"), 0);
    ck_assert_int_eq(fake_run(&fake, "help"), 0);
    ck_assert_int_eq(fake_run(&fake, "--epochs 3 -h"), 0);
    ck_assert_int_eq(fake_run(&fake, "--version"), 0);
    ck_assert_str_eq(fake.out, "fake, made by snnc 0.0\n");
    fake_close(&fake);
}
END_TEST

START_TEST(words_are_stored)
{
    char *argv[] = {"fake", "train", "--epochs=7", "--seed", "0", "--out", "x y", "--quiet", "--batch", "3"};
    SnnOptions options;
    SnnError error;
    ck_assert(snn_options_parse(&options, 10, argv, &error));
    ck_assert(options.command == SNN_TRAIN && options.epochs == 7 && options.seed == 0 && options.has_seed);
    ck_assert(options.quiet && options.batch == 3 && options.threads == 0 && options.data == NULL);
    ck_assert_str_eq(options.out, "x y");
    ck_assert_str_eq(options.program, "fake");
}
END_TEST

START_TEST(flags_before_the_command)
{
    char *argv[] = {"fake",  "--data", "train", "--batch=3",  "predict",
                    "--out", "test",   "a.idx", "--threads=2"};
    SnnOptions options;
    SnnError error;
    ck_assert(snn_options_parse(&options, 9, argv, &error));
    ck_assert(options.command == SNN_PREDICT && options.batch == 3 && options.threads == 2);
    ck_assert_str_eq(options.data, "train");
    ck_assert_str_eq(options.out, "test");
    ck_assert_str_eq(options.images, "a.idx");
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof(array)[0]))

Suite *rt_parts_suite(void)
{
    Suite *suite = suite_create("rt_parts");
    TCase *tests = tcase_create("parts");
    tcase_add_loop_test(tests, every_item_once, 0, 5);
    tcase_add_test(tests, many_rounds);
    tcase_add_test(tests, memory_is_aligned_and_zeroed);
    tcase_add_test(tests, taken_memory_is_aligned_zeroed_and_apart);
    tcase_add_test(tests, shuffles_are_permutations);
    tcase_add_test(tests, shuffles_are_fair);
    tcase_add_test(tests, non_finite_values_are_found);
    tcase_add_loop_test(tests, wrong_words, 0, LENGTH(bad_words));
    tcase_add_test(tests, help_and_version);
    tcase_add_test(tests, words_are_stored);
    tcase_add_test(tests, flags_before_the_command);
    suite_add_tcase(suite, tests);
    return suite;
}
