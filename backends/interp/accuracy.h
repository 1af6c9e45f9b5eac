/* How many samples of a test set a program that only predicts takes for the class that they have. */
#ifndef SNNC_ACCURACY_H
#define SNNC_ACCURACY_H

#include "loop.h"
#include "out.h"

/* Runs up to `samples` of the test set in the folder, evenly spread over it: as `test` of the trainer, of data that fit; and, of a
 * program in whole numbers, what `floats` makes of them beside it, else NULL. Sets program->accuracy. Without classes there is none, which is a mistake where there are no `floats`, as data then tell nothing. The interpreters go on
 * beside each other, one a processor. `predictions`: unless NULL, gets what `program` says of these samples, as `predict` of the
 * trainer writes it. False after a message. */
bool measure_accuracy(Program *program, const Program *floats, const char *folder, int samples,
                      Out *predictions);

#endif
