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

/* Values of samples, in rows; behind each stands what means nothing. */
typedef struct HealthArray {
    const float *values; /* NULL: none */
    int64_t per_sample, row, padding;
} HealthArray;

static HealthArray health_array(const float *values, int64_t per_sample, int size, int padding)
{
    return (HealthArray){values, per_sample, padding > 0 ? size : per_sample, padding};
}

/* The first row of samples first .. last-1 that is not finite, or NULL. */
static const float *health_bad_row(const HealthArray *array, int64_t first, int64_t last)
{
    int64_t at = first * array->per_sample, end = last * array->per_sample;
    if (array->values == NULL || (array->padding == 0 && snn_finite(array->values + at, end - at)))
        return NULL;
    while (at < end && snn_finite(array->values + at, array->row))
        at += array->row + array->padding;
    return at < end ? array->values + at : NULL;
}

static HealthArray health_watched(const SnnModel *model, const SnnWatch *watch)
{
    return health_array(watch->values, watch->per_sample, model->streams[watch->stream].size, watch->padding);
}

/* Whether the stream was made by what ran last: forward() or evaluate(). */
static bool health_is_of_run(const SnnModel *model, int stream)
{
    return model->streams[stream].evaluated == model->evaluated;
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
    for (int i = 0; finite && i < model->prediction_count; i++) {
        HealthArray array = health_array(model->predictions[i].values, model->predictions[i].size, 0, 0);
        finite = health_bad_row(&array, first, last) == NULL;
    }
    for (int i = 0; finite && i < model->metric_count; i++) {
        HealthArray array = health_array(model->metrics[i].values, 1, 0, 0);
        finite = health_bad_row(&array, first, last) == NULL;
    }
    for (int i = 0; finite && i < model->watch_count; i++) {
        HealthArray array = health_watched(model, &model->watches[i]);
        finite =
            !health_is_of_run(model, model->watches[i].stream) || health_bad_row(&array, first, last) == NULL;
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
static bool health_batch(const SnnModel *model, HealthArray array, bool traces, const char *what,
                         SnnError *where)
{
    for (int32_t row = 0; row < model->run->rows; row++) {
        const float *bad = health_bad_row(&array, row, row + 1);
        if (bad != NULL)
            return snn_fail(where, "%s in %s, sample %d",
                            traces ? "NaN or infinity" : health_word(bad, array.row), what,
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
    return health_batch(model, health_watched(model, watch), watch->state == NULL, what, where);
}

/* The layer's own values, where they are kept, then its states. */
static bool health_layer(const SnnModel *model, int layer, SnnError *where)
{
    const SnnStream *stream = &model->streams[layer];
    char what[400];
    snprintf(what, sizeof what, "`%.80s` (%.120s, %.80s:%d)", stream->name, stream->about, model->source,
             stream->line);
    HealthArray values = health_array(stream->values, stream->per_sample, stream->size, stream->padding);
    bool finite = health_batch(model, values, false, what, where);
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

/* What is told of each sample. */
static bool health_results(const SnnModel *model, SnnError *where)
{
    bool finite = true;
    char what[120];
    for (int i = 0; finite && i < model->prediction_count; i++) {
        const SnnPrediction *prediction = &model->predictions[i];
        snprintf(what, sizeof what, "%s%s%.80s",
                 prediction->predicted != NULL ? "the scores" : "the prediction",
                 prediction->name[0] != '\0' ? " of " : "", prediction->name);
        finite =
            health_batch(model, health_array(prediction->values, prediction->size, 0, 0), false, what, where);
    }
    finite = finite && health_batch(model, health_array(model->loss, 1, 0, 0), false, "the loss", where);
    for (int i = 0; finite && i < model->metric_count; i++) {
        snprintf(what, sizeof what, "the metric `%.80s`", model->metrics[i].name);
        finite = health_batch(model, health_array(model->metrics[i].values, 1, 0, 0), false, what, where);
    }
    return finite;
}

void snn_describe_non_finite(const SnnModel *model, SnnError *where)
{
    bool finite = true;
    for (int i = 0; finite && i < model->param_count; i++)
        finite = health_param(model, "", model->params[i].value, &model->params[i], where);
    for (int i = 0; finite && i < model->stream_count; i++)
        finite = !health_is_of_run(model, i) || health_layer(model, i, where);
    finite = finite && health_results(model, where);
    for (int i = 0; finite && i < model->param_count; i++)
        finite = health_param(model, "the gradient of ", model->params[i].gradient, &model->params[i], where);
}
