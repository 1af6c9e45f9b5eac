/* How files are opened to read, and told apart. */
#ifndef SNN_INPUT_H
#define SNN_INPUT_H

#include "snn_error.h"

#include <sys/stat.h>

/* Which file stood somewhere: to tell it from one that has been put in its place. */
typedef struct SnnIdentity {
    bool known;
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
} SnnIdentity;

SnnIdentity snn_identity(const struct stat *info);
bool snn_identity_same(const SnnIdentity *a, const SnnIdentity *b); /* false unless both are known */

/* Opens a file, a pipe, a device or "-", the standard input, to read. Does not wait for someone to write into
 * a pipe: without anyone, it is empty. -1 with the error set; else a descriptor, to be closed. */
int snn_input_open(const char *path, SnnError *error);

#endif
