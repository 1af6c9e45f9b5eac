/* Room for the samples of a data set: memory, or, for more than a budget, a file without a name, of which the system keeps in memory
 * what there is room for. It lies in the folder TMPDIR, else in /var/tmp, and is gone with the program. */
#ifndef SNN_STORE_H
#define SNN_STORE_H

#include "snn_error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct SnnStore {
    void *at; /* moves when it is resized */
    size_t size;
    bool filed; /* it is in a file */
    int file;
    int wrong; /* errno of what failed last; 0: there was not enough memory */
} SnnStore;

/* Bytes that are new have any value. False, and as before, if there is no room. */
bool snn_store_resize(SnnStore *store, size_t size, size_t budget);
/* These bytes are read soon: of what is in a file, the system begins to read now, beside what the program does. */
void snn_store_expect(const SnnStore *store, size_t first, size_t size);
void snn_store_free(SnnStore *store);
/* The error after snn_store_resize: there is no room for `what`, as "its samples", of the file `path`. Returns false. */
bool snn_store_no_room(const SnnStore *store, const char *path, const char *what, SnnError *error);

#endif
