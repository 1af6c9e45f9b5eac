/* Whether the numbers of a training are still numbers. */
#include "snn_health.h"
#include "snn_param.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* A float is not finite if its exponent has all bits set; as integers, so that the loop vectorises. */
bool snn_finite(const void *floats, int64_t count)
{
    const unsigned char *at = floats;
    uint32_t found = 0;
    for (int64_t i = 0; at != NULL && i < count; i++) {
        uint32_t bits;
        memcpy(&bits, at + 4 * i, sizeof bits);
        found |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return found == 0;
}

/* Eight sums, so that the additions need not wait for each other; always in the same order. */
static double health_squares(const float *values, int64_t count)
{
    double sums[8] = {0.0}, total = 0.0;
    for (int64_t i = 0; i < count; i++)
        sums[i % 8] += (double)values[i] * (double)values[i];
    for (int i = 0; i < 8; i++)
        total += sums[i];
    return total;
}

double snn_gradient_norm(const SnnModel *model)
{
    double sum = 0.0;
    for (int i = 0; i < model->param_count; i++)
        if (snn_param_learns(&model->params[i]))
            sum += health_squares(model->params[i].gradient, snn_param_size(&model->params[i]));
    return sqrt(sum);
}

bool snn_gradients_are_finite(const SnnModel *model)
{
    bool finite = true;
    for (int i = 0; finite && i < model->param_count; i++)
        finite = snn_finite(model->params[i].gradient, snn_param_size(&model->params[i]));
    return finite;
}

bool snn_params_are_finite(const SnnModel *model)
{
    bool finite = true;
    for (int i = 0; finite && i < model->param_count; i++)
        finite = snn_finite(model->params[i].value, snn_param_size(&model->params[i]));
    return finite;
}

typedef struct HealthRows {
    const SnnModel *model;
    atomic_bool bad;
} HealthRows;

static void health_rows(void *context, int32_t first, int32_t last)
{
    HealthRows *rows = context;
    const SnnModel *model = rows->model;
    bool finite = model->loss == NULL || snn_finite(model->loss + first, last - first);
    if (model->scores != NULL)
        finite = snn_finite(model->scores + (int64_t)first * model->data.classes,
                            (int64_t)(last - first) * model->data.classes)
                 && finite;
    for (int i = 0; finite && i < model->watch_count; i++) {
        int64_t size = model->watches[i].per_sample;
        finite = snn_finite(model->watches[i].values + first * size, (last - first) * size);
    }
    if (!finite)
        atomic_store(&rows->bad, true);
}

bool snn_forward_is_finite(const SnnSession *session)
{
    HealthRows rows = {.model = session->model};
    snn_parallel(session->pool, health_rows, &rows, session->model->run->rows);
    return !atomic_load(&rows.bad);
}

/* ---- what and where ------------------------------------------------------------------------------- */

static const char *health_word(const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (isnan(values[i]))
            return "NaN";
    return "infinity";
}

/* True if all rows are finite; else says what is not, and the sample of the first row. `traces`: NaN stands
 * for infinity, too. */
static bool health_batch(const SnnModel *model, const float *values, int64_t per_sample, bool traces,
                         const char *what, SnnError *where)
{
    for (int32_t row = 0; values != NULL && row < model->run->rows; row++) {
        const float *at = values + row * per_sample;
        if (!snn_finite(at, per_sample))
            return snn_fail(where, "%s in %s, sample %d",
                            traces ? "NaN or infinity" : health_word(at, per_sample), what,
                            model->sample[row]);
    }
    return true;
}

static bool health_watch(const SnnModel *model, const SnnWatch *watch, SnnError *where)
{
    const SnnStream *stream = &model->streams[watch->stream];
    char what[400];
    if (watch->state != NULL)
        snprintf(what, sizeof what, "the state `%.80s` of `%.80s` (%.120s, %.80s:%d)", watch->state,
                 stream->name, stream->about, model->source, stream->line);
    else
        snprintf(what, sizeof what, "what `%.80s` compares (%.120s, %.80s:%d)", stream->name, stream->about,
                 model->source, stream->line);
    return health_batch(model, watch->values, watch->per_sample, watch->state == NULL, what, where);
}

/* The layer's own values, where they are kept, then its states. */
static bool health_layer(const SnnModel *model, int layer, SnnError *where)
{
    const SnnStream *stream = &model->streams[layer];
    char what[400];
    snprintf(what, sizeof what, "`%.80s` (%.120s, %.80s:%d)", stream->name, stream->about, model->source,
             stream->line);
    bool finite = health_batch(model, stream->values, stream->per_sample, false, what, where);
    for (int i = 0; finite && i < model->watch_count; i++)
        if (model->watches[i].stream == layer)
            finite = health_watch(model, &model->watches[i], where);
    return finite;
}

static bool health_param(const SnnModel *model, const char *what, const float *values, const SnnParam *param,
                         SnnError *where)
{
    int64_t count = snn_param_size(param);
    return snn_finite(values, count)
           || snn_fail(where, "%s in %s`%.80s` (%.120s, %.80s:%d)", health_word(values, count), what,
                       param->name, param->about, model->source, param->line);
}

void snn_describe_non_finite(const SnnModel *model, SnnError *where)
{
    bool finite = true;
    for (int i = 0; finite && i < model->param_count; i++)
        finite = health_param(model, "", model->params[i].value, &model->params[i], where);
    for (int i = 0; finite && i < model->stream_count; i++)
        finite = health_layer(model, i, where);
    finite = finite && health_batch(model, model->scores, model->data.classes, false, "the scores", where);
    finite = finite && health_batch(model, model->loss, 1, false, "the loss", where);
    for (int i = 0; finite && i < model->param_count; i++)
        finite = health_param(model, "the gradient of ", model->params[i].gradient, &model->params[i], where);
}
