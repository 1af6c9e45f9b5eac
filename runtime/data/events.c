/* Recordings of event cameras. Settings: `step` in ms; the shape of a sample is [steps, height, width] or, with a channel
 * for each polarity, [steps, height, width, 2]. */
#include "snn_events.h"
#include "snn_event_file.h"
#include "snn_recordings.h"
#include "snn_setting.h"

/* ---- files ----------------------------------------------------------------------------------------- */

static const SnnRecordingKind events_kind = {snn_event_file_is_named, "files of events",
                                             ".bin, .aedat, .dat or .raw"};

static bool events_exists(const SnnModel *model, const char *folder, const char *part)
{
    return snn_recordings_exist(model, folder, part);
}

/* Whatever is there and is called as a file of events is not to be overwritten. */
static bool events_has(const SnnModel *model, const char *folder, const char *validate, const char *target)
{
    (void)model, (void)folder, (void)validate;
    return snn_recordings_have(&events_kind, target);
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
        return snn_fail(
            reader->error,
            "unusable events (%s): event %lld comes before the one that it follows; sort them by time",
            reader->path, (long long)reader->events - 1);
    reader->before = time;
    double since = (double)(time - reader->first), step = since / reader->step;
    if (!snn_dataset_reach(data, reader->model, reader->sample, since / 1000.0, step))
        return true;
    uint64_t place = ((uint64_t)step * reader->height + y) * reader->width + x;
    uint64_t element = place * reader->channels + (reader->channels > 1 && on);
    return snn_dataset_add_event(data, reader->model, reader->sample, (uint32_t)element)
           || events_no_memory(reader);
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
static bool events_add(EventsReader *reader, const SnnRecording *recording)
{
    reader->path = recording->path;
    if (!snn_dataset_add_sample(reader->data, recording->label))
        return events_no_memory(reader);
    reader->sample = reader->data->count - 1;
    return events_read_file(reader, recording->path);
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
static bool events_end(SnnDataset *data, const SnnModel *model, bool ok)
{
    ok = ok && snn_dataset_end_events(data, model);
    if (!ok)
        snn_dataset_free(data);
    return ok;
}

static bool events_read_part(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                             SnnError *error)
{
    SnnRecordings files;
    EventsReader reader = events_reader(data, model, error);
    *data = (SnnDataset){0};
    if (!snn_recordings_find(&files, &events_kind, model, folder, part, error))
        return false;
    bool ok = snn_dataset_begin_events(data, model, 0, events_width(&reader))
              || snn_fail(error, "no memory (%s): its %d recordings", folder, files.count);
    for (int32_t i = 0; ok && i < files.count; i++)
        ok = events_add(&reader, &files.at[i]);
    snn_recordings_describe(&files, data);
    snn_recordings_free(&files);
    return events_end(data, model, ok);
}

static bool events_read_one(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    EventsReader reader = events_reader(data, model, error);
    *data = (SnnDataset){0};
    bool ok = (snn_dataset_begin_events(data, model, 1, events_width(&reader))
               || snn_fail(error, "no memory (%s)", path))
              && events_read_file(&reader, path);
    return events_end(data, model, ok);
}

const SnnFormat snn_events = {events_read_part, events_exists, events_has,        events_read_one,
                              "test/...",       NULL,          snn_recordings_own};
