/* How far the numbers of a program that only predicts go in data. */
#ifndef SNNC_CALIBRATE_H
#define SNNC_CALIBRATE_H

#include "loop.h"

enum { CALIBRATION_SAMPLES = 64 };

/* By buffer: the greatest magnitude in CALIBRATION_SAMPLES samples, or in as many as there are, of the training set in the folder, evenly
 * spread over it; 0 of constants, of buffers that nobody keeps, or if there is no such set. In the arena of the program, which is in
 * reals. NULL after a message. */
const double *calibrate(const Program *program, const char *folder);

#endif
