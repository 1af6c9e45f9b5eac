/* Files that appear whole or not at all. */
#ifndef SNN_OUTPUT_H
#define SNN_OUTPUT_H

#include "snn_input.h"

#include <stdio.h>

/* Whether two names lead to one file, or would if it were made. */
bool snn_same_file(const char *one, const char *other);

typedef struct SnnOutput {
    FILE *stream;             /* write here; errors are found by the commit */
    char *path;               /* as given */
    char *target, *temporary; /* without symbolic links, and what becomes it; NULL: written to as it is */
    SnnIdentity written;      /* set by a commit: the file at `path` */
} SnnOutput;

/* Begins to write what will become `path`, or the file that the symbolic link `path` points at. Refuses a path
 * that is a folder, a pipe or a device. Removes what killed programs have left of the same file. */
bool snn_output_open(SnnOutput *output, const char *path, SnnError *error);
/* The same, but devices, pipes and "-", the standard output, are written to. */
bool snn_output_open_any(SnnOutput *output, const char *path, SnnError *error);
/* Whether the path is "-" or another name of what the program prints to, as /dev/stdout is. */
bool snn_output_is_standard(const char *path);
/* Whether a file is known by how it begins, or holds nothing, or is not there: then nothing of others is lost. */
bool snn_output_begins(const char *path, const char *text);
/* Brings what was written to the disk: what remains for the commit is to rename. */
bool snn_output_flush(SnnOutput *output, SnnError *error);
/* Flushes to the disk and renames. On failure (a full disk) the temporary file is removed and an older
 * `path` stays as it was, unless the message says that it is replaced. The output is closed in either case. */
bool snn_output_commit(SnnOutput *output, SnnError *error);
/* Gives up; `path` stays as it was. */
void snn_output_discard(SnnOutput *output);

/* Marks a temporary file as one that is being written, until this process closes it or ends. */
bool snn_output_lock(int file);
/* Whether nobody writes the file `name` below `folder`, nor did for a minute before `now` by the file system's clock:
 * what wrote it was killed. */
bool snn_output_is_stale(int folder, const char *name, time_t now);

/* Gives the file at `path` a second name, which will stay: "a/b.1.json" for "a/b.json", or the next number
 * that is free. The new name, to be freed; NULL with the error set. */
char *snn_output_keep(const char *path, SnnError *error);

#endif
