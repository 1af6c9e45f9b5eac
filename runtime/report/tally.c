/* Counts over a test set: which class is taken for which, and how often layers fire. */
#include "snn_tally.h"
#include "snn_rates.h"

#include <stdlib.h>
#include <string.h>

const SnnPrediction *snn_tally_prediction(const SnnModel *model)
{
    for (int i = 0; i < model->prediction_count; i++)
        if (model->predictions[i].predicted != NULL && model->predictions[i].size == model->data.classes
            && (model->predictions[i].steps > 0) == (model->data.label_steps > 0))
            return &model->predictions[i];
    return NULL;
}

bool snn_tally_open(SnnTally *tally, const SnnModel *model, bool labels, SnnError *error)
{
    bool classes = labels && snn_tally_prediction(model) != NULL && model->data.classes <= SNN_TALLY_CLASSES;
    *tally = (SnnTally){.model = model, .classes = classes ? model->data.classes : 0};
    tally->matrix = calloc((size_t)tally->classes * (size_t)tally->classes + 1, sizeof *tally->matrix);
    tally->rates = calloc((size_t)model->stream_count + 1, sizeof *tally->rates);
    if (tally->matrix == NULL || tally->rates == NULL)
        return snn_fail(error, "no memory (report)");
    for (int i = 0; i < model->stream_count; i++)
        snn_histogram_begin(&tally->rates[i], 0.0, 1.0 / 256.0);
    return true;
}

void snn_tally_close(SnnTally *tally)
{
    free(tally->matrix);
    free(tally->rates);
    *tally = (SnnTally){0};
}

/* Whether training counts what fires in it, or in the layer of the same name that it has instead. */
static bool tally_is_counted(const SnnModel *model, const SnnStream *layer)
{
    for (int i = 0; i < model->stream_count; i++)
        if (model->streams[i].activity != NULL && strcmp(model->streams[i].name, layer->name) == 0)
            return true;
    return false;
}

/* Of a layer that is run by what ran last. Where tests run another network, nothing counts there, but spikes are kept. */
static bool tally_has_rate(const SnnModel *model, const SnnStream *layer)
{
    return snn_rates_has(model, layer) && (layer->activity != NULL || tally_is_counted(model, layer));
}

void snn_tally_add(SnnTally *tally)
{
    const SnnModel *model = tally->model;
    const SnnPrediction *prediction = snn_tally_prediction(model);
    int32_t rows = model->run->rows;
    int32_t said = prediction == NULL || tally->classes == 0 ? 0 : rows;
    said *= said > 0 && prediction->steps > 0 ? prediction->steps : 1;
    for (int32_t i = 0; i < said; i++)
        if (model->label[i] >= 0)
            tally->matrix[model->label[i] * tally->classes + prediction->predicted[i]]++;
    for (int i = 0; i < model->stream_count; i++)
        for (int32_t row = 0; row < rows && tally_has_rate(model, &model->streams[i]); row++)
            snn_histogram_grow(&tally->rates[i], snn_rates_of_sample(&model->streams[i], row));
    snn_score_add(&tally->score, model);
    tally->samples += rows;
}

void snn_tally_write_score(FILE *page, const SnnTally *tally)
{
    const char *name;
    SnnScore score = tally->score;
    snn_score_divide(&score, tally->model, tally->samples);
    fprintf(page, "<dt>test samples</dt><dd>%lld</dd>\n", (long long)tally->samples);
    for (int i = 0; (name = snn_score_name(tally->model, i)) != NULL; i++) {
        fputs("<dt>test ", page);
        snn_chart_text(page, name);
        fprintf(page, "</dt><dd>%.4f</dd>\n", snn_score_value(tally->model, &score, i));
    }
}

/* Its share of the label's samples as the strength of its colour. */
static void tally_cell(FILE *page, int64_t count, int64_t all, bool right)
{
    double share = all == 0 ? 0.0 : (double)count / (double)all;
    if (count == 0)
        fputs("<td></td>", page);
    else
        fprintf(page, "<td class=\"%s%s\" style=\"--share:%.3f\">%lld</td>", right ? "right" : "wrong",
                share > 0.5 ? " much" : "", share, (long long)count);
}

void snn_tally_write_matrix(FILE *page, const SnnTally *tally)
{
    int classes = tally->classes;
    fputs("<table class=\"matrix\">\n<tr><th>label</th>", page);
    for (int k = 0; k < classes; k++)
        fprintf(page, "<th>%d</th>", k);
    fputs("<th>right</th></tr>\n", page);
    for (int label = 0; label < classes; label++) {
        const int64_t *row = tally->matrix + label * classes;
        int64_t all = 0;
        for (int k = 0; k < classes; k++)
            all += row[k];
        fprintf(page, "<tr><th>%d</th>", label);
        for (int k = 0; k < classes; k++)
            tally_cell(page, row[k], all, k == label);
        fprintf(page, "<td class=\"sum\">%.1f %%</td></tr>\n",
                all == 0 ? 0.0 : 100.0 * (double)row[label] / (double)all);
    }
    fputs("</table>\n", page);
}

bool snn_tally_has_rates(const SnnTally *tally)
{
    for (int i = 0; i < tally->model->stream_count; i++)
        if (tally->rates[i].count > 0)
            return true;
    return false;
}

void snn_tally_write_rates(FILE *page, const SnnTally *tally)
{
    const SnnModel *model = tally->model;
    for (int i = 0; i < model->stream_count; i++) {
        char title[200];
        const SnnHistogram *rates = &tally->rates[i];
        if (rates->count == 0)
            continue;
        double mean = rates->sum / (double)rates->count;
        int used = snprintf(title, sizeof title, "%.80s: %.4f", model->streams[i].name, mean);
        if (model->dt > 0.0f && used < (int)sizeof title)
            snprintf(title + used, sizeof title - (size_t)used, ", %.3g Hz", mean / (double)model->dt * 1e3);
        snn_chart_histogram(page, title, rates, NULL);
    }
}
