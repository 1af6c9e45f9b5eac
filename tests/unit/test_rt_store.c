/* Samples that are kept in memory, or in a file. */
#include "snn_store.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

Suite *rt_store_suite(void);

enum { BUDGET = 1000 };

static void fill(SnnStore *store, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        ((unsigned char *)store->at)[i] = (unsigned char)(i * 7 + i / 256);
}

static void assert_filled(const SnnStore *store, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ck_assert_uint_eq(((unsigned char *)store->at)[i], (unsigned char)(i * 7 + i / 256));
}

START_TEST(moves_to_a_file)
{
    static const size_t sizes[] = {0, 10, BUDGET, BUDGET + 1, 5000, 100000, 4097, 700};
    SnnStore store = {0};
    size_t had = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ck_assert(snn_store_resize(&store, sizes[i], BUDGET));
        ck_assert(store.filed == (i > 2)); /* and stays there */
        assert_filled(&store, had < sizes[i] ? had : sizes[i]);
        fill(&store, had < sizes[i] ? had : sizes[i], sizes[i]);
        had = sizes[i];
        snn_store_expect(&store, had / 2, had / 2);
    }
    snn_store_free(&store);
    ck_assert(store.at == NULL && !store.filed);
}
END_TEST

/* What was there stays. */
START_TEST(no_room)
{
    SnnStore store = {0};
    ck_assert(snn_store_resize(&store, 500, BUDGET));
    fill(&store, 0, 500);
    setenv("TMPDIR", "/nowhere", 1);
    ck_assert(!snn_store_resize(&store, 2000, BUDGET));
    ck_assert(store.wrong == ENOENT && !store.filed && store.size == 500);
    unsetenv("TMPDIR");
    assert_filled(&store, 500);
    ck_assert(snn_store_resize(&store, 2000, BUDGET) && store.filed);
    assert_filled(&store, 500);
    ck_assert(!snn_store_resize(&store, (size_t)1 << 60, BUDGET));
    ck_assert(store.wrong != 0 && store.size == 2000);
    assert_filled(&store, 500);
    snn_store_free(&store);
}
END_TEST

Suite *rt_store_suite(void)
{
    Suite *suite = suite_create("rt_store");
    TCase *tests = tcase_create("store");
    tcase_add_test(tests, moves_to_a_file);
    tcase_add_test(tests, no_room);
    suite_add_tcase(suite, tests);
    return suite;
}
