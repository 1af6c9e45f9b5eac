/* Weights from safetensors files. */
#ifndef SNN_WEIGHTS_H
#define SNN_WEIGHTS_H

#include "snn.h"
#include "snn_options.h"
#include "snn_safetensors.h"

/* "optim.STATE.PARAMETER", to be freed; NULL without memory. */
char *snn_weights_state_name(const SnnParam *param, int state);
/* The shape in a file. */
void snn_weights_dims(const SnnParam *param, int64_t dims[SNN_MAX_DIMS]);
/* Whether it is [out][in] in a file, and [in][out] here. */
bool snn_weights_are_transposed(const SnnParam *param);

/* True with what differs in words if the file is a checkpoint of another network or, if `resume`, of another
 * training; false for files that do not say what made them. */
bool snn_weights_differs(const SnnTensors *file, const SnnModel *model, bool resume, SnnError *difference);
/* Parameters only (for test and predict) or, if `resume`, the optimiser's states too. Nothing is changed
 * unless everything fits. */
bool snn_weights_load(const SnnTensors *file, SnnModel *model, bool resume, const char *path,
                      SnnError *error);
/* Takes the parameters whose names and shapes fit, for a new training; the others keep their values, and `left`
 * lists them with the reason. Fails if none fits. */
bool snn_weights_start(const SnnTensors *file, SnnModel *model, const char *path, SnnError *left,
                       SnnError *error);
/* Seed of the training that made these weights; `otherwise` for weights from elsewhere. */
uint32_t snn_weights_seed(const SnnTensors *file, uint32_t otherwise);
/* Weights of other equations may do what is wanted; but that they are is said. */
void snn_weights_note_other(const SnnOptions *options, const char *path, const SnnTensors *file,
                            const SnnModel *model);

#endif
