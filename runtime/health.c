/* Whether the numbers of a training are still numbers. */
#include "snn_internal.h"

#include <math.h>
#include <string.h>

/* A float is not finite if its exponent has all bits set; as integers, so that the loop vectorises. */
bool snn_finite(const float *values, int64_t count)
{
    uint32_t found = 0;
    for (int64_t i = 0; values != NULL && i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
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

bool snn_batch_is_finite(const SnnModel *model, int32_t rows)
{
    bool finite = snn_finite(model->loss, rows);
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

static const char *health_word(const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (isnan(values[i]))
            return "NaN";
    return "infinity";
}

static bool health_stream(const SnnStream *stream, int32_t rows, SnnError *where)
{
    int64_t count = stream->values == NULL ? 0 : rows * stream->per_sample;
    if (snn_finite(stream->values, count))
        return true;
    return snn_fail(where, "%s in `%s` (%s)", health_word(stream->values, count), stream->name,
                    stream->about);
}

static bool health_array(const char *what, const float *values, const SnnParam *param, SnnError *where)
{
    int64_t count = snn_param_size(param);
    if (snn_finite(values, count))
        return true;
    return snn_fail(where, "%s in %s`%s` (%s)", health_word(values, count), what, param->name, param->about);
}

void snn_describe_non_finite(const SnnModel *model, int32_t rows, SnnError *where)
{
    bool finite = true;
    for (int i = 0; finite && i < model->param_count; i++)
        finite = health_array("", model->params[i].value, &model->params[i], where);
    for (int i = 0; finite && i < model->stream_count; i++)
        finite = health_stream(&model->streams[i], rows, where);
    if (finite && !snn_finite(model->loss, rows))
        finite = snn_fail(where, "%s in the loss", health_word(model->loss, rows));
    for (int i = 0; finite && i < model->param_count; i++)
        finite = health_array("the gradient of ", model->params[i].gradient, &model->params[i], where);
}
