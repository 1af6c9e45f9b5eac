/* Pictures, recorded in tests/golden/png, and as they should not be. */
#include "test_rt_fake.h"
#include "snn_pictures.h"
#include "snn_png.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *rt_pictures_suite(void);

#define GOLDEN "tests/golden/png/"

enum { WIDTH = 7, HEIGHT = 5, PIXELS = WIDTH * HEIGHT };

static Fake fake;
static SnnDataset data;
static SnnError error;

static void setup(void)
{
    fake_open(&fake);
    fake.fake.model.data =
        (SnnData){.format = &snn_pictures, .ndim = 2, .dims = {HEIGHT, WIDTH}, .classes = FAKE_CLASSES};
}

/* Folders, too. */
static void teardown(void)
{
    char command[128];
    snn_dataset_free(&data);
    snprintf(command, sizeof command, "rm -rf %s/*", fake.folder);
    ck_assert_int_eq(system(command), 0);
    fake_close(&fake);
}

static int number(int x, int y, int k)
{
    return (37 * x + 91 * y + 53 * k + x * y) % 256;
}

static bool read_png(SnnPixels *pixels, const char *path)
{
    SnnMap map;
    if (!snn_map_open(&map, path, &error))
        return false;
    bool ok = snn_png_read(pixels, &map, &error);
    snn_map_close(&map);
    return ok;
}

static bool read_one(const char *name)
{
    snn_dataset_free(&data);
    return snn_dataset_read_images(&data, &fake.fake.model, fake_path(&fake, 0, name), &error);
}

static void assert_says(const char *part)
{
    ck_assert_msg(strstr(error.text, part) != NULL, "`%s` is not in: %s", part, error.text);
    ck_assert(data.bytes == NULL && data.labels == NULL);
}

/* ---- pictures as they should be -------------------------------------------------------------------- */

static const struct {
    const char *file;
    int channels, bits;
} kinds[] = {{"grey", 1, 8},  {"grey16", 1, 8}, {"grey_alpha", 1, 8}, {"grey1", 1, 1},
             {"grey2", 1, 2}, {"grey4", 1, 4},  {"colour", 3, 8},     {"colour_alpha", 3, 8}};

START_TEST(reads_kinds)
{
    SnnPixels png;
    char path[128];
    int most = (1 << kinds[_i].bits) - 1;
    snprintf(path, sizeof path, "%s%s.png", GOLDEN, kinds[_i].file);
    ck_assert_msg(read_png(&png, path), "%s", error.text);
    ck_assert(png.width == WIDTH && png.height == HEIGHT && png.channels == kinds[_i].channels);
    for (int i = 0; i < PIXELS * png.channels; i++) {
        int pixel = i / png.channels, wanted = number(pixel % WIDTH, pixel / WIDTH, i % png.channels);
        ck_assert_int_eq(png.at[i], (wanted >> (8 - kinds[_i].bits)) * (255 / most));
    }
    free(png.at);
}
END_TEST

START_TEST(reads_palettes)
{
    SnnPixels png;
    ck_assert_msg(read_png(&png, GOLDEN "palette.png"), "%s", error.text);
    ck_assert(png.channels == 3);
    for (int i = 0; i < PIXELS * 3; i++)
        ck_assert_int_eq(png.at[i], number(number(i / 3 % WIDTH, i / 3 / WIDTH, 0) >> 4, 0, i % 3));
    free(png.at);
}
END_TEST

/* A model has as many channels as it says. */
START_TEST(colours_and_grey)
{
    fake_copy(&fake, GOLDEN, "colour.png", "a.png");
    ck_assert_msg(read_one("a.png"), "%s", error.text);
    ck_assert(data.count == 1 && data.width == PIXELS && data.labels == NULL);
    for (int i = 0; i < PIXELS; i++) {
        int x = i % WIDTH, y = i / WIDTH;
        double grey = 0.299 * number(x, y, 0) + 0.587 * number(x, y, 1) + 0.114 * number(x, y, 2);
        ck_assert(data.bytes[i] - grey < 1.5 && grey - data.bytes[i] < 1.5);
    }
    fake.fake.model.data.ndim = 3;
    fake.fake.model.data.dims[2] = 3;
    fake_copy(&fake, GOLDEN, "grey.png", "a.png");
    ck_assert_msg(read_one("a.png"), "%s", error.text);
    for (int i = 0; i < PIXELS * 3; i++)
        ck_assert_int_eq(data.bytes[i], number(i / 3 % WIDTH, i / 3 / WIDTH, 0));
}
END_TEST

START_TEST(classes_are_folders)
{
    const char *const folders[] = {"train", "train/a", "train/b", "train/c"};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(mkdir(fake_path(&fake, 0, folders[i]), 0777), 0);
    fake_copy(&fake, GOLDEN, "grey.png", "train/b/1.png");
    fake_copy(&fake, GOLDEN, "grey1.png", "train/c/2.PNG");
    ck_assert_msg(snn_dataset_read(&data, &fake.fake.model, fake.folder, "train", &error), "%s", error.text);
    ck_assert(data.count == 2 && data.labels[0] == 1 && data.labels[1] == 2);
    ck_assert(data.bytes[1] == number(1, 0, 0) && data.bytes[PIXELS + 4] == 255 * (number(4, 0, 0) > 127));
}
END_TEST

/* ---- pictures as they should not be ---------------------------------------------------------------- */

START_TEST(wrong_sizes)
{
    fake.fake.model.data.dims[1] = 8;
    fake_copy(&fake, GOLDEN, "grey.png", "a.png");
    ck_assert(!read_one("a.png"));
    assert_says("it has 5 x 7 pixels, rows first, the model `fake` takes 5 x 8");
}
END_TEST

START_TEST(what_is_not_read)
{
    fake_copy(&fake, GOLDEN, "interlaced.png", "a.png");
    ck_assert(!read_one("a.png"));
    assert_says("/a.png): it is interlaced; save it without that");
    fake_copy(&fake, GOLDEN, "few_colours.png", "a.png");
    ck_assert(!read_one("a.png"));
    assert_says("a pixel has a colour that its palette lacks");
    fake_write(&fake, "a.png", "GIF89a..", 8);
    ck_assert(!read_one("a.png"));
    assert_says("not a picture (");
}
END_TEST

/* No byte of a file may be another one, and none may be missing. */
START_TEST(every_byte_is_checked)
{
    size_t size;
    char *bytes = fake_recorded(GOLDEN, "palette.png", &size);
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 0x21;
        fake_write(&fake, "a.png", bytes, size);
        bytes[at] ^= 0x21;
        ck_assert_msg(!read_one("a.png"), "byte %zu", at);
    }
    for (size_t length = 0; length < size; length++) {
        fake_write(&fake, "a.png", bytes, length);
        ck_assert(!read_one("a.png"));
        assert_says(length < 8 ? "not a picture (" : "truncated (");
    }
    free(bytes);
}
END_TEST

Suite *rt_pictures_suite(void)
{
    Suite *suite = suite_create("rt_pictures");
    TCase *tests = tcase_create("files");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, reads_kinds, 0, sizeof kinds / sizeof *kinds);
    tcase_add_test(tests, reads_palettes);
    tcase_add_test(tests, colours_and_grey);
    tcase_add_test(tests, classes_are_folders);
    tcase_add_test(tests, wrong_sizes);
    tcase_add_test(tests, what_is_not_read);
    tcase_add_test(tests, every_byte_is_checked);
    suite_add_tcase(suite, tests);
    return suite;
}
