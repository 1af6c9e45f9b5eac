/* The constants of a program that only predicts: what its initial phase makes of trained weights. */
#ifndef SNNC_CONSTANTS_H
#define SNNC_CONSTANTS_H

#include "loop.h"

/* Reads where the training of the weights has ended, as `test` takes it from a checkpoint, into program->clock. Of weights from
 * elsewhere, or a file that cannot be read, what make_constants() tells: the first batch of the model's last epoch. */
void find_clock(Program *program, const char *weights);
/* Reads the weights, and gives each buffer that is made of them its values. `differs`: what the file says of another model than this one, or NULL. False after a message. */
bool make_constants(Program *program, const char *weights, const char **differs);

/* The same of a program of whole numbers, whose parameters have their values: `floats` is what it was made of. False after a
 * message. */
bool make_whole_constants(Program *program, const Program *floats);

#endif
