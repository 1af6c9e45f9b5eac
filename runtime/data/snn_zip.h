/* Files in a ZIP archive. Nothing that the archive says is believed before it is checked. */
#ifndef SNN_ZIP_H
#define SNN_ZIP_H

#include "snn_map.h"
#include "snn_store.h"

#include <stdbool.h>
#include <stddef.h>

/* A file of the archive, as it is there or unpacked. */
typedef struct SnnZipFile {
    const unsigned char *at;
    size_t size;
    SnnStore store; /* where it was unpacked, if it was; to be freed */
} SnnZipFile;

/* Whether the file is one. */
bool snn_zip_is(const SnnMap *map);
/* The file of this name; unpacked, it takes `budget` bytes of memory at most. False with the error set: it is corrupt, or not there, which tells of those that are, all without
 * `end`, the ending of the name; nothing is to be freed then. */
bool snn_zip_open(SnnZipFile *file, const SnnMap *map, const char *name, const char *end, size_t budget,
                  SnnError *error);

#endif
