/* Which samples are learned from, and which are held back. */
#include "test_rt_runs.h"
#include "snn_selection.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *rt_split_suite(void);

/* With `samples` to learn from; 0: all. */
static void open_part(SnnSplit *split, uint32_t seed, const char *validate, int samples)
{
    SnnError error;
    SnnState state = {.seed = seed};
    SnnOptions options = {.program = "fake", .data = fake.folder, .validate = validate, .samples = samples};
    *split = (SnnSplit){0};
    bool ok = snn_selection_begin(&state, &fake.fake.model, &options, &error)
              && snn_split_open(split, &state, &fake.fake.model, &options, &error);
    ck_assert_msg(ok, "%s", error.text);
    ck_assert_int_eq(state.samples, FAKE_TRAIN);
    ck_assert_int_eq(state.validating, split->validate.count);
}

static void open_split(SnnSplit *split, uint32_t seed, const char *validate)
{
    open_part(split, seed, validate, 0);
}

/* Of what is not held back, which stays the same, the first of the order of the seed. */
START_TEST(some_samples_are_enough)
{
    SnnSplit all, some, fewer;
    open_part(&all, 5, "0.2", 0);
    open_part(&some, 5, "0.2", 40);
    open_part(&fewer, 5, NULL, 40);
    ck_assert_int_eq(some.learn.count, 40);
    ck_assert_int_eq(fewer.learn.count, 40);
    ck_assert_int_eq(some.validate.count, all.validate.count);
    ck_assert_int_eq(fewer.validate.count, 0);
    ck_assert(
        memcmp(some.validate.samples, all.validate.samples, (size_t)all.validate.count * sizeof(int32_t))
        == 0);
    int at = 0;
    for (int i = 0; i < 40; i++) {
        ck_assert(i == 0 || some.learn.samples[i] > some.learn.samples[i - 1]);
        while (at < all.learn.count && all.learn.samples[at] != some.learn.samples[i])
            at++;
        ck_assert_int_lt(at, all.learn.count);
    }
    ck_assert_int_gt(some.learn.samples[39], 40);
    snn_split_close(&all);
    snn_split_close(&some);
    snn_split_close(&fewer);
}
END_TEST

START_TEST(samples_are_part_of_a_training)
{
    assert_run(0, "train --epochs 1 --samples 30");
    SnnState state = read_state("fake.safetensors");
    ck_assert_int_eq(state.learning, 30);
    ck_assert_int_eq(state.samples, FAKE_TRAIN);
    assert_run(0, "train --epochs 2 --resume fake.safetensors");
    ck_assert_int_eq(read_state("fake.safetensors").learning, 30);
    assert_run(1, "train --epochs 3 --resume fake.safetensors --samples 31");
    assert_says("it was trained with 30 samples, not --samples 31; leave --samples out");
    assert_run(1, "train --samples 1000000");
    assert_says("too few samples (--samples 1000000): there are");
    assert_run(2, "train --samples 0");
}
END_TEST

static int of_class(const SnnPart *part, int class)
{
    int count = 0;
    for (int32_t i = 0; i < part->count; i++)
        count += part->data->labels[part->samples[i]] == class;
    return count;
}

START_TEST(every_sample_is_in_one_part)
{
    static const char *const fractions[] = {"0.02", "0.1", ".25", "0.5", "0.98"};
    int seen[FAKE_TRAIN] = {0};
    SnnSplit split;
    open_split(&split, 5, fractions[_i]);
    double fraction = strtod(fractions[_i], NULL);
    ck_assert_int_eq(split.learn.count + split.validate.count, FAKE_TRAIN);
    for (int32_t i = 0; i < split.learn.count; i++)
        seen[split.learn.samples[i]]++;
    for (int32_t i = 0; i < split.validate.count; i++)
        seen[split.validate.samples[i]]++;
    for (int i = 0; i < FAKE_TRAIN; i++)
        ck_assert_int_eq(seen[i], 1);
    for (int class = 0; class < FAKE_CLASSES; class ++) {
        int held = of_class(&split.validate, class), all = held + of_class(&split.learn, class);
        ck_assert_int_eq(held, (int)(fraction * all + 0.5));
    }
    snn_split_close(&split);
}
END_TEST

START_TEST(the_seed_says_which)
{
    SnnSplit one, same, other;
    open_split(&one, 5, "0.2");
    open_split(&same, 5, "0.20");
    open_split(&other, 6, "0.2");
    size_t bytes = (size_t)one.validate.count * sizeof(int32_t);
    ck_assert(memcmp(one.validate.samples, same.validate.samples, bytes) == 0);
    ck_assert(memcmp(one.validate.samples, other.validate.samples, bytes) != 0);
    snn_split_close(&one);
    snn_split_close(&same);
    snn_split_close(&other);
}
END_TEST

/* The samples of the next `batches` lines of the trace are marked in seen[]; all have this epoch. */
static void read_trace(FILE *trace, unsigned epoch, int count, int *seen)
{
    while (count > 0) {
        unsigned found;
        int rows, sample;
        double lr;
        ck_assert_int_eq(fscanf(trace, "%u %d %lf", &found, &rows, &lr), 3);
        ck_assert_uint_eq(found, epoch);
        for (int row = 0; row < rows; row++, count--) {
            ck_assert_int_eq(fscanf(trace, "%d", &sample), 1);
            seen[sample]++;
        }
    }
    ck_assert_int_eq(count, 0);
}

static void assert_seen(const int *seen, const SnnPart *part, int times)
{
    for (int32_t i = 0; i < part->count; i++)
        ck_assert_int_eq(seen[part->samples == NULL ? i : part->samples[i]], times);
}

/* What is held back is only looked at, after each epoch; the test set once, at the end. */
START_TEST(parts_are_used_for_what_they_are)
{
    SnnSplit split;
    open_split(&split, 5, "0.25");
    fake.fake.trace = true;
    assert_run(0, "train --epochs 3 --validate 0.25 --log run.json");
    FILE *trace = fopen(fake_path(&fake, 0, "trace.txt"), "r");
    ck_assert_ptr_nonnull(trace);
    for (unsigned epoch = 0; epoch < 3; epoch++) {
        int learned[FAKE_TRAIN] = {0}, validated[FAKE_TRAIN] = {0};
        read_trace(trace, epoch, split.learn.count, learned);
        read_trace(trace, SNN_TEST_EPOCH, split.validate.count, validated);
        assert_seen(learned, &split.learn, 1);
        assert_seen(learned, &split.validate, 0);
        assert_seen(validated, &split.learn, 0);
        assert_seen(validated, &split.validate, 1);
    }
    int tested[FAKE_TRAIN] = {0};
    read_trace(trace, SNN_TEST_EPOCH, FAKE_TEST, tested);
    assert_seen(tested, &split.test, 1);
    ck_assert_int_eq(fgetc(trace), '\n');
    ck_assert_int_eq(fgetc(trace), EOF);
    fclose(trace);
    snn_split_close(&split);
}
END_TEST

/* A part with files of its own; here the test set under another name, so both are measured alike. */
START_TEST(a_part_of_its_own)
{
    static const char *const kinds[] = {"images-idx3", "labels-idx1"};
    double loss, accuracy, test_loss, test_accuracy;
    char from[64], to[64];
    for (int i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "t10k-%s-ubyte", kinds[i]);
        snprintf(to, sizeof to, "valid-%s-ubyte", kinds[i]);
        ck_assert_int_eq(link(fake_path(&fake, 0, from), fake_path(&fake, 1, to)), 0);
    }
    assert_run(0, "train --epochs 1 --validate valid");
    const char *line = strstr(fake.err, "epoch 1/1");
    ck_assert_ptr_nonnull(line);
    ck_assert_int_eq(sscanf(line,
                            "epoch 1/1 loss %*f accuracy %*f validation loss %lf accuracy %lf test loss %lf "
                            "accuracy %lf firing coin",
                            &loss, &accuracy, &test_loss, &test_accuracy),
                     4);
    ck_assert(loss == test_loss && accuracy == test_accuracy && loss > 0.0);
    assert_run(0, "train --epochs 1 --out plain.safetensors");
    SnnState state = read_state("fake.safetensors");
    ck_assert_str_eq(state.validate, "valid");
    ck_assert_int_eq(state.validating, FAKE_TEST);
    unlink(fake_path(&fake, 0, "valid-labels-idx1-ubyte"));
    assert_run(1, "train --resume fake.safetensors --epochs 2");
    assert_says("no data (./valid-labels-idx1-ubyte");
}
END_TEST

typedef struct WordsRow {
    const char *words, *message;
} WordsRow;

static const WordsRow refused[] = {
    {"train --validate 0", "bad part (--validate 0)"},
    {"train --validate 1", "bad part (--validate 1): give a fraction of the training set, as 0.1"},
    {"train --validate 10%", "bad part (--validate 10%)"},
    {"train --validate -0.1", "bad part"},
    {"train --validate 0.001", "cannot divide 101 samples (--validate 0.001): none is left to validate with"},
    {"train --validate 0.999", "cannot divide 101 samples (--validate 0.999): none is left to train with"},
    {"train --validate t10k", "no part of its own (--validate t10k)"},
    {"train --validate train", "no part of its own (--validate train)"},
    {"train --best surprise", "unknown measure (--best surprise): the model has loss, accuracy"},
    {"train --best loss:most", "unknown measure (--best loss:most)"},
    {"train --best loss --log fake.best.safetensors", "one file for two things (fake.best.safetensors)"},
    {"train --validate dev", "no data (./dev-images-idx3-ubyte, or the same with .gz): --validate takes the "
                             "name of a part that is there"},
};

START_TEST(parts_that_cannot_be)
{
    assert_run(1, refused[_i].words);
    assert_says(refused[_i].message);
    ck_assert(!exists("fake.safetensors"));
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof(array)[0]))

Suite *rt_split_suite(void)
{
    Suite *suite = suite_create("rt_split");
    TCase *runs = tcase_create("runs");
    tcase_add_checked_fixture(runs, fake_setup, fake_teardown);
    tcase_set_timeout(runs, 60);
    tcase_add_loop_test(runs, every_sample_is_in_one_part, 0, 5);
    tcase_add_test(runs, the_seed_says_which);
    tcase_add_test(runs, some_samples_are_enough);
    tcase_add_test(runs, samples_are_part_of_a_training);
    tcase_add_test(runs, parts_are_used_for_what_they_are);
    tcase_add_test(runs, a_part_of_its_own);
    tcase_add_loop_test(runs, parts_that_cannot_be, 0, LENGTH(refused));
    suite_add_tcase(suite, runs);
    return suite;
}
