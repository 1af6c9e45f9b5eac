/* The safetensors reader against hostile files, and its round trip with the writer. */
#include "snn_random.h"
#include "snn_safetensors.h"
#include "snn_safetensors_write.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *rt_safetensors_suite(void);

/* Length of the header, the header, `data` zero bytes. */
static SnnTensors *parse_header(const char *header, size_t length, size_t data, SnnError *error)
{
    unsigned char *bytes = calloc(1, 8 + length + data);
    ck_assert_ptr_nonnull(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memcpy(bytes + 8, header, length);
    SnnTensors *file = snn_tensors_parse(bytes, 8 + length + data, "test", error);
    free(bytes);
    return file;
}

#define T(name, shape, from, to) \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" from "," to "]}"

typedef struct Case {
    const char *header;
    size_t data;
    const char *reason; /* part of the message; NULL: the file is good */
} Case;

static const Case cases[] = {
    {"{}", 0, NULL},
    {"{}     ", 0, NULL},
    {"{" T("a", "[2]", "0", "8") "}", 8, NULL},
    {" {" T("a", "[2]", "0", "8") "}", 8, "does not begin with '{'"},
    {"{ " T("a", "[ 1 , 2 ]", "0", "8") " , " T("b", "[]", "8", "12") " } ", 12, NULL},
    {"{" T("b", "[1]", "8", "12") "," T("a", "[2]", "0", "8") "}", 12, NULL},
    {"{" T("a", "[0]", "0", "0") "," T("b", "[1]", "0", "4") "}", 4, NULL},
    {"{\"__metadata__\":{},\"a\":{\"shape\":[1],\"data_offsets\":[0,1],\"dtype\":\"U8\"}}", 1, NULL},
    {"{\"__metadata__\":{\"k\":\"v\\u00e9\\ud83d\\ude00\\n\"}}", 0, NULL},
    {"", 0, "does not begin"},
    {"[]", 0, "does not begin"},
    {"{", 0, "'\"' is missing"},
    {"{}x", 0, "something follows"},
    {"{}{}", 0, "something follows"},
    {"{\"a\"}", 0, "':' is missing"},
    {"{\"a\":1}", 0, "'{' is missing"},
    {"{\"a\":{}}", 0, "'\"' is missing"},
    {"{\"a\":{\"dtype\":\"F32\"}}", 0, "lacks dtype, shape or data_offsets"},
    {"{" T("a", "[2]", "0", "8") ",}", 8, "'\"' is missing"},
    {"{" T("a", "[2]", "0", "8"), 8, "'}' is missing"},
    {"{" T("a", "[2,]", "0", "8") "}", 8, "a whole number is missing"},
    {"{" T("a", "[-2]", "0", "8") "}", 8, "a whole number is missing"},
    {"{" T("a", "[2.0]", "0", "8") "}", 8, "']' is missing"},
    {"{" T("a", "[2e0]", "0", "8") "}", 8, "']' is missing"},
    {"{" T("a", "[02]", "0", "8") "}", 8, "begins with 0"},
    {"{" T("a", "[[2]]", "0", "8") "}", 8, "a whole number is missing"},
    {"{" T("a", "[1,1,1,1,1,1,1,1,2]", "0", "8") "}", 8, "more than 8 dimensions"},
    {"{" T("a", "[99999999999999999999]", "0", "8") "}", 8, "too large a number"},
    {"{" T("a", "[18446744073709551615]", "0", "8") "}", 8, "too large a dimension"},
    {"{" T("a", "[4611686018427387904,4]", "0", "0") "}", 0, "does not go with"},
    {"{" T("a", "[4294967296,4294967296]", "0", "0") "}", 0, "does not go with"},
    {"{" T("a", "[2]", "0", "4") "}", 4, "does not go with"},
    {"{" T("a", "[2]", "8", "0") "}", 8, "does not go with"},
    {"{" T("a", "[2]", "0", "8") "}", 7, "ends behind the end"},
    {"{" T("a", "[2]", "0", "8") "}", 9, "end before its data"},
    {"{}", 1, "end before its data"},
    {"{" T("a", "[1]", "4", "8") "}", 8, "leaves a hole"},
    {"{" T("a", "[2]", "0", "8") "," T("b", "[2]", "4", "12") "}", 12, "overlaps"},
    {"{" T("a", "[1]", "0", "4") "," T("b", "[1]", "0", "4") "}", 4, "overlaps"},
    {"{" T("a", "[1]", "0", "4") "," T("a", "[1]", "4", "8") "}", 8, "`a` occurs twice"},
    {"{" T("a", "[1]", "0", "4") "," T("\\u0061", "[1]", "4", "8") "}", 8, "`a` occurs twice"},
    {"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "metadata `k` occurs twice"},
    {"{\"__metadata__\":{\"k\":\"1\"},\"__metadata__\":{\"k\":\"2\"}}", 0, "`__metadata__` occurs twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "`__metadata__` occurs twice"},
    {"{\"__metadata__\":{\"k\":1}}", 0, "'\"' is missing"},
    {"{\"__metadata__\":[]}", 0, "'{' is missing"},
    {"{\"a\":{\"dtype\":\"F33\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "element type F33"},
    {"{\"a\":{\"dtype\":4,\"shape\":[],\"data_offsets\":[0,4]}}", 4, "'\"' is missing"},
    {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}", 1,
     "repeated entry `dtype`"},
    {"{\"a\":{\"dtype\":\"U8\",\"more\":[[[[]]]],\"shape\":[],\"data_offsets\":[0,1]}}", 1, "entry `more`"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0]}}", 1, "',' is missing"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1,2]}}", 1, "']' is missing"},
    {"{\"a\nb\":1}", 0, "control character"},
    {"{\"a\\x\":1}", 0, "bad escape"},
    {"{\"a\\u12g4\":1}", 0, "bad \\u escape"},
    {"{\"a\\u0000b\":1}", 0, "not allowed"},
    {"{\"a\\ud800\":1}", 0, "surrogate"},
    {"{\"a\\ud800\\u0041\":1}", 0, "surrogate"},
    {"{\"a\\udc00\":1}", 0, "not allowed"},
    {"{\"a\\", 0, "unfinished string"},
    {"{\"a", 0, "unfinished string"},
    {"{\"\xff\":1}", 0, "not UTF-8"},
    {"{\"\xc0\xaf\":1}", 0, "not UTF-8"},
    {"{\"\xed\xa0\x80\":1}", 0, "not UTF-8"},
    {"{\"\xf4\x90\x80\x80\":1}", 0, "not UTF-8"},
    {"{\"\xe2\x82", 0, "not UTF-8"},
};

START_TEST(headers)
{
    const Case *c = &cases[_i];
    SnnError error = {""};
    SnnTensors *file = parse_header(c->header, strlen(c->header), c->data, &error);
    if (c->reason == NULL)
        ck_assert_msg(file != NULL, "%s: refused: %s", c->header, error.text);
    else
        ck_assert_msg(file == NULL, "%s: accepted", c->header);
    if (c->reason != NULL)
        ck_assert_msg(strstr(error.text, c->reason) != NULL, "%s: %s", c->header, error.text);
    snn_tensors_close(file);
}
END_TEST

START_TEST(escapes_are_decoded)
{
    SnnError error;
    const char *header = "{\"__metadata__\":{\"\\u006b\":\"v\\u00e9\\u20ac\\uD83D\\ude00\\n\\/\"}}";
    SnnTensors *file = parse_header(header, strlen(header), 0, &error);
    ck_assert_ptr_nonnull(file);
    ck_assert_str_eq(snn_tensors_metadata(file, "k"), "v\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n/");
    ck_assert_ptr_null(snn_tensors_metadata(file, "q"));
    snn_tensors_close(file);
}
END_TEST

START_TEST(lengths)
{
    SnnError error;
    static const unsigned char lying[8][8] = {
        {3},
        {0, 0, 0, 0, 0, 0, 0, 0x80},
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        {1, 0, 0x40, 6},
    };
    unsigned char bytes[10];
    for (int i = 0; i < 4; i++) {
        memcpy(bytes, lying[i], 8);
        memcpy(bytes + 8, "{}", 2);
        ck_assert_ptr_null(snn_tensors_parse(bytes, 10, "test", &error));
        ck_assert_ptr_nonnull(strstr(error.text, "its header should have"));
    }
    for (size_t n = 0; n < 8; n++)
        ck_assert_ptr_null(snn_tensors_parse(bytes, n, "test", &error));
    char zero[] = "{\"a\0b\":1}";
    ck_assert_ptr_null(parse_header(zero, sizeof zero - 1, 0, &error));
}
END_TEST

/* What the reader accepts is consistent, whatever the bytes were. */
static void use_all(const SnnTensors *file)
{
    unsigned sum = 0;
    for (int i = 0; i < snn_tensors_count(file); i++) {
        const SnnTensor *tensor = snn_tensors_at(file, i);
        size_t bytes = (size_t)snn_tensor_elements(tensor) * snn_dtype_size(tensor->dtype);
        ck_assert_uint_eq(bytes, tensor->end - tensor->begin);
        for (size_t b = 0; b < bytes; b++)
            sum += tensor->data[b];
        ck_assert_ptr_eq(snn_tensors_find(file, tensor->name), tensor);
    }
    ck_assert_uint_ne(sum, 0xFFFFFFFFu);
}

START_TEST(mutations)
{
    static const char *const pieces[] = {"{",     "}",   "[",   "]",   ",", ":",
                                         "\"",    "\\",  "\\u", "0",   "9", "18446744073709551616",
                                         "\"a\"", "F32", " ",   "\xc3"};
    const char *base =
        "{\"__metadata__\":{\"k\":\"v\"}," T("a", "[2,1]", "0", "8") "," T("b", "[1]", "8", "12") "}";
    int accepted = 0;
    for (uint32_t round = 0; round < 60000; round++) {
        char text[512];
        SnnError error = {""};
        size_t length = strlen(base);
        memcpy(text, base, length);
        for (uint32_t m = 0; m <= snn_mix(round) % 3; m++) {
            uint32_t random = snn_mix(round * 4 + m + 12345);
            size_t at = random % length;
            const char *piece = pieces[(random >> 16) % (sizeof pieces / sizeof pieces[0])];
            size_t size = strlen(piece), cut = (random >> 8) % 4;
            cut = cut > length - at ? length - at : cut;
            memmove(text + at + size, text + at + cut, length - at - cut);
            memcpy(text + at, piece, size);
            length += size - cut;
        }
        SnnTensors *file = parse_header(text, length, 12, &error);
        ck_assert((file == NULL) == (error.text[0] != '\0'));
        if (file != NULL) {
            accepted++;
            use_all(file);
        }
        snn_tensors_close(file);
    }
    ck_assert_int_gt(accepted, 100);
}
END_TEST

static SnnTensorsWriter *example(void)
{
    static const float values[6] = {1.5f, -2.0f, 3.0f, 4.0f, 5.0f, 6.0f};
    static const int64_t number = -7;
    static const unsigned char bytes[3] = {1, 2, 3};
    SnnTensorsWriter *writer = snn_tensors_writer_new();
    ck_assert_ptr_nonnull(writer);
    ck_assert(snn_tensors_add(writer, "w", SNN_F32, 2, (int64_t[]){2, 3}, values));
    ck_assert(snn_tensors_add(writer, "bytes", SNN_U8, 1, (int64_t[]){3}, bytes));
    ck_assert(snn_tensors_add(writer, "a \"strange\"\n\\name\xc3\xa9", SNN_I64, 0, NULL, &number));
    ck_assert(snn_tensors_add(writer, "empty", SNN_F64, 2, (int64_t[]){0, 4}, NULL));
    ck_assert(snn_tensors_add_metadata(writer, "model", "x \"y\""));
    return writer;
}

START_TEST(round_trip)
{
    char path[] = "/tmp/snnc-test-XXXXXX";
    SnnError error = {""};
    int file_number = mkstemp(path);
    ck_assert_int_ge(file_number, 0);
    close(file_number);
    SnnTensorsWriter *writer = example();
    ck_assert_msg(snn_tensors_save(writer, path, &error), "%s", error.text);
    snn_tensors_writer_free(writer);
    SnnTensors *file = snn_tensors_open(path, &error);
    ck_assert_msg(file != NULL, "%s", error.text);
    unlink(path);
    ck_assert_int_eq(snn_tensors_count(file), 4);
    const SnnTensor *w = snn_tensors_find(file, "w");
    float values[6];
    memcpy(values, w->data, sizeof values);
    ck_assert(w->dtype == SNN_F32 && w->ndim == 2 && w->dims[0] == 2 && w->dims[1] == 3
              && values[1] == -2.0f);
    const SnnTensor *strange = snn_tensors_find(file, "a \"strange\"\n\\name\xc3\xa9");
    int64_t number;
    memcpy(&number, strange->data, sizeof number);
    ck_assert(strange->ndim == 0 && number == -7);
    ck_assert_int_eq(snn_tensor_elements(snn_tensors_find(file, "empty")), 0);
    ck_assert_str_eq(snn_tensors_metadata(file, "model"), "x \"y\"");
    snn_tensors_close(file);
}
END_TEST

/* What the file holds, byte by byte: the same on every machine. */
START_TEST(bytes_are_little_endian)
{
    static const unsigned char data[] = {0x00, 0x00, 0xc0, 0x3f,  /* 1.5f */
                                         0xfe, 0xff, 0x34, 0x12}; /* -2, 0x1234 */
    static const float number = 1.5f;
    static const int16_t halves[] = {-2, 0x1234};
    unsigned char bytes[512];
    FILE *stream = tmpfile();
    ck_assert_ptr_nonnull(stream);
    SnnTensorsWriter *writer = snn_tensors_writer_new();
    ck_assert(snn_tensors_add(writer, "f", SNN_F32, 0, NULL, &number));
    ck_assert(snn_tensors_add(writer, "h", SNN_I16, 1, (int64_t[]){2}, halves));
    ck_assert(snn_tensors_write(writer, stream));
    snn_tensors_writer_free(writer);
    rewind(stream);
    size_t size = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    ck_assert(size > sizeof data && memcmp(bytes + size - sizeof data, data, sizeof data) == 0);
    SnnError error = {""};
    SnnTensors *file = snn_tensors_parse(bytes, size, "test", &error);
    ck_assert(memcmp(snn_tensors_find(file, "f")->data, &number, sizeof number) == 0);
    ck_assert(memcmp(snn_tensors_find(file, "h")->data, halves, sizeof halves) == 0);
    snn_tensors_close(file);
}
END_TEST

/* Matrices that need one piece and some, of lines that are longer than a piece. */
static const int transposed_shapes[][2] = {{1, 7}, {7, 1}, {3, 5}, {300, 1000}, {70000, 3}, {3, 70000}};

START_TEST(matrices_are_transposed)
{
    int64_t rows = transposed_shapes[_i][0], columns = transposed_shapes[_i][1];
    float *values = malloc((size_t)(rows * columns) * sizeof *values), found;
    char path[] = "/tmp/snnc-test-XXXXXX";
    SnnError error = {""};
    close(mkstemp(path));
    for (int64_t i = 0; i < rows * columns; i++)
        values[i] = (float)i;
    SnnTensorsWriter *writer = snn_tensors_writer_new();
    ck_assert(snn_tensors_add_transposed(writer, "m", 2, (int64_t[]){rows, columns}, values));
    ck_assert_msg(snn_tensors_save(writer, path, &error), "%s", error.text);
    snn_tensors_writer_free(writer);
    SnnTensors *file = snn_tensors_open(path, &error);
    unlink(path);
    const SnnTensor *tensor = snn_tensors_find(file, "m");
    ck_assert(tensor->dims[0] == rows && tensor->dims[1] == columns);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            memcpy(&found, tensor->data + (i * columns + j) * 4, sizeof found);
            ck_assert(found == values[j * rows + i]);
        }
    snn_tensors_close(file);
    free(values);
}
END_TEST

/* A kernel of 3 outputs, 2 inputs and 2 by 4 taps. */
START_TEST(kernels_are_transposed)
{
    enum { OUT = 3, IN = 2, Y = 2, X = 4 };
    float values[Y][X][IN][OUT], found;
    char path[] = "/tmp/snnc-test-XXXXXX";
    SnnError error = {""};
    close(mkstemp(path));
    for (int i = 0; i < Y * X * IN * OUT; i++)
        (&values[0][0][0][0])[i] = (float)i;
    SnnTensorsWriter *writer = snn_tensors_writer_new();
    ck_assert(snn_tensors_add_transposed(writer, "k", 4, (int64_t[]){OUT, IN, Y, X}, &values[0][0][0][0]));
    ck_assert_msg(snn_tensors_save(writer, path, &error), "%s", error.text);
    snn_tensors_writer_free(writer);
    SnnTensors *file = snn_tensors_open(path, &error);
    unlink(path);
    const unsigned char *at = snn_tensors_find(file, "k")->data;
    for (int o = 0; o < OUT; o++)
        for (int i = 0; i < IN; i++)
            for (int y = 0; y < Y; y++)
                for (int x = 0; x < X; x++, at += 4) {
                    memcpy(&found, at, sizeof found);
                    ck_assert(found == values[y][x][i][o]);
                }
    snn_tensors_close(file);
}
END_TEST

START_TEST(bytes_are_reversed_by_element)
{
    unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    snn_reverse_bytes(bytes, 8, 1);
    ck_assert(memcmp(bytes, "\1\2\3\4\5\6\7\10", 8) == 0);
    snn_reverse_bytes(bytes, 2, 4);
    ck_assert(memcmp(bytes, "\4\3\2\1\10\7\6\5", 8) == 0);
    snn_reverse_bytes(bytes, 1, 8);
    ck_assert(memcmp(bytes, "\5\6\7\10\1\2\3\4", 8) == 0);
    snn_reverse_bytes(bytes, 0, 4);
    ck_assert(memcmp(bytes, "\5\6\7\10\1\2\3\4", 8) == 0);
}
END_TEST

START_TEST(refuses_folders_and_missing_files)
{
    SnnError error = {""};
    SnnTensorsWriter *writer = example();
    ck_assert(!snn_tensors_save(writer, "/tmp", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "not a regular file"));
    ck_assert(!snn_tensors_save(writer, "/nowhere/at/all", &error));
    snn_tensors_writer_free(writer);
    ck_assert_ptr_null(snn_tensors_open("/nowhere/at/all", &error));
    ck_assert_ptr_null(snn_tensors_open("/tmp", &error));
}
END_TEST

Suite *rt_safetensors_suite(void)
{
    Suite *suite = suite_create("rt_safetensors");
    TCase *tests = tcase_create("files");
    tcase_add_loop_test(tests, headers, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tests, escapes_are_decoded);
    tcase_add_test(tests, lengths);
    tcase_add_test(tests, mutations);
    tcase_add_test(tests, round_trip);
    tcase_add_test(tests, bytes_are_little_endian);
    tcase_add_loop_test(tests, matrices_are_transposed, 0,
                        sizeof transposed_shapes / sizeof *transposed_shapes);
    tcase_add_test(tests, kernels_are_transposed);
    tcase_add_test(tests, bytes_are_reversed_by_element);
    tcase_add_test(tests, refuses_folders_and_missing_files);
    suite_add_tcase(suite, tests);
    return suite;
}
