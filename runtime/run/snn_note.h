/* What is said beside results, on standard error. */
#ifndef SNN_NOTE_H
#define SNN_NOTE_H

#include "snn_options.h"

/* A line of its own for the user: "PROGRAM: ...". */
void snn_note(const SnnOptions *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
