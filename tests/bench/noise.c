/* Random batches and weights for step.c, of any size; peers/data.py makes those of the workloads.
 *
 *     noise FOLDER NAME INPUTS STEPS BATCH CLASSES RATE [OUTPUTS INPUTS GAIN]...
 *
 * Writes FOLDER/NAME.spikes and .labels, BATCHES batches of spikes at RATE, and FOLDER/NAME.weights: for each matrix,
 * uniform numbers up to GAIN / sqrt(INPUTS). */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCHES = 3 };

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

int main(int argc, char **argv)
{
    if (argc < 8 || (argc - 8) % 3 != 0) {
        fprintf(stderr, "usage: noise FOLDER NAME INPUTS STEPS BATCH CLASSES RATE [OUTPUTS INPUTS GAIN]...\n");
        return 2;
    }
    long samples = (long)BATCHES * atol(argv[5]), spikes = atol(argv[3]) * atol(argv[4]) * samples;
    uint32_t state = 12345;
    FILE *file = create(argv, "spikes");
    for (long k = 0; k < spikes; k++)
        putc(random_number(&state) < atof(argv[7]), file);
    finish(file);
    file = create(argv, "labels");
    for (long k = 0; k < samples; k++)
        fwrite(&(int32_t){(int32_t)(random_number(&state) * atof(argv[6]))}, 4, 1, file);
    finish(file);
    file = create(argv, "weights");
    for (int a = 8; a < argc; a += 3) {
        double most = atof(argv[a + 2]) / sqrt(atof(argv[a + 1]));
        for (long k = 0; k < atol(argv[a]) * atol(argv[a + 1]); k++)
            fwrite(&(float){(float)((2 * random_number(&state) - 1) * most)}, 4, 1, file);
    }
    finish(file);
    return 0;
}
