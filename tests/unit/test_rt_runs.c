#include "test_rt_runs.h"

#include <check.h>
#include <dirent.h>
#include <string.h>
#include <unistd.h>

Fake fake;

void fake_setup(void)
{
    fake_open(&fake);
}

void fake_teardown(void)
{
    fake_close(&fake);
}

bool exists(const char *name)
{
    return access(fake_path(&fake, 0, name), F_OK) == 0;
}

SnnState read_state(const char *name)
{
    SnnState state = {0};
    SnnError error;
    const char *path = fake_path(&fake, 0, name);
    SnnTensors *file = snn_tensors_open(path, &error);
    bool ok = file != NULL && snn_checkpoint_state(file, &fake.fake.model, false, &state, path, &error);
    ck_assert_msg(ok, "%s", error.text);
    snn_tensors_close(file);
    return state;
}

void assert_run(int status, const char *words)
{
    int got = fake_run(&fake, words);
    ck_assert_msg(got == status, "`%s`: exit status %d, not %d; stderr:\n%s", words, got, status, fake.err);
}

void assert_says(const char *part)
{
    ck_assert_msg(strstr(fake.err, part) != NULL, "`%s` is not in:\n%s", part, fake.err);
}

void assert_same(const char *one, const char *other)
{
    ck_assert_msg(fake_same(&fake, one, other), "%s and %s differ", one, other);
}

void assert_no_temporary(void)
{
    DIR *folder = opendir(fake.folder);
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        ck_assert_msg(strstr(entry->d_name, ".tmp.") == NULL, "%s is left", entry->d_name);
    closedir(folder);
}
