/* Histograms of parameters. Their first values are made once more from the seed, over a copy of what they are now. */
#include "snn_spread.h"
#include "snn_chart.h"
#include "snn_param.h"
#include "snn_random.h"

#include <stdlib.h>
#include <string.h>

enum { SPREAD_SHOWN = 48 };

static int64_t spread_count(const SnnModel *model)
{
    int64_t count = 0;
    for (int i = 0; i < model->param_count; i++)
        count += snn_param_size(&model->params[i]);
    return count;
}

/* All parameters, one behind the other: into `numbers`, or from there. */
static void spread_copy(const SnnModel *model, float *numbers, bool into)
{
    for (int i = 0; i < model->param_count; i++) {
        const SnnParam *param = &model->params[i];
        size_t size = (size_t)snn_param_size(param);
        memcpy(into ? numbers : param->value, into ? param->value : numbers, size * sizeof *numbers);
        numbers += size;
    }
}

static void spread_range(const float *numbers, int64_t count, double *low, double *high)
{
    for (int64_t i = 0; i < count; i++) {
        *low = (double)numbers[i] < *low ? (double)numbers[i] : *low;
        *high = (double)numbers[i] > *high ? (double)numbers[i] : *high;
    }
}

static void spread_fill(SnnHistogram *histogram, const float *numbers, int64_t count, double low, double high)
{
    snn_histogram_begin(histogram, low, high);
    for (int64_t i = 0; i < count; i++)
        snn_histogram_add(histogram, (double)numbers[i]);
}

static void spread_param(FILE *page, const SnnParam *param, const float *now, const float *first)
{
    char title[200];
    SnnHistogram histogram, before;
    int64_t count = snn_param_size(param);
    double low = (double)now[0], high = low;
    spread_range(now, count, &low, &high);
    spread_range(first, count, &low, &high);
    spread_fill(&histogram, now, count, low, high);
    spread_fill(&before, first, count, low, high);
    snprintf(title, sizeof title, "%.80s: %lld, mean %.3g, was %.3g", param->name, (long long)count,
             histogram.sum / (double)count, before.sum / (double)count);
    snn_chart_histogram(page, title, &histogram, &before);
}

static void spread_write(FILE *page, const SnnModel *model, const float *now, const float *first)
{
    int shown = 0;
    for (int i = 0; i < model->param_count; i++) {
        const SnnParam *param = &model->params[i];
        if (snn_param_learns(param) && shown++ < SPREAD_SHOWN)
            spread_param(page, param, now, first);
        now += snn_param_size(param);
        first += snn_param_size(param);
    }
    if (shown > SPREAD_SHOWN)
        fprintf(page, "<p>and %d more</p>\n", shown - SPREAD_SHOWN);
}

bool snn_spread_write(FILE *page, SnnSession *session, uint32_t seed)
{
    SnnModel *model = session->model;
    size_t count = (size_t)spread_count(model);
    float *now = malloc((count + 1) * sizeof *now), *first = malloc((count + 1) * sizeof *first);
    bool ok = now != NULL && first != NULL;
    if (ok) {
        spread_copy(model, now, true);
        model->run->seed = seed;
        model->run->epoch = SNN_INIT_EPOCH;
        model->init(model->net, session->pool);
        spread_copy(model, first, true);
        spread_copy(model, now, false);
        spread_write(page, model, now, first);
    }
    free(now);
    free(first);
    return ok;
}
