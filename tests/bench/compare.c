/* compare LIMIT FILE REFERENCE compares the arrays of two safetensors files. For each of the reference, by name, it prints
 * the name and the largest difference, divided by the reference's largest element. Fails where that is above LIMIT, or
 * where one of the files lacks an array or has it in another shape. */
#include "snn_safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SnnTensors *open_file(const char *path)
{
    SnnError error;
    SnnTensors *file = snn_tensors_open(path, &error);
    if (file == NULL) {
        fprintf(stderr, "compare: %s\n", error.text);
        exit(2);
    }
    return file;
}

static double element(const SnnTensor *tensor, int64_t i)
{
    float value;
    memcpy(&value, tensor->data + (size_t)i * sizeof value, sizeof value);
    return (double)value;
}

static bool same_shape(const SnnTensor *a, const SnnTensor *b)
{
    bool same = a->dtype == SNN_F32 && b->dtype == SNN_F32 && a->ndim == b->ndim;
    for (int i = 0; same && i < a->ndim; i++)
        same = a->dims[i] == b->dims[i];
    return same;
}

/* NaN where any element is no number, or all of the reference are 0. */
static double relative_difference(const SnnTensor *tensor, const SnnTensor *reference)
{
    double difference = 0.0, largest = 0.0;
    for (int64_t i = 0; i < snn_tensor_elements(reference); i++) {
        double value = element(tensor, i), expected = element(reference, i);
        if (!isfinite(value) || !isfinite(expected))
            difference = NAN;
        /* Unlike fmax, this keeps a NaN. */
        difference = fabs(value - expected) > difference ? fabs(value - expected) : difference;
        largest = fmax(largest, fabs(expected));
    }
    return difference / largest;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: compare LIMIT FILE REFERENCE\n");
        return 2;
    }
    SnnTensors *file = open_file(argv[2]), *references = open_file(argv[3]);
    double limit = strtod(argv[1], NULL);
    bool ok = snn_tensors_count(file) == snn_tensors_count(references);
    if (!ok)
        fprintf(stderr, "compare: %s and %s differ in the number of their arrays\n", argv[2], argv[3]);
    for (int k = 0; k < snn_tensors_count(references); k++) {
        const SnnTensor *reference = snn_tensors_at(references, k);
        const SnnTensor *tensor = snn_tensors_find(file, reference->name);
        if (tensor == NULL || !same_shape(tensor, reference)) {
            fprintf(stderr, "compare: %s: no `%s` in the shape that %s has\n", argv[2], reference->name,
                    argv[3]);
            ok = false;
            continue;
        }
        double difference = relative_difference(tensor, reference);
        printf("%s %.2g\n", reference->name, difference);
        ok = ok && difference <= limit;
    }
    snn_tensors_close(file);
    snn_tensors_close(references);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
