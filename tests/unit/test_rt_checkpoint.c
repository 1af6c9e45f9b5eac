/* What a checkpoint says of the model and the training that made it, and what is made of that. */
#include "test_rt_runs.h"
#include "snn_safetensors.h"
#include "snn_session.h"
#include "snn_model_text.h"
#include "snn_weights.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *rt_checkpoint_suite(void);

static SnnError error;

static const char *const network[] = {"1 time steps, 3 classes", "digit: v = v[-1] * 0.5 + input",
                                      "digit: out = v", NULL};
static const char *const slower[] = {"1 time steps, 3 classes", "digit: v = v[-1] * 0.9 + input",
                                     "digit: out = v", NULL};
static const char *const training[] = {"loss = mse(digit, label)", "lr: constant of 0.1", NULL};
static const char *const faster[] = {"loss = mse(digit, label)", "lr: constant of 0.2", NULL};

static void setup(void)
{
    fake_setup();
    fake.fake.model.network = network;
    fake.fake.model.training = training;
}

static SnnTensors *open_file(const char *name)
{
    SnnTensors *file = snn_tensors_open(fake_path(&fake, 0, name), &error);
    ck_assert_msg(file != NULL, "%s", error.text);
    return file;
}

START_TEST(differences_are_named)
{
    static const struct {
        const char *theirs, *ours, *difference; /* NULL: none */
    } cases[] = {
        {"a\nb\n", "a\nb\n", NULL},
        {"", "", NULL},
        {"a\nb\n", "b\na\n", NULL}, /* what is said, not in which order */
        {"a\nb\n", "a\nc\n", "it was trained with `b`, this program has `c`"},
        {"a\nab\n", "a\n", "it was trained with `ab`, this program has nothing"},
        {"", "a\n", "it was trained with nothing, this program has `a`"},
        {"a\nb\nc\nd\n", "e\nf\n",
         "it was trained with `a`, this program has `e`; it was trained with `b`, this program has `f`; 2 "
         "more "
         "lines differ"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool differs = snn_text_differs(cases[i].theirs, cases[i].ours, &error);
        ck_assert_msg(differs == (cases[i].difference != NULL), "case %zu", i);
        ck_assert_str_eq(error.text, differs ? cases[i].difference : "");
    }
}
END_TEST

/* Lines as long as they like: the message is cut, and still one. */
START_TEST(long_lines_are_cut)
{
    char theirs[5000], ours[5000];
    memset(theirs, 'x', sizeof theirs - 1);
    memset(ours, 'y', sizeof ours - 1);
    theirs[sizeof theirs - 1] = ours[sizeof ours - 1] = '\0';
    theirs[2000] = ours[2000] = '\n';
    ck_assert(snn_text_differs(theirs, ours, &error));
    ck_assert_uint_lt(strlen(error.text), 700);
    ck_assert_ptr_nonnull(strstr(error.text, "xxx...`, this program has `yyy"));
}
END_TEST

START_TEST(hash_is_of_the_text)
{
    SnnModel *model = &fake.fake.model;
    uint64_t hash = snn_model_hash(model);
    model->network = slower;
    ck_assert(snn_model_hash(model) != hash);
    model->network = network;
    model->training = faster;
    ck_assert(snn_model_hash(model) != hash);
    model->training = training;
    ck_assert(snn_model_hash(model) == hash);
    assert_run(0, "train --epochs 1");
    SnnTensors *file = open_file("fake.safetensors");
    char text[20];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    ck_assert_str_eq(snn_tensors_metadata(file, "model_hash"), text);
    ck_assert_str_eq(snn_tensors_metadata(file, "training"),
                     "loss = mse(digit, label)\nlr: constant of 0.1\n");
    snn_tensors_close(file);
}
END_TEST

START_TEST(another_network)
{
    static const char words[] =
        "it was trained with `digit: v = v[-1] * 0.5 + input`, this program has `digit: "
        "v = v[-1] * 0.9 + input`";
    assert_run(0, "train --epochs 1");
    fake.fake.model.network = slower;
    assert_run(1, "train --resume fake.safetensors");
    assert_says("cannot resume (fake.safetensors), this is another training: ");
    assert_says(words);
    assert_says("; --force goes on all the same");
    assert_run(0, "train --force --resume fake.safetensors --epochs 2 --out forced.safetensors");
    assert_says("goes on from another training (fake.safetensors): ");
    assert_run(0, "test --weights forced.safetensors"); /* it is a checkpoint of this program now */
    ck_assert_str_eq(fake.err, "");
    assert_run(0, "test");
    assert_says("weights of another model (fake.safetensors): ");
    assert_says(words);
    assert_run(0, "train --epochs 1 --quiet --weights fake.safetensors --out new.safetensors");
    assert_says("weights of another model (fake.safetensors): ");
}
END_TEST

START_TEST(another_training)
{
    assert_run(0, "train --epochs 1");
    fake.fake.model.training = faster;
    assert_run(1, "train --resume fake.safetensors");
    assert_says("it was trained with `lr: constant of 0.1`, this program has `lr: constant of 0.2`");
    assert_run(0, "test"); /* results do not depend on it */
    ck_assert_str_eq(fake.err, "");
}
END_TEST

/* Checkpoints of older programs, and weights from elsewhere. */
START_TEST(files_without_a_description)
{
    fake.fake.model.network = fake.fake.model.training = NULL;
    assert_run(0, "train --epochs 1");
    fake.fake.model.network = network;
    fake.fake.model.training = training;
    assert_run(0, "test");
    ck_assert_str_eq(fake.err, "");
    assert_run(0, "train --quiet --resume fake.safetensors --epochs 2");
    ck_assert_str_eq(fake.err, "");
}
END_TEST

/* Makes forged.safetensors: fake.safetensors with another "key":"number" in its metadata. */
static void forge(const char *key, const char *number)
{
    char wanted[64];
    size_t size, length = 0;
    char *bytes = fake_read(&fake, "fake.safetensors", &size);
    for (int i = 7; i >= 0; i--)
        length = length << 8 | (unsigned char)bytes[i];
    char *header = strndup(bytes + 8, length), *forged = malloc(size + 64);
    snprintf(wanted, sizeof wanted, "\"%s\":\"", key);
    char *value = strstr(header, wanted) + strlen(wanted), *rest = strchr(value, '"');
    size_t used = (size_t)snprintf(forged + 8, size, "%.*s%s%s", (int)(value - header), header, number, rest);
    for (int i = 0; i < 8; i++)
        forged[i] = (char)(used >> (8 * i) & 0xFF);
    memcpy(forged + 8 + used, bytes + 8 + length, size - 8 - length);
    fake_write(&fake, "forged.safetensors", forged, size - length + used);
    free(header);
    free(forged);
    free(bytes);
}

START_TEST(numbers_that_cannot_be)
{
    static const char *const cases[][2] = {{"updates", "9223372036854775807"},
                                           {"updates", "-1"},
                                           {"updates", "1e3"},
                                           {"batch", "2147483648"},
                                           {"batch", "0"},
                                           {"epoch", "99999999999"},
                                           {"epochs", "2147483648"},
                                           {"samples", "4294967295"},
                                           {"seed", "4294967296"},
                                           {"steps", "two"},
                                           {"batch", "8 "},
                                           {"epoch", ""}};
    assert_run(0, "train --epochs 1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        forge(cases[i][0], cases[i][1]);
        assert_run(1, "train --resume forged.safetensors");
        assert_says("cannot resume (forged.safetensors): its metadata lacks numbers or holds bad ones");
    }
    forge("updates", "1000000");
    assert_run(0, "train --resume forged.safetensors --out more.safetensors --epochs 2");
    SnnTensors *file = open_file("more.safetensors");
    ck_assert_str_eq(snn_tensors_metadata(file, "updates"), "1000013");
    snn_tensors_close(file);
}
END_TEST

/* A batch larger than any --batch may be, since the model says so. */
START_TEST(batch_of_the_model)
{
    SnnModel *model = &fake.fake.model;
    SnnSession session;
    SnnState state = {.batch = 1048577, .samples = 5}, got;
    SnnTarget target = {.path = fake_path(&fake, 1, "wide.safetensors")};
    ck_assert(snn_session_open(&session, model, 1, 1, &error));
    ck_assert(snn_checkpoint_save(model, &state, NULL, &target, &error));
    SnnTensors *file = open_file("wide.safetensors");
    ck_assert_msg(snn_checkpoint_state(file, model, false, &got, "", &error), "%s", error.text);
    ck_assert_int_eq(got.batch, 1048577);
    snn_tensors_close(file);
    snn_session_close(&session);
}
END_TEST

/* Names of parameters and states, of any length and with any characters. */
START_TEST(long_names)
{
    static char long_name[3001], state_name[1001];
    SnnModel *model = &fake.fake.model;
    SnnSession session;
    SnnState state = {.batch = 8, .samples = 101};
    SnnTarget target = {.path = fake_path(&fake, 1, "long.safetensors")};
    memset(long_name, 'n', sizeof long_name - 1);
    memset(state_name, 's', sizeof state_name - 1);
    ck_assert(snn_session_open(&session, model, 8, 1, &error));
    model->params[0].name = long_name;
    model->params[0].state_name[0] = state_name;
    model->params[1].name = "\"{\\n\t";
    model->params[0].state[0][3] = 7.0f;
    ck_assert_msg(snn_checkpoint_save(model, &state, NULL, &target, &error), "%s", error.text);
    model->init(session.net, session.pool);
    SnnTensors *file = open_file("long.safetensors");
    ck_assert_msg(snn_weights_load(file, model, true, target.path, &error), "%s", error.text);
    ck_assert(model->params[0].state[0][3] == 7.0f);
    snn_tensors_close(file);
    snn_session_close(&session);
}
END_TEST

/* A file that another run has put there meanwhile is not replaced either. */
START_TEST(only_own_checkpoints_are_replaced)
{
    SnnModel *model = &fake.fake.model;
    SnnSession session;
    SnnState state = {.batch = 8, .samples = 101};
    SnnTarget one = {.path = fake_path(&fake, 1, "s.safetensors")}, other = one;
    ck_assert(snn_session_open(&session, model, 8, 1, &error));
    ck_assert(snn_checkpoint_save(model, &state, NULL, &one, &error) && one.kept == NULL);
    ck_assert(snn_checkpoint_save(model, &state, NULL, &one, &error) && one.kept == NULL);
    ck_assert(snn_checkpoint_save(model, &state, NULL, &other, &error));
    ck_assert_ptr_nonnull(other.kept);
    ck_assert_str_eq(strrchr(other.kept, '/'), "/s.1.safetensors");
    free(other.kept);
    ck_assert(snn_checkpoint_save(model, &state, NULL, &one, &error));
    ck_assert_ptr_nonnull(one.kept);
    ck_assert_str_eq(strrchr(one.kept, '/'), "/s.2.safetensors");
    free(one.kept);
    SnnTarget forced = {.path = one.path, .replace = true};
    ck_assert(snn_checkpoint_save(model, &state, NULL, &forced, &error) && forced.kept == NULL);
    ck_assert(snn_checkpoint_save(model, &state, NULL, &forced, &error) && forced.kept == NULL);
    snn_session_close(&session);
}
END_TEST

Suite *rt_checkpoint_suite(void)
{
    Suite *suite = suite_create("rt_checkpoint");
    TCase *tests = tcase_create("checkpoints");
    tcase_add_checked_fixture(tests, setup, fake_teardown);
    tcase_add_test(tests, differences_are_named);
    tcase_add_test(tests, long_lines_are_cut);
    tcase_add_test(tests, hash_is_of_the_text);
    tcase_add_test(tests, another_network);
    tcase_add_test(tests, another_training);
    tcase_add_test(tests, files_without_a_description);
    tcase_add_test(tests, numbers_that_cannot_be);
    tcase_add_test(tests, batch_of_the_model);
    tcase_add_test(tests, long_names);
    tcase_add_test(tests, only_own_checkpoints_are_replaced);
    suite_add_tcase(suite, tests);
    return suite;
}
