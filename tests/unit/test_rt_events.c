/* Files of event cameras, as they should be and as they should not. */
#include "test_rt_fake.h"
#include "snn_event_file.h"
#include "snn_events.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *rt_events_suite(void);

static Fake fake;
static SnnDataset data;
static SnnError error;

static const char *const settings[] = {"step = 1", NULL};

static void setup(void)
{
    fake_open(&fake);
    fake.fake.model.steps = 4;
    fake.fake.model.data = (SnnData){.format = &snn_events,
                                     .ndim = 4,
                                     .dims = {4, 3, 5, 2},
                                     .classes = FAKE_CLASSES,
                                     .settings = settings};
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

/* The same three events in each format: at 0 us x 4, y 1, on; at 1000 us x 0, y 2, off; at 70000 us x 1, y 0, on. */
static const struct {
    const char *name;
    size_t size;
    const char *bytes;
} files[] = {
    {"a.bin", 15, "\4\1\x80\0\0\0\2\0\3\xe8\1\0\x81\x11\x70"},
    {"a.aedat", 14 + 24, "#!AER-DAT2.0\r\n\0\0\1\x09\0\0\0\0\0\0\2\0\0\0\3\xe8\0\0\0\3\0\1\x11\x70"},
    {
        "b.aedat",
        14 + 14 + 28 + 32,
        "#!AER-DAT3.1\r\n#!END-HEADER\r\n\1\0\0\0\x08\0\0\0\4\0\0\0\0\0\0\0\4\0\0\0\4\0\0\0\3\0\0\0"
        "\7\0\x08\0\0\0\0\0\x09\0\0\0\xe8\3\0\0\x08\0\0\0\xe8\3\0\0\3\0\2\0\x70\x11\1\0",
    },
    {"a.dat", 12 + 2 + 24,
     "% Version 2\n\x0c\x08\0\0\0\0\4\x40\0\x10\xe8\3\0\0\0\x80\0\0\x70\x11\1\0\1\0\0\x10"},
    {"a.raw", 10 + 24, "% evt 2.0\n\0\0\0\x80\1\x20\0\x10\x0f\0\0\x80\2\0\0\x0a\x45\4\0\x80\0\x08\0\x1c"},
    {"b.raw", 10 + 6 + 24,
     "% evt 3.0\n% end\n\0\x80\0\x60\1\0\4\x28\xe8\x63\2\0\0\x30\1\x50\x11\x80\x70\x61\0\0\1\x28"},
};

static void write_file(const char *folder, int index, const char *name)
{
    char path[128];
    mkdir(fake_path(&fake, 0, folder), 0700);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    fake_write(&fake, path, files[index].bytes, files[index].size);
}

static bool read_part(const char *part)
{
    snn_dataset_free(&data);
    return snn_dataset_read(&data, &fake.fake.model, fake.folder, part, &error);
}

static void assert_refused(const char *part)
{
    ck_assert_msg(!read_part("train"), "accepted, not refused with `%s`", part);
    ck_assert_msg(strstr(error.text, part) != NULL, "`%s` is not in: %s", part, error.text);
    ck_assert(data.events == NULL && data.labels == NULL);
}

typedef struct Taken {
    int count;
    int64_t time[8];
    uint32_t x[8], y[8];
    bool on[8];
} Taken;

static bool take(void *context, int64_t time, uint32_t x, uint32_t y, bool on)
{
    Taken *taken = context;
    if (taken->count == 8)
        return false;
    taken->time[taken->count] = time;
    taken->x[taken->count] = x;
    taken->y[taken->count] = y;
    taken->on[taken->count++] = on;
    return true;
}

START_TEST(decodes)
{
    Taken taken = {0};
    fake_write(&fake, files[_i].name, files[_i].bytes, files[_i].size);
    const char *path = fake_path(&fake, 0, files[_i].name);
    ck_assert_msg(snn_event_file_read(path, (SnnEventSink){take, &taken}, &error), "%s", error.text);
    ck_assert_msg(taken.count == 3, "%s: %d events", path, taken.count);
    static const int64_t time[] = {0, 1000, 70000};
    static const uint32_t x[] = {4, 0, 1}, y[] = {1, 2, 0};
    static const bool on[] = {true, false, true};
    for (int i = 0; i < 3; i++)
        ck_assert_msg(taken.time[i] == time[i] && taken.x[i] == x[i] && taken.y[i] == y[i]
                          && taken.on[i] == on[i],
                      "%s: event %d is at %lld, %u, %u, %d", path, i, (long long)taken.time[i], taken.x[i],
                      taken.y[i], taken.on[i]);
}
END_TEST

/* One message, or fewer events. */
START_TEST(truncated)
{
    int refused = 0;
    for (size_t size = 0; size < files[_i].size; size++) {
        Taken taken = {0};
        fake_write(&fake, files[_i].name, files[_i].bytes, size);
        error.text[0] = '\0';
        bool ok =
            snn_event_file_read(fake_path(&fake, 0, files[_i].name), (SnnEventSink){take, &taken}, &error);
        ck_assert(ok ? taken.count < 3 : error.text[0] != '\0');
        refused += !ok;
    }
    ck_assert_int_ge(refused, 8);
}
END_TEST

START_TEST(classes_in_folders)
{
    mkdir(fake_path(&fake, 0, "Train"), 0700);
    write_file("Train/10", 0, "x.bin");
    write_file("Train/9", 0, "y.bin");
    write_file("Train/9", 0, "x.bin");
    assert_refused("it has 2 folders, the model `fake` has 3 classes");
    write_file("Train/11", 0, "x.bin");
    ck_assert_msg(read_part("train"), "%s", error.text);
    static const int32_t labels[] = {0, 0, 1, 2};
    static const uint32_t events[] = {(1 * 5 + 4) * 2 + 1, ((3 + 2) * 5) * 2};
    ck_assert(data.count == 4 && memcmp(data.labels, labels, sizeof labels) == 0);
    ck_assert(data.width == 4 * 3 * 5 * 2 && data.ends[3] == 8);
    for (int i = 0; i < 4; i++)
        ck_assert(data.spans[i].late == 1 && data.spans[i].ms == 70.0);
    ck_assert(memcmp(data.events, events, sizeof events) == 0
              && memcmp(data.events + 6, events, sizeof events) == 0);
    ck_assert(snn_dataset_exists(&fake.fake.model, fake.folder, "train"));
    ck_assert(!snn_dataset_exists(&fake.fake.model, fake.folder, "t10k"));
}
END_TEST

START_TEST(classes_in_lines)
{
    write_file("train", 0, "2.bin");
    write_file("train", 0, "10.bin");
    assert_refused("/train/labels.txt): put the files of each class into a folder");
    fake_write(&fake, "train/labels.txt", "#sample #class\n2\t1\n", 19);
    assert_refused("it has no line `10.bin CLASS`");
    fake_write(&fake, "train/labels.txt", "10.bin -1\n10.bin 1 x\n2\t1\n", 25);
    assert_refused("it has no line `10.bin CLASS`");
    fake_write(&fake, "train/labels.txt", "10.bin 3\n2\t1\n", 13);
    assert_refused("a class is 3, the model `fake` knows 0 to 2");
    fake_write(&fake, "train/labels.txt", "10.bin 2\n2\t1\n", 13);
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.count == 2 && data.labels[0] == 1 && data.labels[1] == 2);
    fake.fake.model.data.classes = 0;
    ck_assert(read_part("train") && data.labels == NULL && data.count == 2);
}
END_TEST

START_TEST(names_with_dots_and_blanks)
{
    write_file("train", 0, "a.1.bin");
    write_file("train", 0, "a.2.bin");
    write_file("train", 0, "b 3.bin");
    fake_write(&fake, "train/labels.txt", "a.2 2\na.1 1 # the first\r\nb 3.bin\t0 ", 35);
    ck_assert_msg(read_part("train"), "%s", error.text);
    ck_assert(data.count == 3 && data.labels[0] == 1 && data.labels[1] == 2 && data.labels[2] == 0);
}
END_TEST

START_TEST(without_channels)
{
    fake.fake.model.data.ndim = 3;
    fake_write(&fake, files[0].name, files[0].bytes, files[0].size);
    ck_assert(snn_dataset_read_images(&data, &fake.fake.model, fake_path(&fake, 0, files[0].name), &error));
    ck_assert(data.count == 1 && data.width == 60 && data.ends[0] == 2);
    ck_assert(data.events[0] == 9 && data.events[1] == 25);
}
END_TEST

START_TEST(wrong_files)
{
    assert_refused("no data (");
    mkdir(fake_path(&fake, 0, "train"), 0700);
    assert_refused("there are no files of events");
    fake_write(&fake, "train/labels.txt", "a 1\n", 4);
    fake_write(&fake, "train/a.bin", "", 0);
    assert_refused("/train/a.bin): it has no events");
    fake_write(&fake, "train/a.bin", "\5\1\0\0\0", 5);
    assert_refused("event 0 is at x = 5, y = 1, the model `fake` knows 5 x 3");
    fake_write(&fake, "train/a.bin", "\1\1\0\0\5\1\1\0\0\4", 10);
    assert_refused("event 1 comes before the one that it follows; sort them by time");
    fake_write(&fake, "train/a.bin", "\1\1\0\0\5\1", 6);
    assert_refused("/train/a.bin): it ends within an event");
    unlink(fake_path(&fake, 0, "train/a.bin"));
    fake_write(&fake, "train/a.raw", "% evt 2.1\n1234", 14);
    assert_refused("not a file of EVT 2.0 or 3.0 (");
    unlink(fake_path(&fake, 0, "train/a.raw"));
    fake_write(&fake, "train/a.aedat", "#!AER-DAT4.0\n", 13);
    assert_refused("not an AEDAT file (");
    unlink(fake_path(&fake, 0, "train/a.aedat"));
    fake_write(&fake, "train/a.dat", "% x\n\0\4", 6);
    assert_refused("not a DAT file (");
}
END_TEST

Suite *rt_events_suite(void)
{
    Suite *suite = suite_create("rt_events");
    TCase *tests = tcase_create("files");
    int count = (int)(sizeof files / sizeof *files);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, decodes, 0, count);
    tcase_add_loop_test(tests, truncated, 0, count);
    tcase_add_test(tests, classes_in_folders);
    tcase_add_test(tests, classes_in_lines);
    tcase_add_test(tests, names_with_dots_and_blanks);
    tcase_add_test(tests, without_channels);
    tcase_add_test(tests, wrong_files);
    suite_add_tcase(suite, tests);
    return suite;
}
