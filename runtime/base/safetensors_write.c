/* The writer: header and data of the tensors, saved as a whole or not at all. */
#include "snn_safetensors_write.h"
#include "snn_json.h"

#include <stdlib.h>
#include <string.h>

typedef struct WriterTensor {
    char *name;
    SnnDtype dtype;
    int ndim;
    int64_t dims[SNN_TENSOR_DIMS];
    size_t size;
    const void *data;
    size_t lines; /* in memory, where lines of the file are columns; else 1 */
    size_t taps;  /* see snn_line_of */
} WriterTensor;

enum { WRITER_BUFFER = 1 << 18 }; /* bytes that are brought into the file's order in one go */

typedef struct WriterPair {
    char *key, *value;
} WriterPair;

struct SnnTensorsWriter {
    WriterTensor *tensors;
    WriterPair *metadata;
    int count, pairs;
};

SnnTensorsWriter *snn_tensors_writer_new(void)
{
    return calloc(1, sizeof(SnnTensorsWriter));
}

static WriterTensor *writer_add(SnnTensorsWriter *writer, const char *name, SnnDtype dtype, int ndim,
                                const int64_t *dims, const void *data)
{
    WriterTensor *grown = realloc(writer->tensors, (size_t)(writer->count + 1) * sizeof *grown);
    if (grown == NULL)
        return NULL;
    writer->tensors = grown;
    WriterTensor tensor = {.name = strdup(name),
                           .dtype = dtype,
                           .ndim = ndim,
                           .size = snn_dtype_size(dtype),
                           .data = data,
                           .lines = 1,
                           .taps = 1};
    for (int i = 0; i < ndim; i++) {
        tensor.dims[i] = dims[i];
        tensor.size *= (size_t)dims[i];
    }
    if (tensor.name == NULL)
        return NULL;
    writer->tensors[writer->count] = tensor;
    return &writer->tensors[writer->count++];
}

bool snn_tensors_add(SnnTensorsWriter *writer, const char *name, SnnDtype dtype, int ndim,
                     const int64_t *dims, const void *data)
{
    return writer_add(writer, name, dtype, ndim, dims, data) != NULL;
}

bool snn_tensors_add_transposed(SnnTensorsWriter *writer, const char *name, int ndim, const int64_t *dims,
                                const float *data)
{
    WriterTensor *tensor = writer_add(writer, name, SNN_F32, ndim, dims, data);
    if (tensor == NULL)
        return false;
    for (int i = 2; i < ndim; i++)
        tensor->taps *= (size_t)dims[i];
    tensor->lines = (size_t)dims[1] * tensor->taps;
    return true;
}

bool snn_tensors_add_metadata(SnnTensorsWriter *writer, const char *key, const char *value)
{
    WriterPair *grown = realloc(writer->metadata, (size_t)(writer->pairs + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    writer->metadata = grown;
    WriterPair pair = {strdup(key), strdup(value)};
    if (pair.key == NULL || pair.value == NULL) {
        free(pair.key);
        free(pair.value);
        return false;
    }
    writer->metadata[writer->pairs++] = pair;
    return true;
}

static void writer_metadata(const SnnTensorsWriter *writer, FILE *stream)
{
    fputs("\"__metadata__\":{", stream);
    for (int i = 0; i < writer->pairs; i++) {
        fputs(i > 0 ? "," : "", stream);
        snn_json_write_string(stream, writer->metadata[i].key);
        fputc(':', stream);
        snn_json_write_string(stream, writer->metadata[i].value);
    }
    fputc('}', stream);
}

static void writer_entry(const WriterTensor *tensor, size_t begin, FILE *stream)
{
    snn_json_write_string(stream, tensor->name);
    fprintf(stream, ":{\"dtype\":\"%s\",\"shape\":[", snn_dtype_name(tensor->dtype));
    for (int i = 0; i < tensor->ndim; i++)
        fprintf(stream, "%s%lld", i > 0 ? "," : "", (long long)tensor->dims[i]);
    fprintf(stream, "],\"data_offsets\":[%zu,%zu]}", begin, begin + tensor->size);
}

/* The header with spaces up to a multiple of 8 bytes; to be freed, NULL without memory. */
static char *writer_header(const SnnTensorsWriter *writer, size_t *length)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, length);
    if (stream == NULL)
        return NULL;
    fputc('{', stream);
    if (writer->pairs > 0)
        writer_metadata(writer, stream);
    size_t begin = 0;
    for (int i = 0; i < writer->count; i++) {
        fputs(i > 0 || writer->pairs > 0 ? "," : "", stream);
        writer_entry(&writer->tensors[i], begin, stream);
        begin += writer->tensors[i].size;
    }
    fputc('}', stream);
    fflush(stream);
    for (size_t i = *length; i % 8 != 0; i++)
        fputc(' ', stream);
    bool failed = ferror(stream) != 0;
    if (fclose(stream) == 0 && !failed)
        return text;
    free(text);
    return NULL;
}

/* The elements first .. first + count - 1 of each line in memory, as they follow each other in the file: one line, or
 * floats of some lines. */
static void writer_gather(const WriterTensor *tensor, size_t first, size_t count, size_t length,
                          unsigned char *into)
{
    size_t width = snn_dtype_size(tensor->dtype);
    const unsigned char *data = tensor->data;
    if (tensor->lines == 1)
        memcpy(into, data + first * width, count * width);
    else
        for (size_t at = 0; at < tensor->lines; at++) {
            size_t line = snn_line_of(at, tensor->lines, tensor->taps);
            for (size_t i = 0; i < count; i++)
                memcpy(into + (i * tensor->lines + at) * sizeof(float),
                       data + (line * length + first + i) * sizeof(float), sizeof(float));
        }
    if (snn_is_big_endian())
        snn_reverse_bytes(into, count * tensor->lines, width);
}

/* In the file's order, piece by piece; false without memory. */
static bool writer_data(const WriterTensor *tensor, FILE *stream)
{
    if (tensor->size == 0)
        return true;
    size_t across = tensor->lines * snn_dtype_size(tensor->dtype), length = tensor->size / across;
    size_t most = across < WRITER_BUFFER ? WRITER_BUFFER / across : 1;
    unsigned char *buffer = malloc(most * across);
    if (buffer == NULL)
        return false;
    for (size_t first = 0; first < length; first += most) {
        size_t count = length - first < most ? length - first : most;
        writer_gather(tensor, first, count, length, buffer);
        fwrite(buffer, across, count, stream);
    }
    free(buffer);
    return true;
}

bool snn_tensors_write(SnnTensorsWriter *writer, FILE *stream)
{
    size_t length = 0;
    char *header = writer_header(writer, &length);
    if (header == NULL)
        return false;
    for (int i = 0; i < 8; i++)
        fputc((int)((uint64_t)length >> (8 * i) & 0xFF), stream);
    fwrite(header, 1, length, stream);
    free(header);
    bool ok = true;
    for (int i = 0; ok && i < writer->count; i++)
        ok = writer_data(&writer->tensors[i], stream);
    return ok;
}

bool snn_tensors_save(SnnTensorsWriter *writer, const char *path, SnnError *error)
{
    SnnOutput output;
    if (!snn_output_open(&output, path, error))
        return false;
    if (snn_tensors_write(writer, output.stream))
        return snn_output_commit(&output, error);
    snn_output_discard(&output);
    return snn_fail(error, "no memory to write (%s)", path);
}

void snn_tensors_writer_free(SnnTensorsWriter *writer)
{
    if (writer == NULL)
        return;
    for (int i = 0; i < writer->count; i++)
        free(writer->tensors[i].name);
    for (int i = 0; i < writer->pairs; i++) {
        free(writer->metadata[i].key);
        free(writer->metadata[i].value);
    }
    free(writer->tensors);
    free(writer->metadata);
    free(writer);
}
