/* How well a network does on samples. */
#include "snn_score.h"

/* The share of the steps with a label for which the prediction is right. */
static double score_of_steps(const SnnModel *model, const SnnPrediction *prediction, int32_t row)
{
    const int64_t first = (int64_t)row * prediction->steps;
    int right = 0, labelled = 0;
    for (int t = 0; t < prediction->steps; t++) {
        int32_t label = model->label[first + t];
        labelled += label >= 0;
        right += label >= 0 && prediction->predicted[first + t] == label;
    }
    return labelled > 0 ? (double)right / labelled : 0.0;
}

static bool score_is_unlabelled(const SnnModel *model, int32_t row)
{
    int steps = model->data.label_steps;
    for (int t = 0; t < steps; t++)
        if (model->label[(int64_t)row * steps + t] >= 0)
            return false;
    return steps > 0;
}

static double score_of_row(const SnnModel *model, const SnnMetric *metric, int32_t row)
{
    if (metric->values != NULL)
        return (double)metric->values[row];
    const SnnPrediction *prediction = &model->predictions[metric->prediction];
    return prediction->steps > 0 ? score_of_steps(model, prediction, row)
                                 : prediction->predicted[row] == model->label[row];
}

void snn_score_add(SnnScore *sums, const SnnModel *model)
{
    for (int32_t row = 0; row < model->run->rows; row++) {
        sums->loss += model->train != NULL ? (double)model->loss[row] : 0.0;
        sums->unlabelled += score_is_unlabelled(model, row);
        for (int i = 0; i < model->metric_count; i++)
            sums->metrics[i] += score_of_row(model, &model->metrics[i], row);
    }
}

void snn_score_divide(SnnScore *sums, const SnnModel *model, int64_t samples)
{
    sums->loss /= (double)samples;
    for (int i = 0; i < model->metric_count; i++) {
        const SnnMetric *metric = &model->metrics[i];
        bool of_steps = metric->values == NULL && model->predictions[metric->prediction].steps > 0;
        int64_t counted = samples - (of_steps ? sums->unlabelled : 0);
        sums->metrics[i] /= (double)(counted > 0 ? counted : 1);
    }
}

/* Of the metrics; -1: the loss. */
static int score_metric(const SnnModel *model, int which)
{
    return model->train != NULL ? which - 1 : which;
}

const char *snn_score_name(const SnnModel *model, int which)
{
    int metric = score_metric(model, which);
    if (metric >= model->tables.metric_count)
        return NULL;
    return metric < 0 ? "loss" : model->tables.metrics[metric].name;
}

double snn_score_value(const SnnModel *model, const SnnScore *score, int which)
{
    int metric = score_metric(model, which);
    return metric < 0 ? score->loss : score->metrics[metric];
}

bool snn_score_rises(const SnnModel *model, int which)
{
    int metric = score_metric(model, which);
    return metric >= 0 && model->tables.metrics[metric].at == 0;
}

void snn_score_print(const SnnModel *model, const SnnScore *score)
{
    int first = model->train != NULL && model->tables.metric_count > 0;
    for (int i = first; snn_score_name(model, i) != NULL; i++)
        printf("test %s: %.4f\n", snn_score_name(model, i), snn_score_value(model, score, i));
}
