/* Runs a generated network on one batch and writes all its results: see random_batch.c for both files.
 *
 *     cc ... harness.o 7.o libsnn_rt.a -o harness       an object of it, made with --no-runtime,
 *     cc -Dmain=generated_main ... 7.c ... -o harness   or C
 *     ./harness 7.batch 7.out
 *     ./harness - 7.out                                 on any batch, the same for all builds of a network
 *
 * The results are those of one thread. Two threads in a larger allocation, and the batch in two parts, must
 * give the same: else it says so and fails. */
#include "snn.h"
#include "snn_model.h"
#include "snn_random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const SnnModel description;

enum { MAX_WORDS = 1 << 25 };

typedef struct Words {
    uint32_t *at;
    size_t count, used;
} Words;

static void stop(const char *why)
{
    fprintf(stderr, "harness: %s: %s\n", description.name, why);
    exit(EXIT_FAILURE);
}

static Words words_new(void)
{
    Words words = {calloc(MAX_WORDS, sizeof(uint32_t)), 0, 0};
    if (words.at == NULL)
        stop("not enough memory");
    return words;
}

static uint32_t take(Words *words)
{
    if (words->used == words->count)
        stop("the batch's file is too short");
    return words->at[words->used++];
}

static void take_all(Words *words, void *to, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        uint32_t word = take(words);
        memcpy((char *)to + 4 * k, &word, 4);
    }
}

static void put_all(Words *words, const void *from, size_t count)
{
    if (count > MAX_WORDS - words->count)
        stop("too many results");
    memcpy(words->at + words->count, from, 4 * count);
    words->count += count;
}

/* ---- a batch ---- */

static size_t size_of(const int *dims, int ndim)
{
    size_t size = 1;
    for (int d = 0; d < ndim; d++)
        size *= (size_t)dims[d];
    return size;
}

static size_t input_size(void)
{
    return size_of(description.data.dims, description.data.ndim);
}

static size_t target_size(void)
{
    return size_of(description.data.target_dims, description.data.target_ndim);
}

static size_t label_size(void)
{
    return description.data.label_steps > 0 ? (size_t)description.data.label_steps : 1;
}

static size_t param_size(const SnnParam *param)
{
    size_t size = 1;
    for (int d = 0; d < param->ndim; d++)
        size *= (size_t)param->dims[d];
    return size;
}

static void take_settings(Words *batch, SnnRun *run)
{
    take_all(batch, &run->rows, 1);
    take_all(batch, &run->seed, 1);
    take_all(batch, &run->epoch, 1);
    take_all(batch, &run->lr, 1);
    take_all(batch, &run->step, 1);
    take_all(batch, &run->scale, 1);
    take_all(batch, &run->epoch_now, 1);
    take_all(batch, &run->epochs, 1);
    take_all(batch, &run->batch_now, 1);
    take_all(batch, &run->batches, 1);
    take_all(batch, &run->training, 1);
}

static void take_input(Words *batch, const SnnModel *model, size_t count)
{
    if (model->spikes == NULL) {
        take_all(batch, model->input, count);
        return;
    }
    for (size_t k = 0; k < count; k++) {
        float number;
        take_all(batch, &number, 1);
        model->spikes[k] = number != 0.0f;
    }
}

static void take_present(Words *batch, const SnnModel *model, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        float number;
        take_all(batch, &number, 1);
        model->present[k] = number != 0.0f;
    }
}

static void take_batch(Words *batch, const SnnModel *model)
{
    batch->used = 0;
    take_settings(batch, model->run);
    size_t rows = (size_t)model->run->rows;
    if (model->label != NULL)
        take_all(batch, model->label, rows * label_size());
    if (model->target != NULL)
        take_all(batch, model->target, rows * target_size());
    if (model->present != NULL)
        take_present(batch, model, rows * (size_t)model->steps);
    take_all(batch, model->sample, rows);
    take_input(batch, model, rows * input_size());
    for (int p = 0; p < model->param_count; p++) {
        const SnnParam *param = &model->params[p];
        take_all(batch, param->value, param_size(param));
        for (int s = 0; s < param->states; s++)
            take_all(batch, param->state[s], param_size(param));
    }
    if (batch->used != batch->count)
        stop("the batch's file is too long");
}

static void put_scores(Words *results, const SnnModel *model)
{
    size_t rows = (size_t)model->run->rows;
    if (model->loss != NULL)
        put_all(results, model->loss, rows);
    for (int i = 0; i < model->prediction_count; i++) {
        const SnnPrediction *prediction = &model->predictions[i];
        size_t each = rows * (size_t)(prediction->steps > 0 ? prediction->steps : 1);
        if (prediction->predicted != NULL)
            put_all(results, prediction->predicted, each);
        put_all(results, prediction->values, each * (size_t)prediction->size);
    }
    for (int i = 0; i < model->metric_count; i++)
        if (model->metrics[i].values != NULL)
            put_all(results, model->metrics[i].values, rows);
}

/* Without what stands behind each row. */
static void put_rows(Words *results, const SnnStream *stream, size_t count)
{
    size_t size = stream->padding > 0 ? (size_t)stream->size : count;
    for (size_t at = 0; at < count; at += size + (size_t)stream->padding)
        put_all(results, stream->values + at, size);
}

/* Those of forward(), or of evaluate(). */
static void put_streams(Words *results, const SnnModel *model, bool evaluated)
{
    size_t rows = (size_t)model->run->rows;
    for (int s = 0; s < model->stream_count; s++) {
        const SnnStream *stream = &model->streams[s];
        if (stream->evaluated != evaluated)
            continue;
        if (stream->values != NULL)
            put_rows(results, stream, rows * (size_t)stream->per_sample);
        if (stream->activity != NULL)
            put_all(results, stream->activity, rows);
    }
}

/* What a training begins with. */
static void put_beginning(Words *results, const SnnModel *model, SnnPool *pool)
{
    model->run->epoch = SNN_INIT_EPOCH;
    model->init(model->net, pool);
    for (int p = 0; p < model->param_count; p++) {
        const SnnParam *param = &model->params[p];
        put_all(results, param->value, param_size(param));
        for (int s = 0; s < param->states; s++)
            put_all(results, param->state[s], param_size(param));
    }
}

static void put_params(Words *results, const SnnModel *model)
{
    for (int p = 0; p < model->param_count; p++) {
        const SnnParam *param = &model->params[p];
        if (param->gradient != NULL)
            put_all(results, param->gradient, param_size(param));
        put_all(results, param->value, param_size(param));
        for (int s = 0; s < param->states; s++)
            put_all(results, param->state[s], param_size(param));
    }
}

/* What a test makes of the batch, where that is something else. */
static void put_test(Words *results, const SnnModel *model, SnnPool *pool)
{
    if (model->evaluate == NULL)
        return;
    model->evaluate(model->net, pool);
    put_scores(results, model);
    put_streams(results, model, true);
}

/* ---- runs ---- */

typedef struct Session {
    SnnModel model;
    void *net;
    SnnPool *pool;
} Session;

/* Room for `extra` more samples than the batch has. */
/* Arrays share places, so none may count on what its memory held before, not even on zeros: it holds NaN, and indices that
 * lead nowhere. */
static void spoil_arrays(const SnnModel *model, size_t rows)
{
    for (size_t i = 0; i < model->tables.buffer_count; i++) {
        const SnnBuffer *buffer = &model->tables.buffers[i];
        void *array;
        memcpy(&array, (const char *)model->net + buffer->at, sizeof array);
        memset(array, 0xFF, snn_buffer_bytes(buffer, rows));
    }
}

static Session open_session(Words *batch, int threads, int extra)
{
    size_t rows = batch->at[0] + (size_t)extra;
    Session session = {description, NULL, snn_pool_open(threads)};
    if (session.pool == NULL || !snn_model_open(&session.model, rows))
        stop("not enough memory");
    session.net = session.model.net;
    spoil_arrays(&session.model, rows);
    take_batch(batch, &session.model);
    return session;
}

static void close_session(Session *session)
{
    snn_model_close(&session->model);
    snn_pool_close(session->pool);
}

static Words run_batch(Words *batch, int threads, int extra)
{
    Words results = words_new();
    Session session = open_session(batch, threads, extra);
    /* Twice: what a batch leaves behind must not reach the next. */
    session.model.forward(session.net, session.pool);
    session.model.backward(session.net, session.pool);
    session.model.forward(session.net, session.pool);
    session.model.backward(session.net, session.pool);
    session.model.update(session.net, session.pool);
    put_scores(&results, &session.model);
    put_streams(&results, &session.model, false);
    put_params(&results, &session.model);
    put_test(&results, &session.model, session.pool);
    put_beginning(&results, &session.model, session.pool);
    close_session(&session);
    return results;
}

/* Moves the batch's samples from `first` on to its beginning. */
static void keep_rows(const SnnModel *model, size_t first, size_t count)
{
    size_t size = input_size();
    if (model->label != NULL)
        memmove(model->label, model->label + first * label_size(),
                count * label_size() * sizeof *model->label);
    if (model->target != NULL)
        memmove(model->target, model->target + first * target_size(),
                count * target_size() * sizeof *model->target);
    size_t steps = (size_t)model->steps;
    if (model->present != NULL)
        memmove(model->present, model->present + first * steps, count * steps);
    memmove(model->sample, model->sample + first, count * sizeof *model->sample);
    if (model->spikes == NULL)
        memmove(model->input, model->input + first * size, count * size * sizeof *model->input);
    else
        memmove(model->spikes, model->spikes + first * size, count * size);
    model->run->rows = (int32_t)count;
}

/* Where one sample's results are compared with those of a row of the whole batch, an array after the other. */
typedef struct Compared {
    const Words *part, *whole;
    size_t row, rows, in_part, in_whole;
    bool same;
} Compared;

static void compare(Compared *c, size_t width)
{
    const uint32_t *row = c->whole->at + c->in_whole + c->row * width;
    c->same = c->same && memcmp(c->part->at + c->in_part, row, 4 * width) == 0;
    c->in_part += width;
    c->in_whole += c->rows * width;
}

/* As put_scores writes them. */
static bool is_row(const Words *part, const Words *whole, size_t row, size_t rows)
{
    Compared c = {part, whole, row, rows, 0, 0, true};
    const SnnTables *tables = &description.tables;
    if (description.train)
        compare(&c, 1);
    for (int i = 0; i < tables->prediction_count; i++) {
        size_t each = tables->predictions[i].steps > 0 ? (size_t)tables->predictions[i].steps : 1;
        if (tables->predictions[i].at.predicted != 0)
            compare(&c, each);
        compare(&c, each * (size_t)tables->predictions[i].size);
    }
    for (int i = 0; i < tables->metric_count; i++)
        if (tables->metrics[i].at != 0)
            compare(&c, 1);
    return c.same;
}

/* What tests make of `count` samples from `first` on: where that is what training does, its scores. */
static Words tested_rows(Words *batch, size_t first, size_t count)
{
    Words results = words_new();
    Session session = open_session(batch, 1, 0);
    const SnnModel *model = &session.model;
    keep_rows(model, first, count);
    (model->evaluate != NULL ? model->evaluate : model->forward)(session.net, session.pool);
    put_scores(&results, model);
    close_session(&session);
    return results;
}

/* The scores of each sample alone: in a test they do not depend on the others in its batch. */
static void check_parts(Words *batch)
{
    size_t rows = batch->at[0];
    Words whole = tested_rows(batch, 0, rows);
    for (size_t row = 0; row < rows; row++) {
        Words part = tested_rows(batch, row, 1);
        if (!is_row(&part, &whole, row, rows))
            stop("a sample alone gives other results than in its batch");
        free(part.at);
    }
    free(whole.at);
}

static void check_threads(Words *batch, const Words *whole)
{
    Words results = run_batch(batch, 2, 3);
    if (results.count != whole->count || memcmp(results.at, whole->at, 4 * whole->count) != 0)
        stop("two threads give other results than one");
    free(results.at);
}

static Words read_batch(const char *path)
{
    Words batch = words_new();
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        stop("cannot read the batch");
    batch.count = fread(batch.at, 4, MAX_WORDS, file);
    fclose(file);
    if (batch.count == 0)
        stop("the batch is empty");
    return batch;
}

/* ---- a batch of its own ---- */

static void put_word(Words *words, uint32_t word)
{
    put_all(words, &word, 1);
}

/* In -size .. size; from 0 on, if not `both`. */
static void put_real(Words *words, float size, bool both)
{
    float number = snn_uniform(1, (uint32_t)words->count);
    number = both ? (2.0f * number - 1.0f) * size : number * size;
    put_all(words, &number, 1);
}

static void make_settings(Words *batch)
{
    const SnnRun run = {.rows = 5,
                        .seed = 3,
                        .epoch = 2,
                        .lr = 0.01f,
                        .step = 3.0f,
                        .scale = 0.5f,
                        .epoch_now = 2.0f,
                        .epochs = 5.0f,
                        .batch_now = 1.0f,
                        .batches = 7.0f,
                        .training = 1.0f};
    put_all(batch, &run.rows, 1);
    put_all(batch, &run.seed, 1);
    put_all(batch, &run.epoch, 1);
    put_all(batch, &run.lr, 1);
    put_all(batch, &run.step, 1);
    put_all(batch, &run.scale, 1);
    put_all(batch, &run.epoch_now, 1);
    put_all(batch, &run.epochs, 1);
    put_all(batch, &run.batch_now, 1);
    put_all(batch, &run.batches, 1);
    put_all(batch, &run.training, 1);
}

/* Weights are as large as lets some neurons spike; what the optimiser has seen is small. */
static void make_param(Words *batch, const SnnParam *param)
{
    bool matrix = param->matrix;
    for (size_t k = 0; k < param_size(param); k++)
        put_real(batch,
                 matrix ? 3.0f / sqrtf((float)(param_size(param) / (size_t)param->dims[param->ndim - 1]))
                        : 1.0f,
                 matrix);
    for (int s = 0; s < param->states; s++)
        for (size_t k = 0; k < param_size(param); k++)
            put_real(batch, 0.01f, false);
}

static Words make_batch(void)
{
    Words batch = words_new();
    make_settings(&batch);
    uint32_t rows = batch.at[0], classes = (uint32_t)description.data.classes;
    for (uint32_t row = 0; description.at.label != 0 && row < rows * label_size(); row++)
        put_word(&batch, (7 * row + 1) % classes);
    for (size_t k = 0; description.at.target != 0 && k < rows * target_size(); k++)
        put_real(&batch, 1.0f, false);
    for (uint32_t k = 0; description.at.present != 0 && k < rows * (uint32_t)description.steps; k++) {
        float present =
            k % (uint32_t)description.steps <= 3 * (k / (uint32_t)description.steps) ? 1.0f : 0.0f;
        put_all(&batch, &present, 1);
    }
    for (uint32_t row = 0; row < rows; row++)
        put_word(&batch, 11 * row);
    for (size_t k = 0; k < rows * input_size(); k++) {
        float spike = snn_uniform(1, (uint32_t)k) < 0.3f ? 1.0f : 0.0f;
        if (description.at.spikes != 0)
            put_all(&batch, &spike, 1);
        else
            put_real(&batch, 1.0f, false);
    }
    for (int p = 0; p < description.tables.param_count; p++)
        make_param(&batch, &description.tables.params[p]);
    return batch;
}

int main(int argc, char **argv)
{
    bool together = argc == 4 && strcmp(argv[3], "--together") == 0;
    if (argc != 3 && !together)
        stop("usage: harness BATCH RESULTS [--together: the loss of a sample depends on the others, in "
             "tests, too]");
    Words batch = strcmp(argv[1], "-") == 0 ? make_batch() : read_batch(argv[1]);
    Words results = run_batch(&batch, 1, 0);
    check_threads(&batch, &results);
    if (description.at.loss != 0 && !together)
        check_parts(&batch);
    FILE *file = fopen(argv[2], "wb");
    if (file == NULL || fwrite(results.at, 4, results.count, file) != results.count || fclose(file) != 0)
        stop("cannot write the results");
    free(results.at);
    free(batch.at);
    return EXIT_SUCCESS;
}
