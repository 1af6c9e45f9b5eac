/* Spikes in HDF5 files as h5py and PyTables write them, recorded in tests/golden/hdf5, and as they should not be. */
#include "test_rt_fake.h"
#include "snn_bytes.h"
#include "snn_shd.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *rt_shd_suite(void);

#define GOLDEN "tests/golden/hdf5/"

static Fake fake;
static SnnDataset data;
static SnnError error;

static const char *const plain[] = {"units = 10", "bin = 2", "step = 125", NULL};
static const char *const named[] = {"units = 10", "bin = 2", "step = 125", "name = mine", NULL};

static void setup(void)
{
    fake_open(&fake);
    fake.fake.model.steps = 8;
    fake.fake.model.data =
        (SnnData){.format = &snn_shd, .ndim = 2, .dims = {8, 5}, .classes = FAKE_CLASSES, .settings = plain};
}

static void teardown(void)
{
    snn_dataset_free(&data);
    fake_close(&fake);
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
    ck_assert(data.events == NULL && data.ends == NULL && data.labels == NULL);
}

/* `part` of the file becomes `other`, everywhere. */
static void spoil(const char *part, const char *other, size_t length)
{
    size_t size, found = 0;
    char *bytes = fake_recorded(GOLDEN, "h5py.h5", &size);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, part, length) == 0) {
            memcpy(bytes + i, other, length);
            found++;
        }
    ck_assert_uint_ge(found, 1);
    fake_write(&fake, "a_test.h5", bytes, size);
    free(bytes);
}

/* ---- files as they should be ---------------------------------------------------------------------- */

static const char *const files[] = {"h5py.h5", "latest.h5", "packed.h5", "floats.h5", "pytables.h5"};

/* By step of 125 ms and channel of 2 units: of the last sample, one spike comes after the last step. */
START_TEST(reads_files)
{
    static const uint32_t events[] = {0, 2 * 5 + 4, 4 * 5 + 2, 0, 0, 5 + 4, 6 * 5 + 1, 3 * 5 + 3};
    static const int64_t ends[] = {3, 7, 8};
    static const int32_t labels[] = {2, 0, 1};
    fake_copy(&fake, GOLDEN, files[_i], "a_train.h5");
    ck_assert_msg(read_part("train"), "%s: %s", files[_i], error.text);
    ck_assert(data.count == 3 && data.width == 40 && data.spans[1].late == 1 && data.spans[2].late == 1
              && data.spans[2].ms == 3000.0);
    ck_assert(memcmp(data.ends, ends, sizeof ends) == 0 && memcmp(data.labels, labels, sizeof labels) == 0);
    ck_assert(memcmp(data.events, events, sizeof events) == 0);
}
END_TEST

START_TEST(finds_parts)
{
    ck_assert(!snn_dataset_exists(&fake.fake.model, fake.folder, "train"));
    assert_refused("no data (");
    fake_copy(&fake, GOLDEN, "h5py.h5", "test.h5");
    fake_copy(&fake, GOLDEN, "h5py.h5", "a_valid.h5");
    fake_copy(&fake, GOLDEN, "h5py.h5", "mine_train.h5");
    ck_assert(read_part("t10k") && read_part("valid") && read_part("train"));
    fake_copy(&fake, GOLDEN, "typed.h5", "other_train.h5");
    ck_assert(!read_part("train"));
    ck_assert_ptr_nonnull(strstr(error.text, "has 2 files *_train.h5, such as "));
    fake.fake.model.data.settings = named;
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(!read_part("valid"));
    ck_assert(!snn_dataset_spare(&fake.fake.model, fake.folder, NULL, fake_path(&fake, 0, "mine_train.h5"),
                                 "--out", &error));
    ck_assert(snn_dataset_spare(&fake.fake.model, fake.folder, NULL, fake_path(&fake, 0, "a_valid.h5"),
                                "--out", &error));
}
END_TEST

static const char *const step_files[] = {"steps.h5", "plane.h5", "packed_plane.h5"};

/* A row of labels for each sample, of any length or all of one: behind its end, and where it says -1, a step has none. */
START_TEST(labels_of_steps)
{
    static const int32_t labels[3][8] = {
        {2, -1, 0, -1, -1, -1, -1, -1}, {-1, -1, -1, -1, -1, -1, -1, -1}, {1, 1, 1, 1, 1, 1, 0, 2}};
    fake.fake.model.data.label_steps = 8;
    fake_copy(&fake, GOLDEN, step_files[_i], "a_test.h5");
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.count == 3 && data.label_steps == 8 && memcmp(data.labels, labels, sizeof labels) == 0);
    fake.fake.model.data.label_steps = 7;
    assert_refused("sample 2 has 8, one for each step, the model `fake` has 7 steps");
    fake.fake.model.data.classes = 2;
    assert_refused("sample 0 has label 2, the model `fake` knows 0 to 1");
    fake_copy(&fake, GOLDEN, "h5py.h5", "a_test.h5");
    assert_refused("`labels` must have a row of numbers for each sample");
}
END_TEST

/* Rows of one length for all samples, which h5py makes an array of two dimensions. */
START_TEST(rows_of_one_length)
{
    static const uint32_t events[] = {0, 2 * 5 + 4, 5, 6 * 5 + 1, 3 * 5 + 3};
    fake_copy(&fake, GOLDEN, "even.h5", "a");
    ck_assert_msg(snn_dataset_read_images(&data, &fake.fake.model, fake_path(&fake, 0, "a"), &error), "%s",
                  error.text);
    ck_assert(data.count == 3 && data.ends[2] == 5 && memcmp(data.events, events, sizeof events) == 0);
    snn_dataset_free(&data);
    fake_copy(&fake, GOLDEN, "even.h5", "a_test.h5");
    assert_refused("a_test.h5): `labels` has rows of no numbers");
    fake_copy(&fake, GOLDEN, "plane.h5", "a_test.h5");
    assert_refused("`labels` must have one number for each sample");
}
END_TEST

START_TEST(samples_without_labels)
{
    fake_copy(&fake, GOLDEN, "typed.h5", "a");
    ck_assert(snn_dataset_read_images(&data, &fake.fake.model, fake_path(&fake, 0, "a"), &error));
    ck_assert(data.count == 3 && data.labels == NULL);
}
END_TEST

/* ---- parts by an array ----------------------------------------------------------------------------- */

#define RECORDING "units = 10", "bin = 2", "step = 125"
static const char *const by_speaker[] = {RECORDING, "test = extra/speaker = 5", NULL};
static const char *const by_day[] = {RECORDING, "test = extra/day = 1", "valid = extra/day = 3-4", NULL};
static const char *const by_both[] = {RECORDING, "test = extra/speaker = 5", "valid = extra/day = 1, 3-4",
                                      NULL};
static const char *const by_nobody[] = {RECORDING, "test = extra/speaker = 6", NULL};
static const char *const by_all[] = {RECORDING, "test = extra/speaker = 4, 5", NULL};
static const char *const by_none[] = {RECORDING, "test = extra/age = 6", NULL};
static const char *const by_few[] = {RECORDING, "test = extra/few = 4", NULL};
static const char *const by_times[] = {RECORDING, "test = spikes/times = 4", NULL};
static const char *const by_cube[] = {RECORDING, "test = extra/cube = 4", NULL};

/* What is read of a sample can be told by its label. */
static void assert_part(const char *part, const char *const *settings, int32_t count, int32_t first)
{
    fake.fake.model.data.settings = settings;
    ck_assert_msg(snn_dataset_exists(&fake.fake.model, fake.folder, part), "%s", part);
    ck_assert_msg(read_part(part), "%s: %s", part, error.text);
    ck_assert_int_eq(data.count, count);
    ck_assert_int_eq(data.labels[0], first);
}

START_TEST(parts_by_an_array)
{
    fake_copy(&fake, GOLDEN, "speakers.h5", "a_train.h5");
    assert_part("t10k", by_speaker, 1, 0);
    ck_assert(data.ends[0] == 4 && data.events[0] == 0 && data.events[3] == 6 * 5 + 1);
    assert_part("train", by_speaker, 2, 2);
    ck_assert(data.labels[1] == 1 && data.ends[0] == 3 && data.ends[1] == 4 && data.events[3] == 3 * 5 + 3);
    ck_assert(!snn_dataset_exists(&fake.fake.model, fake.folder, "valid") && !read_part("valid"));
    assert_part("t10k", by_day, 1, 0);
    assert_part("valid", by_day, 1, 2);
    assert_part("train", by_day, 1, 1);
}
END_TEST

/* What is for tests is for nothing else. */
START_TEST(in_one_part_only)
{
    fake_copy(&fake, GOLDEN, "speakers.h5", "a_train.h5");
    assert_part("t10k", by_both, 1, 0);
    assert_part("valid", by_both, 1, 2);
    assert_part("train", by_both, 1, 1);
    ck_assert(data.apart[0] == 1 && data.apart[1] == 1);
}
END_TEST

/* Whichever were taken, samples of the other would be of no use. */
START_TEST(files_and_a_choice)
{
    fake_copy(&fake, GOLDEN, "speakers.h5", "a_train.h5");
    fake_copy(&fake, GOLDEN, "h5py.h5", "a_test.h5");
    fake.fake.model.data.settings = by_speaker;
    ck_assert(!read_part("t10k") && !read_part("train"));
    ck_assert_ptr_nonnull(strstr(error.text, "two test sets"));
}
END_TEST

START_TEST(arrays_that_choose_nothing)
{
    static const struct {
        const char *const *settings, *part, *says;
    } all[] = {
        {by_nobody, "t10k", "no sample of the training set is of the part `test`, by `extra/speaker = 6`"},
        {by_all, "train", "no sample of the training set is of the part `train`, by `extra/speaker = 4, 5`"},
        {by_none, "t10k", "a_train.h5): there is no `extra/age`; `h5ls -r FILE` lists what there is"},
        {by_few, "train", "a_train.h5): `extra/few` must have one number for each sample"},
        {by_times, "t10k", "a_train.h5): `spikes/times` must have one number for each sample"},
        {by_cube, "t10k", "a_train.h5): `extra/cube` has 3 dimensions, not 1 or 2"}};
    fake_copy(&fake, GOLDEN, "speakers.h5", "a_train.h5");
    fake.fake.model.data.settings = all[_i].settings;
    ck_assert(!read_part(all[_i].part));
    ck_assert_msg(strstr(error.text, all[_i].says) != NULL, "`%s` is not in: %s", all[_i].says, error.text);
    ck_assert(data.events == NULL && data.ends == NULL && data.labels == NULL);
}
END_TEST

START_TEST(halves)
{
    static const struct {
        unsigned char bytes[2];
        double number;
    } all[] = {{{0x00, 0x3c}, 1.0},       {{0x00, 0xc0}, -2.0},    {{0x01, 0x00}, 0x1p-24},
               {{0xff, 0x03}, 0x3ffp-24}, {{0xff, 0x7b}, 65504.0}, {{0x00, 0x04}, 0x1p-14}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert(snn_bytes_real(all[i].bytes, 2, false) == all[i].number);
    ck_assert(isinf(snn_bytes_real((const unsigned char *)"\x7c\x00", 2, true)));
    ck_assert(isnan(snn_bytes_real((const unsigned char *)"\x7e\x00", 2, true)));
    ck_assert(snn_bytes_signed((const unsigned char *)"\xfe\xff", 2, false) == -2);
    ck_assert(snn_bytes_signed((const unsigned char *)"\x80\0\0\0\0\0\0\0", 8, true) == INT64_MIN);
}
END_TEST

/* ---- and as they should not ------------------------------------------------------------------------ */

START_TEST(wrong_content)
{
    fake_copy(&fake, GOLDEN, "typed.h5", "a_test.h5");
    assert_refused("`labels` is not of numbers");
    fake_copy(&fake, GOLDEN, "empty.h5", "a_test.h5");
    assert_refused("sample 0 has no spikes; leave it out");
    spoil("times", "timed", 5);
    assert_refused("there is no `spikes/times`");
    spoil("spikes", "spokes", 6);
    assert_refused("there is no `spikes`");
    spoil("\x00\x34\x00\x38", "\x00\x38\x00\x34", 4); /* 0.25, 0.5 */
    assert_refused("sample 0 has times that are not in their order");
    spoil("\x00\x34\x00\x38", "\x00\xb4\x00\x38", 4);
    assert_refused("sample 0 has a time that is negative");
    spoil("\x00\x34\x00\x38", "\x00\x7e\x00\x38", 4);
    assert_refused("sample 0 has a time that is negative or not finite");
    spoil("\x01\x00\x01\x00\x08\x00", "\x01\x00\x01\x00\x0a\x00", 6);
    assert_refused("sample 1 has unit 10, the model `fake` knows 0 to 9");
    spoil("\x02\x00\x00\x00\x01\x00", "\x03\x00\x00\x00\x01\x00", 6);
    assert_refused("sample 0 has label 3, the model `fake` knows 0 to 2");
    spoil("\xe0\x21\x00\x00\x00\x00\x00\x00\x06", "\xe0\x21\x00\x00\x00\x00\x00\x00\x04", 9);
    assert_refused("`labels` has more elements than are stored");
}
END_TEST

START_TEST(no_hdf5)
{
    fake_write(&fake, "a_test.h5", "\x1f\x8b\x08...", 6);
    assert_refused("unpack it with gunzip");
    fake_write(&fake, "a_test.h5", "", 0);
    assert_refused("not an HDF5 file (");
}
END_TEST

/* Wherever a file ends, there is one message; and wherever a byte is wrong, either that or some samples. */
START_TEST(broken_files)
{
    size_t size;
    bool plane = _i == (int)(sizeof files / sizeof *files);
    char *bytes = fake_recorded(GOLDEN, plane ? "packed_plane.h5" : files[_i], &size);
    fake.fake.model.data.label_steps = plane ? 8 : 0;
    for (size_t end = 0; end < size; end += 1 + end % 7) {
        fake_write(&fake, "a_test.h5", bytes, end);
        error.text[0] = '\0';
        ck_assert(!read_part("t10k") || end > 2000);
    }
    for (size_t at = 0; at < size; at += 3) {
        char was = bytes[at];
        bytes[at] = (char)(was ^ (1 << at % 8));
        fake_write(&fake, "a_test.h5", bytes, size);
        error.text[0] = '\0';
        ck_assert(read_part("t10k") || error.text[0] != '\0');
        bytes[at] = was;
    }
    free(bytes);
}
END_TEST

Suite *rt_shd_suite(void)
{
    Suite *suite = suite_create("rt_shd");
    TCase *tests = tcase_create("files");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, reads_files, 0, (int)(sizeof files / sizeof *files));
    tcase_add_test(tests, finds_parts);
    tcase_add_loop_test(tests, labels_of_steps, 0, 3);
    tcase_add_test(tests, rows_of_one_length);
    tcase_add_test(tests, samples_without_labels);
    tcase_add_test(tests, parts_by_an_array);
    tcase_add_test(tests, files_and_a_choice);
    tcase_add_test(tests, in_one_part_only);
    tcase_add_loop_test(tests, arrays_that_choose_nothing, 0, 6);
    tcase_add_test(tests, halves);
    tcase_add_test(tests, wrong_content);
    tcase_add_test(tests, no_hdf5);
    tcase_add_loop_test(tests, broken_files, 0, (int)(sizeof files / sizeof *files) + 1);
    suite_add_tcase(suite, tests);
    return suite;
}
