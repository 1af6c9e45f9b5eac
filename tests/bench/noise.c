/* Random batches and weights for step.c, of any size; peers/data.py makes those of the workloads.
 *
 *     noise FOLDER NAME INPUTS STEPS BATCH CLASSES RATE [PARAMETER OUTPUTS INPUTS GAIN]...
 *
 * Writes FOLDER/NAME.input and .labels, BATCHES batches of spikes at RATE, and FOLDER/NAME.safetensors: for each matrix,
 * uniform numbers up to GAIN / sqrt(INPUTS). */
#include "snn_safetensors_write.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCHES = 3, MATRICES = 8 };

/* Uniform in [0, 1). */
static double random_number(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) / 16777216.0;
}

static FILE *create(char **argv, const char *ending)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.%s", argv[1], argv[2], ending);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return file;
}

static void finish(FILE *file)
{
    if (ferror(file) || fclose(file) != 0) {
        perror("noise");
        exit(EXIT_FAILURE);
    }
}

/* argv: PARAMETER OUTPUTS INPUTS GAIN; the numbers are to be freed. */
static float *add_weights(SnnTensorsWriter *writer, char **argv, uint32_t *state)
{
    int64_t dims[2] = {atol(argv[1]), atol(argv[2])};
    double most = atof(argv[3]) / sqrt(atof(argv[2]));
    float *values = calloc((size_t)(dims[0] * dims[1]), sizeof *values);
    for (int64_t k = 0; values != NULL && k < dims[0] * dims[1]; k++)
        values[k] = (float)((2 * random_number(state) - 1) * most);
    if (values == NULL || !snn_tensors_add(writer, argv[0], SNN_F32, 2, dims, values)) {
        fprintf(stderr, "noise: not enough memory\n");
        exit(EXIT_FAILURE);
    }
    return values;
}

static void write_weights(char **argv, int argc, uint32_t *state)
{
    char path[4096];
    SnnError error = {.text = "not enough memory"};
    float *values[MATRICES];
    int count = 0;
    SnnTensorsWriter *writer = snn_tensors_writer_new();
    for (int a = 8; writer != NULL && a < argc; a += 4)
        values[count++] = add_weights(writer, argv + a, state);
    snprintf(path, sizeof path, "%s/%s.safetensors", argv[1], argv[2]);
    if (writer == NULL || !snn_tensors_save(writer, path, &error)) {
        fprintf(stderr, "noise: %s\n", error.text);
        exit(EXIT_FAILURE);
    }
    while (count > 0)
        free(values[--count]);
    snn_tensors_writer_free(writer);
}

int main(int argc, char **argv)
{
    if (argc < 8 || (argc - 8) % 4 != 0 || argc > 8 + 4 * MATRICES) {
        fprintf(
            stderr,
            "usage: noise FOLDER NAME INPUTS STEPS BATCH CLASSES RATE [PARAMETER OUTPUTS INPUTS GAIN]...\n");
        return 2;
    }
    long samples = (long)BATCHES * atol(argv[5]), spikes = atol(argv[3]) * atol(argv[4]) * samples;
    uint32_t state = 12345;
    FILE *file = create(argv, "input");
    for (long k = 0; k < spikes; k++)
        putc(random_number(&state) < atof(argv[7]), file);
    finish(file);
    file = create(argv, "labels");
    for (long k = 0; k < samples; k++)
        fwrite(&(int32_t){(int32_t)(random_number(&state) * atof(argv[6]))}, 4, 1, file);
    finish(file);
    write_weights(argv, argc, &state);
    return 0;
}
