/* How often streams spike in a test: for `snnc --rates`, which says what that takes. */
#ifndef SNN_RATES_H
#define SNN_RATES_H

#include "snn.h"
#include "snn_error.h"

typedef struct SnnRates {
    const SnnModel *model;
    double *sums; /* by stream: of the rates of samples */
    int64_t samples;
} SnnRates;

/* Whether the stream's spikes are there, after what ran last. */
bool snn_rates_has(const SnnModel *model, const SnnStream *stream);
/* Spikes a unit and step of one sample of the batch in the network. */
double snn_rates_of_sample(const SnnStream *stream, int32_t row);

bool snn_rates_open(SnnRates *rates, const SnnModel *model, SnnError *error);
void snn_rates_close(SnnRates *rates);
/* The batch in the network. */
void snn_rates_add(SnnRates *rates);
/* One object of JSON. Replaces older rates only. */
bool snn_rates_write(const SnnRates *rates, const char *path, SnnError *error);

#endif
