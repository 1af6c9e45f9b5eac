/* What the headers of HDF5 files say of groups and arrays. */
#ifndef SNN_HDF5_OBJECT_H
#define SNN_HDF5_OBJECT_H

#include "snn_hdf5.h"

enum { SNN_HDF5_DIMS = 2 };

typedef enum SnnHdf5Store { SNN_HDF5_NOWHERE, SNN_HDF5_HERE, SNN_HDF5_CHUNKS } SnnHdf5Store;

/* What messages of a header say; places are bytes of the file. */
typedef struct SnnHdf5Object {
    uint64_t found; /* the header that the wanted name leads to; 0: none */
    bool shaped, typed, stored;
    int ndim;
    uint64_t dims[SNN_HDF5_DIMS];
    SnnHdf5Kind kind;
    size_t size, step;
    bool big, rows;
    SnnHdf5Store store;
    uint64_t place, bytes; /* of what is HERE; of the tree of CHUNKS */
    int chunk_ndim;
    uint32_t chunk[SNN_HDF5_DIMS]; /* extents of each of CHUNKS */
    int filters[SNN_HDF5_FILTERS], filter_count;
} SnnHdf5Object;

/* `size` bytes at `place`; NULL with the error set if the file ends before. */
const unsigned char *snn_hdf5_bytes(const SnnHdf5 *file, uint64_t place, uint64_t size, SnnError *error);
uint64_t snn_hdf5_whole(const unsigned char *at, size_t size);
/* Reads the header at `place`, in which names other than `wanted` (of that length) lead nowhere. */
bool snn_hdf5_object(SnnHdf5Object *object, const SnnHdf5 *file, uint64_t place, const char *wanted,
                     size_t length, SnnError *error);

#endif
