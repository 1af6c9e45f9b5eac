/* Recordings of event cameras. Settings: `step` in ms; the shape of a sample is [steps, height, width] or, with a channel
 * for each polarity, [steps, height, width, 2]. */
#include "snn_events.h"
#include "snn_event_file.h"
#include "snn_output.h"
#include "snn_setting.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVENTS_PATH = 4096, EVENTS_NAME = 256 };

/* ---- files ----------------------------------------------------------------------------------------- */

/* Names, in their order: numbers by their size. */
typedef struct EventsNames {
    char (*at)[EVENTS_NAME];
    int32_t count;
} EventsNames;

static int events_compare(const void *one, const void *other)
{
    const char *a = one, *b = other;
    long x = strtol(a, NULL, 10), y = strtol(b, NULL, 10);
    return x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

static bool events_add_name(EventsNames *names, const char *name)
{
    if ((names->count & (names->count - 1)) == 0) {
        void *grown =
            realloc(names->at, (names->count == 0 ? 1 : 2 * (size_t)names->count) * sizeof *names->at);
        if (grown == NULL)
            return false;
        names->at = grown;
    }
    snprintf(names->at[names->count++], EVENTS_NAME, "%s", name);
    return true;
}

/* What is in the folder: files of events, or folders. */
static bool events_list(EventsNames *names, const char *folder, bool folders, SnnError *error)
{
    char path[EVENTS_PATH];
    struct stat info;
    bool ok = true;
    *names = (EventsNames){0};
    DIR *entries = opendir(folder);
    for (struct dirent *entry; ok && entries != NULL && (entry = readdir(entries)) != NULL;) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        bool fits = length < EVENTS_PATH && strlen(entry->d_name) < EVENTS_NAME && entry->d_name[0] != '.';
        if (!fits || (!folders && !snn_event_file_is_named(path)) || stat(path, &info) != 0)
            continue;
        if (folders ? S_ISDIR(info.st_mode) : S_ISREG(info.st_mode))
            ok =
                events_add_name(names, entry->d_name) || snn_fail(error, "no memory (%s): its names", folder);
    }
    if (entries != NULL)
        closedir(entries);
    if (names->count > 0)
        qsort(names->at, (size_t)names->count, sizeof *names->at, events_compare);
    return ok;
}

/* The folder of the part, whose name may begin with a capital. */
static bool events_folder(char *path, const char *folder, const char *part)
{
    const char *name = strcmp(part, "t10k") == 0 ? "test" : part;
    bool found = false;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; !found && entries != NULL && (entry = readdir(entries)) != NULL;)
        found = strcasecmp(entry->d_name, name) == 0
                && snprintf(path, EVENTS_PATH, "%s/%s", folder, entry->d_name) < EVENTS_PATH;
    if (entries != NULL)
        closedir(entries);
    return found;
}

static bool events_exists(const SnnModel *model, const char *folder, const char *part)
{
    char path[EVENTS_PATH];
    (void)model;
    return events_folder(path, folder, part);
}

/* Whatever is there and is called as a file of events is not to be overwritten. */
static bool events_has(const SnnModel *model, const char *folder, const char *validate, const char *target)
{
    (void)model, (void)folder, (void)validate;
    return snn_event_file_is_named(target) && access(target, F_OK) == 0;
}

/* ---- samples --------------------------------------------------------------------------------------- */

/* A set while it is read. */
typedef struct EventsReader {
    SnnDataset *data;
    const SnnModel *model;
    const char *path; /* of the file that is read */
    int32_t sample;
    int64_t events, first, before; /* of the file: so far; times in us */
    uint32_t height, width, channels;
    double step; /* us */
    SnnError *error;
} EventsReader;

static bool events_no_memory(const EventsReader *reader)
{
    return snn_fail(reader->error, "no memory (%s): its events", reader->path);
}

static bool events_take(void *context, int64_t time, uint32_t x, uint32_t y, bool on)
{
    EventsReader *reader = context;
    SnnDataset *data = reader->data;
    if (x >= reader->width || y >= reader->height)
        return snn_fail(
            reader->error,
            "unusable events (%s): event %lld is at x = %u, y = %u, the model `%s` knows %u x %u; say how "
            "many there are, as `data events(shape = [y, x, c = 2])`",
            reader->path, (long long)reader->events, x, y, reader->model->name, reader->width,
            reader->height);
    if (reader->events++ == 0)
        reader->first = reader->before = time;
    if (time < reader->before)
        return snn_fail(reader->error,
                        "unusable events (%s): event %lld comes before the one that it follows", reader->path,
                        (long long)reader->events - 1);
    reader->before = time;
    double since = (double)(time - reader->first), step = since / reader->step;
    data->longest = since / 1000.0 > data->longest ? since / 1000.0 : data->longest;
    data->late += step >= reader->model->steps;
    if (step >= reader->model->steps)
        return true;
    uint64_t place = ((uint64_t)step * reader->height + y) * reader->width + x;
    uint64_t element = place * reader->channels + (reader->channels > 1 && on);
    return snn_dataset_add_event(data, reader->sample, (uint32_t)element) || events_no_memory(reader);
}

static bool events_read_file(EventsReader *reader, const char *path)
{
    reader->path = path;
    reader->events = 0;
    return snn_event_file_read(path, (SnnEventSink){events_take, reader}, reader->error)
           && (reader->events > 0
               || snn_fail(reader->error, "empty sample (%s): it has no events; leave it out", path));
}

/* The next sample. */
static bool events_add(EventsReader *reader, const char *folder, const char *name, int32_t label)
{
    char path[EVENTS_PATH];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= EVENTS_PATH)
        return snn_fail(reader->error, "too long a name (%s)", folder);
    reader->path = path;
    if (!snn_dataset_add_sample(reader->data, label))
        return events_no_memory(reader);
    reader->sample = reader->data->count - 1;
    return events_read_file(reader, path);
}

static bool events_check_label(const EventsReader *reader, const char *path, long label)
{
    int classes = reader->model->data.classes;
    return (label >= 0 && label < classes)
           || snn_fail(reader->error, "label out of range (%s): a class is %ld, the model `%s` knows 0 to %d",
                       path, label, reader->model->name, classes - 1);
}

/* A class a folder: they count in their order. */
static bool events_read_classes(EventsReader *reader, const char *folder, const EventsNames *classes)
{
    char path[EVENTS_PATH];
    bool ok = classes->count == reader->model->data.classes
              || snn_fail(reader->error,
                          "wrong number of classes (%s): it has %d folders, the model `%s` has %d classes",
                          folder, classes->count, reader->model->name, reader->model->data.classes);
    for (int32_t class = 0; ok && class < classes->count; class ++) {
        EventsNames files = {0};
        ok = snprintf(path, sizeof path, "%s/%s", folder, classes->at[class]) < EVENTS_PATH
             && events_list(&files, path, false, reader->error);
        for (int32_t i = 0; ok && i < files.count; i++)
            ok = events_add(reader, path, files.at[i], class);
        free(files.at);
    }
    return ok;
}

/* Cuts a line "name class" behind the name, in which there may be blanks, and gives the class; -1: it is no such line. */
static long events_cut_line(char *line)
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
static long events_find_label(FILE *lines, const char *name)
{
    char line[512];
    const char *ending = strrchr(name, '.');
    size_t length = ending != NULL ? (size_t)(ending - name) : strlen(name);
    for (int turn = 0; turn < 2; turn++, rewind(lines)) {
        while (fgets(line, sizeof line, lines) != NULL) {
            long class = events_cut_line(line);
            if (class >= 0
                && (strcmp(line, name) == 0 || (strlen(line) == length && strncmp(line, name, length) == 0)))
                return class;
        }
    }
    return -1;
}

static bool events_read_listed(EventsReader *reader, const char *folder, const EventsNames *files)
{
    char path[EVENTS_PATH];
    bool labelled = reader->model->data.classes > 0, ok = true;
    if (snprintf(path, sizeof path, "%s/labels.txt", folder) >= EVENTS_PATH)
        return snn_fail(reader->error, "too long a name (%s)", folder);
    FILE *lines = labelled ? fopen(path, "r") : NULL;
    if (labelled && lines == NULL)
        return snn_fail(
            reader->error,
            "no classes (%s): put the files of each class into a folder of its own, or write lines `file "
            "class` into it",
            path);
    for (int32_t i = 0; ok && i < files->count; i++) {
        long label = labelled ? events_find_label(lines, files->at[i]) : -1;
        if (labelled && label < 0)
            ok = snn_fail(reader->error, "no class (%s): it has no line `%s CLASS`, of a class from 0 on",
                          path, files->at[i]);
        ok = ok && (!labelled || events_check_label(reader, path, label))
             && events_add(reader, folder, files->at[i], (int32_t)label);
    }
    if (lines != NULL)
        fclose(lines);
    return ok;
}

static EventsReader events_reader(SnnDataset *data, const SnnModel *model, SnnError *error)
{
    const int *dims = model->data.dims;
    bool channels = model->data.ndim == 4;
    return (EventsReader){.data = data,
                          .model = model,
                          .height = (uint32_t)dims[1],
                          .width = (uint32_t)dims[2],
                          .channels = channels ? (uint32_t)dims[3] : 1,
                          .step = 1000.0 * snn_setting_number(model, "step"),
                          .error = error};
}

static int64_t events_width(const EventsReader *reader)
{
    return (int64_t)reader->model->steps * reader->height * reader->width * reader->channels;
}

/* Gives the set back, or nothing. */
static bool events_end(SnnDataset *data, bool ok)
{
    ok = ok && snn_dataset_end_events(data);
    if (!ok)
        snn_dataset_free(data);
    return ok;
}

static bool events_read_part(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                             SnnError *error)
{
    char path[EVENTS_PATH];
    EventsNames files = {0}, classes = {0};
    EventsReader reader = events_reader(data, model, error);
    *data = (SnnDataset){0};
    if (!events_folder(path, folder, part))
        return snn_fail(
            error,
            "no data (%s/%s): give the folder with --data DIR; in it are folders `train` and `test` of "
            "files of events",
            folder, strcmp(part, "t10k") == 0 ? "test" : part);
    bool ok = events_list(&files, path, false, error) && events_list(&classes, path, true, error);
    if (ok && files.count == 0 && classes.count == 0)
        ok = snn_fail(error,
                      "no data (%s): there are no files of events, which end with .bin, .aedat, .dat or .raw",
                      path);
    ok = ok
         && (snn_dataset_begin_events(data, 0, events_width(&reader))
             || snn_fail(error, "no memory (%s)", path));
    ok = ok
         && (files.count > 0 ? events_read_listed(&reader, path, &files)
                             : events_read_classes(&reader, path, &classes));
    free(files.at);
    free(classes.at);
    return events_end(data, ok);
}

static bool events_read_one(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    EventsReader reader = events_reader(data, model, error);
    *data = (SnnDataset){0};
    bool ok =
        (snn_dataset_begin_events(data, 1, events_width(&reader)) || snn_fail(error, "no memory (%s)", path))
        && events_read_file(&reader, path);
    return events_end(data, ok);
}

const SnnFormat snn_events = {events_read_part, events_exists, events_has, events_read_one, "test/..."};
