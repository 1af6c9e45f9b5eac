/* `info`: what the network consists of and what it costs. */
#include "snn_info.h"
#include "snn_found.h"
#include "snn_param.h"
#include "snn_session.h"
#include "snn_options.h"
#include "snn_weights.h"

static void info_size(const char *what, int64_t bytes)
{
    if (bytes >= 10 << 20)
        printf("  %-28s %10.1f MiB\n", what, (double)bytes / (1 << 20));
    else
        printf("  %-28s %10.1f KiB\n", what, (double)bytes / (1 << 10));
}

static void info_dims(char *text, size_t size, const int *dims, int ndim)
{
    int used = snprintf(text, size, "[");
    for (int i = 0; i < ndim && (size_t)used < size; i++)
        used += snprintf(text + used, size - (size_t)used, "%s%d", i > 0 ? ", " : "", dims[i]);
    if ((size_t)used < size)
        snprintf(text + used, size - (size_t)used, "]");
}

static void info_layer(const SnnModel *model, const SnnStream *stream)
{
    printf("%-20s %10d %14lld  %s%s", stream->name, stream->size, (long long)stream->operations,
           stream->about, stream->spikes ? ", spikes" : "");
    if (stream->steps != model->steps)
        printf(", %d step%s", stream->steps, stream->steps == 1 ? "" : "s");
    printf("\n");
}

static int64_t info_streams(const SnnModel *model)
{
    int64_t operations = 0;
    printf("\n%-20s %10s %14s  %s\n", "layer", "units", "operations", "made by");
    for (int i = 0; i < model->stream_count; i++) {
        const SnnStream *stream = &model->streams[i];
        if (stream->evaluated)
            continue;
        operations += stream->operations;
        if (!stream->saved && !stream->part)
            info_layer(model, stream);
    }
    return operations;
}

/* What the equations of a backward pass read, beside what layers send. */
static void info_saved(const SnnModel *model)
{
    bool some = false;
    for (int i = 0; i < model->stream_count; i++) {
        const SnnStream *stream = &model->streams[i];
        if (!stream->saved || stream->evaluated)
            continue;
        if (!some)
            printf("\n%-20s %10s %14s  %s\n", "kept for learning", "units", "", "of");
        some = true;
        printf("%-20s %10d %14s  %s\n", stream->name, stream->size, "", stream->about);
    }
}

/* As a checkpoint has it. */
static void info_shape(char *text, size_t size, const SnnParam *param)
{
    int64_t dims[SNN_MAX_DIMS];
    int shown[SNN_MAX_DIMS];
    snn_weights_dims(param, dims);
    for (int i = 0; i < param->ndim; i++)
        shown[i] = (int)dims[i];
    info_dims(text, size, shown, param->ndim);
}

/* The number of parameters; *learned: of those that training changes; *states: of the optimiser's numbers. */
static int64_t info_params(const SnnModel *model, int64_t *learned, int64_t *states)
{
    int64_t count = 0;
    *learned = *states = 0;
    printf("\n%-20s %10s %14s  %s\n", "parameter", "numbers", "shape", "of");
    for (int i = 0; i < model->param_count; i++) {
        const SnnParam *param = &model->params[i];
        char dims[64];
        info_shape(dims, sizeof dims, param);
        bool rests = model->train != NULL && !snn_param_learns(param);
        const char *frozen = param->kept ? ", kept from batch to batch" : rests ? ", frozen" : "";
        printf("%-20s %10lld %14s  %s%s\n", param->name, (long long)snn_param_size(param), dims, param->about,
               frozen);
        count += snn_param_size(param);
        *learned += snn_param_learns(param) ? snn_param_size(param) : 0;
        *states += param->states * snn_param_size(param);
    }
    return count;
}

static void info_training(const SnnModel *model, int64_t batch)
{
    printf("batch %lld, ", (long long)batch);
    if (model->train != NULL)
        printf("%d epochs, %s, seed %u\n", model->epochs, model->learning, model->seed);
    else
        printf("no training: the model has no `train` block\n");
}

static void info_set(const char *what, int64_t bytes, const char *folder)
{
    if (bytes > 0)
        info_size(what, bytes);
    else
        printf("  %-28s %14s in %s\n", what, "not found", folder);
}

/* What buffers of this kind take together; where samples share a place with what is made once, who needs more of it counts. */
static int64_t info_buffers(const SnnModel *model, bool each_sample, bool sparse, int64_t batch)
{
    int64_t all = 0;
    for (size_t i = 0; i < model->tables.buffer_count; i++) {
        const SnnBuffer *buffer = &model->tables.buffers[i];
        size_t bytes = snn_buffer_bytes(buffer, (size_t)batch);
        if (buffer->sparse == sparse && (bytes > buffer->whole) == each_sample)
            all += (int64_t)bytes;
    }
    return all;
}

/* While it trains, or, if it does not, tests. Lists have room for every unit at every step. */
static void info_memory(const SnnModel *model, const SnnFound *found, const char *folder, int64_t batch,
                        int64_t params)
{
    int64_t lists =
        (info_buffers(model, false, true, batch) + info_buffers(model, true, true, batch)) / SNN_SPARSE;
    info_size("streams of a batch", info_buffers(model, true, false, batch));
    info_size("scratch", info_buffers(model, false, false, batch) - params);
    info_size("lists, if a quarter full", lists);
    if (model->train != NULL)
        info_set("training set", found->train, folder);
    info_set("test set", found->test, folder);
    info_size("together, in whole pages",
              (int64_t)snn_memory_bytes(&model->memory) + lists + found->train + found->test);
}

int snn_info(SnnModel *model, const SnnOptions *options, SnnError *error)
{
    SnnSession session;
    char dims[64];
    int64_t learned, states, four = sizeof(float);
    int64_t batch = options->batch != 0 ? options->batch : model->batch;
    if (!snn_session_open(&session, model, (int)batch, 1, error))
        return SNN_FAILED;
    info_dims(dims, sizeof dims, model->data.dims, model->data.ndim);
    printf("%s, from %s by snnc %s\n", model->name, model->source, model->version);
    printf("samples %s%s", dims, model->spikes != NULL ? " of spikes" : "");
    if (model->data.classes > 0)
        printf(" in %d classes", model->data.classes);
    info_dims(dims, sizeof dims, model->data.target_dims, model->data.target_ndim);
    if (model->data.target_ndim > 0)
        printf(", targets %s", dims);
    printf(", %d time steps", model->steps);
    if (model->dt > 0)
        printf(" of %g ms", (double)model->dt);
    printf("\n");
    info_training(model, batch);
    const char *folder = snn_data_folder(model, options);
    const SnnFound found = snn_found(model, folder);
    int64_t operations = info_streams(model);
    info_saved(model);
    int64_t params = info_params(model, &learned, &states);
    printf("\n%lld parameters; %lld synaptic operations a sample (forward, without sparsity)\n",
           (long long)params, (long long)operations);
    info_size("parameters", params * four);
    info_size("gradients", learned * four);
    info_size("optimiser", states * four);
    info_memory(model, &found, folder, batch, (params + learned + states) * four);
    snn_session_close(&session);
    return SNN_OK;
}
