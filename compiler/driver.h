/* What the command line asks for, done. Functions return the exit status. */
#ifndef SNNC_DRIVER_H
#define SNNC_DRIVER_H

#include "options.h"
#include "pipeline.h"

#include <stdio.h>

/* A compilation of the model the options name; its text is NULL after a message if it cannot be read. */
Compilation *driver_compilation(Arena *arena, Options *options, FILE *messages);

int driver_list_passes(void);
/* Compiles, and prints a summary in place of a program. */
int driver_check(Compilation *compilation, const Options *options);
int driver_show(Compilation *compilation, const Options *options);
/* Compiles to a program and runs it in this process: the status is the program's. */
int driver_run(Compilation *compilation, const Options *options);
/* Whether what inference writes may be called so and can be written, before anything is compiled or measured. */
int driver_can_infer(Compilation *compilation, const Options *options);
/* Writes c->program, which only predicts, and has its constants; and `predictions`, unless NULL, of samples. */
int driver_infer(Compilation *compilation, const Options *options, const Out *predictions);
/* Compiles to what a backend writes, or a stage's text, or an executable. */
int driver_output(Compilation *compilation, const Options *options);

#endif
