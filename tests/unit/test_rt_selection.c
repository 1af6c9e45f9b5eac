/* Which epoch is the best, the end of patience, the test set, and what a training begins with. */
#include "test_rt_runs.h"
#include "snn_safetensors.h"
#include "snn_clock.h"
#include "snn_safetensors_write.h"
#include "snn_firing.h"
#include "snn_selection.h"
#include "snn_weights.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *rt_selection_suite(void);

/* ---- the test set --------------------------------------------------------------------------------- */

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

START_TEST(the_test_set_when_it_is_asked_for)
{
    assert_run(0, "train --epochs 5 --log run.json");
    ck_assert_int_eq(count_of(fake.err, "  test loss "), 1);
    char *log = fake_read(&fake, "run.json", NULL);
    ck_assert_int_eq(count_of(log, "\"test_loss\": null, \"test_accuracy\": null, "), 4);
    ck_assert_int_eq(count_of(log, "\"test_accuracy\": 0."), 1);
    free(log);
    assert_run(0, "train --epochs 5 --test-every 2 --out other.safetensors");
    ck_assert_int_eq(count_of(fake.err, "  test loss "), 3); /* 2, 4 and the last */
    assert_same("fake.safetensors", "other.safetensors");
    assert_run(0, "train --epochs 5 --no-test --out third.safetensors");
    ck_assert_int_eq(count_of(fake.err, "test"), 0);
    ck_assert_str_eq(fake.out, "");
    assert_same("fake.safetensors", "third.safetensors");
}
END_TEST

START_TEST(without_a_test_set)
{
    unlink(fake_path(&fake, 0, "t10k-labels-idx1-ubyte"));
    assert_run(1, "train --epochs 1");
    assert_says("no data (./t10k-labels-idx1-ubyte");
    unlink(fake_path(&fake, 0, "t10k-images-idx3-ubyte"));
    assert_run(1, "train --epochs 1 --test-every 1");
    assert_says("no data (./t10k-images-idx3-ubyte");
    assert_run(0, "train --epochs 1");
    assert_says("no test set (./t10k-images-...): what is learned will not be tested");
    ck_assert_str_eq(fake.out, "");
    ck_assert(exists("fake.safetensors"));
}
END_TEST

/* ---- the best epoch ------------------------------------------------------------------------------- */

/* The epoch with the lowest (`sign` 1) or highest (-1) value of this field in the log; *last: the last epoch. */
static int best_in_log(const char *name, const char *field, double sign, int *last)
{
    char *log = fake_read(&fake, name, NULL), key[64];
    double best = INFINITY;
    int found = 0;
    ck_assert_ptr_nonnull(log);
    *last = 0;
    snprintf(key, sizeof key, "\"%s\": ", field);
    for (const char *line = log; *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *value = strstr(line, key);
        ck_assert_ptr_nonnull(value);
        double number = sign * strtod(value + strlen(key), NULL);
        ++*last;
        if (number < best)
            found = *last;
        best = number < best ? number : best;
    }
    free(log);
    return found;
}

static const struct BestRow {
    const char *words, *field;
    double sign;
} bests[] = {
    {"train --epochs 8 --validate 0.2 --best loss --lr 3", "validation_loss", 1},
    {"train --epochs 8 --validate 0.2 --best accuracy", "validation_accuracy", -1},
    {"train --epochs 8 --best loss --lr 3", "train_loss", 1},
    {"train --epochs 8 --best accuracy --lr 3", "train_accuracy", -1},
    {"train --epochs 8 --best accuracy:min --lr 3", "train_accuracy", 1},
    {"train --epochs 8 --best surprise --lr 3", "train_surprise", 1},
    {"train --epochs 8 --best surprise:max --lr 3 --validate 0.2", "validation_surprise", -1},
};

/* The best checkpoint is what the last one was after that epoch, and is what is tested. */
START_TEST(the_best_epoch_is_kept)
{
    char words[256];
    int last;
    fake.fake.model.tables.metric_count = 2;
    snprintf(words, sizeof words, "%s --log run.json --out a.safetensors", bests[_i].words);
    assert_run(0, words);
    ck_assert(strstr(fake.err, " accuracy ") != NULL && strstr(fake.err, " surprise ") != NULL);
    ck_assert_ptr_nonnull(strstr(fake.out, "\ntest surprise: "));
    char result[sizeof fake.out];
    strcpy(result, fake.out);
    int best = best_in_log("run.json", bests[_i].field, bests[_i].sign, &last);
    ck_assert_int_eq(last, 8);
    ck_assert_int_eq(read_state("a.safetensors").epoch, 8);
    ck_assert_int_eq(read_state("a.safetensors").best_epoch, best);
    ck_assert_int_eq(read_state("a.best.safetensors").epoch, best);
    assert_run(0, "test --weights a.best.safetensors");
    ck_assert_str_eq(fake.out, result);
}
END_TEST

START_TEST(patience_ends_a_training)
{
    int last;
    assert_run(0, "train --epochs 100 --patience 3 --validate 0.2 --best accuracy --log run.json");
    assert_says("and --patience is 3;");
    int best = best_in_log("run.json", "validation_accuracy", -1, &last);
    ck_assert_int_eq(last, best + 3);
    ck_assert_int_lt(last, 100);
    ck_assert_int_eq(read_state("fake.best.safetensors").epoch, best);
    char result[sizeof fake.out];
    strcpy(result, fake.out);
    assert_run(0, "train --resume fake.safetensors");
    assert_says("and --patience is 3;");
    ck_assert_str_eq(fake.out, result);
    assert_run(0, "train --resume fake.safetensors --patience 4");
    ck_assert_int_gt(read_state("fake.safetensors").epoch, last);
    ck_assert_int_eq(read_state("fake.safetensors").patience, 4);
}
END_TEST

/* Killed once at each of these passes: 11 batches of training and 3 of validation make an epoch; the second is
 * the best, and the fifth ends the training and its 5 passes of a test. */
START_TEST(killed_run_keeps_its_best)
{
    static const char choosing[] =
        "train --epochs 9 --validate 0.2 --best accuracy --patience 3 --seed 2 --threads 2";
    static const int places[] = {15, 26, 28, 29, 40, 43, 57, 70, 71, 75};
    char words[256];
    snprintf(words, sizeof words, "%s --out whole.safetensors --log whole.json", choosing);
    assert_run(0, words);
    ck_assert(read_state("whole.safetensors").epoch == 5 && read_state("whole.best.safetensors").epoch == 2);
    char result[sizeof fake.out];
    strcpy(result, fake.out);
    fake.fake.die_at = places[_i];
    snprintf(words, sizeof words, "%s --out part.safetensors --log part.json", choosing);
    assert_run(-SIGKILL, words);
    fake.fake.die_at = 0;
    assert_run(0, "train --resume part.safetensors --log part.json --threads 3");
    assert_same("whole.safetensors", "part.safetensors");
    assert_same("whole.best.safetensors", "part.best.safetensors");
    ck_assert_str_eq(fake.out, result);
}
END_TEST

/* A kill between the checkpoint and that of the best epoch: the first one holds both. */
START_TEST(the_best_is_brought_back)
{
    assert_run(0, "train --epochs 4 --best loss --out whole.safetensors");
    ck_assert_int_eq(read_state("whole.safetensors").best_epoch, 4);
    fake.fake.die_at = 3 * 13 + 5;
    assert_run(-SIGKILL, "train --epochs 4 --best loss --out part.safetensors");
    fake.fake.die_at = 0;
    ck_assert_int_eq(read_state("part.safetensors").best_epoch, 3);
    unlink(fake_path(&fake, 0, "part.best.safetensors"));
    assert_run(0, "train --resume part.safetensors --epochs 3"); /* nothing to train */
    ck_assert_int_eq(read_state("part.best.safetensors").epoch, 3);
    assert_run(0, "train --resume part.safetensors --epochs 4 --out moved.safetensors");
    assert_same("moved.safetensors", "whole.safetensors");
    assert_same("moved.best.safetensors", "whole.best.safetensors");
}
END_TEST

/* Under another name, the best comes along; without it, the training is not gone on with. */
START_TEST(the_best_comes_along)
{
    assert_run(0, "train --epochs 6 --validate 0.2 --best accuracy");
    int best = read_state("fake.safetensors").best_epoch;
    ck_assert_int_lt(best, 6);
    assert_run(0, "train --resume fake.safetensors --out other.safetensors");
    assert_same("fake.best.safetensors", "other.best.safetensors");
    assert_run(1, "train --resume fake.best.safetensors --epochs 7");
    assert_says("would overwrite the best epoch (fake.best.safetensors): give another --out FILE");
    unlink(fake_path(&fake, 0, "fake.best.safetensors"));
    assert_run(1, "train --resume fake.safetensors --epochs 7");
    assert_says("was the best of this training, and fake.best.safetensors should hold it");
    assert_run(0, "train --resume other.best.safetensors --epochs 6 --out again.safetensors");
    assert_same("again.safetensors", "fake.safetensors");
    assert_same("again.best.safetensors", "other.best.safetensors");
}
END_TEST

START_TEST(another_selection_is_refused)
{
    assert_run(0, "train --epochs 1 --validate 0.2 --best loss");
    assert_run(1, "train --resume fake.safetensors --epochs 2 --validate 0.3");
    assert_says("it was trained with --validate 0.2, not --validate 0.3; leave --validate out");
    assert_run(1, "train --resume fake.safetensors --epochs 2 --best accuracy");
    assert_says("it was trained with --best loss, not accuracy; leave --best out");
    assert_run(1, "train --resume fake.safetensors --epochs 2 --best loss:max");
    assert_says("it was trained with --best loss, not loss:max; leave --best out");
    assert_run(0, "train --resume fake.safetensors --epochs 2 --validate .2 --best loss");
    assert_run(0, "train --epochs 1 --out all.safetensors");
    assert_run(1, "train --resume all.safetensors --epochs 2 --validate 0.2");
    assert_says("it was trained with all samples, not --validate 0.2");
    assert_run(0, "train --resume all.safetensors --epochs 3 --best loss");
    ck_assert_int_ge(read_state("all.safetensors").best_epoch, 2);
}
END_TEST

/* ---- beginnings ----------------------------------------------------------------------------------- */

/* A new training from the end of another: no epoch is done, and the optimiser begins at 0. */
START_TEST(weights_begin_a_new_training)
{
    SnnSession session;
    SnnModel *model = &fake.fake.model;
    SnnError left, error;
    assert_run(0, "train --epochs 2 --seed 9 --out first.safetensors");
    assert_run(0, "train --weights first.safetensors --out second.safetensors --epochs 1");
    ck_assert(strstr(fake.err, "not taken") == NULL);
    ck_assert(!fake_same(&fake, "first.safetensors", "second.safetensors"));
    const char *path = fake_path(&fake, 0, "first.safetensors");
    SnnTensors *file = snn_tensors_open(path, &error);
    ck_assert_ptr_nonnull(file);
    ck_assert(snn_session_open(&session, model, 8, 1, &error));
    model->init(session.net, session.pool);
    float untouched = model->params[1].value[0];
    model->params[1].name = "b_new";
    ck_assert(snn_weights_start(file, model, path, &left, &error));
    ck_assert_str_eq(left.text, "`b_new` (not in the file)");
    ck_assert(model->params[1].value[0] == untouched && model->params[0].state[0][0] == 0.0f);
    float first = model->params[0].value[5];
    ck_assert(snn_weights_load(file, model, false, path, &error) == false);
    model->params[1].name = "b_digit";
    model->init(session.net, session.pool);
    ck_assert(snn_weights_load(file, model, false, path, &error));
    ck_assert(model->params[0].value[5] == first);
    model->params[0].dims[0] = 15;
    ck_assert(snn_weights_start(file, model, path, &left, &error));
    ck_assert_str_eq(left.text, "`w_digit` (F32 [3, 16] there, F32 [3, 15] here)");
    model->params[1].name = "b_new";
    ck_assert(!snn_weights_start(file, model, path, &left, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "no weights that fit ("));
    snn_session_close(&session);
    snn_tensors_close(file);
    assert_run(1, "train --weights t10k-images-idx3-ubyte");
    assert_says("not a readable safetensors file");
}
END_TEST

/* The first learning rate of each epoch in the trace, as the schedule of this base has it. */
static void assert_rates(float base, int epochs, int begin)
{
    char *text = fake_read(&fake, "trace.txt", NULL), *line = text;
    ck_assert_ptr_nonnull(text);
    for (int epoch = begin; *line != '\0'; line = strchr(line, '\n') + 1) {
        unsigned found;
        int rows;
        double lr;
        ck_assert_int_eq(sscanf(line, "%u %d %lf", &found, &rows, &lr), 3);
        if (found != (unsigned)epoch)
            continue;
        double wanted = (double)fake_rate(base, epoch++, epochs, 0, 13);
        ck_assert_msg(fabs(lr - wanted) <= 1e-7 * wanted, "%g, not %g", lr, wanted);
    }
    free(text);
    unlink(fake_path(&fake, 0, "trace.txt"));
}

START_TEST(learning_rate_of_the_command_line)
{
    fake.fake.trace = true;
    assert_run(0, "train --epochs 3 --lr 0.125");
    assert_rates(0.125f, 3, 0);
    assert_run(0, "train --resume fake.safetensors --epochs 4");
    assert_rates(0.125f, 4, 3);
    assert_run(0, "train --resume fake.safetensors --epochs 5 --lr=.125");
    assert_rates(0.125f, 5, 4);
    assert_run(1, "train --resume fake.safetensors --epochs 6 --lr 0.25");
    assert_says("its learning rate is 0.125, not 0.25");
    assert_run(0, "train --epochs 1 --lr 0.3 --out a.safetensors");
    assert_run(0, "train --epochs 1 --out b.safetensors");
    ck_assert(!fake_same(&fake, "a.safetensors", "b.safetensors"));
    assert_run(1, "train --resume b.safetensors --epochs 2 --lr 0.3");
    assert_says("its learning rate is 0.5, not 0.3");
    fake.fake.model.lr = 0.0f; /* it is a formula that goes from no number */
    assert_run(1, "train --epochs 1 --lr 0.3");
    assert_says("cannot set the learning rate (fake.snn): it is a formula, `");
}
END_TEST

static void assert_clock(const char *name, float epoch, float epochs, float batch, float batches)
{
    SnnRun run = {0};
    SnnModel model = fake.fake.model;
    SnnError error;
    SnnTensors *file = snn_tensors_open(fake_path(&fake, 0, name), &error);
    ck_assert_msg(file != NULL, "%s", error.text);
    model.run = &run;
    snn_clock_load(file, &model);
    ck_assert_msg(run.epoch_now == epoch && run.epochs == epochs, "epoch %g of %g", (double)run.epoch_now,
                  (double)run.epochs);
    ck_assert_msg(run.batch_now == batch && run.batches == batches, "batch %g of %g", (double)run.batch_now,
                  (double)run.batches);
    snn_tensors_close(file);
}

/* Schedules are as they were in the last batch of the training that made the weights. */
START_TEST(where_a_training_was)
{
    assert_run(0, "train --epochs 2");
    assert_clock("fake.safetensors", 1, 2, 12, 13);
    assert_run(0, "train --epochs 4 --batch 50 --validate 0.2 --best loss --out b.safetensors");
    assert_clock("b.safetensors", 3, 4, 1, 2);
    SnnTensorsWriter *elsewhere = snn_tensors_writer_new();
    SnnError error;
    ck_assert(snn_tensors_save(elsewhere, fake_path(&fake, 0, "other.safetensors"), &error));
    snn_tensors_writer_free(elsewhere);
    assert_clock("other.safetensors", 2, 3, 0, 1);
}
END_TEST

/* ---- layers that say nothing ---------------------------------------------------------------------- */

START_TEST(layers_that_never_or_always_fire)
{
    SnnEpoch epoch = {.number = 1, .samples = 10};
    SnnOptions options = {.program = "fake"};
    const double activity[2] = {40.0, 0.0};
    SnnSession session;
    SnnError error;
    epoch.activity = activity;
    ck_assert(snn_session_open(&session, &fake.fake.model, 8, 1, &error));
    ck_assert(snn_firing_rate(&fake.fake.model, 0, &epoch) == 0.25);
    ck_assert(snn_firing_rate(&fake.fake.model, 1, &epoch) < 0.0);
    snn_firing_warn(&fake.fake.model, &options, &epoch);
    snn_session_close(&session);
    unsigned char images[FAKE_TRAIN * FAKE_INPUTS] = {0};
    for (int bright = 0; bright < 2; bright++) {
        memset(images, 255 * bright, sizeof images);
        fake_write_idx(&fake, "train-images-idx3-ubyte", 8, 3, (uint32_t[]){FAKE_TRAIN, 4, 4}, images,
                       sizeof images);
        assert_run(0, "train --epochs 2");
        assert_says(bright
                        ? "fake: warning: `coin` (poisson) fired at every step of epoch 1, so it says nothing"
                        : "fake: warning: `coin` (poisson) never fired in epoch 1, so nothing passes it");
        ck_assert_int_eq(count_of(fake.err, "warning"), 1);
    }
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof(array)[0]))

Suite *rt_selection_suite(void)
{
    Suite *suite = suite_create("rt_selection");
    TCase *runs = tcase_create("runs");
    tcase_add_checked_fixture(runs, fake_setup, fake_teardown);
    tcase_set_timeout(runs, 60);
    tcase_add_test(runs, the_test_set_when_it_is_asked_for);
    tcase_add_test(runs, without_a_test_set);
    tcase_add_loop_test(runs, the_best_epoch_is_kept, 0, LENGTH(bests));
    tcase_add_test(runs, patience_ends_a_training);
    tcase_add_loop_test(runs, killed_run_keeps_its_best, 0, 10);
    tcase_add_test(runs, the_best_is_brought_back);
    tcase_add_test(runs, the_best_comes_along);
    tcase_add_test(runs, another_selection_is_refused);
    tcase_add_test(runs, weights_begin_a_new_training);
    tcase_add_test(runs, learning_rate_of_the_command_line);
    tcase_add_test(runs, where_a_training_was);
    tcase_add_test(runs, layers_that_never_or_always_fire);
    suite_add_tcase(suite, runs);
    return suite;
}
