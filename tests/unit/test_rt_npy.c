/* Arrays as NumPy writes them, recorded in tests/golden/npy, and as they should not be. */
#include "test_rt_fake.h"
#include "snn_npy.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *rt_npy_suite(void);

#define GOLDEN "tests/golden/npy/"

enum { SAMPLES = 3, WIDTH = 4 };

static Fake fake;
static SnnDataset data;
static SnnError error;

static const char *const whole[] = {"name = whole", "samples = x", "labels = y", NULL};
static const char *const renamed[] = {"samples = x", "labels = z", NULL};

static void setup(void)
{
    fake_open(&fake);
    fake.fake.model.data = (SnnData){.format = &snn_npy, .ndim = 1, .dims = {WIDTH}, .classes = FAKE_CLASSES};
}

static void teardown(void)
{
    snn_dataset_free(&data);
    fake_close(&fake);
}

/* The first `length` bytes of it, of which byte `at` is another one. */
static void spoil(const char *name, const char *to, size_t length, size_t at, int byte)
{
    size_t size;
    char *bytes = fake_recorded(GOLDEN, name, &size);
    ck_assert_uint_le(length, size);
    ck_assert_uint_lt(at, size);
    bytes[at] = (char)byte;
    fake_write(&fake, to, bytes, length);
    free(bytes);
}

static bool read_part(const char *part)
{
    snn_dataset_free(&data);
    return snn_dataset_read(&data, &fake.fake.model, fake.folder, part, &error);
}

static void assert_refused(const char *part)
{
    ck_assert_msg(!read_part("t10k"), "accepted, not refused with `%s`", part);
    ck_assert_msg(strstr(error.text, part) != NULL, "`%s` is not in: %s", part, error.text);
    ck_assert(data.bytes == NULL && data.reals == NULL && data.labels == NULL && data.targets == NULL);
}

static void assert_samples(int32_t count)
{
    ck_assert(data.count == count && data.width == WIDTH && data.reals != NULL);
    for (int i = 0; i < count * WIDTH; i++)
        ck_assert(data.reals[i] == (float)i);
}

/* ---- files as they should be ----------------------------------------------------------------------- */

static const char *const types[] = {"i1.npy",       "little_i2.npy", "big_u2.npy", "little_i4.npy",
                                    "big_i8.npy",   "little_f2.npy", "big_f4.npy", "little_f8.npy",
                                    "version2.npy", "version3.npy"};

START_TEST(reads_types)
{
    fake.fake.model.data.classes = 0;
    fake_copy(&fake, GOLDEN, types[_i], "train_samples.npy");
    ck_assert_msg(read_part("train"), "%s: %s", types[_i], error.text);
    assert_samples(SAMPLES);
    ck_assert(data.labels == NULL && data.targets == NULL);
}
END_TEST

/* Bytes are kept, and scaled when they are used; what is true is 1. */
START_TEST(reads_bytes)
{
    fake.fake.model.data.classes = 0;
    fake_copy(&fake, GOLDEN, "u1.npy", "samples_train.npy");
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.reals == NULL && data.bytes[0] == 0 && data.bytes[11] == 11);
    fake_copy(&fake, GOLDEN, "bool.npy", "train_samples.npy");
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.bytes == NULL && data.reals[0] == 1.0f && data.reals[11] == 0.0f);
}
END_TEST

static const char *const archives[] = {"plain.npz", "packed.npz"};

START_TEST(reads_archives)
{
    static const int32_t labels[] = {2, 0, 1};
    fake_copy(&fake, GOLDEN, archives[_i / 2], "train.npz");
    fake.fake.model.room = (size_t)_i % 2; /* all that memory may hold is a byte, or as much as there is */
    ck_assert_msg(read_part("train"), "%s", error.text);
    assert_samples(SAMPLES);
    ck_assert(data.store.filed == (_i % 2 == 1) && memcmp(data.labels, labels, sizeof labels) == 0);
    fake.fake.model.data.target_ndim = 1;
    fake.fake.model.data.target_dims[0] = 1;
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.target_width == 1 && data.targets[0] == 1.0f && data.targets[2] == 0.5f);
}
END_TEST

/* Numbers, and also what was packed, before it becomes numbers. */
START_TEST(no_room_for_archives)
{
    const char *before = getenv("TMPDIR");
    char kept[4096];
    snprintf(kept, sizeof kept, "%s", before != NULL ? before : "");
    setenv("TMPDIR", "/nowhere", 1);
    fake.fake.model.room = 1;
    fake_copy(&fake, GOLDEN, archives[_i], "test.npz");
    assert_refused(_i == 0 ? "test.npz: samples): its samples are more than --memory"
                           : "bytes of `samples` are more than --memory");
    if (before != NULL)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
}
END_TEST

START_TEST(finds_parts)
{
    const SnnModel *model = &fake.fake.model;
    ck_assert(!snn_dataset_exists(model, fake.folder, "train"));
    fake_copy(&fake, GOLDEN, "plain.npz", "valid.npz");
    ck_assert_msg(read_part("valid"), "%s", error.text);
    fake.fake.model.data.settings = whole;
    fake_copy(&fake, GOLDEN, "whole.npz", "whole.npz");
    ck_assert_msg(read_part("train"), "%s", error.text);
    assert_samples(SAMPLES);
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    assert_samples(2);
    ck_assert(
        !snn_dataset_spare(model, fake.folder, NULL, fake_path(&fake, 0, "whole.npz"), "--out", &error));
    ck_assert(snn_dataset_spare(model, fake.folder, NULL, fake_path(&fake, 0, "valid.npz"), "--out", &error));
}
END_TEST

static const char *const by_speaker[] = {"test = speaker = Zo\xc3\xab, anna", "valid = day = 2", NULL};
static const char *const by_initial[] = {"test = initial = Z", NULL};
static const char *const by_byte[] = {"test = byte = bc", NULL};
static const char *const by_two[] = {"test = two = 0", NULL};
static const char *const by_none[] = {"test = age = 0", NULL};

/* Words of either kind, and numbers. */
START_TEST(parts_by_an_array)
{
    const char *const *const all[] = {by_speaker, by_initial, by_byte};
    fake_copy(&fake, GOLDEN, "speakers.npz", "train.npz");
    for (int i = 0; i < 3; i++) {
        fake.fake.model.data.settings = all[i];
        ck_assert_msg(read_part("t10k"), "%s", error.text);
        ck_assert(data.count == 1 && data.labels[0] == 0 && data.reals[0] == WIDTH);
        ck_assert_msg(read_part("train"), "%s", error.text);
        ck_assert(data.count == (i == 0 ? 1 : 2) && data.labels[0] == 2 && data.reals[0] == 0.0f);
    }
    fake.fake.model.data.settings = by_speaker;
    ck_assert_msg(read_part("valid"), "%s", error.text);
    ck_assert(data.count == 1 && data.labels[0] == 1);
    fake.fake.model.data.settings = by_two;
    assert_refused("train.npz: two): parts are chosen by it, so it must be [3], as many as samples");
    fake.fake.model.data.settings = by_none;
    assert_refused("there is no `age`; there are `speaker`, `initial`, `day`,");
}
END_TEST

START_TEST(samples_alone)
{
    ck_assert(snn_dataset_read_images(&data, &fake.fake.model, GOLDEN "packed.npz", &error));
    assert_samples(SAMPLES);
    ck_assert_ptr_null(data.labels);
}
END_TEST

/* With dimensions of 1, and in time. */
START_TEST(reads_shapes)
{
    SnnData *described = &fake.fake.model.data;
    described->classes = 0;
    fake_copy(&fake, GOLDEN, "big_f4.npy", "train_samples.npy");
    *described = (SnnData){.format = &snn_npy, .ndim = 3, .dims = {4, 1, 1}};
    ck_assert_msg(read_part("train"), "%s", error.text);
    assert_samples(SAMPLES);
    *described = (SnnData){.format = &snn_npy, .ndim = 2, .dims = {2, 2}};
    ck_assert(!read_part("train"));
    ck_assert_ptr_nonnull(strstr(error.text, "its samples are [4], the model `fake` takes [2, 2]"));
}
END_TEST

/* ---- files as they should not be ------------------------------------------------------------------- */

typedef struct Refused {
    const char *file, *message;
} Refused;

static const Refused refused[] = {
    {"fortran.npy", "/test_samples.npy): its first axis varies fastest"},
    {"objects.npy", "/test_samples.npy): it has objects of Python"},
    {"records.npy", "/test_samples.npy): it has records of several fields"},
    {"text.npy", "/test_samples.npy): its elements are `<U1`, not numbers"},
    {"complex.npy", "its elements are `<c8`, not numbers"},
    {"make.py", "not an NPY file ("},
};

START_TEST(wrong_types)
{
    fake.fake.model.data.classes = 0;
    fake_copy(&fake, GOLDEN, refused[_i].file, "test_samples.npy");
    assert_refused(refused[_i].message);
}
END_TEST

START_TEST(truncated_at_every_byte)
{
    size_t size;
    free(fake_recorded(GOLDEN, "version2.npy", &size));
    fake.fake.model.data.classes = 0;
    for (size_t length = 0; length < size; length++) {
        spoil("version2.npy", "test_samples.npy", length, 0, 0x93);
        assert_refused(length < 10 ? "not an NPY file (" : "truncated (");
    }
    spoil("version2.npy", "test_samples.npy", size, 6, 4);
    assert_refused("it has version 4, 1 to 3 are supported");
}
END_TEST

/* A byte of an archive, changed, is found, or does not matter: then what is read is what was written. */
START_TEST(broken_archives)
{
    size_t size;
    free(fake_recorded(GOLDEN, archives[_i], &size));
    for (size_t length = 0; length < size; length += 5) {
        spoil(archives[_i], "test.npz", length, 0, 'P');
        assert_refused(length < 4 ? "not an NPY file (" : "corrupt or truncated (");
    }
    for (size_t at = 0; at < size; at += 3) {
        spoil(archives[_i], "test.npz", size, at, 0xA5);
        if (read_part("t10k"))
            assert_samples(SAMPLES);
    }
}
END_TEST

START_TEST(missing)
{
    assert_refused("/test_samples.npy, or `samples` in test.npz): give the folder of the NPY or NPZ files");
    fake_copy(&fake, GOLDEN, "plain.npz", "test.npz");
    fake.fake.model.data.settings = renamed;
    assert_refused("/test.npz): there is no `z`; there are `x`, `y`, `samples`, `labels`, `targets`");
    unlink(fake_path(&fake, 0, "test.npz"));
    fake.fake.model.data.settings = NULL;
    fake_copy(&fake, GOLDEN, "version2.npy", "test_samples.npy");
    assert_refused("/test_labels.npy): the samples are there, and the model `fake` takes labels with them");
    ck_assert(!read_part("other"));
    ck_assert_ptr_nonnull(strstr(error.text, "--validate takes the name of a part that is there"));
}
END_TEST

static void write_array(const char *name, const char *type, const char *shape, const void *bytes, size_t size)
{
    char file[256] = "\x93NUMPY\1";
    int length =
        snprintf(file + 10, 128, "{'shape': %s, 'fortran_order': False, 'descr': '%s'}", shape, type);
    file[8] = (char)length;
    memcpy(file + 10 + length, bytes, size);
    fake_write(&fake, name, file, 10 + (size_t)length + size);
}

START_TEST(wrong_labels)
{
    fake_copy(&fake, GOLDEN, "version2.npy", "test_samples.npy");
    write_array("test_labels.npy", "|u1", "(3,)", "\0\1\2", 3);
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    write_array("test_labels.npy", "|u1", "(3,)", "\0\1\3", 3);
    assert_refused("sample 2 has label 3, the model `fake` knows 0 to 2");
    write_array("test_labels.npy", "|i1", "(3,)", "\377\1\2", 3);
    assert_refused("sample 0 has label -1,");
    write_array("test_labels.npy", "|u1", "(2,)", "\0\1", 2);
    assert_refused("different numbers of samples: 2 labels (");
    write_array("test_labels.npy", "<f4", "(1,)", "\0\0\0\0", 4);
    assert_refused("different numbers of samples: 1 labels (");
    write_array("test_labels.npy", "<f2", "(3,)", "\0\0\0\0\0\0", 6);
    assert_refused("not labels (");
    write_array("test_labels.npy", "|u1", "(3, 2)", "\0\1\2\0\1\2", 6);
    assert_refused("its labels are [2], the model `fake` takes []");
    write_array("test_labels.npy", "|u1", "()", "\0", 1);
    assert_refused("it is one number, without an axis for samples");
    write_array("test_labels.npy", "|u1", "(3,)", "\0\1\2\2", 4);
    assert_refused("too long (");
    write_array("test_labels.npy", "|u1", "(99999999999,)", "", 0);
    assert_refused("its dimensions are too large");
    write_array("test_labels.npy", "|u1", "(4000000000, 4000000000, 4000000000)", "", 0);
    assert_refused("its dimensions are too large");
    write_array("test_labels.npy", "|u1", "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)", "", 0);
    assert_refused("it has more than ");
    write_array("test_labels.npy", "|u1", "(3", "", 0);
    assert_refused("its header cannot be read");
}
END_TEST

/* Of steps, -1 is no label. */
START_TEST(labels_of_steps)
{
    static const int32_t labels[] = {0, 1, -1, 2, 2, 2};
    fake.fake.model.data.label_steps = 2;
    fake_copy(&fake, GOLDEN, "version2.npy", "test_samples.npy");
    write_array("test_labels.npy", "|i1", "(3, 2)", "\0\1\377\2\2\2", 6);
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.label_steps == 2 && memcmp(data.labels, labels, sizeof labels) == 0);
    write_array("test_labels.npy", "|i1", "(3, 2)", "\0\1\0\0\3\2", 6);
    assert_refused("sample 2 has label 3, the model `fake` knows 0 to 2");
    write_array("test_labels.npy", "|u1", "(3,)", "\0\1\2", 3);
    assert_refused("its labels are [], the model `fake` takes [2]");
    write_array("test_labels.npy", "|i1", "(3, 2)", "\377\377\377\377\377\377", 6);
    assert_refused("no step of the test set has one, each is -1");
}
END_TEST

/* A model that asks for them; then its place is any but 0. */
START_TEST(lengths)
{
    fake.fake.model.data.classes = 0;
    fake.fake.model.at.present = 8;
    fake.fake.model.steps = 5;
    fake_copy(&fake, GOLDEN, "version2.npy", "test_samples.npy");
    assert_refused("/test_lengths.npy): the samples are there, and the model `fake` takes lengths with them");
    write_array("test_lengths.npy", "|u1", "(3,)", "\1\5\2", 3);
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.lengths[0] == 1 && data.lengths[1] == 5 && data.lengths[2] == 2);
    write_array("test_lengths.npy", "|u1", "(3,)", "\1\0\2", 3);
    assert_refused("sample 1 has length 0, in the model `fake` samples have 1 to 5 steps");
    write_array("test_lengths.npy", "|u1", "(3,)", "\1\6\2", 3);
    assert_refused("sample 1 has length 6,");
    write_array("test_lengths.npy", "<f2", "(3,)", "\0\0\0\0\0\0", 6);
    assert_refused("not lengths (");
    ck_assert(
        !snn_dataset_read_images(&data, &fake.fake.model, fake_path(&fake, 0, "test_samples.npy"), &error));
    ck_assert_ptr_nonnull(strstr(error.text, "give an NPZ archive that has `lengths`, too"));
}
END_TEST

START_TEST(wrong_numbers)
{
    fake.fake.model.data.classes = 0;
    spoil("little_f2.npy", "test_samples.npy", 152, 137, 0x7c);
    assert_refused("in sample 1; leave it out, or give it numbers");
    spoil("little_f8.npy", "test_samples.npy", 224, 223, 0x7e);
    assert_refused("too large a number (");
}
END_TEST

Suite *rt_npy_suite(void)
{
    Suite *suite = suite_create("rt_npy");
    TCase *tests = tcase_create("files");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, reads_types, 0, sizeof types / sizeof *types);
    tcase_add_test(tests, reads_bytes);
    tcase_add_loop_test(tests, reads_archives, 0, 4);
    tcase_add_loop_test(tests, no_room_for_archives, 0, 2);
    tcase_add_test(tests, finds_parts);
    tcase_add_test(tests, parts_by_an_array);
    tcase_add_test(tests, samples_alone);
    tcase_add_test(tests, reads_shapes);
    tcase_add_loop_test(tests, wrong_types, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, truncated_at_every_byte);
    tcase_add_loop_test(tests, broken_archives, 0, 2);
    tcase_add_test(tests, missing);
    tcase_add_test(tests, wrong_labels);
    tcase_add_test(tests, labels_of_steps);
    tcase_add_test(tests, lengths);
    tcase_add_test(tests, wrong_numbers);
    suite_add_tcase(suite, tests);
    return suite;
}
