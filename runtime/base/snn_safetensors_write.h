/* Writing safetensors files: tensors appear in the order in which they are added. */
#ifndef SNN_SAFETENSORS_WRITE_H
#define SNN_SAFETENSORS_WRITE_H

#include "snn_dtype.h"
#include "snn_output.h"

typedef struct SnnTensorsWriter SnnTensorsWriter;

SnnTensorsWriter *snn_tensors_writer_new(void); /* NULL without memory; so are the results below false */
/* The data are not copied: they stay where they are until they are written. */
bool snn_tensors_add(SnnTensorsWriter *writer, const char *name, SnnDtype dtype, int ndim,
                     const int64_t *dims, const void *data);
/* Floats that are [dims[2]]...[dims[1]][dims[0]] here, and [dims[0]][dims[1]][dims[2]]... in the file. */
bool snn_tensors_add_transposed(SnnTensorsWriter *writer, const char *name, int ndim, const int64_t *dims,
                                const float *data);
bool snn_tensors_add_metadata(SnnTensorsWriter *writer, const char *key, const char *value);
/* Writes a temporary file beside `path`, flushes it to the disk and renames it: `path` is the old file or
 * the whole new one. */
bool snn_tensors_save(SnnTensorsWriter *writer, const char *path, SnnError *error);
/* The same into an output that is open; it is still to be committed. False without memory. */
bool snn_tensors_write(SnnTensorsWriter *writer, FILE *stream);
void snn_tensors_writer_free(SnnTensorsWriter *writer);

#endif
