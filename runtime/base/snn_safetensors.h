/* Files of named arrays in the safetensors format (github.com/huggingface/safetensors): 8 bytes of header
 * length, a JSON header, the data, all little-endian: reader and writer turn elements into the machine's order
 * and back. The reader accepts nothing that the format forbids. */
#ifndef SNN_SAFETENSORS_H
#define SNN_SAFETENSORS_H

#include "snn_error.h"
#include "snn_output.h"

#include <stddef.h>
#include <stdint.h>

enum { SNN_TENSOR_DIMS = 8 };

typedef enum SnnDtype {
    SNN_BOOL,
    SNN_U8,
    SNN_I8,
    SNN_U16,
    SNN_I16,
    SNN_F16,
    SNN_BF16,
    SNN_U32,
    SNN_I32,
    SNN_F32,
    SNN_U64,
    SNN_I64,
    SNN_F64,
    SNN_DTYPES
} SnnDtype;

typedef struct SnnTensor {
    char *name;
    SnnDtype dtype;
    int ndim; /* 0: one number */
    int64_t dims[SNN_TENSOR_DIMS];
    uint64_t begin, end;       /* bytes of the data section */
    const unsigned char *data; /* end - begin bytes, not aligned: copy with memcpy */
} SnnTensor;

typedef struct SnnTensors SnnTensors;

const char *snn_dtype_name(SnnDtype dtype); /* "F32" */
size_t snn_dtype_size(SnnDtype dtype);
bool snn_is_big_endian(void); /* the machine */
/* Of each of `count` elements of `width` bytes. */
void snn_reverse_bytes(void *elements, size_t count, size_t width);
int64_t snn_tensor_elements(const SnnTensor *tensor);

/* ---- reading: NULL with the error set when the file cannot be read or breaks the format ------------- */

SnnTensors *snn_tensors_open(const char *path, SnnError *error);
/* The same from memory (copied); `where` names it in messages. */
SnnTensors *snn_tensors_parse(const void *bytes, size_t count, const char *where, SnnError *error);
void snn_tensors_close(SnnTensors *tensors);
/* The file that was read; unknown for a pipe. */
const SnnIdentity *snn_tensors_identity(const SnnTensors *tensors);

int snn_tensors_count(const SnnTensors *tensors);
/* In the order of their data. */
const SnnTensor *snn_tensors_at(const SnnTensors *tensors, int index);
const SnnTensor *snn_tensors_find(const SnnTensors *tensors, const char *name); /* NULL if absent */
const char *snn_tensors_metadata(const SnnTensors *tensors, const char *key);   /* NULL if absent */

/* ---- writing: tensors appear in the file in the order in which they are added ----------------------- */

typedef struct SnnTensorsWriter SnnTensorsWriter;

SnnTensorsWriter *snn_tensors_writer_new(void); /* NULL without memory; so are the results below false */
bool snn_tensors_add(SnnTensorsWriter *writer, const char *name, SnnDtype dtype, int ndim,
                     const int64_t *dims, const void *data); /* copied */
bool snn_tensors_add_metadata(SnnTensorsWriter *writer, const char *key, const char *value);
/* Writes a temporary file beside `path`, flushes it to the disk and renames it: `path` is the old file or
 * the whole new one. */
bool snn_tensors_save(SnnTensorsWriter *writer, const char *path, SnnError *error);
/* The same into an output that is open; it is still to be committed. False without memory. */
bool snn_tensors_write(SnnTensorsWriter *writer, FILE *stream);
void snn_tensors_writer_free(SnnTensorsWriter *writer);

#endif
