/* The whole runtime on the fake model: what a run leaves behind when all goes well, and when it does not. */
#include "test_rt_runs.h"
#include "snn_safetensors.h"
#include "snn_draw.h"
#include "snn_session.h"
#include "snn_random.h"
#include "snn_weights.h"

#include <check.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *rt_train_suite(void);

static double accuracy(void)
{
    double value = -1.0;
    char end = '\0';
    ck_assert_msg(sscanf(fake.out, "test accuracy: %lf%c", &value, &end) == 2 && end == '\n', "stdout: %s",
                  fake.out);
    return value;
}

START_TEST(learns_and_tests_alike)
{
    assert_run(0, "train --epochs 20 --quiet");
    double trained = accuracy();
    ck_assert_msg(trained > 0.8, "%g", trained);
    ck_assert_str_eq(fake.err, "");
    assert_run(0, "test");
    ck_assert(accuracy() == trained);
    assert_run(0, "test --batch 5 --threads 3 --weights=fake.safetensors");
    ck_assert(accuracy() == trained);
    assert_no_temporary();
}
END_TEST

START_TEST(threads_do_not_change_bits)
{
    assert_run(0, "train --threads 1 --out one.safetensors");
    assert_run(0, "train --threads 2 --out two.safetensors");
    assert_run(0, "train --threads 7 --out seven.safetensors");
    assert_same("one.safetensors", "two.safetensors");
    assert_same("one.safetensors", "seven.safetensors");
    assert_run(0, "train --seed 6 --out other.safetensors");
    ck_assert(!fake_same(&fake, "one.safetensors", "other.safetensors"));
}
END_TEST

/* The bytes of the bias in a checkpoint of the fake model. */
static void read_bias(const char *name, float bias[FAKE_CLASSES])
{
    SnnError error;
    SnnTensors *file = snn_tensors_open(fake_path(&fake, 0, name), &error);
    ck_assert_msg(file != NULL, "%s", error.text);
    memcpy(bias, snn_tensors_find(file, "b_digit")->data, FAKE_CLASSES * sizeof *bias);
    ck_assert_int_eq(snn_tensors_find(file, "optim.momentum.b_digit") == NULL, fake.fake.frozen);
    snn_tensors_close(file);
}

START_TEST(frozen_parameters_stay)
{
    float bias[FAKE_CLASSES];
    fake.fake.frozen = true;
    fake.fake.constant = true;
    assert_run(0, "train --epochs 20 --quiet");
    ck_assert(accuracy() > 0.8);
    read_bias("fake.safetensors", bias);
    for (int c = 0; c < FAKE_CLASSES; c++)
        ck_assert(bias[c] == 0.5f);
    assert_run(0, "train --epochs 2 --out whole.safetensors");
    assert_run(0, "train --epochs 1 --out part.safetensors");
    assert_run(0, "train --epochs 2 --resume part.safetensors");
    assert_same("whole.safetensors", "part.safetensors");
    assert_run(0, "info");
    ck_assert_msg(strstr(fake.out, "dense(3) of digit, frozen\n") != NULL, "%s", fake.out);
    fake.fake.frozen = false;
    assert_run(0, "train --epochs 2 --quiet --out learned.safetensors");
    read_bias("learned.safetensors", bias);
    ck_assert(bias[0] != 0.5f);
}
END_TEST

START_TEST(without_a_train_block)
{
    assert_run(0, "train --epochs 1 --quiet");
    double trained = accuracy();
    fake.fake.model.train = NULL;
    fake.fake.model.optimizer = NULL;
    assert_run(2, "train");
    assert_says("cannot train (fake.snn): the model has no `train` block");
    assert_run(0, "test");
    ck_assert(accuracy() == trained);
    assert_run(0, "predict");
    assert_run(0, "info");
    ck_assert(strstr(fake.out, "batch 8, no training") != NULL && strstr(fake.out, "(null)") == NULL);
    assert_run(0, "--help");
    ck_assert(strstr(fake.out, "cannot be trained") != NULL);
}
END_TEST

START_TEST(without_a_prediction)
{
    double trained = -1, tested = -1;
    fake.fake.model.predict = NULL;
    fake.fake.model.tables.prediction_count = fake.fake.model.tables.metric_count = 0;
    assert_run(0, "train --epochs 2 --log run.json");
    ck_assert_int_eq(sscanf(fake.out, "test loss: %lf", &trained), 1);
    ck_assert(strstr(fake.err, "  test loss ") != NULL && strstr(fake.err, "  train ") == NULL);
    char *log = fake_read(&fake, "run.json", NULL);
    ck_assert(strstr(log, "\"test_loss\": ") != NULL && strstr(log, "accuracy") == NULL);
    free(log);
    assert_run(0, "test --batch 3");
    ck_assert_int_eq(sscanf(fake.out, "test loss: %lf", &tested), 1);
    ck_assert(tested == trained && tested > 0);
    assert_run(2, "predict");
    assert_says("cannot predict (fake.snn): the model has no `predict`");
}
END_TEST

/* Reads one epoch of the trace: `batches` lines of `epoch`, `count` samples in all. */
static void read_trace(FILE *trace, unsigned epoch, int batches, int32_t *samples, int count)
{
    int read = 0;
    for (int batch = 0; batch < batches; batch++) {
        unsigned found;
        int rows;
        double lr;
        ck_assert_int_eq(fscanf(trace, "%u %d %lf", &found, &rows, &lr), 3);
        ck_assert_uint_eq(found, epoch);
        ck_assert_int_eq(rows, batch < batches - 1 ? 8 : count - read);
        if (epoch != SNN_TEST_EPOCH) {
            double wanted = (double)fake_rate(fake.fake.model.lr, (int)epoch, 2, batch, batches);
            ck_assert(fabs(lr - wanted) <= 1e-7 * wanted);
        }
        for (int row = 0; row < rows; row++)
            ck_assert_int_eq(fscanf(trace, "%d", &samples[read++]), 1);
    }
    ck_assert_int_eq(read, count);
}

START_TEST(visits_every_sample_in_its_order)
{
    int32_t samples[FAKE_TRAIN], order[FAKE_TRAIN];
    fake.fake.trace = true;
    assert_run(0, "train --epochs 2");
    FILE *trace = fopen(fake_path(&fake, 0, "trace.txt"), "r");
    ck_assert_ptr_nonnull(trace);
    for (unsigned epoch = 0; epoch < 2; epoch++) {
        snn_draw_order(order, FAKE_TRAIN, 5, epoch);
        read_trace(trace, epoch, 13, samples, FAKE_TRAIN);
        ck_assert(memcmp(samples, order, sizeof order) == 0);
    }
    read_trace(trace, SNN_TEST_EPOCH, 5, samples, FAKE_TEST); /* once, at the end */
    for (int i = 0; i < FAKE_TEST; i++)
        ck_assert_int_eq(samples[i], i);
    ck_assert_int_eq(fgetc(trace), '\n');
    ck_assert_int_eq(fgetc(trace), EOF);
    fclose(trace);
}
END_TEST

/* A log that knows more epochs than the checkpoint, and ends in half a line. */
START_TEST(resumed_log_goes_on_behind_the_checkpoint)
{
    static const char log[] = "{\"epoch\": 1, \"x\": 1}\n{\"epoch\": 2, \"x\": 1}\n{\"epoch\": 3, \"x";
    assert_run(0, "train --epochs 1");
    fake_write(&fake, "run.json", log, sizeof log - 1);
    assert_run(0, "train --resume fake.safetensors --epochs 2 --log run.json");
    char *text = fake_read(&fake, "run.json", NULL);
    ck_assert_ptr_nonnull(text);
    ck_assert(strncmp(text, log, 20) == 0 && text[20] == '\n');
    ck_assert(strncmp(text + 21, "{\"epoch\": 2, \"train_loss\": ", 27) == 0);
    ck_assert_ptr_eq(strchr(text + 21, '\n'), text + strlen(text) - 1);
    free(text);
    assert_run(0, "train --epochs 1 --log run.json");
    text = fake_read(&fake, "run.json", NULL);
    ck_assert(strncmp(text, "{\"epoch\": 1, \"train_loss\": ", 27) == 0);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
    ck_assert(exists("run.1.json")); /* of the other training */
}
END_TEST

/* A kill between checkpoint and log leaves no hole: the checkpoint knows the line of its epoch. */
START_TEST(resumed_log_gets_the_missing_line)
{
    assert_run(0, "train --log run.json");
    char *whole = fake_read(&fake, "run.json", NULL);
    char *last = strstr(whole, "{\"epoch\": 3");
    ck_assert_ptr_nonnull(last);
    fake_write(&fake, "run.json", whole, (size_t)(last - whole) + 20);
    assert_run(0, "train --resume fake.safetensors --log run.json");
    char *text = fake_read(&fake, "run.json", NULL);
    ck_assert(strncmp(text, whole, (size_t)(last - whole)) == 0);
    const char *seconds = strstr(text + (last - whole), "\"seconds\": null, \"lr\": ");
    ck_assert_ptr_nonnull(seconds);
    ck_assert(strncmp(text + (last - whole), last, strcspn(last, "s")) == 0);
    ck_assert_str_eq(strstr(seconds, "\"lr\""), strstr(last, "\"lr\""));
    free(text);
    free(whole);
}
END_TEST

/* 13 training batches make an epoch, 5 the test: killed in each kind of place from the second epoch on. */
START_TEST(killed_run_resumes_to_the_same_bits)
{
    static const int places[] = {14, 20, 26, 27, 39, 40, 44};
    assert_run(0, "train --out whole.safetensors --log whole.json");
    fake.fake.die_at = places[_i];
    assert_run(-SIGKILL, "train --out part.safetensors --log part.json");
    fake.fake.die_at = 0;
    assert_run(0, "train --resume part.safetensors --log part.json");
    assert_same("whole.safetensors", "part.safetensors");
    char *log = fake_read(&fake, "part.json", NULL);
    ck_assert_ptr_nonnull(log);
    const char *line = log;
    for (int epoch = 1; epoch <= 3; epoch++) {
        int number = 0;
        ck_assert(sscanf(line, "{\"epoch\": %d,", &number) == 1 && number == epoch);
        ck_assert_ptr_nonnull(strstr(line, "\"firing_rate\": {\"coin\": 0."));
        line = strchr(line, '\n') + 1;
    }
    ck_assert(*line == '\0');
    free(log);
}
END_TEST

START_TEST(interrupted_run_says_how_to_go_on)
{
    fake.fake.signal_at = 21;
    assert_run(130, "train --out part.safetensors");
    assert_says("interrupted in epoch 2");
    assert_says("--resume part.safetensors --epochs 3");
    fake.fake.signal_at = 0;
    assert_run(0, "train --resume part.safetensors --epochs 3");
    assert_run(0, "train");
    assert_same("part.safetensors", "fake.safetensors");
    assert_no_temporary();
}
END_TEST

/* Whatever they are called: what is advised can be done. */
START_TEST(what_is_advised_is_not_cut)
{
    char name[170], line[600];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    fake.fake.signal_at = 21;
    snprintf(line, sizeof line, "train --out part.safetensors --log %s", name);
    assert_run(130, line);
    snprintf(line, sizeof line, "--resume part.safetensors --epochs 3 --log %s`", name);
    assert_says(line);
}
END_TEST

START_TEST(interrupted_before_the_first_checkpoint)
{
    fake.fake.signal_at = 3;
    assert_run(130, "train");
    assert_says("nothing is saved");
    ck_assert(!exists("fake.safetensors"));
}
END_TEST

START_TEST(resume_refuses_what_differs)
{
    assert_run(0, "train --epochs 1");
    assert_run(1, "train --resume fake.safetensors --seed 6");
    assert_says("trained with --seed 5, not 6");
    assert_run(1, "train --resume fake.safetensors --batch 9");
    assert_says("trained with --batch 8, not 9");
    fake.fake.model.optimizer = "adam";
    assert_run(1, "train --resume fake.safetensors");
    assert_says("optimizer `sgd`");
    fake.fake.model.optimizer = "sgd";
    fake.fake.model.steps = 2;
    assert_run(1, "train --resume fake.safetensors");
    assert_says("1 time steps");
    fake.fake.model.steps = 1;
    fake.fake.model.name = "other";
    assert_run(1, "train --resume fake.safetensors");
    assert_says("it is a checkpoint of `fake`, this program trains `other`");
    fake.fake.model.name = "fake";
    assert_run(1, "train --resume nowhere.safetensors");
    assert_says("cannot read (nowhere.safetensors): No such file");
}
END_TEST

START_TEST(resume_of_a_finished_run)
{
    assert_run(0, "train --epochs 2");
    double trained = accuracy();
    assert_run(0, "train --resume fake.safetensors");
    assert_says("its 2 epochs are done");
    ck_assert(accuracy() == trained);
}
END_TEST

START_TEST(strange_files_are_not_overwritten)
{
    fake_write(&fake, "thesis.txt", "precious", 8);
    assert_run(1, "train --out thesis.txt");
    assert_says("would overwrite (thesis.txt): it is no checkpoint");
    assert_run(1, "train --log thesis.txt");
    assert_says("not a log");
    assert_run(1, "train --out same.x --log same.x");
    assert_says("one file for two things (same.x)");
    assert_run(1, "train --out same.x --log ./same.x");
    assert_says("one file for two things (./same.x)");
    size_t size = 0;
    char *text = fake_read(&fake, "thesis.txt", &size);
    ck_assert(size == 8 && strcmp(text, "precious") == 0);
    free(text);
    assert_run(1, "train --out /dev/full");
    assert_says("not a regular file (/dev/full)");
    assert_run(1, "train --out nowhere/x.safetensors");
    assert_says("cannot write (nowhere/x.safetensors): No such file or directory");
    assert_run(0, "train --force --epochs 1 --out thesis.txt");
    ck_assert_int_eq(read_state("thesis.txt").epoch, 1);
}
END_TEST

START_TEST(full_disk_keeps_the_old_checkpoint)
{
    assert_run(0, "train --epochs 1");
    ck_assert_int_eq(rename(fake_path(&fake, 0, "fake.safetensors"), fake_path(&fake, 1, "keep.safetensors")),
                     0);
    assert_run(0, "train --epochs 1");
    fake.file_limit = 600;
    assert_run(1, "train --epochs 2 --seed 9");
    assert_says("cannot write (fake.safetensors): File too large");
    assert_same("fake.safetensors", "keep.safetensors");
    assert_no_temporary();
}
END_TEST

START_TEST(predicts_as_csv)
{
    assert_run(0, "train --epochs 5");
    assert_run(0, "predict --out all.csv");
    assert_run(0, "predict --batch 3");
    char *csv = fake_read(&fake, "all.csv", NULL);
    ck_assert_ptr_nonnull(csv);
    ck_assert_str_eq(csv, fake.out);
    ck_assert(strncmp(csv, "sample,label,predicted,score_0,score_1,score_2\n0,", 49) == 0);
    int lines = 0;
    for (const char *c = csv; *c != '\0'; c++)
        lines += *c == '\n';
    ck_assert_int_eq(lines, FAKE_TEST + 1);
    free(csv);
    assert_run(0, "predict t10k-images-idx3-ubyte");
    ck_assert(strncmp(fake.out, "sample,predicted,score_0,score_1,score_2\n0,", 43) == 0);
    assert_run(1, "predict nothing.idx");
    assert_says("cannot read (nothing.idx)");
    assert_run(1, "predict --out fake.safetensors");
    assert_says("would overwrite (fake.safetensors): it is read");
    assert_run(1, "predict --force --out ./fake.safetensors");
    assert_says("would overwrite (./fake.safetensors): it is read");
    fake_write(&fake, "my.csv", "sample,mine\n0,1\n", 16);
    assert_run(1, "predict --out my.csv");
    assert_says("would overwrite (my.csv): it is not a file of predictions");
    assert_run(0, "predict --force --out my.csv");
    assert_run(0, "predict --out all.csv");
    assert_same("my.csv", "all.csv");
    assert_run(1, "predict --out /dev/full");
    assert_says("cannot write (/dev/full): No space left on device");
    fake.file_limit = 400;
    assert_run(1, "predict --out all.csv");
    assert_says("cannot write (all.csv): File too large");
    assert_run(1, "predict");
    assert_says("cannot write (standard output): File too large");
    fake.file_limit = 0;
    assert_no_temporary();
    assert_run(1, "test --weights nothing");
    assert_says("no weights (nothing): train first");
    assert_run(1, "test --weights t10k-images-idx3-ubyte");
    assert_says("not a readable safetensors file");
}
END_TEST

START_TEST(checkpoint_is_in_the_order_of_pytorch)
{
    SnnError error;
    assert_run(0, "train --epochs 1");
    SnnTensors *file = snn_tensors_open(fake_path(&fake, 0, "fake.safetensors"), &error);
    ck_assert_ptr_nonnull(file);
    const SnnTensor *w = snn_tensors_find(file, "w_digit"),
                    *m = snn_tensors_find(file, "optim.momentum.w_digit");
    ck_assert(w != NULL && m != NULL && snn_tensors_find(file, "optim.momentum.b_digit") != NULL);
    ck_assert(w->ndim == 2 && w->dims[0] == FAKE_CLASSES && w->dims[1] == FAKE_INPUTS);
    ck_assert_str_eq(snn_tensors_metadata(file, "epoch"), "1");
    ck_assert_int_eq(snn_tensors_count(file), 4);
    snn_tensors_close(file);
}
END_TEST

/* What was saved is what is loaded, in the same places. */
START_TEST(checkpoint_round_trip)
{
    SnnSession session;
    SnnError error;
    SnnModel *model = &fake.fake.model;
    SnnState state = {.seed = 1, .batch = 8, .epoch = 2, .epochs = 3, .step = 26, .samples = 101}, got;
    ck_assert(snn_session_open(&session, model, 8, 1, &error));
    for (int i = 0; i < FAKE_INPUTS * FAKE_CLASSES; i++) {
        model->params[0].value[i] = (float)i;
        model->params[0].state[0][i] = (float)-i;
    }
    SnnTarget target = {.path = fake_path(&fake, 1, "r.safetensors")};
    ck_assert(snn_checkpoint_save(model, &state, NULL, &target, &error));
    ck_assert(target.kept == NULL && target.own.known);
    model->init(session.net, session.pool);
    got = read_state("r.safetensors");
    ck_assert(got.seed == 1 && got.batch == 8 && got.epoch == 2 && got.epochs == 3 && got.step == 26);
    ck_assert_int_eq(got.samples, 101);
    SnnTensors *file = snn_tensors_open(target.path, &error);
    ck_assert(snn_weights_load(file, model, true, target.path, &error));
    for (int i = 0; i < FAKE_INPUTS * FAKE_CLASSES; i++)
        ck_assert(model->params[0].value[i] == (float)i && model->params[0].state[0][i] == (float)-i);
    model->params[0].dims[0] = 15;
    ck_assert(!snn_weights_load(file, model, false, target.path, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "`w_digit` is [3, 16], the model needs [3, 15]"));
    model->params[0].name = "w_other";
    ck_assert(!snn_weights_load(file, model, false, target.path, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "`w_other` (dense(3) of digit) is missing"));
    snn_tensors_close(file);
    snn_session_close(&session);
}
END_TEST

START_TEST(data_must_be_the_same_on_resume)
{
    unsigned char images[2 * FAKE_INPUTS] = {0}, labels[2] = {0, 1};
    assert_run(0, "train --epochs 1");
    fake_write_idx(&fake, "train-images-idx3-ubyte", 8, 3, (uint32_t[]){2, 4, 4}, images, sizeof images);
    fake_write_idx(&fake, "train-labels-idx1-ubyte", 8, 1, (uint32_t[]){2}, labels, 2);
    assert_run(1, "train --resume fake.safetensors");
    assert_says("trained with 101 samples, 2 are here");
}
END_TEST

/* Samples of both kinds into a network that takes both kinds, and one that takes none. */
START_TEST(samples_as_reals_and_as_spikes)
{
    uint8_t bytes[2 * FAKE_INPUTS] = {0, 1, 255, [FAKE_INPUTS] = 51}, into[2 * FAKE_INPUTS];
    int32_t labels[2] = {2, 1};
    float reals[2 * FAKE_INPUTS] = {0.0f, 1e-30f, -3.0f, -0.0f, [FAKE_INPUTS] = 0.25f};
    const int32_t order[3] = {0, 1, 0};
    SnnDataset sets[] = {{.count = 2, .width = FAKE_INPUTS, .bytes = bytes, .labels = labels},
                         {.count = 2, .width = FAKE_INPUTS, .reals = reals}};
    SnnModel *model = &fake.fake.model;
    SnnSession session;
    SnnError error;
    ck_assert(snn_session_open(&session, model, 2, 1, &error));
    float *input = model->input;
    for (int set = 0; set < 2; set++) {
        model->input = input;
        model->spikes = NULL;
        snn_session_load(&session, &sets[set], order, 1, 2); /* samples 1 and 0 */
        ck_assert(input[0] == (set == 0 ? 0.2f : 0.25f) && input[1] == 0.0f);
        for (int i = 0; i < 5; i++)
            ck_assert(input[FAKE_INPUTS + i] == (set == 0 ? (float)bytes[i] / 255.0f : reals[i]));
        model->input = NULL;
        model->spikes = into;
        memset(into, 7, sizeof into);
        snn_session_load(&session, &sets[set], order, 1, 2);
        for (int i = 0; i < 2 * FAKE_INPUTS; i++)
            ck_assert_int_eq(into[i], i == 0 || i == FAKE_INPUTS + 1 || i == FAKE_INPUTS + 2);
        ck_assert(model->label[0] == (set == 0 ? 1 : 0) && model->sample[0] == 1 && model->sample[1] == 0);
        model->spikes = NULL;
        snn_session_load(&session, &sets[set], NULL, 0, 2);
        ck_assert(model->sample[1] == 1 && model->label[0] == (set == 0 ? 2 : 0));
    }
    snn_session_close(&session);
}
END_TEST

/* At a learning rate of 0 they stay. */
START_TEST(initial_values)
{
    SnnError error;
    fake.fake.model.lr = 0.0f;
    assert_run(0, "train --epochs 1 --seed 9");
    SnnTensors *file = snn_tensors_open(fake_path(&fake, 0, "fake.safetensors"), &error);
    ck_assert_ptr_nonnull(file);
    float w[FAKE_CLASSES][FAKE_INPUTS], b[FAKE_CLASSES];
    memcpy(w, snn_tensors_find(file, "w_digit")->data, sizeof w);
    memcpy(b, snn_tensors_find(file, "b_digit")->data, sizeof b);
    uint32_t key = snn_key(9, SNN_INIT_EPOCH, 0, 0);
    for (int i = 0; i < FAKE_INPUTS; i++)
        for (int c = 0; c < FAKE_CLASSES; c++)
            ck_assert(w[c][i] == (2.0f * snn_uniform(key, (uint32_t)(i * FAKE_CLASSES + c)) - 1.0f) * 0.25f);
    ck_assert(b[0] == 0.5f && b[2] == 0.5f);
    snn_tensors_close(file);
}
END_TEST

START_TEST(info_counts)
{
    assert_run(0, "info");
    ck_assert_ptr_nonnull(strstr(fake.out, "51 parameters"));
    ck_assert_ptr_nonnull(strstr(fake.out, "48 synaptic operations"));
    ck_assert_ptr_nonnull(strstr(fake.out, "[3, 16]"));
    ck_assert(!exists("fake.safetensors"));
}
END_TEST

Suite *rt_train_suite(void)
{
    Suite *suite = suite_create("rt_train");
    TCase *runs = tcase_create("runs");
    tcase_add_checked_fixture(runs, fake_setup, fake_teardown);
    tcase_set_timeout(runs, 60);
    tcase_add_test(runs, learns_and_tests_alike);
    tcase_add_test(runs, visits_every_sample_in_its_order);
    tcase_add_test(runs, resumed_log_goes_on_behind_the_checkpoint);
    tcase_add_test(runs, resumed_log_gets_the_missing_line);
    tcase_add_test(runs, threads_do_not_change_bits);
    tcase_add_test(runs, frozen_parameters_stay);
    tcase_add_test(runs, without_a_train_block);
    tcase_add_test(runs, without_a_prediction);
    tcase_add_loop_test(runs, killed_run_resumes_to_the_same_bits, 0, 7);
    tcase_add_test(runs, interrupted_run_says_how_to_go_on);
    tcase_add_test(runs, what_is_advised_is_not_cut);
    tcase_add_test(runs, interrupted_before_the_first_checkpoint);
    tcase_add_test(runs, resume_refuses_what_differs);
    tcase_add_test(runs, resume_of_a_finished_run);
    tcase_add_test(runs, strange_files_are_not_overwritten);
    tcase_add_test(runs, full_disk_keeps_the_old_checkpoint);
    tcase_add_test(runs, predicts_as_csv);
    tcase_add_test(runs, checkpoint_is_in_the_order_of_pytorch);
    tcase_add_test(runs, checkpoint_round_trip);
    tcase_add_test(runs, data_must_be_the_same_on_resume);
    tcase_add_test(runs, samples_as_reals_and_as_spikes);
    tcase_add_test(runs, initial_values);
    tcase_add_test(runs, info_counts);
    suite_add_tcase(suite, runs);
    return suite;
}
