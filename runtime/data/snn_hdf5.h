/* HDF5 files, as far as arrays of numbers in them go, in one or two dimensions, and rows of numbers of any length: what h5py and
 * PyTables write. Nothing that a file says is believed before it is checked, so no library is asked. */
#ifndef SNN_HDF5_H
#define SNN_HDF5_H

#include "snn_map.h"

enum { SNN_HDF5_FILTERS = 4 };

typedef struct SnnHdf5 {
    SnnMap map;
    uint64_t root; /* where the header of the first group is */
} SnnHdf5;

typedef enum SnnHdf5Kind { SNN_HDF5_WHOLE, SNN_HDF5_SIGNED, SNN_HDF5_REAL } SnnHdf5Kind;

/* An array of numbers, or of rows of them. */
typedef struct SnnHdf5Array {
    const SnnHdf5 *file;
    const char *name; /* "spikes/times" */
    uint64_t count;   /* of numbers or rows */
    SnnHdf5Kind kind; /* of numbers */
    size_t size;      /* of a number, in bytes */
    bool big;         /* its highest byte stands first */
    bool rows;
    uint32_t width; /* numbers of each row, all as long; 0: each row has a length of its own */
    size_t step;    /* from one number or row to the next, in bytes */
    const unsigned char *at;
    unsigned char *own; /* what `at` points to, if that is not in the file */
} SnnHdf5Array;

/* Both of a row of an array. */
typedef struct SnnHdf5Row {
    const unsigned char *at;
    uint32_t count;
} SnnHdf5Row;

bool snn_hdf5_open(SnnHdf5 *file, const char *path, SnnError *error);
void snn_hdf5_close(SnnHdf5 *file);
/* The array of this name, within groups as "group/name". After a failure nothing is to be freed. */
bool snn_hdf5_find(SnnHdf5Array *array, const SnnHdf5 *file, const char *name, SnnError *error);
void snn_hdf5_free(SnnHdf5Array *array);
bool snn_hdf5_row(const SnnHdf5Array *array, uint64_t index, SnnHdf5Row *row, SnnError *error);
double snn_hdf5_number(const SnnHdf5Array *array, const unsigned char *at);

#endif
