/* What the network makes of a test set, counted sample by sample. */
#ifndef SNN_TALLY_H
#define SNN_TALLY_H

#include "snn_chart.h"
#include "snn_session.h"

enum { SNN_TALLY_CLASSES = 64 };

typedef struct SnnTally {
    const SnnModel *model;
    int classes;         /* of the matrix; 0: there are none, or too many to show */
    int64_t *matrix;     /* [label][predicted] */
    SnnHistogram *rates; /* by stream: spikes a unit and step of each sample */
    SnnScore score;
    int64_t samples;
} SnnTally;

/* Samples have labels, or not. */
bool snn_tally_open(SnnTally *tally, const SnnModel *model, bool labels, SnnError *error);
void snn_tally_close(SnnTally *tally);
/* The first prediction that is one of the classes; NULL: none is. */
const SnnPrediction *snn_tally_prediction(const SnnModel *model);
/* The batch in the network. */
void snn_tally_add(SnnTally *tally);
void snn_tally_write_score(FILE *page, const SnnTally *tally);
void snn_tally_write_matrix(FILE *page, const SnnTally *tally);
/* Whether there is a rate to write. */
bool snn_tally_has_rates(const SnnTally *tally);
void snn_tally_write_rates(FILE *page, const SnnTally *tally);

#endif
