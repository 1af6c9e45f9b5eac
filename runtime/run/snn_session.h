/* One opened network: its buffers, its threads, its samples. */
#ifndef SNN_SESSION_H
#define SNN_SESSION_H

#include "snn.h"
#include "snn_dataset.h"
#include "snn_error.h"
#include "snn_rates.h"
#include "snn_score.h"

typedef struct SnnSession {
    SnnModel *model;
    void *net;
    SnnPool *pool;
    int batch;
    SnnRates *rates; /* that snn_session_test() counts; or NULL */
    SnnError wrong;  /* why snn_session_test() gave up, "" if the user interrupted it */
} SnnSession;

bool snn_session_open(SnnSession *session, SnnModel *model, int batch, int threads, SnnError *error);
void snn_session_close(SnnSession *session);
/* Copies samples order[first] .. order[first + rows - 1] (order NULL: first, first + 1, ...) into the
 * network's input, and what goes with them; in an epoch of training as that changes them, see snn_augment.h. */
void snn_session_load(SnnSession *session, const SnnDataset *data, const int32_t *order, int32_t first,
                      int32_t rows);
/* These are loaded next: what of them is in a file is read meanwhile. */
void snn_session_expect(const SnnDataset *data, const int32_t *order, int64_t first, int32_t most,
                        int32_t count);
/* Run the network on what was loaded: as a training does, with what is to follow for gradients (of a model that is `whole`, both at
 * once), and as a test. */
void snn_session_forward(SnnSession *session);
void snn_session_backward(SnnSession *session);
void snn_session_evaluate(SnnSession *session);
/* What the network makes of samples: means over all of them. */
/* False if the user interrupted it, or the network made NaN or infinity: session->wrong. */
bool snn_session_test(SnnSession *session, const SnnPart *part, uint32_t seed, bool watch, SnnScore *score);

#endif
