/* Data sets of recordings of sound. Settings: `rate` in Hz, to which others are resampled; `hop`, the samples of a step. Without
 * `mel`, a sample is [steps, hop], as it was recorded. Else it is [steps, mel, deltas + 1]: of the last `window` samples at the
 * end of a step so many bands from `low` to `high` Hz, with `log` their logarithms, and `deltas` times how these change. */
#include "snn_wav.h"
#include "snn_mel.h"
#include "snn_recordings.h"
#include "snn_resampler.h"
#include "snn_setting.h"

#include <stdlib.h>
#include <string.h>

static const SnnRecordingKind wav_kind = {snn_sound_is_named, "recordings of sound", ".wav or .flac"};

/* A set while it is read. */
typedef struct WavReader {
    SnnDataset *data;
    const SnnModel *model;
    SnnResampler resampler;
    SnnMel mel; /* of no bands: samples are taken as they are */
    float *window;
    int rate, hop, layers;    /* a band's numbers of a step: itself, and changes */
    double shortest, longest; /* ms */
    int64_t cut, resampled;
    SnnError *error;
} WavReader;

static bool wav_no_memory(const WavReader *reader, const char *path)
{
    return snn_fail(reader->error, "no memory (%s): its %d samples", path, reader->data->count);
}

static bool wav_open(WavReader *reader, SnnDataset *data, const SnnModel *model, SnnError *error)
{
    int bands = (int)snn_setting_number(model, "mel"), window = (int)snn_setting_number(model, "window");
    *reader = (WavReader){.data = data,
                          .model = model,
                          .rate = (int)snn_setting_number(model, "rate"),
                          .hop = (int)snn_setting_number(model, "hop"),
                          .layers = 1 + (int)snn_setting_number(model, "deltas"),
                          .error = error};
    *data = (SnnDataset){0};
    data->width = (int64_t)model->steps * (bands > 0 ? bands * reader->layers : reader->hop);
    if (bands == 0)
        return true;
    reader->window = malloc((size_t)window * sizeof *reader->window);
    if (reader->window == NULL
        || !snn_mel_open(&reader->mel, reader->rate, window, bands, snn_setting_number(model, "low"),
                         snn_setting_number(model, "high")))
        return snn_fail(error, "no memory (the model `%s`): its bands of sound", model->name);
    reader->mel.log = snn_setting_number(model, "log") > 0.0;
    return true;
}

static void wav_close(WavReader *reader)
{
    snn_resampler_close(&reader->resampler);
    snn_mel_close(&reader->mel);
    free(reader->window);
}

/* ---- a sample -------------------------------------------------------------------------------------- */

static void wav_copy(const WavReader *reader, const SnnSound *sound, float *into)
{
    int64_t room = (int64_t)reader->model->steps * reader->hop;
    int64_t count = sound->count < room ? sound->count : room;
    memcpy(into, sound->at, (size_t)count * sizeof *into);
    memset(into + count, 0, (size_t)(room - count) * sizeof *into);
}

/* The window's samples up to `end`, of which those before the first and behind the last are silent. */
static void wav_cut_window(const WavReader *reader, const SnnSound *sound, int64_t end)
{
    int window = reader->mel.window;
    for (int i = 0; i < window; i++) {
        int64_t at = end - window + i;
        reader->window[i] = at >= 0 && at < sound->count ? sound->at[at] : 0.0f;
    }
}

static void wav_bands(WavReader *reader, const SnnSound *sound, float *into)
{
    int steps = reader->model->steps, bands = reader->mel.bands, layers = reader->layers;
    int64_t row = (int64_t)bands * layers;
    for (int step = 0; step < steps; step++) {
        wav_cut_window(reader, sound, (int64_t)(step + 1) * reader->hop);
        snn_mel_bands(&reader->mel, reader->window, into + step * row, layers);
    }
    for (int band = 0; band < bands; band++)
        for (int layer = 1; layer < layers; layer++)
            snn_mel_delta(into + band * layers + layer, into + band * layers + layer - 1, steps, row);
}

/* What `info` tells of it; `room`: samples at the reader's rate for which there are steps. */
static void wav_note(WavReader *reader, const SnnSound *sound, int64_t room)
{
    double ms = 1000.0 * (double)sound->count / (double)sound->rate;
    reader->resampled += sound->rate != reader->rate;
    reader->cut += ms > 1000.0 * (double)room / (double)reader->rate;
    reader->longest = ms > reader->longest ? ms : reader->longest;
    reader->shortest = reader->shortest == 0.0 || ms < reader->shortest ? ms : reader->shortest;
}

static bool wav_sample(WavReader *reader, const char *path, int32_t sample)
{
    SnnSound sound;
    if (!snn_sound_read(&sound, path, reader->error))
        return false;
    int64_t room = (int64_t)reader->model->steps * reader->hop;
    wav_note(reader, &sound, room);
    bool ok =
        snn_resampler_run(&reader->resampler, &sound, reader->rate, room) || wav_no_memory(reader, path);
    float *into = reader->data->reals + sample * reader->data->width;
    if (ok)
        reader->data->lengths[sample] =
            (int32_t)((sound.count < room ? sound.count : room) - 1) / reader->hop + 1;
    if (ok && reader->mel.bands > 0)
        wav_bands(reader, &sound, into);
    else if (ok)
        wav_copy(reader, &sound, into);
    snn_sound_free(&sound);
    return ok;
}

/* ---- a set ----------------------------------------------------------------------------------------- */

static bool wav_begin(WavReader *reader, const char *path, int32_t count, bool labelled)
{
    SnnDataset *data = reader->data;
    data->count = count;
    if (snn_dataset_take(data, reader->model, (size_t)count * (size_t)data->width * sizeof *data->reals))
        data->reals = data->store.at;
    else
        return snn_dataset_no_room(data, path, "its sounds", reader->error);
    data->labels = labelled ? calloc((size_t)count, sizeof *data->labels) : NULL;
    data->lengths = calloc((size_t)count, sizeof *data->lengths);
    return (data->lengths != NULL && (!labelled || data->labels != NULL)) || wav_no_memory(reader, path);
}

static void wav_describe(const WavReader *reader)
{
    char *at = reader->data->about, *end = at + sizeof reader->data->about;
    at += snprintf(at, (size_t)(end - at), "%.4g to %.4g ms", reader->shortest, reader->longest);
    if (reader->resampled > 0)
        at += snprintf(at, (size_t)(end - at), ", %lld resampled to %d Hz", (long long)reader->resampled,
                       reader->rate);
    if (reader->cut > 0)
        snprintf(at, (size_t)(end - at), "; the end of %lld is left out: it comes after the %d steps",
                 (long long)reader->cut, reader->model->steps);
}

/* Gives the set back, or nothing. */
static bool wav_end(WavReader *reader, bool ok)
{
    if (ok)
        wav_describe(reader);
    else
        snn_dataset_free(reader->data);
    wav_close(reader);
    return ok;
}

static bool wav_read_files(WavReader *reader, const char *folder, const SnnRecordings *files)
{
    SnnDataset *data = reader->data;
    bool ok = wav_begin(reader, folder, files->count, reader->model->data.classes > 0);
    for (int32_t i = 0; ok && i < files->count; i++) {
        ok = wav_sample(reader, files->at[i].path, i);
        if (data->labels != NULL)
            data->labels[i] = files->at[i].label;
    }
    return ok;
}

static bool wav_read_part(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                          SnnError *error)
{
    WavReader reader;
    SnnRecordings files = {0};
    bool ok = wav_open(&reader, data, model, error)
              && snn_recordings_find(&files, &wav_kind, model, folder, part, error)
              && wav_read_files(&reader, folder, &files);
    snn_recordings_describe(&files, data);
    snn_recordings_free(&files);
    return wav_end(&reader, ok);
}

static bool wav_read_one(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    WavReader reader;
    bool ok = wav_open(&reader, data, model, error) && wav_begin(&reader, path, 1, false)
              && wav_sample(&reader, path, 0);
    return wav_end(&reader, ok);
}

static bool wav_exists(const SnnModel *model, const char *folder, const char *part)
{
    return snn_recordings_exist(model, folder, part);
}

/* Whatever is there and is called as a recording is not to be overwritten. */
static bool wav_has(const SnnModel *model, const char *folder, const char *validate, const char *target)
{
    (void)model, (void)folder, (void)validate;
    return snn_recordings_have(&wav_kind, target);
}

const SnnFormat snn_wav = {wav_read_part, wav_exists, wav_has,           wav_read_one,
                           "test/...",    NULL,       snn_recordings_own};
