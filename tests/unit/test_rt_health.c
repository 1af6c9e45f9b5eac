/* NaN and infinity in a run: it stops, says what, where and since when, and keeps what it has. */
#include "test_rt_runs.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *rt_health_suite(void);

START_TEST(nan_stops_and_keeps_the_checkpoint)
{
    assert_run(0, "train --epochs 1 --out good.safetensors");
    fake.fake.nan_at = 13 + 4;
    /* The learning rate of a whole run differs from that of one epoch: compare with the same run. */
    assert_run(1, "train --epochs 3 --out bad.safetensors");
    assert_says("NaN in `digit` (dense(3), fake.snn:5), sample ");
    assert_says(
        ", in epoch 2, batch 4; the checkpoint of the last epoch stays (bad.safetensors): try a smaller");
    ck_assert(exists("bad.safetensors"));
    SnnState state = read_state("bad.safetensors");
    ck_assert_int_eq(state.epoch, 1);
    ck_assert_int_eq((int)state.step, 13);
}
END_TEST

START_TEST(nan_before_any_update)
{
    fake.fake.nan_at = 1;
    assert_run(1, "train --epochs 3");
    assert_says(
        ", in epoch 1, batch 1; there is no checkpoint yet (fake.safetensors): no weight has changed");
    ck_assert(strstr(fake.err, "learning rate") == NULL);
}
END_TEST

/* Spikes, scores and losses do not show it: only what is watched. */
START_TEST(nan_in_a_state)
{
    assert_run(0, "train --epochs 1");
    fake.fake.state_nan_at = 3;
    assert_run(1, "test");
    assert_says("NaN in the state `v` of `digit` (dense(3), fake.snn:5), sample 16: the weights are finite,");
    ck_assert_str_eq(fake.out, "");
    assert_run(1, "predict --out made.csv");
    assert_says("NaN in the state `v` of `digit`");
    ck_assert(!exists("made.csv"));
    assert_run(1, "train --epochs 2 --out other.safetensors");
    assert_says("NaN in the state `v` of `digit`");
    assert_says(", in epoch 1, batch 3");
    fake.fake.state_nan_at = 13 + 2;
    assert_run(1, "train --epochs 1 --out other.safetensors");
    assert_says(", in the test; the checkpoint of the last epoch stays (other.safetensors)");
    assert_no_temporary();
}
END_TEST

START_TEST(weights_that_are_not_finite)
{
    size_t size;
    assert_run(0, "train --epochs 1");
    char *bytes = fake_read(&fake, "fake.safetensors", &size);
    float infinity = INFINITY;
    for (size_t i = 1; i <= 2 * (FAKE_INPUTS + 1) * FAKE_CLASSES; i++)
        memcpy(bytes + size - 4 * i, &infinity, sizeof infinity);
    fake_write(&fake, "bad.safetensors", bytes, size);
    free(bytes);
    static const char *const commands[] = {
        "test --weights bad.safetensors", "predict --weights bad.safetensors",
        "train --weights bad.safetensors", "train --resume bad.safetensors"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        assert_run(1, commands[i]);
        assert_says("(bad.safetensors): `");
        assert_says("` holds NaN or infinity");
    }
}
END_TEST

START_TEST(overflow_is_found)
{
    fake.fake.model.lr = 3e38f;
    fake.fake.constant = true;
    fake.fake.model.clip_norm = 0.0f;
    assert_run(1, "train");
    assert_says("infinity in ");
    ck_assert(!exists("fake.safetensors"));
}
END_TEST

Suite *rt_health_suite(void)
{
    Suite *suite = suite_create("rt_health");
    TCase *runs = tcase_create("runs");
    tcase_add_checked_fixture(runs, fake_setup, fake_teardown);
    tcase_add_test(runs, nan_stops_and_keeps_the_checkpoint);
    tcase_add_test(runs, nan_before_any_update);
    tcase_add_test(runs, nan_in_a_state);
    tcase_add_test(runs, weights_that_are_not_finite);
    tcase_add_test(runs, overflow_is_found);
    suite_add_tcase(suite, runs);
    return suite;
}
