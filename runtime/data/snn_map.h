/* A file as bytes in memory, of which only what is looked at need be there. */
#ifndef SNN_MAP_H
#define SNN_MAP_H

#include "snn_error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct SnnMap {
    const char *path; /* as it was given */
    const unsigned char *at;
    uint64_t size;
} SnnMap;

/* False with the error set; of an empty file `at` is NULL. */
bool snn_map_open(SnnMap *map, const char *path, SnnError *error);
void snn_map_close(SnnMap *map);

#endif
