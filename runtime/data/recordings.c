/* Folders of files, one a sample. */
#include "snn_recordings.h"
#include "snn_setting.h"
#include "snn_words.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is in a folder --------------------------------------------------------------------------- */

/* A list while it is made. */
typedef struct RecordingsSearch {
    const SnnRecordingKind *kind;
    const SnnModel *model;
    const char *folder, *part, *names; /* `names`: of the model, or "" */
    SnnRecordings found;
    SnnError *error;
} RecordingsSearch;

static bool recordings_no_memory(const RecordingsSearch *search, const char *path)
{
    return snn_fail(search->error, "no memory (%s): its names", path);
}

/* There is room for as many as the next power of 2. */
static bool recordings_add(SnnRecordings *list, const char *path, int32_t label)
{
    size_t count = (size_t)list->count;
    if ((count & (count - 1)) == 0) {
        SnnRecording *grown = realloc(list->at, (count == 0 ? 1 : 2 * count) * sizeof *grown);
        if (grown == NULL)
            return false;
        list->at = grown;
    }
    char *copy = strdup(path);
    if (copy != NULL)
        list->at[list->count++] = (SnnRecording){copy, label};
    return copy != NULL;
}

static const char *recordings_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* By their names: numbers by their size. */
static int recordings_compare(const void *one, const void *other)
{
    const char *a = recordings_base(((const SnnRecording *)one)->path);
    const char *b = recordings_base(((const SnnRecording *)other)->path);
    long x = strtol(a, NULL, 10), y = strtol(b, NULL, 10);
    return x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

/* Adds what is in the folder, files of the kind or folders, in their order. */
static bool recordings_list(RecordingsSearch *search, SnnRecordings *list, const char *folder, bool folders,
                            int32_t label)
{
    char path[SNN_RECORDINGS_PATH];
    struct stat info;
    bool ok = true;
    int32_t first = list->count;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; ok && entries != NULL && (entry = readdir(entries)) != NULL;) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        bool fits = length < SNN_RECORDINGS_PATH && entry->d_name[0] != '.';
        if (!fits || (!folders && !search->kind->is_named(path)) || stat(path, &info) != 0)
            continue;
        if (folders ? S_ISDIR(info.st_mode) : S_ISREG(info.st_mode))
            ok = recordings_add(list, path, label) || recordings_no_memory(search, folder);
    }
    if (entries != NULL)
        closedir(entries);
    if (list->count > first)
        qsort(list->at + first, (size_t)(list->count - first), sizeof *list->at, recordings_compare);
    return ok;
}

/* Whether there is such a folder, whose path it is then. */
static bool recordings_is_folder(char *path, const char *folder, const char *name)
{
    struct stat info;
    return snprintf(path, SNN_RECORDINGS_PATH, "%s/%s", folder, name) < SNN_RECORDINGS_PATH
           && stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The folder of the part, whose name may begin with a capital where none is called just so. */
static bool recordings_part_folder(char *path, const char *folder, const char *part)
{
    bool found = recordings_is_folder(path, folder, part);
    DIR *entries = found ? NULL : opendir(folder);
    for (struct dirent *entry; !found && entries != NULL && (entry = readdir(entries)) != NULL;)
        found = strcasecmp(entry->d_name, part) == 0 && recordings_is_folder(path, folder, entry->d_name);
    if (entries != NULL)
        closedir(entries);
    return found;
}

/* ---- parts ----------------------------------------------------------------------------------------- */

/* Where the part's files are: where the model says how they are called, they may be among those of training, and these need no
 * folder of their own. */
static bool recordings_folder(char *path, const SnnModel *model, const char *folder, const char *part)
{
    if (recordings_part_folder(path, folder, part))
        return true;
    if (strcmp(part, "train") != 0 ? snn_fields_choice(model, part)[0] == '\0'
                                   : snn_setting(model, "names")[0] == '\0')
        return false;
    return recordings_part_folder(path, folder, "train")
           || (access(folder, F_OK) == 0
               && snprintf(path, SNN_RECORDINGS_PATH, "%s", folder) < SNN_RECORDINGS_PATH);
}

/* The name of a file without what follows its last dot. */
static SnnField recordings_stem(const char *path)
{
    const char *base = recordings_base(path), *end = strrchr(base, '.');
    return (SnnField){base, end != NULL ? (size_t)(end - base) : strlen(base)};
}

/* The number of the part that a file belongs to, by its name. */
static int recordings_part_of(const RecordingsSearch *search, const char *path)
{
    SnnField stem = recordings_stem(path);
    for (int i = 0; i < SNN_FIELDS_PARTS; i++) {
        const char *choice = snn_setting(search->model, snn_fields_parts[i]);
        if (choice[0] != '\0' && snn_fields_choose(choice, search->names, stem))
            return SNN_FIELDS_TEST + i;
    }
    return SNN_FIELDS_TRAIN;
}

/* Leaves those that belong to other parts out, unless the folder is this one's alone. */
static void recordings_keep(const RecordingsSearch *search, SnnRecordings *list)
{
    int wanted = snn_fields_number_of(search->part);
    bool all = wanted != SNN_FIELDS_TRAIN && snn_recordings_own(search->model, search->folder, search->part);
    int32_t kept = 0;
    for (int32_t i = 0; i < list->count; i++) {
        int part = all ? wanted : recordings_part_of(search, list->at[i].path);
        if (!all && part != SNN_FIELDS_TRAIN)
            list->apart[part - SNN_FIELDS_TEST]++;
        if (part == wanted)
            list->at[kept++] = list->at[i];
        else
            free(list->at[i].path);
    }
    list->count = kept;
}

/* ---- classes by name ------------------------------------------------------------------------------- */

/* The labels in the names of all files. False unless these are called as the model says. */
static bool recordings_words(RecordingsSearch *search, const SnnRecordings *list, SnnWords *words)
{
    SnnField label;
    for (int32_t i = 0; i < list->count; i++) {
        if (!snn_fields_match(search->names, recordings_stem(list->at[i].path), "label", &label))
            return snn_fail(search->error,
                            "unusable name (%s): it is not called as `%s`; give the file another name, or "
                            "say in the model how they are called, as `names = \"{label}_{speaker}\"`",
                            list->at[i].path, search->names);
        if (label.at != NULL && !snn_words_add(words, label))
            return recordings_no_memory(search, list->at[0].path);
    }
    snn_words_sort(words);
    return true;
}

static bool recordings_check_label(const RecordingsSearch *search, const char *path, long label)
{
    const SnnModel *model = search->model;
    return (label >= 0 && label < model->data.classes)
           || snn_fail(search->error, "label out of range (%s): a class is %ld, the model `%s` knows 0 to %d",
                       path, label, model->name, model->data.classes - 1);
}

/* `where`: one of the files whose names have these words. */
static bool recordings_set_classes(RecordingsSearch *search, SnnRecordings *list, const SnnWords *words,
                                   const char *where)
{
    const SnnModel *model = search->model;
    SnnField label;
    if (!words->numbers && words->count != model->data.classes)
        return snn_fail(search->error,
                        "wrong number of classes (%s): the names of its files have %d labels, the model `%s` "
                        "has %d classes",
                        where, words->count, model->name, model->data.classes);
    for (int32_t i = 0; i < list->count; i++) {
        snn_fields_match(search->names, recordings_stem(list->at[i].path), "label", &label);
        list->at[i].label = snn_words_class(words, label);
        if (list->at[i].label < 0)
            return snn_fail(search->error, "unknown label (%s): `%.*s` is none of the training set's",
                            list->at[i].path, (int)label.length, label.at);
        if (!recordings_check_label(search, list->at[i].path, list->at[i].label))
            return false;
    }
    return true;
}

/* All files of training, unless they are those at `path`. */
static bool recordings_list_training(RecordingsSearch *search, SnnRecordings *list, const char *path)
{
    char train[SNN_RECORDINGS_PATH];
    SnnRecordings folders = {0};
    if (!recordings_folder(train, search->model, search->folder, "train") || strcmp(train, path) == 0)
        return true;
    bool ok =
        recordings_list(search, list, train, false, -1) && recordings_list(search, &folders, train, true, -1);
    bool flat = list->count > 0;
    for (int32_t i = 0; ok && !flat && i < folders.count; i++)
        ok = recordings_list(search, list, folders.at[i].path, false, -1);
    snn_recordings_free(&folders);
    return ok;
}

/* What labels training has, all parts have. Where names have no label, those that files have stay. */
static bool recordings_label_by_name(RecordingsSearch *search, SnnRecordings *list, const char *path)
{
    SnnWords own = {0}, words = {0};
    SnnRecordings training = {0};
    bool ok = recordings_words(search, list, &own);
    if (ok && search->model->data.classes > 0 && own.count > 0) {
        ok = recordings_list_training(search, &training, path) && recordings_words(search, &training, &words);
        bool others = training.count > 0;
        ok = ok
             && recordings_set_classes(search, list, others ? &words : &own,
                                       others ? training.at[0].path : list->at[0].path);
    }
    snn_words_free(&own);
    snn_words_free(&words);
    snn_recordings_free(&training);
    return ok;
}

/* ---- classes by folder or line --------------------------------------------------------------------- */

/* The folders of training, which tell the classes of all parts; those at `path` where it has none. */
static bool recordings_list_classes(RecordingsSearch *search, SnnRecordings *classes, const char *path)
{
    char train[SNN_RECORDINGS_PATH];
    bool ok = !recordings_part_folder(train, search->folder, "train")
              || recordings_list(search, classes, train, true, -1);
    return ok && (classes->count > 0 || recordings_list(search, classes, path, true, -1));
}

/* The class of a folder: the number of that which is called so. */
static bool recordings_class_of(const RecordingsSearch *search, const SnnRecordings *classes,
                                const char *folder, int32_t *class)
{
    for (*class = 0; *class < classes->count; ++*class)
        if (strcmp(recordings_base(classes->at[*class].path), recordings_base(folder)) == 0)
            return true;
    return snn_fail(search->error, "unknown class (%s): no folder of the training set is called `%s`", folder,
                    recordings_base(folder));
}

static bool recordings_add_named(RecordingsSearch *search, SnnRecordings *list, const SnnRecordings *folders,
                                 const SnnRecordings *classes)
{
    const SnnModel *model = search->model;
    int32_t class;
    if (classes->count != model->data.classes)
        return snn_fail(search->error,
                        "wrong number of classes (%.*s): it has %d folders, the model `%s` has %d classes",
                        (int)(recordings_base(classes->at[0].path) - 1 - classes->at[0].path),
                        classes->at[0].path, classes->count, model->name, model->data.classes);
    for (int32_t i = 0; i < folders->count; i++)
        if (!recordings_class_of(search, classes, folders->at[i].path, &class)
            || !recordings_list(search, list, folders->at[i].path, false, class))
            return false;
    return true;
}

/* A class a folder: they count in their order, unless the names of files say it. */
static bool recordings_add_folders(RecordingsSearch *search, SnnRecordings *list, const char *path,
                                   const SnnRecordings *folders)
{
    SnnRecordings classes = {0};
    bool ok = true;
    if (search->model->data.classes > 0 && strstr(search->names, "{label}") == NULL) {
        ok = recordings_list_classes(search, &classes, path)
             && recordings_add_named(search, list, folders, &classes);
        snn_recordings_free(&classes);
        return ok;
    }
    for (int32_t i = 0; ok && i < folders->count; i++)
        ok = recordings_list(search, list, folders->at[i].path, false, -1);
    return ok;
}

/* Cuts a line "name class" behind the name, in which there may be blanks, and gives the class; -1: it is no such line. */
static long recordings_cut_line(char *line)
{
    line[strcspn(line, "#\r\n")] = 0;
    static const char blanks[] = " \t";
    size_t end = strlen(line);
    while (end > 0 && strchr(blanks, line[end - 1]) != NULL)
        line[--end] = 0;
    while (end > 0 && strchr(blanks, line[end - 1]) == NULL)
        end--;
    char *rest = line + end;
    long class = strtol(line + end, &rest, 10);
    if (rest == line + end || *rest != 0)
        return -1;
    while (end > 0 && strchr(blanks, line[end - 1]) != NULL)
        line[--end] = 0;
    return class;
}

/* The class of a file, named in its line with or without its ending; -1: there is no such line. A line is a name and a
 * class; # begins a comment. Files and lines mostly have the same order, so the search goes on where the last one ended. */
static long recordings_find_label(FILE *lines, const char *path)
{
    char line[512];
    SnnField stem = recordings_stem(path);
    for (int turn = 0; turn < 2; turn++, rewind(lines)) {
        while (fgets(line, sizeof line, lines) != NULL) {
            long class = recordings_cut_line(line);
            if (class >= 0 && (strcmp(line, stem.at) == 0 || snn_fields_are(stem, line)))
                return class;
        }
    }
    return -1;
}

static bool recordings_label_by_line(RecordingsSearch *search, SnnRecordings *list, const char *folder)
{
    char path[SNN_RECORDINGS_PATH];
    bool ok = true;
    if (snprintf(path, sizeof path, "%s/labels.txt", folder) >= SNN_RECORDINGS_PATH)
        return snn_fail(search->error, "too long a name (%s)", folder);
    FILE *lines = fopen(path, "r");
    if (lines == NULL)
        return snn_fail(
            search->error,
            "no classes (%s): put the files of each class into a folder of its own, or write lines `file "
            "class` into it",
            path);
    for (int32_t i = 0; ok && i < list->count; i++) {
        long label = recordings_find_label(lines, list->at[i].path);
        if (label < 0)
            ok = snn_fail(search->error, "no class (%s): it has no line `%s CLASS`, of a class from 0 on",
                          path, recordings_base(list->at[i].path));
        ok = ok && recordings_check_label(search, path, label);
        list->at[i].label = (int32_t)label;
    }
    fclose(lines);
    return ok;
}

/* ---- the part -------------------------------------------------------------------------------------- */

static bool recordings_no_files(const RecordingsSearch *search, const char *path)
{
    return snn_fail(search->error, "no data (%s): there are no %s, which end with %s", path,
                    search->kind->what, search->kind->ends);
}

static bool recordings_label(RecordingsSearch *search, SnnRecordings *list, const char *path, bool flat)
{
    if (list->count == 0)
        return recordings_no_files(search, path);
    if (search->names[0] != '\0' && !recordings_label_by_name(search, list, path))
        return false;
    recordings_keep(search, list);
    if (list->count == 0)
        return snn_fail(search->error, "no data (%s): no file of it is of the part `%s`, by `%s`", path,
                        search->part, snn_fields_choice(search->model, search->part));
    bool missing = list->at[0].label < 0 && search->model->data.classes > 0;
    return !flat || !missing || recordings_label_by_line(search, list, path);
}

static bool recordings_search(RecordingsSearch *search, SnnRecordings *list, const char *path)
{
    SnnRecordings folders = {0};
    bool ok =
        recordings_list(search, list, path, false, -1) && recordings_list(search, &folders, path, true, -1);
    bool flat = list->count > 0;
    if (ok && !flat && folders.count == 0)
        ok = recordings_no_files(search, path);
    ok = ok && (flat || recordings_add_folders(search, list, path, &folders))
         && recordings_label(search, list, path, flat);
    snn_recordings_free(&folders);
    return ok;
}

bool snn_recordings_find(SnnRecordings *recordings, const SnnRecordingKind *kind, const SnnModel *model,
                         const char *folder, const char *part, SnnError *error)
{
    char path[SNN_RECORDINGS_PATH];
    RecordingsSearch search = {.kind = kind,
                               .model = model,
                               .folder = folder,
                               .part = snn_fields_part(part),
                               .names = snn_setting(model, "names"),
                               .error = error};
    *recordings = (SnnRecordings){0};
    if (!recordings_folder(path, model, folder, search.part))
        return snn_fail(
            error,
            "no data (%s/%s): give the folder with --data DIR; in it are folders `train` and `test` of %s",
            folder, search.part, kind->what);
    bool ok = recordings_search(&search, recordings, path);
    memcpy(recordings->folder, path, sizeof path);
    if (!ok)
        snn_recordings_free(recordings);
    return ok;
}

void snn_recordings_free(SnnRecordings *recordings)
{
    for (int32_t i = 0; i < recordings->count; i++)
        free(recordings->at[i].path);
    free(recordings->at);
    *recordings = (SnnRecordings){0};
}

bool snn_recordings_exist(const SnnModel *model, const char *folder, const char *part)
{
    char path[SNN_RECORDINGS_PATH];
    return recordings_folder(path, model, folder, snn_fields_part(part));
}

bool snn_recordings_own(const SnnModel *model, const char *folder, const char *part)
{
    char path[SNN_RECORDINGS_PATH];
    (void)model;
    return recordings_part_folder(path, folder, snn_fields_part(part));
}

void snn_recordings_describe(const SnnRecordings *recordings, SnnDataset *data)
{
    memcpy(data->apart, recordings->apart, sizeof data->apart);
    snn_dataset_from(data, recordings->folder);
}

bool snn_recordings_have(const SnnRecordingKind *kind, const char *target)
{
    return kind->is_named(target) && access(target, F_OK) == 0;
}
