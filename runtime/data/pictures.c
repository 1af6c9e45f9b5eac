/* Data sets of pictures, of the shape [height, width] or, with their colours, [height, width, 3]. */
#include "snn_pictures.h"
#include "snn_jpeg.h"
#include "snn_png.h"
#include "snn_recordings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool pictures_is_named(const char *path)
{
    const char *end = strrchr(path, '.');
    return end != NULL
           && (strcasecmp(end, ".png") == 0 || strcasecmp(end, ".jpg") == 0 || strcasecmp(end, ".jpeg") == 0);
}

static const SnnRecordingKind pictures_kind = {pictures_is_named, "pictures", ".png, .jpg or .jpeg"};

/* Of red, green and blue: how bright they are together, as television has it, in 256ths. */
static unsigned char pictures_grey(const unsigned char *pixel)
{
    return (unsigned char)((77u * pixel[0] + 150u * pixel[1] + 29u * pixel[2] + 128u) >> 8);
}

/* A grey picture has three equal colours, a coloured one is grey where the model has no channels. */
static void pictures_copy(unsigned char *into, const SnnPixels *picture, int channels)
{
    int64_t count = (int64_t)picture->width * picture->height;
    for (int64_t i = 0; i < count; i++)
        for (int k = 0; k < channels; k++) {
            const unsigned char *pixel = picture->at + i * picture->channels;
            *into++ = picture->channels == channels ? pixel[k]
                      : channels == 1               ? pictures_grey(pixel)
                                                    : pixel[0];
        }
}

/* By what it begins with, whatever it is called. */
static bool pictures_open(SnnPixels *picture, const char *path, SnnError *error)
{
    SnnMap map;
    if (!snn_map_open(&map, path, error))
        return false;
    bool ok = snn_jpeg_is(&map) ? snn_jpeg_read(picture, &map, error) : snn_png_read(picture, &map, error);
    snn_map_close(&map);
    return ok;
}

static bool pictures_read_file(SnnDataset *data, const SnnModel *model, const char *path, int32_t sample,
                               SnnError *error)
{
    const int *dims = model->data.dims;
    SnnPixels picture;
    if (!pictures_open(&picture, path, error))
        return false;
    bool ok = picture.height == dims[0] && picture.width == dims[1];
    if (ok)
        pictures_copy(data->bytes + sample * data->width, &picture, model->data.ndim == 3 ? 3 : 1);
    else
        snn_fail(error, "wrong size (%s): it has %d x %d pixels, rows first, the model `%s` takes %d x %d",
                 path, picture.height, picture.width, model->name, dims[0], dims[1]);
    free(picture.at);
    return ok;
}

static bool pictures_begin(SnnDataset *data, const SnnModel *model, const char *path, int32_t count,
                           bool labelled, SnnError *error)
{
    *data = (SnnDataset){.count = count, .width = 1};
    for (int i = 0; i < model->data.ndim; i++)
        data->width *= model->data.dims[i];
    if (!snn_dataset_take(data, model, (size_t)count * (size_t)data->width))
        return snn_dataset_no_room(data, path, "its pictures", error);
    data->bytes = data->store.at;
    data->labels = labelled ? calloc((size_t)count, sizeof *data->labels) : NULL;
    return !labelled || data->labels != NULL
           || snn_fail(error, "no memory (%s): its %d pictures", path, count);
}

/* Gives the set back, or nothing. */
static bool pictures_end(SnnDataset *data, bool ok)
{
    if (!ok)
        snn_dataset_free(data);
    return ok;
}

static bool pictures_read_part(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                               SnnError *error)
{
    SnnRecordings files;
    *data = (SnnDataset){0};
    if (!snn_recordings_find(&files, &pictures_kind, model, folder, part, error))
        return false;
    bool ok = pictures_begin(data, model, folder, files.count, model->data.classes > 0, error);
    for (int32_t i = 0; ok && i < files.count; i++) {
        ok = pictures_read_file(data, model, files.at[i].path, i, error);
        if (data->labels != NULL)
            data->labels[i] = files.at[i].label;
    }
    snn_recordings_describe(&files, data);
    snn_recordings_free(&files);
    return pictures_end(data, ok);
}

static bool pictures_read_one(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    return pictures_end(data, pictures_begin(data, model, path, 1, false, error)
                                  && pictures_read_file(data, model, path, 0, error));
}

static bool pictures_exists(const SnnModel *model, const char *folder, const char *part)
{
    return snn_recordings_exist(model, folder, part);
}

/* Whatever is there and is called as a picture is not to be overwritten. */
static bool pictures_has(const SnnModel *model, const char *folder, const char *validate, const char *target)
{
    (void)model, (void)folder, (void)validate;
    return snn_recordings_have(&pictures_kind, target);
}

const SnnFormat snn_pictures = {pictures_read_part, pictures_exists, pictures_has,
                                pictures_read_one,  "test/...",      NULL,
                                snn_recordings_own};
