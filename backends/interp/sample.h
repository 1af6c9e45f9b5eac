/* A sample through a program that only predicts. */
#ifndef SNNC_SAMPLE_H
#define SNNC_SAMPLE_H

#include "interp.h"

/* Of one sample: all that its data hold, of which each step may have its own part. */
size_t sample_elements(const Program *program);
/* An interpreter of its constants, which draws what the seed of the training makes of a sample's number. NULL if there is not
 * enough memory. */
Interp *sample_interp(const Program *program);
/* `steps`: how many of them it has, of a program that asks; all are made. */
void sample_run(Interp *interp, const double *input, int sample, int steps);

typedef void SampleLook(void *context, const Interp *interp);
/* The same; `look` is called once data that do not come step by step are there, behind each step, and at the end. */
void sample_run_watched(Interp *interp, const double *input, int sample, int steps, SampleLook *look,
                        void *context);

#endif
