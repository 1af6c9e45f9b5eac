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

int64_t snn_dataset_bytes(const SnnModel *model, const char *folder, const char *part, int64_t *samples)
{
    return model->data.format->bytes(model, folder, part, samples);
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
    free(data->labels);
    free(data->targets);
    *data = (SnnDataset){0};
}
