/* Recordings of sound, recorded in tests/golden/sound, and as they should not be; folders of them, and what their names say. */
#include "test_rt_fake.h"
#include "snn_exact.h"
#include "snn_fields.h"
#include "snn_resampler.h"
#include "snn_wav.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *rt_wav_suite(void);

#define GOLDEN "tests/golden/sound/"

enum { COUNT = 400, HOP = 80, STEPS = 6, BANDS = 8, LAYERS = 3, HEADER = 44 };

static Fake fake;
static SnnDataset data;
static SnnError error;

static const char *const plain[] = {"rate = 8000", "hop = 80", NULL};
static const char *const bands[] = {"rate = 8000", "hop = 80",    "mel = 8", "deltas = 2", "window = 200",
                                    "low = 20",    "high = 4000", "log = 1", NULL};
static const char *const named[] = {"rate = 8000", "hop = 80", "names = {label}_{speaker}_{index}",
                                    "test = index = 0-1, 7", NULL};
static const char *const worded[] = {"rate = 8000",       "hop = 80",           "names = {label}-{who}",
                                     "test = who = theo", "valid = who = anna", NULL};

static void setup(void)
{
    fake_open(&fake);
    fake.fake.model.steps = STEPS;
    fake.fake.model.data = (SnnData){
        .format = &snn_wav, .ndim = 2, .dims = {STEPS, HOP}, .classes = FAKE_CLASSES, .settings = plain};
}

/* Folders, too. */
static void teardown(void)
{
    char command[128];
    snn_dataset_free(&data);
    snprintf(command, sizeof command, "rm -r %s/*", fake.folder);
    ck_assert_int_eq(system(command), 0);
    fake_close(&fake);
}

static bool read_one(const char *name)
{
    snn_dataset_free(&data);
    return snn_dataset_read_images(&data, &fake.fake.model, fake_path(&fake, 0, name), &error);
}

static bool read_part(const char *part)
{
    snn_dataset_free(&data);
    return snn_dataset_read(&data, &fake.fake.model, fake.folder, part, &error);
}

static void assert_says(const char *part)
{
    ck_assert_msg(strstr(error.text, part) != NULL, "`%s` is not in: %s", part, error.text);
    ck_assert(data.reals == NULL && data.labels == NULL);
}

static void make_folder(const char *name)
{
    ck_assert_int_eq(mkdir(fake_path(&fake, 0, name), 0777), 0);
}

/* ---- files as they should be ----------------------------------------------------------------------- */

static const char *const types[] = {"u8.wav",  "s16.wav",        "s24.wav",  "s32.wav", "f32.wav",
                                    "f64.wav", "extensible.wav", "s16.flac", "s24.flac"};

/* All are the same whole numbers over 128, and silence behind them. */
START_TEST(reads_types)
{
    const double pi = 3.14159265358979323846;
    fake_copy(&fake, GOLDEN, types[_i], "a.wav");
    ck_assert_msg(read_one("a.wav"), "%s: %s", types[_i], error.text);
    ck_assert(data.count == 1 && data.width == STEPS * HOP && data.labels == NULL);
    for (int i = 0; i < STEPS * HOP; i++) {
        double time = i / 8000.0, wave = round(100 * sin(2 * pi * (300 + 20000 * time) * time)) / 128;
        ck_assert(data.reals[i] == (i < COUNT ? (float)wave : 0.0f));
    }
    ck_assert_str_eq(data.about, "50 to 50 ms");
}
END_TEST

START_TEST(channels_are_averaged)
{
    float first[COUNT];
    fake_copy(&fake, GOLDEN, "s16.wav", "a.wav");
    ck_assert(read_one("a.wav"));
    memcpy(first, data.reals, sizeof first);
    fake_copy(&fake, GOLDEN, "stereo.wav", "a.wav");
    ck_assert(read_one("a.wav"));
    for (int i = 0; i < COUNT; i++)
        ck_assert(fabsf(data.reals[i] - 0.25f * first[i]) <= 0.5f / 128);
}
END_TEST

START_TEST(what_comes_later_is_left_out)
{
    fake.fake.model.steps = fake.fake.model.data.dims[0] = 2;
    fake_copy(&fake, GOLDEN, "s16.wav", "a.wav");
    ck_assert(read_one("a.wav"));
    ck_assert(data.width == 2 * HOP);
    ck_assert_str_eq(data.about, "50 to 50 ms; the end of 1 is left out: it comes after the 2 steps");
}
END_TEST

START_TEST(bands_are_those_of_the_definition)
{
    size_t size;
    char *text = fake_recorded(GOLDEN, "bands.txt", &size), *at = text;
    fake.fake.model.data =
        (SnnData){.format = &snn_wav, .ndim = 3, .dims = {STEPS, BANDS, LAYERS}, .settings = bands};
    fake_copy(&fake, GOLDEN, "f64.wav", "a.wav");
    ck_assert_msg(read_one("a.wav"), "%s", error.text);
    ck_assert(data.width == STEPS * BANDS * LAYERS);
    for (int i = 0; i < STEPS * BANDS * LAYERS; i++) {
        double wanted = strtod(at, &at);
        ck_assert_msg(fabs((double)data.reals[i] - wanted) <= 2e-6 * (1 + fabs(wanted)), "%d: %.9g, not %.9g",
                      i, (double)data.reals[i], wanted);
    }
    free(text);
}
END_TEST

START_TEST(functions_are_exact)
{
    for (int i = -300; i <= 300; i++) {
        double x = i / 37.0, most = 4e-16;
        ck_assert(fabs(snn_exact_cos(x) - cos(2 * acos(-1) * x)) <= 40 * most);
        ck_assert(fabs(snn_exact_sin(x) - sin(2 * acos(-1) * x)) <= 40 * most);
        ck_assert(fabs(snn_exact_exp(x) - exp(x)) <= 5 * most * exp(x));
        ck_assert(fabs(snn_exact_log(exp(x)) - x) <= most * (1 + fabs(x)));
    }
}
END_TEST

/* Two channels, one of which is coded by how it differs; and a frame without and one with all that there can be. */
START_TEST(flac_is_what_wav_is)
{
    SnnSound flac, wav;
    ck_assert_msg(snn_sound_read(&flac, GOLDEN "long.flac", &error), "%s", error.text);
    ck_assert_msg(snn_sound_read(&wav, GOLDEN "long.wav", &error), "%s", error.text);
    ck_assert(flac.rate == wav.rate && flac.count == 9000 && wav.count == 9000);
    ck_assert(memcmp(flac.at, wav.at, 9000 * sizeof(float)) == 0);
    snn_sound_free(&flac);
    snn_sound_free(&wav);
}
END_TEST

/* Where a byte is another one, the file is refused, or the byte is none of its sound: the size of frames, a checksum of all, a
 * comment. */
START_TEST(flac_is_checked)
{
    size_t size;
    int fine = 0;
    char *bytes = fake_recorded(GOLDEN, "s16.flac", &size);
    fake_copy(&fake, GOLDEN, "s16.flac", "a.flac");
    ck_assert(read_one("a.flac"));
    float *wanted = malloc((size_t)data.width * sizeof *wanted);
    memcpy(wanted, data.reals, (size_t)data.width * sizeof *wanted);
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 0x15;
        fake_write(&fake, "a.flac", bytes, size);
        bytes[at] ^= 0x15;
        if (!read_one("a.flac"))
            continue;
        bool rate = at >= 18 && at <= 20; /* which resamples it */
        ck_assert_msg(at < 90
                          && (rate || memcmp(wanted, data.reals, (size_t)data.width * sizeof *wanted) == 0),
                      "byte %zu", at);
        fine++;
    }
    ck_assert_int_gt(fine, 10);
    for (size_t length = 0; length < size; length++) {
        fake_write(&fake, "a.flac", bytes, length);
        ck_assert(!read_one("a.flac"));
        assert_says(length < 4 ? "not a WAV or FLAC file (" : length >= 86 ? "" : "truncated (");
    }
    free(wanted);
    free(bytes);
}
END_TEST

/* ---- rates ----------------------------------------------------------------------------------------- */

static const int rates[][2] = {{16000, 8000}, {8000, 16000}, {44100, 16000}, {11025, 8000}, {8000, 8000}};

/* A tone stays that tone, away from the ends, and what the lower rate cannot hold is gone. */
START_TEST(tones_are_resampled)
{
    int from = rates[_i][0], to = rates[_i][1], lower = from < to ? from : to;
    for (int kind = 0; kind < (to < from ? 3 : 2); kind++) {
        double tone = kind == 0 ? 0 : kind == 1 ? 0.1 * lower : 0.49 * from;
        SnnSound sound = {from, from / 10, malloc((size_t)(from / 10) * sizeof(float))};
        SnnResampler resampler = {0};
        for (int i = 0; i < from / 10; i++)
            sound.at[i] = (float)cos(2 * acos(-1) * tone * i / from);
        ck_assert(snn_resampler_run(&resampler, &sound, to, to));
        ck_assert(sound.rate == to && sound.count == to / 10);
        for (int i = to / 25; i < to / 15; i++) {
            double wanted = kind == 2 ? 0 : cos(2 * acos(-1) * tone * i / to);
            ck_assert_msg(fabs((double)sound.at[i] - wanted) < 2e-3, "%d to %d Hz, %g Hz, %d: %g, not %g",
                          from, to, tone, i, (double)sound.at[i], wanted);
        }
        snn_sound_free(&sound);
        snn_resampler_close(&resampler);
    }
}
END_TEST

START_TEST(info_counts_resampled)
{
    fake.fake.model.data.settings = (const char *const[]){"rate = 16000", "hop = 160", NULL};
    fake.fake.model.data.dims[1] = 160;
    fake_copy(&fake, GOLDEN, "s16.wav", "a.wav");
    ck_assert(read_one("a.wav"));
    ck_assert_str_eq(data.about, "50 to 50 ms, 1 resampled to 16000 Hz");
}
END_TEST

/* ---- files as they should not be ------------------------------------------------------------------- */

START_TEST(truncated_at_every_byte)
{
    size_t size;
    char *bytes = fake_recorded(GOLDEN, "s16.wav", &size);
    for (size_t length = 0; length < size; length += length < HEADER + 2 ? 1 : 37) {
        fake_write(&fake, "a.wav", bytes, length);
        ck_assert(!read_one("a.wav"));
        assert_says(length < 12                    ? "not a WAV or FLAC file ("
                    : length >= 16 && length < 20  ? "truncated ("
                    : length == 12 || length == 36 ? "it has no `data` chunk"
                                                   : "truncated (");
    }
    free(bytes);
}
END_TEST

typedef struct Spoilt {
    size_t at;
    int byte;
    const char *message;
} Spoilt;

static const Spoilt spoilt[] = {
    {0, 'X', "not a WAV or FLAC file ("},
    {8, 'X', "not a WAV or FLAC file ("},
    {12, 'X', "it has no `fmt ` chunk before its data"},
    {20, 7, "it has format 7 of 16 bits; write it as PCM of 16 bits"},
    {22, 0, "it has 0 channels in 2 bytes"},
    {22, 2, "it has 2 channels in 2 bytes"},
    {26, 9, "it has 597824 samples a second, up to 192000 are read"},
    {34, 12, "it has format 1 of 12 bits"},
    {34, 64, "it has format 1 of 64 bits"},
    {16, 4, "its `fmt ` chunk is too short"},
    {36, 'X', "it has no `data` chunk"},
    {40, 31, "its data end within a sample"},
    {41, 0, NULL}, /* 32 bytes */
};

START_TEST(broken)
{
    const Spoilt *is = &spoilt[_i];
    size_t size;
    char *bytes = fake_recorded(GOLDEN, "s16.wav", &size);
    bytes[is->at] = (char)is->byte;
    fake_write(&fake, "a.wav", bytes, size);
    free(bytes);
    ck_assert(read_one("a.wav") == (is->message == NULL));
    if (is->message != NULL)
        assert_says(is->message);
}
END_TEST

START_TEST(broken_numbers)
{
    size_t size;
    char *bytes = fake_recorded(GOLDEN, "f32.wav", &size);
    size_t last = size - 4;
    memcpy(bytes + last, "\0\0\xc0\x7f", 4);
    fake_write(&fake, "a.wav", bytes, size);
    ck_assert(!read_one("a.wav"));
    assert_says("sample 399 is nan, they are to be from -1 to 1");
    free(bytes);
    bytes = fake_recorded(GOLDEN, "s16.wav", &size);
    memset(bytes + 40, 0, 4);
    fake_write(&fake, "a.wav", bytes, HEADER);
    ck_assert(!read_one("a.wav"));
    assert_says("/a.wav): it has no sound; leave it out");
    memset(bytes + 40, 255, 4); /* as of what was written to a pipe */
    fake_write(&fake, "a.wav", bytes, size);
    ck_assert_msg(read_one("a.wav"), "%s", error.text);
    free(bytes);
}
END_TEST

START_TEST(compressed)
{
    fake_copy(&fake, GOLDEN, "ulaw.wav", "a.wav");
    ck_assert(!read_one("a.wav"));
    assert_says("it has format 7 of 8 bits; write it as PCM of 16 bits");
}
END_TEST

/* ---- folders --------------------------------------------------------------------------------------- */

START_TEST(classes_are_folders)
{
    const char *const files[] = {"train", "train/yes", "train/no", "train/up", "test"};
    for (int i = 0; i < 5; i++)
        make_folder(files[i]);
    fake_copy(&fake, GOLDEN, "s16.wav", "train/yes/10.wav");
    fake_copy(&fake, GOLDEN, "s16.wav", "train/yes/9.WAV");
    fake_copy(&fake, GOLDEN, "u8.wav", "train/no/1.wav");
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.count == 3 && data.labels[0] == 0 && data.labels[1] == 2 && data.labels[2] == 2);
    ck_assert(!read_part("t10k"));
    assert_says("/test): there are no recordings of sound, which end with .wav or .flac");
    fake.fake.model.data.classes = 4;
    ck_assert(!read_part("train"));
    assert_says("/train): it has 3 folders, the model `fake` has 4 classes");
}
END_TEST

START_TEST(names_have_labels)
{
    static const char *const files[] = {"0_anna_0.wav", "0_anna_2.wav", "2_theo_7.wav", "2_theo_17.wav"};
    fake.fake.model.data.settings = named;
    for (int i = 0; i < 4; i++)
        fake_copy(&fake, GOLDEN, "s16.wav", files[i]);
    ck_assert(snn_dataset_exists(&fake.fake.model, fake.folder, "t10k"));
    ck_assert(!snn_dataset_exists(&fake.fake.model, fake.folder, "valid"));
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.count == 2 && data.labels[0] == 0 && data.labels[1] == 2);
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.count == 2 && data.labels[0] == 0 && data.labels[1] == 2);
    ck_assert(!snn_dataset_spare(&fake.fake.model, fake.folder, NULL, fake_path(&fake, 0, files[0]), "--out",
                                 &error));
    fake_copy(&fake, GOLDEN, "s16.wav", "3_theo_1.wav");
    ck_assert(!read_part("train"));
    assert_says("/3_theo_1.wav): a class is 3, the model `fake` knows 0 to 2");
    fake_copy(&fake, GOLDEN, "s16.wav", "noise.wav");
    ck_assert(!read_part("train"));
    assert_says("/noise.wav): it is not called as `{label}_{speaker}_{index}`");
}
END_TEST

/* Words count in their order, over all parts; what is of no part is for training. */
START_TEST(names_have_words)
{
    static const char *const files[] = {"yes-theo.wav", "no-anna.wav", "up-bob.wav", "no-bob.wav"};
    fake.fake.model.data.settings = worded;
    for (int i = 0; i < 4; i++)
        fake_copy(&fake, GOLDEN, "s16.wav", files[i]);
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.count == 1 && data.labels[0] == 2);
    ck_assert_msg(read_part("valid"), "%s", error.text);
    ck_assert(data.count == 1 && data.labels[0] == 0);
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.count == 2 && data.labels[0] == 0 && data.labels[1] == 1);
    unlink(fake_path(&fake, 0, "yes-theo.wav"));
    ck_assert(!read_part("train"));
    assert_says("the names of its files have 2 labels, the model `fake` has 3 classes");
    fake_copy(&fake, GOLDEN, "s16.wav", "yes-bob.wav");
    ck_assert(!read_part("t10k"));
    assert_says("no file of it is of the part `test`, by `who = theo`");
}
END_TEST

START_TEST(words_are_those_of_training)
{
    static const char *const files[] = {"train/no-1.wav", "train/up-1.wav", "train/yes-1.wav",
                                        "test/yes-2.wav"};
    static const char *const settings[] = {"rate = 8000", "hop = 80", "names = {label}-{who}", NULL};
    fake.fake.model.data.settings = settings;
    make_folder("train");
    make_folder("test");
    for (int i = 0; i < 4; i++)
        fake_copy(&fake, GOLDEN, "s16.wav", files[i]);
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.count == 1 && data.labels[0] == 2);
    fake_copy(&fake, GOLDEN, "s16.wav", "test/down-2.wav");
    ck_assert(!read_part("t10k"));
    assert_says("/test/down-2.wav): `down` is none of the training set's");
}
END_TEST

START_TEST(folders_are_those_of_training)
{
    static const char *const folders[] = {"train", "train/no", "train/up", "train/yes", "test", "test/yes"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        make_folder(folders[i]);
    fake_copy(&fake, GOLDEN, "s16.wav", "train/no/1.wav");
    fake_copy(&fake, GOLDEN, "s16.wav", "test/yes/1.wav");
    fake_write(&fake, "TRAIN", "", 0);
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.count == 1 && data.labels[0] == 2);
    make_folder("test/down");
    ck_assert(!read_part("t10k"));
    assert_says("/test/down): no folder of the training set is called `down`");
    make_folder("train/left");
    ck_assert(!read_part("t10k"));
    assert_says("/train): it has 4 folders, the model");
}
END_TEST

START_TEST(lines_have_labels)
{
    make_folder("Test");
    fake_copy(&fake, GOLDEN, "s16.wav", "Test/a b.wav");
    ck_assert(!read_part("t10k"));
    assert_says("/Test/labels.txt): put the files of each class into a folder of its own");
    fake_write(&fake, "Test/labels.txt", "a b 1\n", 6);
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.count == 1 && data.labels[0] == 1);
    ck_assert(!read_part("train"));
    assert_says("/train): give the folder with --data DIR");
}
END_TEST

static SnnField field_of(const char *text)
{
    return (SnnField){text, strlen(text)};
}

START_TEST(fields)
{
    static const struct {
        const char *pattern, *name, *b;
    } matches[] = {{"{a}_{b}", "x_yz", "yz"}, {"{a}_{b}", "x_y_z", "y_z"}, {"s{b}.{a}", "s1.2.3", "1"},
                   {"{b}", "x", "x"},         {"{a}_{b}", "x_", NULL},     {"{a}_{b}", "_x", NULL},
                   {"{a}_{b}", "x", NULL},    {"s{b}", "t1", NULL},        {"{b}s", "1sx", NULL}};
    SnnField field;
    for (size_t i = 0; i < sizeof matches / sizeof *matches; i++) {
        bool fits = snn_fields_match(matches[i].pattern, field_of(matches[i].name), "b", &field);
        ck_assert_msg(fits == (matches[i].b != NULL), "%s, %s", matches[i].pattern, matches[i].name);
        ck_assert(!fits || snn_fields_are(field, matches[i].b));
    }
    ck_assert(snn_fields_choose("b=y", "{a}_{b}", field_of("x_y")));
    ck_assert(snn_fields_choose(" b = a , 3-12", "{a}_{b}", field_of("x_007")));
    ck_assert(!snn_fields_choose("b = a, 3-12", "{a}_{b}", field_of("x_13")));
    ck_assert(snn_fields_choose("b = u-v", "{a}_{b}", field_of("x_u-v")));
    ck_assert(!snn_fields_choose("c = x", "{a}_{b}", field_of("x_y")));
}
END_TEST

Suite *rt_wav_suite(void)
{
    Suite *suite = suite_create("rt_wav");
    TCase *tests = tcase_create("files");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, reads_types, 0, sizeof types / sizeof *types);
    tcase_add_test(tests, channels_are_averaged);
    tcase_add_test(tests, flac_is_what_wav_is);
    tcase_add_test(tests, flac_is_checked);
    tcase_add_test(tests, what_comes_later_is_left_out);
    tcase_add_test(tests, bands_are_those_of_the_definition);
    tcase_add_test(tests, functions_are_exact);
    tcase_add_loop_test(tests, tones_are_resampled, 0, sizeof rates / sizeof *rates);
    tcase_add_test(tests, info_counts_resampled);
    tcase_add_test(tests, truncated_at_every_byte);
    tcase_add_loop_test(tests, broken, 0, sizeof spoilt / sizeof *spoilt);
    tcase_add_test(tests, broken_numbers);
    tcase_add_test(tests, compressed);
    tcase_add_test(tests, classes_are_folders);
    tcase_add_test(tests, names_have_labels);
    tcase_add_test(tests, names_have_words);
    tcase_add_test(tests, words_are_those_of_training);
    tcase_add_test(tests, folders_are_those_of_training);
    tcase_add_test(tests, lines_have_labels);
    tcase_add_test(tests, fields);
    suite_add_tcase(suite, tests);
    return suite;
}
