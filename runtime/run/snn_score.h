/* How well a network does on samples. */
#ifndef SNN_SCORE_H
#define SNN_SCORE_H

#include "snn.h"

/* Sums over samples, then means. */
typedef struct SnnScore {
    double loss; /* 0 unless the model trains */
    double metrics[SNN_MAX_METRICS];
    int64_t unlabelled; /* samples of which no step has a label, where steps have labels */
} SnnScore;

/* Adds the batch in the network. */
void snn_score_add(SnnScore *sums, const SnnModel *model);
void snn_score_divide(SnnScore *sums, const SnnModel *model, int64_t samples);

/* What is measured, in its order from 0 on: the loss if the model trains, then the metrics. NULL behind the last. */
const char *snn_score_name(const SnnModel *model, int which);
double snn_score_value(const SnnModel *model, const SnnScore *score, int which);
/* Whether more of it is better: of an accuracy. */
bool snn_score_rises(const SnnModel *model, int which);
/* The lines that end `train` and `test`: the metrics, or the loss of a model that has none. */
void snn_score_print(const SnnModel *model, const SnnScore *score);

#endif
