/* From a program's tables to a network in memory. */
#include "snn_model.h"

/* What a pointer in the net points to; NULL for place 0, where there is none. */
static void *model_array(const SnnModel *model, size_t place)
{
    void *array = NULL;
    if (place != 0)
        memcpy(&array, (const char *)model->net + place, sizeof array);
    return array;
}

/* A copy of a table, with room for one row more: a table may be empty. */
static void *model_copy(SnnModel *model, const void *table, int count, size_t size)
{
    void *copy = snn_take(&model->memory, (size_t)count + 1, size);
    if (copy != NULL && count > 0)
        memcpy(copy, table, (size_t)count * size);
    return copy;
}

static bool model_copy_tables(SnnModel *model)
{
    const SnnTables *tables = &model->tables;
    model->param_count = tables->param_count;
    model->stream_count = tables->stream_count;
    model->watch_count = tables->watch_count;
    model->prediction_count = tables->prediction_count;
    model->metric_count = tables->metric_count;
    model->params = model_copy(model, tables->params, model->param_count, sizeof *model->params);
    model->streams = model_copy(model, tables->streams, model->stream_count, sizeof *model->streams);
    model->watches = model_copy(model, tables->watches, model->watch_count, sizeof *model->watches);
    model->predictions =
        model_copy(model, tables->predictions, model->prediction_count, sizeof *model->predictions);
    model->metrics = model_copy(model, tables->metrics, model->metric_count, sizeof *model->metrics);
    return model->params != NULL && model->streams != NULL && model->watches != NULL
           && model->predictions != NULL && model->metrics != NULL;
}

static void model_find_rows(SnnModel *model)
{
    for (int i = 0; i < model->param_count; i++) {
        SnnParam *param = &model->params[i];
        param->value = model_array(model, param->at.value);
        param->gradient = model_array(model, param->at.gradient);
        for (int s = 0; s < param->states; s++)
            param->state[s] = model_array(model, param->at.state[s]);
    }
    for (int i = 0; i < model->stream_count; i++) {
        SnnStream *stream = &model->streams[i];
        stream->values = model_array(model, stream->at.values);
        stream->activity = model_array(model, stream->at.activity);
        stream->fired = model_array(model, stream->at.fired);
        stream->steps = stream->steps > 0 ? stream->steps : model->steps;
    }
    for (int i = 0; i < model->watch_count; i++)
        model->watches[i].values = model_array(model, model->watches[i].at);
    for (int i = 0; i < model->prediction_count; i++) {
        SnnPrediction *prediction = &model->predictions[i];
        prediction->values = model_array(model, prediction->at.values);
        prediction->predicted = model_array(model, prediction->at.predicted);
    }
    for (int i = 0; i < model->metric_count; i++)
        model->metrics[i].values = model_array(model, model->metrics[i].at);
}

static void model_find_batch(SnnModel *model)
{
    model->run = model->net;
    model->input = model_array(model, model->at.input);
    model->spikes = model_array(model, model->at.spikes);
    model->label = model_array(model, model->at.label);
    model->sample = model_array(model, model->at.sample);
    model->target = model_array(model, model->at.target);
    model->present = model_array(model, model->at.present);
    model->loss = model_array(model, model->at.loss);
    model->rate = model->at.rate != 0 ? model_array(model, model->at.rate) : &model->run->lr;
}

bool snn_model_open(SnnModel *model, size_t batch)
{
    const SnnTables *tables = &model->tables;
    model->memory = (SnnMemory){0};
    model->net = snn_alloc(1, model->net_bytes);
    if (model->net == NULL || !model_copy_tables(model)
        || !snn_open_buffers(model->net, &model->memory, batch, tables->buffers, tables->buffer_count))
        return false;
    model_find_rows(model);
    model_find_batch(model);
    if (model->choose != NULL)
        model->choose(model);
    return true;
}

void snn_model_close(SnnModel *model)
{
    if (model->net != NULL)
        snn_close_buffers(model->net, &model->memory, model->tables.buffers, model->tables.buffer_count);
    snn_free(model->net);
    model->net = NULL;
}
