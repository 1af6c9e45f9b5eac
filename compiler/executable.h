/* From generated C to an executable, by a C compiler. */
#ifndef SNNC_EXECUTABLE_H
#define SNNC_EXECUTABLE_H

#include "pipeline.h"
#include "target.h"

/* Compiles the text of c->program into the file `output`, which appears whole or not at all. `cc`: a command, NULL
 * for that of the target; for this machine's programs $CC comes before it. The exit status; a failure was reported. A signal that ends the process leaves no file behind. */
int build_executable(const Compilation *c, const TargetRow *target, const char *cc, const char *output,
                     const Out *text);

#endif
