/* Files that appear whole or not at all, and what is kept of older ones. */
#include "test_rt_fake.h"
#include "snn_output.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sys/wait.h>
#include <time.h>
#include <utime.h>

Suite *rt_output_suite(void);

static Fake fake;
static SnnError error;
static int before; /* the folder that the tests were started in */

/* The tests work within a folder of their own. */
static void setup(void)
{
    before = open(".", O_RDONLY);
    ck_assert_int_ge(before, 0);
    fake_open(&fake);
    ck_assert_int_eq(chdir(fake.folder), 0);
    error.text[0] = '\0';
}

static void teardown(void)
{
    ck_assert_int_eq(fchdir(before), 0);
    close(before);
    fake_close(&fake);
}

static void assert_holds(const char *path, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "there is no %s", path);
    size_t got = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    ck_assert_uint_eq(got, strlen(text));
    ck_assert_str_eq(found, text);
}

static void put(const char *path, const char *text)
{
    SnnOutput output;
    ck_assert_msg(snn_output_open(&output, path, &error), "%s", error.text);
    fputs(text, output.stream);
    ck_assert_msg(snn_output_commit(&output, &error), "%s", error.text);
    assert_holds(path, text);
}

static int count_temporaries(void)
{
    int count = 0;
    DIR *folder = opendir(".");
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strstr(entry->d_name, ".tmp.") != NULL;
    closedir(folder);
    return count;
}

START_TEST(old_file_stays_until_the_commit)
{
    SnnOutput output;
    put("a", "old");
    ck_assert(snn_output_open(&output, "a", &error));
    fputs("new", output.stream);
    ck_assert(snn_output_flush(&output, &error));
    assert_holds("a", "old");
    ck_assert_int_eq(count_temporaries(), 1);
    snn_output_discard(&output);
    assert_holds("a", "old");
    ck_assert_int_eq(count_temporaries(), 0);
}
END_TEST

START_TEST(permissions_are_kept)
{
    struct stat info;
    umask(027);
    put("a", "1");
    ck_assert(stat("a", &info) == 0 && (info.st_mode & 0777) == 0640);
    ck_assert_int_eq(chmod("a", 0604), 0);
    put("a", "2");
    ck_assert(stat("a", &info) == 0 && (info.st_mode & 0777) == 0604);
}
END_TEST

START_TEST(links_are_followed)
{
    struct stat info;
    ck_assert_int_eq(symlink("second", "first"), 0);
    ck_assert_int_eq(symlink("./file", "second"), 0);
    put("first", "made");
    put("first", "replaced");
    ck_assert(lstat("first", &info) == 0 && S_ISLNK(info.st_mode));
    ck_assert(lstat("second", &info) == 0 && S_ISLNK(info.st_mode));
    ck_assert(lstat("file", &info) == 0 && S_ISREG(info.st_mode));
}
END_TEST

/* As long as a name may be: there is no room behind it for what a temporary name adds. */
START_TEST(longest_names)
{
    char name[NAME_MAX + 2];
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    put(name, "1");
    unlink(name);
    name[NAME_MAX] = 'n';
    name[NAME_MAX + 1] = '\0';
    SnnOutput output;
    ck_assert(!snn_output_open(&output, name, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "File name too long"));
}
END_TEST

static void leave(const char *name, int seconds_ago)
{
    int file = open(name, O_WRONLY | O_CREAT, 0666);
    ck_assert(file >= 0 && close(file) == 0);
    struct utimbuf times = {time(NULL) - seconds_ago, time(NULL) - seconds_ago};
    ck_assert_int_eq(utime(name, &times), 0);
}

START_TEST(left_overs_are_removed)
{
    static const char *const stay[] = {"a.tmp.abcdef2", "a.tmp.abcde",   "a.tmp.ABCDEF",
                                       "b.tmp.abcdef",  "aa.tmp.abcdef", "a.tmp.1bcdef"};
    for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++)
        leave(stay[i], 3600);
    leave("a.tmp.abcdef", 3600); /* old, and nobody writes it */
    leave("a.tmp.youngx", 5);    /* somebody may */
    put("a", "1");
    ck_assert_int_ne(access("a.tmp.abcdef", F_OK), 0);
    ck_assert_int_eq(access("a.tmp.youngx", F_OK), 0);
    for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++)
        ck_assert_msg(access(stay[i], F_OK) == 0, "%s is gone", stay[i]);
}
END_TEST

/* A slow writer in another process: its file is old, but locked. */
START_TEST(what_is_written_stays)
{
    SnnOutput slow;
    ck_assert(snn_output_open(&slow, "a", &error));
    struct utimbuf times = {time(NULL) - 3600, time(NULL) - 3600};
    ck_assert_int_eq(utime(slow.temporary, &times), 0);
    pid_t child = fork();
    if (child == 0) {
        put("a", "quick");
        _exit(0);
    }
    int status = -1;
    ck_assert(waitpid(child, &status, 0) == child && status == 0);
    fputs("slow", slow.stream);
    ck_assert_msg(snn_output_commit(&slow, &error), "%s", error.text);
    assert_holds("a", "slow");
}
END_TEST

START_TEST(older_files_get_the_next_number)
{
    static const char *const names[][2] = {{"a.json", "a.1.json"},
                                           {"a", "a.1"},
                                           {".a", ".a.1"},
                                           {"./a.b.st", "./a.b.1.st"},
                                           {"..a.st", "..a.1.st"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        put(names[i][0], "old");
        char *kept = snn_output_keep(names[i][0], &error);
        ck_assert_msg(kept != NULL, "%s", error.text);
        ck_assert_str_eq(kept, names[i][1]);
        free(kept);
        put(names[i][0], "new");
        assert_holds(names[i][1], "old");
    }
    char *again = snn_output_keep("a.json", &error);
    ck_assert_str_eq(again, "a.2.json");
    free(again);
    again = snn_output_keep("a.json", &error); /* it has that name already */
    ck_assert_str_eq(again, "a.2.json");
    free(again);
    ck_assert_ptr_null(snn_output_keep("nothing", &error));
}
END_TEST

START_TEST(same_files)
{
    put("a", "1");
    ck_assert_int_eq(symlink("a", "to_a"), 0);
    ck_assert_int_eq(symlink("new", "to_new"), 0);
    ck_assert_int_eq(link("a", "also_a"), 0);
    ck_assert(snn_same_file("a", "./a") && snn_same_file("to_a", "a") && snn_same_file("also_a", "to_a"));
    ck_assert(snn_same_file("new", "./new") && snn_same_file("to_new", "new"));
    ck_assert(!snn_same_file("a", "new") && !snn_same_file("new", "newer"));
    ck_assert(!snn_same_file("nowhere/new", "new"));
}
END_TEST

START_TEST(devices_and_pipes)
{
    SnnOutput output;
    ck_assert(!snn_output_open(&output, "/dev/null", &error));
    ck_assert(snn_output_open_any(&output, "/dev/null", &error) && snn_output_commit(&output, &error));
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    ck_assert(!snn_output_open_any(&output, "pipe", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "nobody reads from it"));
    int reader = snn_input_open("pipe", &error);
    ck_assert_int_ge(reader, 0);
    ck_assert(snn_output_open_any(&output, "pipe", &error));
    fputs("hello", output.stream);
    ck_assert(snn_output_commit(&output, &error));
    char text[8] = "";
    ck_assert_int_eq((int)read(reader, text, sizeof text), 5);
    ck_assert_str_eq(text, "hello");
    close(reader);
    ck_assert_int_eq(snn_input_open(".", &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "cannot read (.): Is a directory"));
    ck_assert(!snn_output_open_any(&output, ".", &error));
    if (access("/dev/full", W_OK) == 0) {
        ck_assert(snn_output_open_any(&output, "/dev/full", &error));
        fputs("lost", output.stream);
        ck_assert(!snn_output_commit(&output, &error));
        ck_assert_str_eq(error.text, "cannot write (/dev/full): No space left on device");
    }
}
END_TEST

Suite *rt_output_suite(void)
{
    Suite *suite = suite_create("rt_output");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_test(files, old_file_stays_until_the_commit);
    tcase_add_test(files, permissions_are_kept);
    tcase_add_test(files, links_are_followed);
    tcase_add_test(files, longest_names);
    tcase_add_test(files, left_overs_are_removed);
    tcase_add_test(files, what_is_written_stays);
    tcase_add_test(files, older_files_get_the_next_number);
    tcase_add_test(files, same_files);
    tcase_add_test(files, devices_and_pipes);
    suite_add_tcase(suite, files);
    return suite;
}
