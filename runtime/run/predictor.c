/* What `test` and `predict` begin with. */
#include "snn_predictor.h"
#include "snn_health.h"
#include "snn_weights.h"

#include <string.h>
#include <unistd.h>

static bool predictor_data(SnnPredictor *predictor, SnnModel *model, const SnnOptions *options,
                           SnnError *error)
{
    if (options->images != NULL)
        return snn_dataset_read_images(&predictor->data, model, options->images, error);
    return snn_dataset_read(&predictor->data, model, snn_data_folder(model, options), "t10k", error);
}

static bool predictor_weights(SnnPredictor *predictor, const SnnOptions *options, SnnError *error)
{
    char buffer[4096];
    SnnModel *model = predictor->session.model;
    const char *path = snn_weights_path(model, options->weights, buffer, sizeof buffer);
    if (strcmp(path, "-") != 0 && access(path, F_OK) != 0)
        return snn_fail(error, "no weights (%s): %sgive the file with --weights FILE", path,
                        model->train != NULL ? "train first, or " : "");
    SnnTensors *file = snn_tensors_open(path, error);
    bool ok = file != NULL && snn_weights_load(file, model, false, path, error);
    if (ok)
        snn_weights_note_other(options, path, file, model);
    if (ok && !options->has_seed)
        predictor->seed = snn_weights_seed(file, model->seed);
    snn_tensors_close(file);
    return ok;
}

/* A network without a parameter needs no weights. */
bool snn_predictor_open(SnnPredictor *predictor, SnnModel *model, const SnnOptions *options, SnnError *error)
{
    int batch = options->batch != 0 ? options->batch : model->batch;
    *predictor = (SnnPredictor){.seed = options->has_seed ? options->seed : model->seed};
    if (!snn_session_open(&predictor->session, model, batch, snn_thread_count(options), error))
        return false;
    bool needless = model->param_count == 0 && options->weights == NULL;
    if ((needless || predictor_weights(predictor, options, error))
        && predictor_data(predictor, model, options, error))
        return true;
    snn_session_close(&predictor->session);
    return false;
}

void snn_predictor_close(SnnPredictor *predictor)
{
    snn_session_close(&predictor->session);
    snn_dataset_free(&predictor->data);
}

/* Weights come from a file, which was checked. */
bool snn_predictor_not_finite(const SnnPredictor *predictor, SnnError *error)
{
    SnnError where;
    snn_describe_non_finite(predictor->session.model, &where);
    return snn_fail(error, "%.700s: the weights are finite, so %s", where.text, SNN_ADVICE_EQUATIONS);
}
