/* One IDX file: 0, 0, type, number of dimensions, each as 4 bytes, then the elements, all big-endian. Nothing that a
 * file says is believed before it is checked. */
#ifndef SNN_IDX_FILE_H
#define SNN_IDX_FILE_H

#include "snn.h"
#include "snn_error.h"
#include "snn_store.h"

#include <stdint.h>

enum { SNN_IDX_BYTE = 0x08, SNN_IDX_DIMS = SNN_MAX_DIMS + 2 };

typedef struct SnnIdxFile {
    const char *path;
    int type, ndim;
    uint32_t dims[SNN_IDX_DIMS];
    size_t budget;  /* how many bytes of its elements may be in memory */
    SnnStore store; /* its elements, as the file has them until they are made numbers */
    size_t count;
} SnnIdxFile;

/* SIZE_MAX as the budget: its elements are in memory, as malloc gives it. After a failure nothing is to be freed. */
bool snn_idx_open(SnnIdxFile *file, const char *path, size_t budget, SnnError *error);
void snn_idx_close(SnnIdxFile *file);
bool snn_idx_is_whole(int type);

/* Makes the elements numbers in single precision, or whole numbers (int32_t) from 0 to below - 1, which the model `name`
 * knows. False with the error set where one is not that. */
bool snn_idx_make_reals(SnnIdxFile *file, SnnError *error);
bool snn_idx_make_labels(SnnIdxFile *file, int below, const char *name, SnnError *error);
/* The elements, which the file then has no longer. */
SnnStore snn_idx_take(SnnIdxFile *file);

#endif
