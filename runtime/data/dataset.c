/* Data sets, whatever their format. */
#include "snn_dataset.h"

#include <stdlib.h>

bool snn_dataset_read(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                      SnnError *error)
{
    return model->data.format->read(data, model, folder, part, error);
}

bool snn_dataset_exists(const SnnModel *model, const char *folder, const char *part)
{
    return model->data.format->exists(model, folder, part);
}

const char *snn_dataset_tests(const SnnModel *model)
{
    return model->data.format->tests;
}

int64_t snn_dataset_bytes(const SnnDataset *data)
{
    int64_t each = data->bytes != NULL ? data->width : 0;
    each += data->reals != NULL ? data->width * (int64_t)sizeof *data->reals : 0;
    each += data->ends != NULL ? (int64_t)sizeof *data->ends : 0;
    each += data->labels != NULL ? (int64_t)sizeof *data->labels : 0;
    each += data->target_width * (int64_t)sizeof *data->targets;
    int64_t events = data->events != NULL ? snn_dataset_first_event(data, data->count) : 0;
    return each * data->count + events * (int64_t)sizeof *data->events;
}

bool snn_dataset_spare(const SnnModel *model, const char *folder, const char *validate, const char *target,
                       const char *flag, SnnError *error)
{
    return !model->data.format->has(model, folder, validate, target)
           || snn_fail(error, "would overwrite (%s): it is a file of the data set; give another %s FILE",
                       target, flag);
}

bool snn_dataset_read_images(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    return model->data.format->read_images(data, model, path, error);
}

void snn_dataset_free(SnnDataset *data)
{
    free(data->bytes);
    free(data->reals);
    free(data->events);
    free(data->ends);
    free(data->labels);
    free(data->targets);
    *data = (SnnDataset){0};
}

/* ---- events ---------------------------------------------------------------------------------------- */

int64_t snn_dataset_first_event(const SnnDataset *data, int32_t sample)
{
    return sample == 0 ? 0 : data->ends[sample - 1];
}

bool snn_dataset_begin_events(SnnDataset *data, int32_t count, int64_t width)
{
    data->count = count;
    data->width = width;
    data->ends = calloc((size_t)count + 1, sizeof *data->ends);
    data->events = malloc(sizeof *data->events);
    return data->ends != NULL && data->events != NULL;
}

/* There is room for as many as the next power of 2. */
bool snn_dataset_add_sample(SnnDataset *data, int32_t label)
{
    size_t room = (size_t)data->count + 1;
    if ((room & (room - 1)) == 0) {
        int64_t *ends = realloc(data->ends, 2 * room * sizeof *ends);
        data->ends = ends != NULL ? ends : data->ends;
        int32_t *labels = label < 0 ? NULL : realloc(data->labels, 2 * room * sizeof *labels);
        data->labels = labels != NULL ? labels : data->labels;
        if (ends == NULL || (label >= 0 && labels == NULL))
            return false;
    }
    if (label >= 0)
        data->labels[data->count] = label;
    data->count++;
    data->ends[data->count] = data->ends[data->count - 1];
    return true;
}

/* There is room for as many as the next power of 2, too. */
bool snn_dataset_add_event(SnnDataset *data, int32_t sample, uint32_t element)
{
    int64_t used = data->ends[data->count];
    if (used > 0 && (used & (used - 1)) == 0) {
        uint32_t *grown = realloc(data->events, 2 * (size_t)used * sizeof *grown);
        if (grown == NULL)
            return false;
        data->events = grown;
    }
    data->events[used] = element;
    data->ends[sample] = data->ends[data->count] = used + 1;
    return true;
}

/* Samples without events end where they begin. */
bool snn_dataset_end_events(SnnDataset *data)
{
    int64_t used = data->ends[data->count];
    for (int32_t sample = 1; sample < data->count; sample++)
        if (data->ends[sample] < data->ends[sample - 1])
            data->ends[sample] = data->ends[sample - 1];
    uint32_t *fitting = realloc(data->events, ((size_t)used + 1) * sizeof *fitting);
    data->events = fitting != NULL ? fitting : data->events;
    return fitting != NULL;
}
