/* Pictures as JPEG files, recorded in tests/golden/jpeg with what libjpeg makes of them, and as they should not be. */
#include "test_rt_fake.h"
#include "snn_jpeg.h"
#include "snn_pictures.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *rt_jpeg_suite(void);

#define GOLDEN "tests/golden/jpeg/"

enum { WIDTH = 29, HEIGHT = 21, MOST = 2, HEAD = 64 };

static Fake fake;
static SnnDataset data;
static SnnError error;

static void setup(void)
{
    fake_open(&fake);
    fake.fake.model.data = (SnnData){.format = &snn_pictures, .ndim = 3, .dims = {HEIGHT, WIDTH, 3}};
}

static void teardown(void)
{
    snn_dataset_free(&data);
    fake_close(&fake);
}

/* Exactly these bytes are there to be read, so that a sanitizer sees whoever reads on. */
static bool read_bytes(SnnPixels *pixels, const char *bytes, size_t size)
{
    unsigned char *copy = malloc(size + (size == 0));
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    SnnMap map = {.path = "a.jpg", .at = copy, .size = size};
    error.text[0] = '\0';
    bool ok = snn_jpeg_read(pixels, &map, &error);
    free(copy);
    ck_assert(ok ? pixels->at != NULL : pixels->at == NULL && error.text[0] != '\0');
    return ok;
}

static char *recorded(const char *name, const char *end, size_t *size)
{
    char file[64];
    snprintf(file, sizeof file, "%s.%s", name, end);
    return fake_recorded(GOLDEN, file, size);
}

/* ---- pictures as they should be -------------------------------------------------------------------- */

static const char *const kinds[] = {"grey",
                                    "grey_progressive",
                                    "full",
                                    "across",
                                    "down",
                                    "both",
                                    "four",
                                    "narrow",
                                    "coarse",
                                    "rgb",
                                    "restarts",
                                    "progressive",
                                    "progressive_restarts"};
enum { KINDS = sizeof kinds / sizeof *kinds };

START_TEST(reads_kinds)
{
    SnnPixels pixels;
    size_t size, others;
    int width, height, behind;
    char kind, *bytes = recorded(kinds[_i], "jpg", &size), *wanted = recorded(kinds[_i], "ppm", &others);
    ck_assert_msg(read_bytes(&pixels, bytes, size), "%s: %s", kinds[_i], error.text);
    ck_assert_int_eq(sscanf(wanted, "P%c %d %d 255%n", &kind, &width, &height, &behind), 3);
    ck_assert(pixels.width == width && pixels.height == height && pixels.channels == (kind == '5' ? 1 : 3));
    int count = width * height * pixels.channels, off = 0;
    ck_assert_uint_eq(others, (size_t)(behind + 1 + count));
    for (int i = 0; i < count; i++) {
        int difference = abs(pixels.at[i] - (unsigned char)wanted[behind + 1 + i]);
        ck_assert_int_le(difference, pixels.channels == 1 ? 1 : MOST);
        off += difference > 0;
    }
    ck_assert_msg(off <= count / 25, "%s: %d of %d", kinds[_i], off, count);
    free(pixels.at);
    free(bytes);
    free(wanted);
}
END_TEST

/* A data set takes it whatever it is called. */
START_TEST(is_a_sample)
{
    fake_copy(&fake, GOLDEN, "both.jpg", "a.png");
    ck_assert_msg(snn_dataset_read_images(&data, &fake.fake.model, fake_path(&fake, 0, "a.png"), &error),
                  "%s", error.text);
    ck_assert(data.count == 1 && data.width == 3 * WIDTH * HEIGHT);
}
END_TEST

/* ---- pictures as they should not be ---------------------------------------------------------------- */

/* Of a recorded file, the byte that comes so far behind a marker is another one. */
static void assert_refused(const char *name, int marker, size_t behind, int byte, const char *says)
{
    SnnPixels pixels;
    size_t size, at = 0;
    char *bytes = recorded(name, "jpg", &size);
    while (at + 1 < size && !((unsigned char)bytes[at] == 0xff && (unsigned char)bytes[at + 1] == marker))
        at++;
    ck_assert_uint_lt(at + behind, size);
    bytes[at + behind] = (char)byte;
    ck_assert_msg(!read_bytes(&pixels, bytes, size), "accepted, not refused with `%s`", says);
    ck_assert_msg(strstr(error.text, says) != NULL, "`%s` is not in: %s", says, error.text);
    ck_assert_msg(strstr(error.text, "a.jpg") != NULL, "%s", error.text);
    free(bytes);
}

START_TEST(what_is_not_read)
{
    assert_refused("arithmetic", 0xd8, 1, 0xd8,
                   "it is coded in a rare way; save it as a baseline or progressive one");
    assert_refused("both", 0xc0, 4, 12, "its samples have another size than 8 bits");
    assert_refused("both", 0xc0, 9, 4, "its headers are corrupt"); /* components */
    assert_refused("both", 0xc0, 5, 0x7f, "pixels, up to 16384 x 16384 are read");
    assert_refused("both", 0xc0, 5, 0x3f, "truncated (a.jpg)"); /* rows that so few bytes cannot hold */
    assert_refused("both", 0xc0, 14, 0x31, "its colours are sampled in an unusual way");
    assert_refused("both", 0xc0, 11, 0, "its headers are corrupt");
    assert_refused("both", 0xda, 5, 9, "its headers are corrupt");         /* a component that there is not */
    assert_refused("both", 0xda, 6, 0x33, "its headers are corrupt");      /* codes that nobody has defined */
    assert_refused("progressive", 0xda, 11, 5, "its headers are corrupt"); /* a first scan of others */
    assert_refused("restarts", 0xd1, 1, 0xd2, "its pixels are corrupt");
}
END_TEST

/* Wherever a file ends, there is one message; and wherever a bit is wrong, either that or a picture. */
START_TEST(broken_files)
{
    SnnPixels pixels;
    size_t size;
    char *bytes = recorded(kinds[_i], "jpg", &size);
    for (size_t end = 0; end < size; end += end < HEAD ? 1 : 5)
        ck_assert_msg(!read_bytes(&pixels, bytes, end), "%zu bytes", end);
    for (size_t at = 2; at < size; at++) {
        bytes[at] ^= (char)(1 << at % 8);
        if (read_bytes(&pixels, bytes, size))
            free(pixels.at);
        bytes[at] ^= (char)(1 << at % 8);
    }
    free(bytes);
}
END_TEST

Suite *rt_jpeg_suite(void)
{
    Suite *suite = suite_create("rt_jpeg");
    TCase *tests = tcase_create("files");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, reads_kinds, 0, KINDS);
    tcase_add_test(tests, is_a_sample);
    tcase_add_test(tests, what_is_not_read);
    tcase_add_loop_test(tests, broken_files, 0, KINDS);
    suite_add_tcase(suite, tests);
    return suite;
}
