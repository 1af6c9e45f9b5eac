/* What was compiled, for people: printed by `snnc MODEL.snn` alone. */
#ifndef SNNC_SUMMARY_H
#define SNNC_SUMMARY_H

#include "pipeline.h"

/* To standard output: the data, the layers with their parameters and operations, memory, training. */
void print_summary(const Compilation *compilation, const char *model);

/* Bytes of all arrays that training takes, with batches as the model has them; of those that seldom are full, one in
 * `used`: `info` of the program counts them with SNN_SPARSE. */
double program_memory(const Program *program, int used);

#endif
