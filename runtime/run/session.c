/* One opened network: its buffers, its threads, its samples. */
#include "snn_session.h"
#include "snn_augment.h"
#include "snn_health.h"
#include "snn_interrupt.h"
#include "snn_model.h"

#include <string.h>

bool snn_session_open(SnnSession *session, SnnModel *model, int batch, int threads, SnnError *error)
{
    *session = (SnnSession){.model = model, .batch = batch};
    if (!snn_model_open(model, (size_t)batch)) {
        snn_model_close(model);
        return snn_fail(error, "no memory (batch of %d samples): try a smaller --batch", batch);
    }
    session->net = model->net;
    session->pool = snn_pool_open(threads);
    if (session->pool != NULL)
        return true;
    snn_session_close(session);
    return snn_fail(error, "cannot start %d threads: try a smaller --threads", threads);
}

void snn_session_close(SnnSession *session)
{
    snn_pool_close(session->pool);
    snn_model_close(session->model);
    *session = (SnnSession){0};
}

typedef struct SessionLoad {
    SnnModel *model;
    SnnAugment augment; /* while the network learns */
    const SnnDataset *data;
    const int32_t *order;
    int32_t start;
} SessionLoad;

/* Those of this sample, counted. */
static void session_count_events(float *restrict into, const SnnDataset *data, int32_t sample)
{
    memset(into, 0, (size_t)data->width * sizeof *into);
    for (int64_t i = snn_dataset_first_event(data, sample); i < data->ends[sample]; i++)
        into[data->events[i]] += 1.0f;
}

static void session_load_reals(float *restrict into, const SnnDataset *data, int32_t sample)
{
    const int64_t first = sample * data->width;
    if (data->events != NULL) {
        session_count_events(into, data, sample);
        return;
    }
    if (data->reals != NULL) {
        memcpy(into, data->reals + first, (size_t)data->width * sizeof(float));
        return;
    }
    for (int64_t i = 0; i < data->width; i++)
        into[i] = (float)data->bytes[first + i] / 255.0f;
}

static void session_mark_events(uint8_t *restrict into, const SnnDataset *data, int32_t sample)
{
    memset(into, 0, (size_t)data->width);
    for (int64_t i = snn_dataset_first_event(data, sample); i < data->ends[sample]; i++)
        into[data->events[i]] = 1;
}

/* Whatever is not 0 is a spike. */
static void session_load_spikes(uint8_t *restrict into, const SnnDataset *data, int32_t sample)
{
    const int64_t first = sample * data->width;
    if (data->events != NULL) {
        session_mark_events(into, data, sample);
        return;
    }
    for (int64_t i = 0; i < data->width; i++)
        into[i] = data->reals != NULL ? data->reals[first + i] != 0.0f : data->bytes[first + i] != 0;
}

/* Samples may come without. */
static void session_load_target(float *restrict into, const SnnDataset *data, int32_t row, int32_t sample)
{
    size_t bytes = (size_t)data->target_width * sizeof *into;
    if (data->targets != NULL)
        memcpy(into + row * data->target_width, data->targets + sample * data->target_width, bytes);
}

static void session_load_input(const SessionLoad *load, int32_t row, int32_t sample)
{
    const SnnDataset *data = load->data;
    const SnnModel *model = load->model;
    const SnnAugment *augment = &load->augment;
    bool changes = augment->time > 0 || augment->channels > 0 || augment->mask > 0;
    uint32_t seed = model->run->seed, epoch = model->run->epoch;
    if (model->input != NULL) {
        session_load_reals(model->input + row * data->width, data, sample);
        if (changes)
            snn_augment_run(augment, model->input + row * data->width, sizeof *model->input,
                            data->events == NULL, seed, epoch, sample);
    }
    if (model->spikes != NULL) {
        session_load_spikes(model->spikes + row * data->width, data, sample);
        if (changes)
            snn_augment_run(augment, model->spikes + row * data->width, sizeof *model->spikes, false, seed,
                            epoch, sample);
    }
}

/* Samples may come without. */
static void session_load_label(int32_t *into, const SnnDataset *data, const SnnModel *model, int32_t row,
                               int32_t sample)
{
    int steps = model->data.label_steps;
    if (steps == 0)
        into[row] = data->labels == NULL ? 0 : data->labels[sample];
    for (int64_t t = 0; t < steps; t++)
        into[row * (int64_t)steps + t] =
            data->labels == NULL ? -1 : data->labels[sample * (int64_t)steps + t];
}

/* A sample that begins later ends later. */
static void session_load_present(const SessionLoad *load, int32_t row, int32_t sample)
{
    const SnnModel *model = load->model;
    int64_t length = snn_dataset_length(load->data, model, sample);
    length += snn_augment_shift(&load->augment, model->run->seed, model->run->epoch, sample);
    uint8_t *into = model->present + row * (int64_t)model->steps;
    for (int t = 0; t < model->steps; t++)
        into[t] = t == 0 || t < length;
}

static void session_load_rows(void *context, int32_t first, int32_t last)
{
    const SessionLoad *load = context;
    const SnnDataset *data = load->data;
    SnnModel *model = load->model;
    for (int32_t row = first; row < last; row++) {
        int32_t sample = load->order == NULL ? load->start + row : load->order[load->start + row];
        model->sample[row] = sample;
        if (model->label != NULL)
            session_load_label(model->label, data, model, row, sample);
        if (model->present != NULL)
            session_load_present(load, row, sample);
        if (model->target != NULL)
            session_load_target(model->target, data, row, sample);
        session_load_input(load, row, sample);
    }
}

void snn_session_load(SnnSession *session, const SnnDataset *data, const int32_t *order, int32_t first,
                      int32_t rows)
{
    SessionLoad load = {.model = session->model, .data = data, .order = order, .start = first};
    if (session->model->run->epoch != SNN_TEST_EPOCH)
        load.augment = snn_augment_of(session->model);
    snn_parallel(session->pool, session_load_rows, &load, rows);
    session->model->run->rows = rows;
}

void snn_session_expect(const SnnDataset *data, const int32_t *order, int64_t first, int32_t most,
                        int32_t count)
{
    for (int64_t i = first; data->store.filed && i < count && i < first + most; i++)
        snn_dataset_expect(data, order == NULL ? (int32_t)i : order[i]);
}

static void session_learns(SnnModel *model)
{
    model->evaluated = false;
    model->run->training = 1.0f;
}

void snn_session_forward(SnnSession *session)
{
    session_learns(session->model);
    session->model->forward(session->net, session->pool);
}

void snn_session_backward(SnnSession *session)
{
    session_learns(session->model);
    session->model->backward(session->net, session->pool);
}

void snn_session_evaluate(SnnSession *session)
{
    SnnModel *model = session->model;
    model->evaluated = model->evaluate != NULL;
    model->run->training = 0.0f;
    (model->evaluated ? model->evaluate : model->forward)(session->net, session->pool);
}

bool snn_session_test(SnnSession *session, const SnnPart *part, uint32_t seed, bool watch, SnnScore *score)
{
    SnnModel *model = session->model;
    *score = (SnnScore){0};
    model->run->seed = seed;
    model->run->epoch = SNN_TEST_EPOCH;
    for (int32_t first = 0; first < part->count; first += session->batch) {
        int32_t left = part->count - first, rows = left < session->batch ? left : session->batch;
        snn_session_load(session, part->data, part->samples, first, rows);
        snn_session_expect(part->data, part->samples, (int64_t)first + rows, session->batch, part->count);
        snn_session_evaluate(session);
        if (!snn_forward_is_finite(session)) {
            snn_describe_non_finite(model, &session->wrong);
            return false;
        }
        snn_score_add(score, model);
        if (session->rates != NULL)
            snn_rates_add(session->rates);
        if (watch && snn_interrupt_pending())
            return false;
    }
    snn_score_divide(score, model, part->count);
    return true;
}
