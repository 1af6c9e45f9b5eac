/* Rasters: time goes to the right, units go down, a mark is a spike. Of a large layer some units are shown, evenly chosen. */
#include "snn_raster.h"
#include "snn_chart.h"
#include "snn_tally.h"

enum { RASTER_UNITS = 100, RASTER_WIDTH = 340, RASTER_UNIT = 2, RASTER_LEFT = 10 };

/* Of a layer that was run by what ran last, step by step: a label, 1 for one class and 0 for the others, is no layer. */
static bool raster_is_kept(const SnnModel *model, const SnnStream *layer)
{
    int64_t line = (int64_t)layer->size + layer->padding;
    return layer->fired != NULL && !layer->part && layer->evaluated == model->evaluated
           && layer->per_sample > line;
}

/* A mark is as wide as a step, if that can be seen. */
static void raster_marks(FILE *page, const SnnStream *layer, int32_t row, int shown)
{
    int64_t line = (int64_t)layer->size + layer->padding, steps = layer->per_sample / line;
    const uint8_t *fired = layer->fired + row * layer->per_sample;
    double step = (double)RASTER_WIDTH / (double)steps, mark = step * 0.8 < 1.0 ? 1.0 : step * 0.8;
    fputs("<path class=\"spike\" d=\"M0 0", page);
    for (int k = 0; k < shown; k++)
        for (int64_t t = 0; t < steps; t++)
            if (fired[t * line + (int64_t)k * layer->size / shown] != 0)
                fprintf(page, "M%.1f %dh%.1f", RASTER_LEFT + (double)t * step, RASTER_UNIT * k + 1, mark);
    fputs("\"/>\n", page);
}

static void raster_layer(FILE *page, const SnnStream *layer, int32_t row)
{
    int shown = layer->size < RASTER_UNITS ? layer->size : RASTER_UNITS, height = RASTER_UNIT * shown;
    fputs("<figure><figcaption>", page);
    snn_chart_text(page, layer->name);
    fprintf(page, ": %d of %d units</figcaption>\n", shown, layer->size);
    fprintf(page, "<svg class=\"raster\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
            RASTER_WIDTH + 2 * RASTER_LEFT, height + 2);
    fprintf(page, "<path class=\"grid\" d=\"M%d 0v%dh%d\"/>\n", RASTER_LEFT - 2, height + 1,
            RASTER_WIDTH + 4);
    raster_marks(page, layer, row, shown);
    fputs("</svg></figure>\n", page);
}

static void raster_title(FILE *page, const SnnModel *model, int32_t row, bool labels)
{
    const SnnPrediction *prediction = snn_tally_prediction(model);
    fprintf(page, "<h3>sample %d", model->sample[row]);
    if (labels && model->data.label_steps == 0)
        fprintf(page, ", label %d", model->label[row]);
    if (prediction != NULL && prediction->steps == 0)
        fprintf(page, ", predicted %d", prediction->predicted[row]);
    fputs("</h3>\n<div class=\"charts\">\n", page);
}

static bool raster_is_any_kept(const SnnModel *model)
{
    for (int i = 0; i < model->stream_count; i++)
        if (raster_is_kept(model, &model->streams[i]))
            return true;
    return false;
}

void snn_raster_write(FILE *page, const SnnModel *model, bool labels)
{
    int32_t rows = raster_is_any_kept(model) ? model->run->rows : 0;
    for (int32_t row = 0; row < rows; row++) {
        raster_title(page, model, row, labels);
        for (int i = 0; i < model->stream_count; i++)
            if (raster_is_kept(model, &model->streams[i]))
                raster_layer(page, &model->streams[i], row);
        fputs("</div>\n", page);
    }
}
