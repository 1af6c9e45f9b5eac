/* What the files of the driver share. */
#ifndef SNNC_DRIVER_PARTS_H
#define SNNC_DRIVER_PARTS_H

#include "backend.h"
#include "driver.h"
#include "wanted.h"

/* Says why on standard error; the status for it. */
int driver_refuse(const char *error);
/* Writes it to a file or standard output: the status. */
int driver_save(const Out *out, Arena *arena, const char *path);
/* The options that what is written depends on, as they are typed. */
const char *driver_command(Compilation *c, const Options *options);
/* False if one is NULL or not there. */
bool driver_same_file(const char *a, const char *b);
/* Whether the target computes with floats, if the program does; else this is reported. */
bool driver_has_unit(const Compilation *c, const Options *options);
/* Whether a compiler or linker makes it of what a backend writes. */
bool driver_is_linked(const Wanted *wanted);

#endif
