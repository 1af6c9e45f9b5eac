/* IDX files as they should be, and as they should not. */
#include "test_rt_fake.h"
#include "snn_idx.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

Suite *rt_idx_suite(void);

static Fake fake;
static SnnDataset data;
static SnnError error;

static void setup(void)
{
    fake_open(&fake);
}

static void teardown(void)
{
    snn_dataset_free(&data);
    fake_close(&fake);
}

static bool read_test_set(void)
{
    return snn_dataset_read(&data, &fake.fake.model, fake.folder, "t10k", &error);
}

static void assert_refused(const char *part)
{
    ck_assert_msg(!read_test_set(), "accepted, not refused with `%s`", part);
    ck_assert_msg(strstr(error.text, part) != NULL, "`%s` is not in: %s", part, error.text);
    ck_assert(data.bytes == NULL && data.reals == NULL && data.labels == NULL);
}

static const char images[] = "t10k-images-idx3-ubyte", labels[] = "t10k-labels-idx1-ubyte";

/* Reads a file of the folder, lets a test spoil it, writes `size` bytes of it back. */
static char *take(const char *name, size_t *size)
{
    char *bytes = fake_read(&fake, name, size);
    ck_assert_ptr_nonnull(bytes);
    return bytes;
}

static void put(const char *name, char *bytes, size_t size)
{
    fake_write(&fake, name, bytes, size);
    free(bytes);
}

static void compress_file(const char *name, size_t keep_off)
{
    char packed[64];
    size_t size;
    char *bytes = take(name, &size);
    snprintf(packed, sizeof packed, "%s.gz", name);
    gzFile file = gzopen(fake_path(&fake, 0, packed), "wb");
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
    free(bytes);
    unlink(fake_path(&fake, 0, name));
    bytes = take(packed, &size);
    put(packed, bytes, size - keep_off);
}

START_TEST(reads_bytes)
{
    ck_assert_msg(read_test_set(), "%s", error.text);
    ck_assert(data.count == FAKE_TEST && data.width == FAKE_INPUTS && data.reals == NULL);
    size_t size;
    char *bytes = take(images, &size);
    ck_assert(memcmp(bytes + 16, data.bytes, size - 16) == 0);
    free(bytes);
}
END_TEST

START_TEST(reads_compressed)
{
    ck_assert(read_test_set());
    SnnDataset plain = data;
    compress_file(images, 0);
    compress_file(labels, 0);
    ck_assert_msg(read_test_set(), "%s", error.text);
    ck_assert(memcmp(plain.bytes, data.bytes, FAKE_TEST * FAKE_INPUTS) == 0);
    ck_assert(memcmp(plain.labels, data.labels, FAKE_TEST * sizeof *data.labels) == 0);
    snn_dataset_free(&plain);
}
END_TEST

START_TEST(reads_floats)
{
    unsigned char values[FAKE_TEST * FAKE_INPUTS * 4] = {0};
    memcpy(values + 4, "\x3f\xc0\x00\x00", 4); /* 1.5, big-endian */
    fake_write_idx(&fake, images, 13, 3, (uint32_t[]){FAKE_TEST, 4, 4}, values, sizeof values);
    ck_assert_msg(read_test_set(), "%s", error.text);
    ck_assert(data.bytes == NULL && data.reals[0] == 0.0f && data.reals[1] == 1.5f
              && data.width == FAKE_INPUTS);
    snn_dataset_free(&data);
    memcpy(values + 4 * 20, "\x7f\xc0\x00\x00", 4);
    fake_write_idx(&fake, images, 13, 3, (uint32_t[]){FAKE_TEST, 4, 4}, values, sizeof values);
    assert_refused("NaN or infinity");
    ck_assert_ptr_nonnull(strstr(error.text, "in sample 1"));
}
END_TEST

/* Of more than a byte, images are in a file: as they are, where they were read, or in the room made for them. */
START_TEST(keeps_to_the_budget)
{
    static const int idx_types[] = {0x08, 0x09, 0x0D};
    unsigned char values[FAKE_TEST * FAKE_INPUTS * 4] = {0};
    size_t size = _i == 2 ? 4 : 1;
    memcpy(values + size, "\x40\x40\x00\x00", size); /* 64, or 3.0 */
    fake.fake.model.room = 1;
    fake_write_idx(&fake, images, idx_types[_i], 3, (uint32_t[]){FAKE_TEST, 4, 4}, values,
                   FAKE_TEST * FAKE_INPUTS * size);
    ck_assert_msg(read_test_set(), "%s", error.text);
    ck_assert(data.store.filed && data.count == FAKE_TEST);
    if (_i == 0)
        ck_assert(data.reals == NULL && data.bytes[0] == 0 && data.bytes[1] == 64);
    else
        ck_assert(data.bytes == NULL && data.reals[0] == 0.0f && data.reals[1] == (_i == 1 ? 64.0f : 3.0f));
}
END_TEST

/* The first numbers of samples, as each type has them; bytes alone are scaled, and later. */
static const struct {
    int type;
    size_t size;
    const char *elements; /* two */
    float first, second;
} types[] = {
    {0x09, 1, "\x80\x7f", -128.0f, 127.0f},
    {0x0B, 2, "\x80\x00\x7f\xff", -32768.0f, 32767.0f},
    {0x0C, 4, "\x80\x00\x00\x00\x00\x00\x01\x00", -2147483648.0f, 256.0f},
    {0x0D, 4, "\xc0\x20\x00\x00\x5d\x5e\x0b\x6b", -2.5f, 1e18f},
    {0x0E, 8, "\xc0\x04\x00\x00\x00\x00\x00\x00\x3f\xb9\x99\x99\x99\x99\x99\x9a", -2.5f, 0.1f},
};

START_TEST(reads_all_types)
{
    unsigned char values[FAKE_TEST * FAKE_INPUTS * 8] = {0};
    size_t size = types[_i].size;
    memcpy(values, types[_i].elements, 2 * size);
    fake_write_idx(&fake, images, types[_i].type, 3, (uint32_t[]){FAKE_TEST, 4, 4}, values,
                   FAKE_TEST * FAKE_INPUTS * size);
    ck_assert_msg(read_test_set(), "%s", error.text);
    ck_assert(data.reals[0] == types[_i].first && data.reals[1] == types[_i].second && data.reals[2] == 0.0f);
}
END_TEST

/* 1e19, and more than any float. */
START_TEST(too_large_numbers)
{
    unsigned char values[FAKE_TEST * FAKE_INPUTS * 8] = {0};
    memcpy(values + 8 * 33, _i == 0 ? "\x43\xe1\x58\xe4\x60\x91\x3d\x00" : "\xd4\xb2\x49\xad\x25\x94\xc3\x7d",
           8);
    fake_write_idx(&fake, images, 14, 3, (uint32_t[]){FAKE_TEST, 4, 4}, values, sizeof values);
    assert_refused(_i == 0 ? "too large a number (" : "in sample 2, whose square");
}
END_TEST

START_TEST(reads_samples_with_time)
{
    unsigned char values[2 * 5 * 16] = {0}, two[2] = {0, 1};
    fake.fake.model.data =
        (SnnData){.format = &snn_idx, .ndim = 3, .dims = {5, 4, 4}, .classes = FAKE_CLASSES};
    unlink(fake_path(&fake, 0, images));
    fake_write_idx(&fake, "t10k-images-idx4-ubyte", 8, 4, (uint32_t[]){2, 5, 4, 4}, values, sizeof values);
    fake_write_idx(&fake, labels, 8, 1, (uint32_t[]){2}, two, 2);
    ck_assert_msg(read_test_set(), "%s", error.text);
    ck_assert(data.width == 80 && data.count == 2);
}
END_TEST

START_TEST(missing)
{
    unlink(fake_path(&fake, 0, labels));
    assert_refused("-idx1-ubyte, or the same with .gz): the images are there, and the model `fake` takes "
                   "labels with them");
    unlink(fake_path(&fake, 0, images));
    assert_refused("no data (");
    ck_assert_ptr_null(strstr(error.text, "Fashion-MNIST"));
    fake.fake.model.data.dims[0] = fake.fake.model.data.dims[1] = 28;
    assert_refused("/usr/share/datasets/fashion-mnist");
}
END_TEST

START_TEST(truncated_at_every_byte)
{
    size_t size;
    char *bytes = take(images, &size);
    for (size_t n = 0; n < size; n += n < 24 ? 1 : 37) {
        fake_write(&fake, images, bytes, n);
        assert_refused("truncated");
        char found[32];
        snprintf(found, sizeof found, "%zu found", n);
        ck_assert_msg(strstr(error.text, found) != NULL, "%zu: %s", n, error.text);
    }
    free(bytes);
}
END_TEST

START_TEST(truncated_or_corrupt_gzip)
{
    compress_file(images, 9);
    assert_refused("corrupt or unreadable");
    size_t size;
    char *bytes = take("t10k-images-idx3-ubyte.gz", &size);
    bytes[size / 2] = (char)(bytes[size / 2] ^ 0x55);
    put("t10k-images-idx3-ubyte.gz", bytes, size);
    assert_refused("corrupt or unreadable");
}
END_TEST

/* Bytes behind the compressed data that are no second member, or only the beginning of one. */
START_TEST(garbage_behind_gzip)
{
    static const char garbage[] = "\x1f\x8bxx";
    size_t size, more = (size_t)_i + 1;
    compress_file(images, 0);
    char *bytes = take("t10k-images-idx3-ubyte.gz", &size);
    memcpy(bytes + size, garbage + (_i == 0 ? 2 : 0), more);
    put("t10k-images-idx3-ubyte.gz", bytes, size + more);
    assert_refused("corrupt or unreadable");
}
END_TEST

/* The last byte of a gzip file belongs to its length; a wrong checksum must not pass either. */
START_TEST(wrong_gzip_checksum)
{
    size_t size;
    compress_file(images, 0);
    char *bytes = take("t10k-images-idx3-ubyte.gz", &size);
    bytes[size - 7] = (char)(bytes[size - 7] ^ 1);
    put("t10k-images-idx3-ubyte.gz", bytes, size);
    assert_refused("incorrect data check");
}
END_TEST

START_TEST(trailing_bytes)
{
    size_t size;
    char *bytes = take(images, &size);
    bytes[size] = 'x';
    put(images, bytes, size + 1);
    assert_refused("too long");
}
END_TEST

START_TEST(wrong_magic_and_shape)
{
    size_t size;
    char *bytes = take(images, &size);
    bytes[2] = 10;
    fake_write(&fake, images, bytes, size);
    assert_refused("it begins with 00 00 0a 03");
    bytes[2] = 8;
    bytes[3] = 0;
    fake_write(&fake, images, bytes, size);
    assert_refused("it has 0 dimensions");
    bytes[3] = 100;
    fake_write(&fake, images, bytes, size);
    assert_refused("it has 100 dimensions");
    bytes[3] = 2;
    fake_write(&fake, images, bytes, 12 + 37 * 4);
    assert_refused("its samples are [4], the model `fake` takes [4, 4]");
    bytes[3] = 3;
    bytes[11] = 2;
    bytes[15] = 8;
    put(images, bytes, size);
    assert_refused("its samples are [2, 8], the model `fake` takes [4, 4]");
}
END_TEST

/* Headers that announce more than any machine has: refused without trying to allocate it. */
START_TEST(huge_headers)
{
    char byte = 0;
    fake_write_idx(&fake, images, 8, 3, (uint32_t[]){0xFFFFFFFFu, 4, 4}, &byte, 1);
    assert_refused("truncated");
    fake_write_idx(&fake, images, 13, 3, (uint32_t[]){0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu}, &byte, 1);
    assert_refused("too large");
    fake_write_idx(&fake, images, 8, 3, (uint32_t[]){0, 4, 4}, &byte, 0);
    assert_refused("unusable number of samples");
}
END_TEST

START_TEST(bad_labels)
{
    size_t size;
    char *bytes = take(labels, &size);
    bytes[8 + 12] = FAKE_CLASSES;
    put(labels, bytes, size);
    assert_refused("sample 12 has label 3, the model `fake` knows 0 to 2");
    fake_write_idx(&fake, labels, 8, 1, (uint32_t[]){3}, "\0\1\2", 3);
    assert_refused("3 labels (");
    fake_write_idx(&fake, labels, 8, 2, (uint32_t[]){3, 1}, "\0\1\2", 3);
    assert_refused("not a file of labels");
    fake_write_idx(&fake, labels, 13, 1, (uint32_t[]){1}, "\0\0\0\0", 4);
    assert_refused("not a file of labels");
}
END_TEST

/* More classes than a byte tells apart. */
START_TEST(wide_labels)
{
    unsigned char values[FAKE_TEST * 4] = {0};
    int size = _i == 0 ? 2 : 4;
    values[size - 2] = 1;
    values[size - 1] = 44;
    fake.fake.model.data.classes = 301;
    fake_write_idx(&fake, labels, _i == 0 ? 0x0B : 0x0C, 1, (uint32_t[]){FAKE_TEST}, values,
                   (size_t)(FAKE_TEST * size));
    ck_assert_msg(read_test_set(), "%s", error.text);
    ck_assert(data.labels[0] == 300 && data.labels[1] == 0);
    snn_dataset_free(&data);
    fake.fake.model.data.classes = 300;
    assert_refused("sample 0 has label 300, the model `fake` knows 0 to 299");
    memset(values, 255, sizeof values);
    fake_write_idx(&fake, labels, _i == 0 ? 0x0B : 0x0C, 1, (uint32_t[]){FAKE_TEST}, values,
                   (size_t)(FAKE_TEST * size));
    assert_refused("sample 0 has label -1,");
}
END_TEST

Suite *rt_idx_suite(void)
{
    Suite *suite = suite_create("rt_idx");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_test(files, reads_bytes);
    tcase_add_test(files, reads_compressed);
    tcase_add_test(files, reads_floats);
    tcase_add_loop_test(files, keeps_to_the_budget, 0, 3);
    tcase_add_loop_test(files, reads_all_types, 0, sizeof types / sizeof *types);
    tcase_add_loop_test(files, too_large_numbers, 0, 2);
    tcase_add_test(files, reads_samples_with_time);
    tcase_add_test(files, missing);
    tcase_add_test(files, truncated_at_every_byte);
    tcase_add_test(files, truncated_or_corrupt_gzip);
    tcase_add_loop_test(files, garbage_behind_gzip, 0, 4);
    tcase_add_test(files, wrong_gzip_checksum);
    tcase_add_test(files, trailing_bytes);
    tcase_add_test(files, wrong_magic_and_shape);
    tcase_add_test(files, huge_headers);
    tcase_add_test(files, bad_labels);
    tcase_add_loop_test(files, wide_labels, 0, 2);
    suite_add_tcase(suite, files);
    return suite;
}
