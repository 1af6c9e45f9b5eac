/* One IDX file: 0, 0, type, number of dimensions, each as 4 bytes, then the elements, all big-endian. Nothing that a
 * file says is believed before it is checked. */
#ifndef SNN_IDX_FILE_H
#define SNN_IDX_FILE_H

#include "snn.h"
#include "snn_error.h"

enum { SNN_IDX_BYTE = 0x08, SNN_IDX_DIMS = SNN_MAX_DIMS + 2 };

typedef struct SnnIdxFile {
    const char *path;
    int type, ndim;
    uint32_t dims[SNN_IDX_DIMS];
    unsigned char *elements; /* as the file has them */
    size_t count;
} SnnIdxFile;

/* After a failure nothing is to be freed. */
bool snn_idx_open(SnnIdxFile *file, const char *path, SnnError *error);
void snn_idx_close(SnnIdxFile *file);
size_t snn_idx_size(int type); /* of an element, in bytes */
bool snn_idx_is_whole(int type);

/* The elements, which the file then has no longer: as numbers, in single precision; as whole numbers from 0 to
 * below - 1, which the model `name` knows. NULL with the error set where one is not that. */
float *snn_idx_take_reals(SnnIdxFile *file, SnnError *error);
int32_t *snn_idx_take_labels(SnnIdxFile *file, int below, const char *name, SnnError *error);

#endif
