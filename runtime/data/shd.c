/* Recordings of spikes in HDF5 files. Settings: `units` of a recording, `bin` of them next to each other are one channel,
 * `step` in ms, `name`, with which the files' names begin, and by which array and numbers the parts `test` and `valid` are chosen. */
#include "snn_shd.h"
#include "snn_fields.h"
#include "snn_hdf5.h"
#include "snn_output.h"
#include "snn_setting.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHD_PATH = 4096, SHD_NAME = 256 };

/* ---- files ----------------------------------------------------------------------------------------- */

static const char *shd_part(const char *part)
{
    return strcmp(part, "t10k") == 0 ? "test" : part;
}

/* Whether a file is of the part: `shd_train.h5`, or just `train.h5`. */
static bool shd_is_called(const char *file, const char *name, const char *part)
{
    char end[256];
    snprintf(end, sizeof end, "%.200s.h5", shd_part(part));
    size_t length = strlen(file), tail = strlen(end);
    if (length < tail || strcmp(file + length - tail, end) != 0)
        return false;
    size_t head = length - tail;
    if (name[0] != '\0')
        return head == strlen(name) + 1 && strncmp(file, name, head - 1) == 0 && file[head - 1] == '_';
    return head == 0 || file[head - 1] == '_';
}

/* How many files there are of the part; `path` is the first by its name. */
static int shd_count(char *path, const SnnModel *model, const char *folder, const char *part)
{
    const char *name = snn_setting(model, "name");
    char first[512] = "";
    int count = 0;
    DIR *files = opendir(folder);
    for (struct dirent *entry; files != NULL && (entry = readdir(files)) != NULL;) {
        if (!shd_is_called(entry->d_name, name, part) || strlen(entry->d_name) >= sizeof first)
            continue;
        if (count++ == 0 || strcmp(entry->d_name, first) < 0)
            strcpy(first, entry->d_name);
    }
    if (files != NULL)
        closedir(files);
    int length = snprintf(path, SHD_PATH, "%s/%s", folder, first);
    return length < SHD_PATH ? count : 0;
}

static bool shd_locate(char *path, const SnnModel *model, const char *folder, const char *part,
                       SnnError *error)
{
    const char *name = snn_setting(model, "name");
    int count = shd_count(path, model, folder, part);
    if (count == 1)
        return true;
    if (count > 1)
        return snn_fail(
            error,
            "several data sets (%s): it has %d files *_%s.h5, such as %s; say which one in the model, "
            "as `data shd(name = \"shd\")` for shd_%s.h5",
            folder, count, shd_part(part), path, shd_part(part));
    return snn_fail(
        error,
        "no data (%s/%s_%s.h5): give the folder of the HDF5 files with --data DIR; those of SHD and SSC "
        "are at https://zenkelab.org/datasets, to be unpacked by gunzip",
        folder, name[0] != '\0' ? name : "*", shd_part(part));
}

static bool shd_exists(const SnnModel *model, const char *folder, const char *part)
{
    char path[SHD_PATH];
    return shd_count(path, model, folder, part) > 0;
}

static bool shd_has(const SnnModel *model, const char *folder, const char *validate, const char *target)
{
    const char *parts[] = {"train", "t10k", validate};
    char path[SHD_PATH];
    for (int i = 0; i < (validate == NULL ? 2 : 3); i++)
        if (shd_count(path, model, folder, parts[i]) > 0 && snn_same_file(path, target))
            return true;
    return false;
}

/* ---- samples --------------------------------------------------------------------------------------- */

/* One file while it is read. */
typedef struct ShdReader {
    SnnDataset *data;
    const SnnModel *model;
    SnnHdf5 file;
    SnnHdf5Array times, units, labels;
    int unit_count, bin, channels;
    double step; /* ms */
    SnnError *error;
} ShdReader;

static bool shd_wrong(const ShdReader *reader, int32_t sample, const char *what)
{
    return snn_fail(reader->error, "unusable spikes (%s): sample %d has %s", reader->file.map.path, sample,
                    what);
}

static bool shd_find(ShdReader *reader, SnnHdf5Array *array, const char *name, bool rows)
{
    const char *path = reader->file.map.path;
    if (!snn_hdf5_find(array, &reader->file, name, reader->error))
        return false;
    return array->rows == rows
           || snn_fail(reader->error, "wrong content (%s): `%s` must have %s for each sample", path, name,
                       rows ? "a row of numbers" : "one number");
}

static bool shd_count_is(const ShdReader *reader, const SnnHdf5Array *array)
{
    return array->count == reader->times.count
           || snn_fail(reader->error, "different numbers of samples (%s): %llu in `%s`, %llu in `%s`",
                       reader->file.map.path, (unsigned long long)array->count, array->name,
                       (unsigned long long)reader->times.count, reader->times.name);
}

static bool shd_open(ShdReader *reader, const char *path, bool labelled)
{
    if (!snn_hdf5_open(&reader->file, path, reader->error)
        || !shd_find(reader, &reader->times, "spikes/times", true)
        || !shd_find(reader, &reader->units, "spikes/units", true) || !shd_count_is(reader, &reader->units))
        return false;
    if (labelled
        && (!shd_find(reader, &reader->labels, "labels", reader->model->data.label_steps > 0)
            || !shd_count_is(reader, &reader->labels)))
        return false;
    uint64_t count = reader->times.count;
    return (count > 0 && count < INT32_MAX)
           || snn_fail(reader->error, "unusable number of samples (%s): it has %llu", path,
                       (unsigned long long)count);
}

static void shd_close(ShdReader *reader)
{
    snn_hdf5_free(&reader->times);
    snn_hdf5_free(&reader->units);
    snn_hdf5_free(&reader->labels);
    snn_hdf5_close(&reader->file);
}

/* Its time is in ms. Those behind the last step are counted only. */
static bool shd_event(ShdReader *reader, int32_t sample, double time, double unit, double before)
{
    SnnDataset *data = reader->data;
    if (!(unit >= 0.0 && unit < (double)reader->unit_count && unit == floor(unit)))
        return snn_fail(
            reader->error,
            "unusable spikes (%s): sample %d has unit %g, the model `%s` knows 0 to %d; say how many "
            "there are, as `data shd(units = ...)`",
            reader->file.map.path, sample, unit, reader->model->name, reader->unit_count - 1);
    if (!isfinite(time) || time < 0.0)
        return shd_wrong(reader, sample, "a time that is negative or not finite");
    if (time < before)
        return shd_wrong(reader, sample, "times that are not in their order; sort its spikes by time");
    double step = floor(time / reader->step);
    if (!snn_dataset_reach(data, reader->model, sample, time, step))
        return true;
    int64_t element = (int64_t)step * reader->channels + (int64_t)unit / reader->bin;
    return snn_dataset_add_event(data, reader->model, sample, (uint32_t)element)
           || snn_dataset_no_room(data, reader->file.map.path, "its spikes", reader->error);
}

static bool shd_sample(ShdReader *reader, int32_t sample)
{
    SnnHdf5Row times, units;
    if (!snn_hdf5_row(&reader->times, (uint64_t)sample, &times, reader->error)
        || !snn_hdf5_row(&reader->units, (uint64_t)sample, &units, reader->error))
        return false;
    if (times.count != units.count)
        return shd_wrong(reader, sample, "not as many units as times");
    if (times.count == 0)
        return shd_wrong(reader, sample, "no spikes; leave it out");
    double time = 0.0;
    for (uint32_t i = 0; i < times.count; i++) {
        double before = time, unit = snn_hdf5_number(&reader->units, units.at + i * reader->units.size);
        time = 1000.0 * snn_hdf5_number(&reader->times, times.at + i * reader->times.size);
        if (!shd_event(reader, sample, time, unit, before))
            return false;
    }
    return true;
}

/* Into `label`. */
static bool shd_label(const ShdReader *reader, int32_t sample, const unsigned char *at, int32_t *label)
{
    int classes = reader->model->data.classes;
    double number = snn_hdf5_number(&reader->labels, at);
    if (!(number >= 0.0 && number < (double)classes && number == floor(number)))
        return snn_fail(reader->error,
                        "label out of range (%s): sample %d has label %g, the model `%s` knows 0 to %d",
                        reader->file.map.path, sample, number, reader->model->name, classes - 1);
    *label = (int32_t)number;
    return true;
}

/* Of a row of labels, how many there are without those at its end that say none. */
static uint32_t shd_last_label(const ShdReader *reader, SnnHdf5Row row)
{
    uint32_t count = row.count;
    while (count > 0
           && snn_hdf5_number(&reader->labels, row.at + (size_t)(count - 1) * reader->labels.size) == -1.0)
        count--;
    return count;
}

/* A row of labels, one for each step; -1, and where the row is short: none. */
static bool shd_step_labels(const ShdReader *reader, int32_t sample, int32_t *labels)
{
    SnnHdf5Row row;
    int steps = reader->model->data.label_steps;
    if (!snn_hdf5_row(&reader->labels, (uint64_t)sample, &row, reader->error))
        return false;
    row.count = shd_last_label(reader, row);
    if (row.count > (uint32_t)steps)
        return snn_fail(
            reader->error,
            "too many labels (%s): sample %d has %u, one for each step, the model `%s` has %d steps",
            reader->file.map.path, sample, row.count, reader->model->name, steps);
    for (int t = 0; t < steps; t++)
        labels[t] = -1;
    for (uint32_t t = 0; t < row.count; t++) {
        const unsigned char *at = row.at + (size_t)t * reader->labels.size;
        if (snn_hdf5_number(&reader->labels, at) != -1.0 && !shd_label(reader, sample, at, &labels[t]))
            return false;
    }
    return true;
}

static bool shd_labels(ShdReader *reader, int32_t sample)
{
    SnnDataset *data = reader->data;
    if (data->label_steps > 0)
        return shd_step_labels(reader, sample, data->labels + (int64_t)sample * data->label_steps);
    const SnnHdf5Array *labels = &reader->labels;
    return shd_label(reader, sample, labels->at + (uint64_t)sample * labels->step, &data->labels[sample]);
}

static bool shd_take_labels(ShdReader *reader, int32_t count)
{
    SnnDataset *data = reader->data;
    data->label_steps = reader->model->data.label_steps;
    size_t each = data->label_steps > 0 ? (size_t)data->label_steps : 1;
    data->labels = calloc((size_t)count * each, sizeof *data->labels);
    return data->labels != NULL;
}

static bool shd_samples(ShdReader *reader, bool labelled)
{
    SnnDataset *data = reader->data;
    int32_t count = (int32_t)reader->times.count;
    bool room =
        snn_dataset_begin_events(data, reader->model, count, (int64_t)reader->model->steps * reader->channels)
        && (!labelled || shd_take_labels(reader, count));
    bool ok = room;
    for (int32_t sample = 0; ok && sample < count; sample++)
        ok = shd_sample(reader, sample) && (!labelled || shd_labels(reader, sample));
    if (room && !ok)
        return false;
    return (ok && snn_dataset_end_events(data, reader->model))
           || snn_dataset_no_room(data, reader->file.map.path, "its samples", reader->error);
}

static bool shd_read(SnnDataset *data, const SnnModel *model, const char *path, bool labelled,
                     SnnError *error)
{
    ShdReader reader = {.data = data,
                        .model = model,
                        .unit_count = (int)snn_setting_number(model, "units"),
                        .bin = (int)snn_setting_number(model, "bin"),
                        .channels = model->data.dims[model->data.ndim - 1],
                        .step = snn_setting_number(model, "step"),
                        .error = error};
    *data = (SnnDataset){0};
    snn_dataset_from(data, path);
    bool ok = shd_open(&reader, path, labelled) && shd_samples(&reader, labelled);
    shd_close(&reader);
    if (!ok)
        snn_dataset_free(data);
    return ok;
}

static bool shd_read_part(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                          SnnError *error)
{
    char path[SHD_PATH];
    *data = (SnnDataset){0};
    return shd_locate(path, model, folder, part, error)
           && shd_read(data, model, path, model->data.classes > 0, error);
}

static bool shd_read_file(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    return shd_read(data, model, path, false, error);
}

/* ---- parts by an array ----------------------------------------------------------------------------- */

static bool shd_mark(bool *chosen, int32_t count, const SnnHdf5Array *array, const char *choice,
                     SnnError *error)
{
    char text[32];
    if (array->rows || array->count != (uint64_t)count)
        return snn_fail(error, "wrong content (%s): `%s` must have one number for each sample",
                        array->file->map.path, array->name);
    for (int32_t i = 0; i < count; i++) {
        double number = snn_hdf5_number(array, array->at + (uint64_t)i * array->step);
        int length = snprintf(text, sizeof text, "%.9g", number);
        chosen[i] = snn_fields_chosen(choice, (SnnField){text, (size_t)length});
    }
    return true;
}

static bool shd_choose(bool *chosen, int32_t count, const SnnModel *model, const char *folder,
                       const char *choice, SnnError *error)
{
    char path[SHD_PATH], name[SHD_NAME];
    SnnHdf5 file;
    SnnHdf5Array array;
    SnnField field = snn_fields_chooser(choice);
    snprintf(name, sizeof name, "%.*s", (int)field.length, field.at);
    if (!shd_locate(path, model, folder, "train", error) || !snn_hdf5_open(&file, path, error))
        return false;
    bool ok = snn_hdf5_find(&array, &file, name, error);
    if (ok) {
        ok = shd_mark(chosen, count, &array, choice, error);
        snn_hdf5_free(&array);
    }
    snn_hdf5_close(&file);
    return ok;
}

const SnnFormat snn_shd = {shd_read_part, shd_exists, shd_has, shd_read_file, "*_test.h5", shd_choose, NULL};
