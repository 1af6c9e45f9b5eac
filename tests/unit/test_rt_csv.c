/* Tables as text, as they should be and as they should not. */
#include "test_rt_fake.h"
#include "snn_csv.h"
#include "snn_csv_file.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *rt_csv_suite(void);

static Fake fake;
static SnnDataset data;
static SnnError error;

static const char *const plain[] = {"columns = a, b", "labels = kind", NULL};
static const char *const others[] = {"labels = kind", NULL};
static const char *const german[] = {"columns = a, b", "labels = kind", "separator = ;", "decimal = ,", NULL};
static const char *const bare[] = {"labels = 3", "header = 0", NULL};
static const char *const chosen[] = {"name = all",       "columns = a, b",  "labels = kind",
                                     "test = day = 3-4", "valid = day = 2", NULL};
static const char *const targets[] = {"columns = a, b", "target = y, z", NULL};
static const char *const runs[] = {"columns = a, b", "labels = kind", "sequence = run", NULL};
static const char *const speeds[] = {"columns = a, b", "target = y", "sequence = run", NULL};

static void model_of(const char *const *settings)
{
    fake.fake.model.data =
        (SnnData){.format = &snn_csv, .ndim = 1, .dims = {2}, .classes = FAKE_CLASSES, .settings = settings};
}

static void setup(void)
{
    fake_open(&fake);
    fake.fake.model.steps = 3;
    model_of(plain);
}

static void teardown(void)
{
    snn_dataset_free(&data);
    fake_close(&fake);
}

static void write_table(const char *name, const char *text)
{
    fake_write(&fake, name, text, strlen(text));
}

static bool read_part(const char *part)
{
    snn_dataset_free(&data);
    return snn_dataset_read(&data, &fake.fake.model, fake.folder, part, &error);
}

static void assert_reals(int count, const float *reals)
{
    for (int i = 0; i < count; i++)
        ck_assert_msg(data.reals[i] == reals[i], "%d: %g, not %g", i, (double)data.reals[i],
                      (double)reals[i]);
}

static void assert_refused(const char *text, const char *message)
{
    write_table("test.csv", text);
    ck_assert_msg(!read_part("t10k"), "accepted, not refused with `%s`", message);
    ck_assert_msg(strstr(error.text, message) != NULL, "`%s` is not in: %s", message, error.text);
    ck_assert(data.reals == NULL && data.labels == NULL && data.targets == NULL);
}

/* ---- tables as they should be ---------------------------------------------------------------------- */

static const float two_rows[] = {1.5f, -2.0f, 300.0f, 0.25f};

static const char *const tables[] = {
    "a,b,kind\n1.5,-2,2\n3e2,.25,0\n",
    "a,b,kind\r\n1.5,-2,2\r\n3e2,.25,0\r\n",
    "a,b,kind\r1.5,-2,2\r\r3e2,.25,0\r",
    "\xef\xbb\xbf\"a\",\"b\",\"kind\"\n\"1.5\",\"-2\",\"2\"\n 300 ,+0.25,0",
    "kind,more,b,a\n2,\"x,\n \"\"y\"\"\",-2,1.5\n\n\r\n0,,2.5E-1,300\n",
};

START_TEST(reads_tables)
{
    write_table("train.csv", tables[_i]);
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.count == 2 && data.width == 2 && data.targets == NULL);
    assert_reals(4, two_rows);
    ck_assert(data.labels[0] == 2 && data.labels[1] == 0);
}
END_TEST

START_TEST(reads_other_signs)
{
    model_of(german);
    write_table("train.csv", "a;b;kind\n1,5;-2;2\n3e2;0,25;0\n");
    ck_assert_msg(read_part("train"), "%s", error.text);
    assert_reals(4, two_rows);
    write_table("train.csv", "a;b;kind\n1.5;-2;2\n");
    ck_assert(!read_part("train"));
    ck_assert_ptr_nonnull(strstr(error.text, "/train.csv:2): column `a` has `1.5`"));
}
END_TEST

START_TEST(reads_without_header)
{
    model_of(bare);
    write_table("train.csv", "1.5,-2,2\n300,0.25,0\n");
    ck_assert_msg(read_part("train"), "%s", error.text);
    assert_reals(4, two_rows);
    ck_assert(data.labels[0] == 2 && data.labels[1] == 0);
}
END_TEST

/* A sample is made of all columns but the label's, in their order; to predict, there need be none. */
START_TEST(takes_the_others)
{
    model_of(others);
    write_table("train.csv", "a,kind,b\n1.5,2,-2\n300,0,0.25\n");
    ck_assert_msg(read_part("train"), "%s", error.text);
    assert_reals(4, two_rows);
    const char *path = fake_path(&fake, 1, "train.csv");
    snn_dataset_free(&data);
    ck_assert(snn_dataset_read_images(&data, &fake.fake.model, path, &error));
    assert_reals(4, two_rows);
    ck_assert_ptr_null(data.labels);
    write_table("train.csv", "a,b\n1.5,-2\n300,0.25\n");
    snn_dataset_free(&data);
    ck_assert(snn_dataset_read_images(&data, &fake.fake.model, path, &error));
    assert_reals(4, two_rows);
    ck_assert(!read_part("train"));
    ck_assert_ptr_nonnull(strstr(error.text, "no column `kind` ("));
}
END_TEST

/* Words are classes in the order of all in the training set. */
START_TEST(words_are_classes)
{
    write_table("train.csv", "a,b,kind\n1,1,red\n1,1,green\n1,1,blue\n");
    write_table("test.csv", "a,b,kind\n1,1,red\n1,1,red\n");
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.labels[0] == 2 && data.labels[1] == 2);
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.labels[0] == 2 && data.labels[1] == 1 && data.labels[2] == 0);
    write_table("train.csv", "a,b,kind\n1,1,5\n1,1,green\n1,1,7\n");
    write_table("test.csv", "a,b,kind\n1,1,7\n1,1,5\n");
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.labels[0] == 1 && data.labels[1] == 0);
    write_table("train.csv", "a,b,kind\n1,1,red\n1,1,green\n1,1,blue\n");
    assert_refused("a,b,kind\n1,1,pink\n", "/test.csv:2): `pink` is none of the training set's");
    write_table("train.csv", "a,b,kind\n1,1,red\n1,1,green\n");
    ck_assert(!read_part("train"));
    ck_assert_ptr_nonnull(strstr(error.text, "column `kind` has 2 different labels, the model `fake` has 3"));
}
END_TEST

START_TEST(rows_choose_parts)
{
    model_of(chosen);
    write_table("all.csv", "day,a,b,kind\n1,1,0,x\n2,2,0,y\n3,3,0,z\n4,4,0,z\n5,5,0,y\n");
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.count == 2 && data.reals[0] == 1.0f && data.reals[2] == 5.0f && data.labels[1] == 1);
    ck_assert(data.apart[0] == 2 && data.apart[1] == 1);
    ck_assert_str_eq(data.from, fake_path(&fake, 0, "all.csv"));
    ck_assert_msg(read_part("t10k"), "%s", error.text);
    ck_assert(data.count == 2 && data.reals[0] == 3.0f && data.labels[0] == 2);
    ck_assert_msg(read_part("valid"), "%s", error.text);
    ck_assert(data.count == 1 && data.reals[0] == 2.0f && data.labels[0] == 1);
    ck_assert(!snn_dataset_exists(&fake.fake.model, fake.folder, "other"));
    ck_assert(!snn_dataset_spare(&fake.fake.model, fake.folder, NULL, fake_path(&fake, 0, "all.csv"), "-o",
                                 &error));
    write_table("all_test.csv", "a,b,kind\n7,0,x\n");
    ck_assert(!read_part("t10k") && !read_part("train"));
    ck_assert_ptr_nonnull(strstr(error.text, "two test sets"));
    unlink(fake_path(&fake, 0, "all_test.csv"));
    write_table("all_valid.csv", "a,b,kind\n7,0,x\n");
    ck_assert(!read_part("train"));
    ck_assert_ptr_nonnull(strstr(error.text, "two validation sets"));
    unlink(fake_path(&fake, 0, "all_valid.csv"));
}
END_TEST

START_TEST(reads_targets)
{
    model_of(targets);
    fake.fake.model.data.classes = 0;
    fake.fake.model.data.target_ndim = 1;
    fake.fake.model.data.target_dims[0] = 2;
    write_table("train.csv", "y,a,b,z\n7,1.5,-2,9\n8,300,0.25,10\n");
    ck_assert_msg(read_part("train"), "%s", error.text);
    assert_reals(4, two_rows);
    ck_assert(data.target_width == 2 && data.targets[0] == 7.0f && data.targets[3] == 10.0f && !data.labels);
}
END_TEST

START_TEST(rows_are_steps)
{
    static const float wanted[] = {1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 9, 10};
    model_of(runs);
    fake.fake.model.data.ndim = 2;
    fake.fake.model.data.dims[0] = 3;
    fake.fake.model.data.dims[1] = 2;
    write_table("train.csv", "run,a,b,kind\np,1,2,1\np,3,4,1\nq,5,6,0\nq,7,8,0\nq,9,10,0\nq,11,12,0\n");
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.count == 2 && data.width == 6 && data.labels[0] == 1 && data.labels[1] == 0);
    assert_reals(12, wanted);
    ck_assert_str_eq(data.about, "2 to 4 rows each; left out, as they come after the 3 steps: 1");
    assert_refused("run,a,b,kind\np,1,2,1\np,3,4,0\n",
                   "/test.csv:3): `0`, and `1` in line 2, of the same sequence");
    assert_refused("run,a,b,kind\np,1,2,1\nq,3,4,0\np,1,2,1\n",
                   "/test.csv:4): that of `p` began in line 2, others are between");
}
END_TEST

/* A line without a label is a step that has none, as are those behind the last line. */
START_TEST(labels_go_over_time)
{
    static const int32_t words[] = {2, -1, 0, 1, -1, -1};
    model_of(runs);
    fake.fake.model.steps = 3;
    fake.fake.model.data.ndim = 2;
    fake.fake.model.data.dims[0] = fake.fake.model.data.label_steps = 3;
    fake.fake.model.data.dims[1] = 2;
    write_table("train.csv", "run,a,b,kind\np,1,2,wide\np,3,4,\np,5,6,flat\np,7,8,flat\nq,9,10,steep\n");
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.count == 2 && data.label_steps == 3);
    ck_assert(memcmp(data.labels, words, sizeof words) == 0);
    ck_assert(data.lengths[0] == 3 && data.lengths[1] == 1);
    assert_refused("run,a,b,kind\np,1,2,flat\np,3,4,round\n",
                   "/test.csv:3): `round` is none of the training set's");
}
END_TEST

START_TEST(targets_go_over_time)
{
    static const float wanted[] = {7, 8, 0, 9, 0, 0};
    model_of(speeds);
    fake.fake.model.data = (SnnData){.format = &snn_csv,
                                     .ndim = 2,
                                     .dims = {3, 2},
                                     .target_ndim = 2,
                                     .target_dims = {3, 1},
                                     .settings = speeds};
    write_table("train.csv", "run,a,b,y\np,1,2,7\np,3,4,8\nq,5,6,9\n");
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.target_width == 3 && memcmp(data.targets, wanted, sizeof wanted) == 0);
    fake.fake.model.data.target_ndim = 1;
    fake.fake.model.data.target_dims[0] = 1;
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.target_width == 1 && data.targets[0] == 7.0f && data.targets[1] == 9.0f);
}
END_TEST

/* ---- tables as they should not be ------------------------------------------------------------------ */

static const struct {
    const char *text, *message;
} refused[] = {
    {"", "/test.csv): it has no line"},
    {"\n\r\n", "/test.csv): it has no line"},
    {"a,b,kind\n", "/test.csv): no row of it is of the part `all`"},
    {"a,c,kind\n1,2,0\n", "no column `b` (/tmp"},
    {"a,b,kind,b\n1,2,0,3\n", "two columns `b`, the 2. and the 4. (/tmp"},
    {"a,c,kind\n1,2,0\n", "/test.csv:1): there are `a`, `c`, `kind`"},
    {"a;b;kind\n1;2;0\n", "/test.csv:1): there is `a;b;kind`; say in the model what separates them"},
    {"a,b,kind\n1,2\n", "/test.csv:2): it has 2, the first line has 3; quote fields"},
    {"a,b,kind\r1,2,0\r1,5,2,0\r", "/test.csv:3): it has 4, the first line has 3"},
    {"a,b,kind\n1,2,0\n1,5,2,0\n", "/test.csv:3): it has 4, the first line has 3"},
    {"a,b,kind\n1,\"2,5\",0\n", "column `b` has `2,5`; if it has a decimal comma, say so in the model"},
    {"a,b,kind\n1,2,0\n1,NaN,0\n", "/test.csv:3): column `b` has `NaN`; leave the line out"},
    {"a,b,kind\n1,,0\n", "/test.csv:2): column `b` has ``"},
    {"a,b,kind\n1,0x1p3,0\n", "column `b` has `0x1p3`"},
    {"a,b,kind\n1,1e,0\n", "column `b` has `1e`"},
    {"a,b,kind\n1,2,0\n1,1e999,0\n", "/test.csv:3): in sample 1"},
    {"a,b,kind\n1,1e38,0\n", "/test.csv:2): 1e+38 in sample 0, whose square"},
    {"a,b,kind\n1,2,3\n", "/test.csv:2): it is `3`, the model `fake` knows 0 to 2"},
    {"a,b,kind\n1,2,0\n1,2,\n", "/test.csv:3): column `kind` has nothing there; leave the line out"},
    {"a,b,kind\n1,2,-1\n", "column `kind` has 1 different labels"},
    {"a,b,kind\n1,\"2,0\n1,2,0\n", "a quote is not closed (/tmp"},
    {"a,b,kind\n1,\"2\"5,0\n", "/test.csv:2): `5` follows it; quotes within a quoted field stand twice"},
    {"a\tb\tkind\n1\t2\t0\n", "/test.csv:1): there is `a\tb\tkind`; say in the model what separates them: "
                              "`separator = \"\t\"`, a tab"},
    {"\x1f\x8b\x08", "corrupt"},
};

START_TEST(wrong_tables)
{
    assert_refused(refused[_i].text, refused[_i].message);
}
END_TEST

START_TEST(another_encoding)
{
    static const char wide[] = "a,b,kind\n1,2,0\n1\0,2,0\n";
    fake_write(&fake, "test.csv", wide, sizeof wide - 1);
    ck_assert(!read_part("t10k"));
    ck_assert_ptr_nonnull(
        strstr(error.text, "/test.csv:3): it has a byte of value 0, as UTF-16 does; save it as UTF-8"));
}
END_TEST

START_TEST(missing)
{
    ck_assert(!read_part("train"));
    ck_assert_ptr_nonnull(
        strstr(error.text, "/train.csv): give the folder of the CSV files with --data DIR"));
    write_table("train.csv", "a,b,kind,d\n1,2,0,3\n");
    model_of(others);
    ck_assert(!read_part("train"));
    ck_assert_ptr_nonnull(
        strstr(error.text, "/train.csv:1): a sample is made of 3, in the model `fake` of 2"));
}
END_TEST

/* Lines are counted across quoted ends of lines. */
START_TEST(records)
{
    SnnCsvFile file;
    write_table("t.csv", "a,\"b\n\"\"\nc\",\r\n\n,x");
    ck_assert(snn_csv_open(&file, fake_path(&fake, 0, "t.csv"), ',', &error));
    ck_assert(snn_csv_next(&file, &error) && file.count == 3 && file.line == 1);
    ck_assert(snn_fields_are(file.fields[0], "a") && snn_fields_are(file.fields[1], "b\n\"\nc"));
    ck_assert(file.fields[2].length == 0);
    ck_assert(snn_csv_next(&file, &error) && file.count == 2 && file.line == 5);
    ck_assert(file.fields[0].length == 0 && snn_fields_are(file.fields[1], "x"));
    ck_assert(snn_csv_next(&file, &error) && file.count == 0);
    snn_csv_close(&file);
    write_table("t.csv", "\"a\rb\",\r\n\"c\r\nd\"\re");
    ck_assert(snn_csv_open(&file, fake_path(&fake, 0, "t.csv"), ',', &error));
    ck_assert(snn_csv_next(&file, &error) && file.count == 2 && snn_fields_are(file.fields[0], "a\rb"));
    ck_assert(snn_csv_next(&file, &error) && file.line == 3 && snn_fields_are(file.fields[0], "c\r\nd"));
    ck_assert(snn_csv_next(&file, &error) && file.line == 5 && snn_fields_are(file.fields[0], "e"));
    snn_csv_close(&file);
}
END_TEST

Suite *rt_csv_suite(void)
{
    Suite *suite = suite_create("rt_csv");
    TCase *tests = tcase_create("tables");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, reads_tables, 0, sizeof tables / sizeof *tables);
    tcase_add_test(tests, reads_other_signs);
    tcase_add_test(tests, reads_without_header);
    tcase_add_test(tests, takes_the_others);
    tcase_add_test(tests, words_are_classes);
    tcase_add_test(tests, rows_choose_parts);
    tcase_add_test(tests, reads_targets);
    tcase_add_test(tests, rows_are_steps);
    tcase_add_test(tests, labels_go_over_time);
    tcase_add_test(tests, targets_go_over_time);
    tcase_add_loop_test(tests, wrong_tables, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, another_encoding);
    tcase_add_test(tests, missing);
    tcase_add_test(tests, records);
    suite_add_tcase(suite, tests);
    return suite;
}
