/* One opened network: its buffers, its threads, its samples. */
#include "snn_internal.h"
#include "snn_random.h"

#include <signal.h>
#include <string.h>

/* Where random numbers are used that belong to no sample: in the place of an epoch or of a sample. */
#define SESSION_INIT_EPOCH 0xFFFFFFFEu
#define SESSION_ORDER_SAMPLE 0xFFFFFFFFu

int64_t snn_param_size(const SnnParam *param)
{
    int64_t size = 1;
    for (int i = 0; i < param->ndim; i++)
        size *= param->dims[i];
    return size;
}

bool snn_param_learns(const SnnParam *param)
{
    return param->gradient != NULL;
}

bool snn_session_open(SnnSession *session, SnnModel *model, int batch, int threads, SnnError *error)
{
    *session = (SnnSession){.model = model, .batch = batch};
    session->net = snn_alloc(1, model->net_bytes);
    if (session->net == NULL || !model->open(model, session->net, batch)) {
        if (session->net != NULL)
            model->close(session->net);
        snn_free(session->net);
        return snn_fail(error, "no memory (batch of %d samples): try a smaller --batch", batch);
    }
    session->pool = snn_pool_open(threads);
    if (session->pool != NULL)
        return true;
    snn_session_close(session);
    return snn_fail(error, "cannot start %d threads: try a smaller --threads", threads);
}

void snn_session_close(SnnSession *session)
{
    snn_pool_close(session->pool);
    session->model->close(session->net);
    snn_free(session->net);
    *session = (SnnSession){0};
}

static void session_initialise_param(SnnParam *param, uint32_t key)
{
    int64_t size = snn_param_size(param);
    for (int64_t i = 0; i < size; i++) {
        float random = 2.0f * snn_uniform(key, (uint32_t)i) - 1.0f;
        param->value[i] = param->constant ? param->init : random * param->init;
    }
    for (int s = 0; s < param->states; s++)
        for (int64_t i = 0; i < size; i++)
            param->state[s][i] = param->state_init[s];
}

void snn_session_initialise(SnnSession *session, uint32_t seed)
{
    SnnModel *model = session->model;
    for (int p = 0; p < model->param_count; p++)
        session_initialise_param(&model->params[p], snn_key(seed, SESSION_INIT_EPOCH, (uint32_t)p, 0));
}

void snn_shuffle(int32_t *order, int32_t count, uint32_t seed, uint32_t epoch)
{
    uint32_t key = snn_key(seed, epoch, SESSION_ORDER_SAMPLE, 0);
    for (int32_t i = 0; i < count; i++)
        order[i] = i;
    for (int32_t i = count - 1; i > 0; i--) {
        uint32_t random = snn_random(key, (uint32_t)i);
        int32_t j = (int32_t)((uint64_t)random * (uint64_t)(i + 1) >> 32);
        int32_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
}

typedef struct SessionLoad {
    SnnModel *model;
    const SnnDataset *data;
    const int32_t *order;
    int32_t start;
} SessionLoad;

static void session_load_reals(float *restrict into, const SnnDataset *data, int64_t first)
{
    if (data->reals != NULL) {
        memcpy(into, data->reals + first, (size_t)data->width * sizeof(float));
        return;
    }
    for (int64_t i = 0; i < data->width; i++)
        into[i] = (float)data->bytes[first + i] / 255.0f;
}

/* Whatever is not 0 is a spike. */
static void session_load_spikes(uint8_t *restrict into, const SnnDataset *data, int64_t first)
{
    for (int64_t i = 0; i < data->width; i++)
        into[i] = data->reals != NULL ? data->reals[first + i] != 0.0f : data->bytes[first + i] != 0;
}

static void session_load_rows(void *context, int32_t first, int32_t last)
{
    const SessionLoad *load = context;
    const SnnDataset *data = load->data;
    SnnModel *model = load->model;
    for (int32_t row = first; row < last; row++) {
        int32_t sample = load->order == NULL ? load->start + row : load->order[load->start + row];
        model->sample[row] = sample;
        model->label[row] = data->labels == NULL ? 0 : data->labels[sample];
        if (model->input != NULL)
            session_load_reals(model->input + row * data->width, data, sample * data->width);
        if (model->spikes != NULL)
            session_load_spikes(model->spikes + row * data->width, data, sample * data->width);
    }
}

void snn_session_load(SnnSession *session, const SnnDataset *data, const int32_t *order, int32_t first,
                      int32_t rows)
{
    SessionLoad load = {session->model, data, order, first};
    snn_parallel(session->pool, session_load_rows, &load, rows);
    session->model->run->rows = rows;
}

void snn_session_count(const SnnSession *session, SnnScore *sums)
{
    const SnnModel *model = session->model;
    for (int32_t row = 0; row < model->run->rows; row++) {
        sums->loss += model->trains ? (double)model->loss[row] : 0.0;
        sums->accuracy += model->predicts && model->predicted[row] == model->label[row];
    }
}

void snn_score_print(const SnnModel *model, const SnnScore *score)
{
    if (model->predicts)
        printf("test accuracy: %.4f\n", score->accuracy);
    else
        printf("test loss: %.4f\n", score->loss);
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
        model->forward(session->net, session->pool);
        if (!snn_forward_is_finite(session)) {
            snn_describe_non_finite(model, &session->wrong);
            return false;
        }
        snn_session_count(session, score);
        if (watch && snn_interrupt_pending())
            return false;
    }
    score->loss /= part->count;
    score->accuracy /= part->count;
    return true;
}

bool snn_interrupt_block(void)
{
    struct sigaction action;
    sigset_t interrupt;
    if (sigaction(SIGINT, NULL, &action) != 0 || action.sa_handler == SIG_IGN)
        return false;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    return sigprocmask(SIG_BLOCK, &interrupt, NULL) == 0;
}

bool snn_interrupt_pending(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGINT) == 1;
}
