/* Samples that change from epoch to epoch, classes in turn, and a test set that is a part of the training set. */
#include "test_rt_fake.h"
#include "snn_augment.h"
#include "snn_dataset.h"
#include "snn_draw.h"
#include "snn_idx.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *rt_augment_suite(void);

enum { ROWS = 6, WIDTH = 3, EPOCHS = 400 };

static SnnAugment augment;
static uint8_t sample[ROWS][WIDTH];

/* Row t, channel c is 10 (t + 1) + c. */
static void run(int epoch, bool holds)
{
    for (int t = 0; t < ROWS; t++)
        for (int c = 0; c < WIDTH; c++)
            sample[t][c] = (uint8_t)(10 * (t + 1) + c);
    snn_augment_run(&augment, sample, 1, holds, 7, (uint32_t)epoch, 3);
}

static void setup(void)
{
    augment = (SnnAugment){.rows = ROWS, .axes = 1, .dims = {WIDTH}, .ndim = 1};
}

/* Moved as a whole, by up to two steps to either side, each of them at times. */
START_TEST(moves_in_time)
{
    int seen[5] = {0};
    augment.time = 2;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        bool holds = epoch % 2 != 0;
        run(epoch, holds);
        int by = 3 - sample[2][0] / 10;
        ck_assert(by >= -2 && by <= 2);
        seen[by + 2]++;
        for (int t = 0; t < ROWS; t++) {
            int from = t - by, near = from < 0 ? 0 : from >= ROWS ? ROWS - 1 : from;
            for (int c = 0; c < WIDTH; c++)
                ck_assert_int_eq(sample[t][c], near == from || holds ? 10 * (near + 1) + c : 0);
        }
    }
    for (int i = 0; i < 5; i++)
        ck_assert_int_gt(seen[i], EPOCHS / 10);
}
END_TEST

START_TEST(moves_channels)
{
    int seen[3] = {0};
    augment.channels = 1;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        run(epoch, false);
        int by = 1 - sample[0][1] % 10;
        ck_assert(by >= -1 && by <= 1);
        seen[by + 1]++;
        for (int t = 0; t < ROWS; t++)
            for (int c = 0; c < WIDTH; c++)
                ck_assert_int_eq(sample[t][c], c - by >= 0 && c - by < WIDTH ? 10 * (t + 1) + c - by : 0);
    }
    for (int i = 0; i < 3; i++)
        ck_assert_int_gt(seen[i], EPOCHS / 6);
}
END_TEST

/* Along two axes, each by its own number; channels stay together. */
START_TEST(moves_along_axes)
{
    augment = (SnnAugment){.channels = 1, .rows = 1, .axes = 2, .dims = {3, 3, 2}, .ndim = 3};
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        for (int i = 0; i < 18; i++)
            (&sample[0][0])[i] = (uint8_t)(i + 1);
        snn_augment_run(&augment, sample, 1, false, 1, (uint32_t)epoch, 0);
        int centre = (&sample[0][0])[8] - 1, y = centre / 6, x = centre / 2 % 3;
        for (int i = 0; i < 18; i++) {
            int row = i / 6 + y - 1, column = i / 2 % 3 + x - 1;
            bool within = row >= 0 && row < 3 && column >= 0 && column < 3;
            ck_assert_int_eq((&sample[0][0])[i], within ? (row * 3 + column) * 2 + i % 2 + 1 : 0);
        }
    }
}
END_TEST

START_TEST(masks_steps)
{
    int lengths[4] = {0}, places[ROWS] = {0};
    augment.mask = 3;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        int first = ROWS, last = -1;
        run(epoch, false);
        for (int t = 0; t < ROWS; t++)
            if (sample[t][1] == 0) {
                first = t < first ? t : first;
                last = t;
            }
        int length = last < 0 ? 0 : last - first + 1;
        ck_assert_int_le(length, 3);
        lengths[length]++;
        places[first % ROWS]++;
        for (int t = 0; t < ROWS; t++)
            ck_assert(t >= first && t <= last ? sample[t][2] == 0 : sample[t][2] == 10 * (t + 1) + 2);
        run(epoch, true);
        for (int t = first; t <= last; t++)
            ck_assert(sample[t][1] == 10 * (first > 0 ? first : last + 2) + 1);
    }
    for (int i = 0; i < 4; i++)
        ck_assert_int_gt(lengths[i], EPOCHS / 8);
    for (int t = 0; t < ROWS - 3; t++)
        ck_assert_int_gt(places[t], 0);
}
END_TEST

/* The same for the same seed, epoch and sample; and nothing without settings. */
START_TEST(is_drawn_once)
{
    uint8_t before[ROWS][WIDTH];
    augment.time = augment.mask = 2;
    run(5, false);
    memcpy(before, sample, sizeof sample);
    run(5, false);
    ck_assert(memcmp(before, sample, sizeof sample) == 0);
    setup();
    run(5, false);
    ck_assert(sample[0][0] == 10 && sample[ROWS - 1][WIDTH - 1] == 62);
}
END_TEST

static const char *const settings[] = {"held = 0.2", "time_jitter = 2", "jitter_rows = 4", "jitter_axes = 1",
                                       NULL};

START_TEST(is_set_by_the_model)
{
    SnnModel model = {.steps = 4, .data = {.ndim = 3, .dims = {4, 5, 2}, .settings = settings}};
    augment = snn_augment_of(&model);
    ck_assert(augment.time == 2 && augment.channels == 0 && augment.mask == 0 && augment.rows == 4);
    ck_assert(augment.ndim == 2 && augment.dims[0] == 5 && augment.dims[1] == 2);
}
END_TEST

/* One step is a row, too; what does not go over time is one. */
START_TEST(rows_have_no_time)
{
    static const char *const one_step[] = {"channel_jitter = 2", "jitter_rows = 1", "jitter_axes = 1", NULL};
    static const char *const no_time[] = {"channel_jitter = 2", "jitter_rows = 0", "jitter_axes = 1", NULL};
    SnnModel temporal = {.steps = 1, .data = {.ndim = 2, .dims = {1, 5}, .settings = one_step}};
    SnnModel still = {.steps = 1, .data = {.ndim = 1, .dims = {5}, .settings = no_time}};
    for (int i = 0; i < 2; i++) {
        augment = snn_augment_of(i == 0 ? &temporal : &still);
        ck_assert(augment.rows == 1 && augment.ndim == 1 && augment.dims[0] == 5);
    }
}
END_TEST

/* ---- which samples --------------------------------------------------------------------------------- */

/* 5, 2 and 1 of three classes, of samples 1, 3, ..., 15: each class once in each three, none more often than it must. */
START_TEST(classes_come_in_turn)
{
    int32_t labels[16] = {0}, samples[8], order[8], other[8], seen[8] = {0};
    for (int i = 0; i < 8; i++) {
        samples[i] = 2 * i + 1;
        labels[samples[i]] = i < 5 ? 0 : i < 7 ? 1 : 2;
    }
    SnnDataset data = {.count = 16, .labels = labels};
    SnnPart part = {&data, samples, 8};
    ck_assert(snn_draw_balanced(order, &part, 4, 3, 0)); /* of the last class there is none */
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(labels[samples[order[i]]], i % 3);
        seen[order[i]]++;
    }
    ck_assert(seen[5] + seen[6] == 3 && seen[5] > 0 && seen[6] > 0 && seen[7] == 2);
    for (int i = 0; i < 5; i++)
        ck_assert_int_le(seen[i], 1);
    ck_assert(snn_draw_balanced(other, &part, 4, 3, 1));
    ck_assert(memcmp(order, other, sizeof order) != 0);
}
END_TEST

static void open_divided(Fake *fake)
{
    fake_open(fake);
    ck_assert_int_eq(unlink(fake_path(fake, 0, "t10k-images-idx3-ubyte")), 0);
    ck_assert_int_eq(unlink(fake_path(fake, 0, "t10k-labels-idx1-ubyte")), 0);
    fake->fake.model.data.settings = settings;
}

/* Every sample is of one of the two, in its order, and of each class a fifth is for tests. */
START_TEST(tests_are_a_part)
{
    Fake fake;
    SnnDataset all, train, test;
    SnnError error;
    open_divided(&fake);
    const SnnModel *model = &fake.fake.model;
    ck_assert(snn_idx.read(&all, model, fake.folder, "train", &error));
    ck_assert(snn_dataset_exists(model, fake.folder, "t10k"));
    ck_assert(snn_dataset_read(&train, model, fake.folder, "train", &error));
    ck_assert(snn_dataset_read(&test, model, fake.folder, "t10k", &error));
    ck_assert(train.count + test.count == FAKE_TRAIN && abs(5 * test.count - FAKE_TRAIN) <= 9);
    for (int i = 0, k = 0, j = 0; i < all.count; i++) {
        const uint8_t *bytes = all.bytes + i * all.width;
        bool learned = k < train.count && train.labels[k] == all.labels[i]
                       && memcmp(bytes, train.bytes + k * all.width, (size_t)all.width) == 0;
        const SnnDataset *part = learned ? &train : &test;
        int at = learned ? k++ : j++;
        ck_assert(part->labels[at] == all.labels[i]);
        ck_assert(memcmp(bytes, part->bytes + at * all.width, (size_t)all.width) == 0);
    }
    snn_dataset_free(&all);
    snn_dataset_free(&train);
    snn_dataset_free(&test);
    fake_close(&fake);
}
END_TEST

/* A test set that is there is the test set. */
START_TEST(files_come_first)
{
    Fake fake;
    SnnDataset data;
    SnnError error;
    fake_open(&fake);
    fake.fake.model.data.settings = settings;
    ck_assert(snn_dataset_read(&data, &fake.fake.model, fake.folder, "train", &error));
    ck_assert_int_eq(data.count, FAKE_TRAIN);
    snn_dataset_free(&data);
    ck_assert(snn_dataset_read(&data, &fake.fake.model, fake.folder, "t10k", &error));
    ck_assert_int_eq(data.count, FAKE_TEST);
    snn_dataset_free(&data);
    fake_close(&fake);
}
END_TEST

static SnnDataset events_of(const SnnModel *model)
{
    SnnDataset data = {0};
    ck_assert(snn_dataset_begin_events(&data, model, 0, 100));
    for (int32_t i = 0; i < 10; i++) {
        ck_assert(snn_dataset_add_sample(&data, 0));
        for (uint32_t k = 0; k < (uint32_t)i % 3; k++)
            ck_assert(snn_dataset_add_event(&data, model, i, 10 * (uint32_t)i + k));
    }
    ck_assert(snn_dataset_end_events(&data, model));
    return data;
}

static bool read_events(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                        SnnError *error)
{
    (void)folder, (void)part, (void)error;
    *data = events_of(model);
    return true;
}

static bool has_training(const SnnModel *model, const char *folder, const char *part)
{
    (void)model, (void)folder;
    return strcmp(part, "train") == 0;
}

START_TEST(events_are_divided)
{
    static const SnnFormat format = {.read = read_events, .exists = has_training};
    SnnModel model = {.data = {.format = &format, .classes = 1, .settings = settings}};
    SnnDataset data;
    SnnError error;
    int samples = 0, events = 0;
    for (int i = 0; i < 2; i++) {
        ck_assert(snn_dataset_read(&data, &model, ".", i == 0 ? "train" : "t10k", &error));
        ck_assert_int_eq(data.count, i == 0 ? 8 : 2);
        for (int32_t k = 0; k < data.count; k++)
            for (int64_t e = snn_dataset_first_event(&data, k); e < data.ends[k]; e++) {
                uint32_t which = data.events[e] / 10, first = data.events[snn_dataset_first_event(&data, k)];
                ck_assert(which == first / 10
                          && data.ends[k] - snn_dataset_first_event(&data, k) == which % 3);
                events++;
            }
        samples += data.count;
        snn_dataset_free(&data);
    }
    ck_assert(samples == 10 && events == 9);
}
END_TEST

Suite *rt_augment_suite(void)
{
    Suite *suite = suite_create("rt_augment");
    TCase *tests = tcase_create("samples");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, moves_in_time);
    tcase_add_test(tests, moves_channels);
    tcase_add_test(tests, moves_along_axes);
    tcase_add_test(tests, masks_steps);
    tcase_add_test(tests, is_drawn_once);
    tcase_add_test(tests, is_set_by_the_model);
    tcase_add_test(tests, rows_have_no_time);
    tcase_add_test(tests, classes_come_in_turn);
    tcase_add_test(tests, tests_are_a_part);
    tcase_add_test(tests, files_come_first);
    tcase_add_test(tests, events_are_divided);
    suite_add_tcase(suite, tests);
    return suite;
}
