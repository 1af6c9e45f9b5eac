/* Rates of a test, as one line of JSON. */
#include "snn_rates.h"
#include "snn_json.h"
#include "snn_output.h"

#include <stdlib.h>

#define RATES_BEGIN "{\"firing_rate\": "

bool snn_rates_has(const SnnModel *model, const SnnStream *stream)
{
    return stream->evaluated == model->evaluated && (stream->activity != NULL || stream->fired != NULL);
}

double snn_rates_of_sample(const SnnStream *stream, int32_t row)
{
    if (stream->activity != NULL)
        return (double)stream->activity[row] / ((double)stream->steps * stream->size);
    int64_t line = (int64_t)stream->size + stream->padding, steps = stream->per_sample / line, spikes = 0;
    const uint8_t *fired = stream->fired + row * stream->per_sample;
    for (int64_t t = 0; t < steps; t++, fired += line)
        for (int i = 0; i < stream->size; i++)
            spikes += fired[i];
    return (double)spikes / ((double)steps * stream->size);
}

bool snn_rates_open(SnnRates *rates, const SnnModel *model, SnnError *error)
{
    *rates = (SnnRates){.model = model};
    rates->sums = calloc((size_t)model->stream_count + 1, sizeof *rates->sums);
    return rates->sums != NULL || snn_fail(error, "no memory (--rates)");
}

void snn_rates_close(SnnRates *rates)
{
    free(rates->sums);
    *rates = (SnnRates){0};
}

void snn_rates_add(SnnRates *rates)
{
    const SnnModel *model = rates->model;
    for (int i = 0; i < model->stream_count; i++)
        for (int32_t row = 0; row < model->run->rows && snn_rates_has(model, &model->streams[i]); row++)
            rates->sums[i] += snn_rates_of_sample(&model->streams[i], row);
    rates->samples += model->run->rows;
}

static void rates_write_all(FILE *file, const SnnRates *rates)
{
    const SnnModel *model = rates->model;
    const char *comma = "";
    fputs(RATES_BEGIN "{", file);
    for (int i = 0; i < model->stream_count; i++) {
        if (!snn_rates_has(model, &model->streams[i]))
            continue;
        fputs(comma, file);
        comma = ", ";
        snn_json_write_string(file, model->streams[i].name);
        fputs(": ", file);
        snn_json_write_number(file, rates->sums[i] / (double)rates->samples);
    }
    fprintf(file, "}, \"samples\": %lld}\n", (long long)rates->samples);
}

bool snn_rates_write(const SnnRates *rates, const char *path, SnnError *error)
{
    SnnOutput output;
    if (!snn_output_begins(path, RATES_BEGIN))
        return snn_fail(error, "would overwrite (%s): it is no rates; give another --rates FILE", path);
    if (!snn_output_open_any(&output, path, error))
        return false;
    rates_write_all(output.stream, rates);
    return snn_output_commit(&output, error);
}
