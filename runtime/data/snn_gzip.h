/* Files that may be compressed by gzip. */
#ifndef SNN_GZIP_H
#define SNN_GZIP_H

#include "snn_error.h"

#include <stddef.h>

/* A file that may be compressed. */
typedef struct SnnReader SnnReader;
SnnReader *snn_reader_open(const char *path, SnnError *error); /* NULL with the error set */
/* Reads up to `count` bytes; *got is less only at the end. False for a corrupt or unreadable file. */
bool snn_reader_read(SnnReader *reader, void *into, size_t count, size_t *got, SnnError *error);
void snn_reader_close(SnnReader *reader);

#endif
