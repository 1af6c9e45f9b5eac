/* Files of named arrays in the safetensors format (github.com/huggingface/safetensors): 8 bytes of header
 * length, a JSON header, the data, all little-endian: reader and writer turn elements into the machine's order
 * and back. The reader, here, accepts nothing that the format forbids. */
#ifndef SNN_SAFETENSORS_H
#define SNN_SAFETENSORS_H

#include "snn_dtype.h"
#include "snn_input.h"

#include <stddef.h>
#include <stdint.h>

typedef struct SnnTensor {
    char *name;
    SnnDtype dtype;
    int ndim; /* 0: one number */
    int64_t dims[SNN_TENSOR_DIMS];
    uint64_t begin, end;       /* bytes of the data section */
    const unsigned char *data; /* end - begin bytes, not aligned: copy with memcpy */
} SnnTensor;

typedef struct SnnTensors SnnTensors;

int64_t snn_tensor_elements(const SnnTensor *tensor);

/* NULL with the error set when the file cannot be read or breaks the format. */
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
/* The same as a number from 0 to `high`; false for anything else. */
bool snn_tensors_natural(const SnnTensors *tensors, const char *key, int64_t high, int64_t *number);

#endif
