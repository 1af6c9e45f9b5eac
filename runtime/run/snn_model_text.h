/* The model as text in a checkpoint. */
#ifndef SNN_MODEL_TEXT_H
#define SNN_MODEL_TEXT_H

#include "snn.h"
#include "snn_error.h"

/* Of both lists of lines: the same for the same model, wherever it was compiled. */
uint64_t snn_model_hash(const SnnModel *model);
/* The lines, each with its end; to be freed, NULL without memory. */
char *snn_text_join(const char *const *lines);
/* True with the first lines that differ in words, if one text has lines that the other has not. */
bool snn_text_differs(const char *theirs, const char *ours, SnnError *difference);

#endif
