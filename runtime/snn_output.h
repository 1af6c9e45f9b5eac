/* Files that appear whole or not at all. */
#ifndef SNN_OUTPUT_H
#define SNN_OUTPUT_H

#include "snn_error.h"

#include <stdio.h>

typedef struct SnnOutput {
    FILE *stream; /* write here; errors are found by the commit */
    char *path, *temporary;
} SnnOutput;

/* Begins to write what will become `path`. Refuses a path that is a folder or a device. */
bool snn_output_open(SnnOutput *output, const char *path, SnnError *error);
/* Flushes to the disk and renames. On failure (a full disk) the temporary file is removed and an older
 * `path` stays as it was. The output is closed in either case. */
bool snn_output_commit(SnnOutput *output, SnnError *error);
/* Gives up; `path` stays as it was. */
void snn_output_discard(SnnOutput *output);

#endif
