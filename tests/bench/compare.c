/* compare LIMIT FILE REFERENCE NAME=COUNT... compares files of floats: arrays of COUNT elements behind each
 * other. For each it prints its name and the largest difference, divided by the reference's largest element.
 * Fails where that is above LIMIT. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    return file;
}

static float next_float(FILE *file, const char *path)
{
    float value;
    if (fread(&value, sizeof value, 1, file) != 1) {
        fprintf(stderr, "compare: %s: too short\n", path);
        exit(2);
    }
    return value;
}

static void expect_end(FILE *file, const char *path)
{
    if (fgetc(file) != EOF) {
        fprintf(stderr, "compare: %s: too long\n", path);
        exit(2);
    }
    fclose(file);
}

/* NaN where any element is no number, or all of the reference are 0. */
static double relative_difference(FILE *const files[2], char *const paths[2], long count)
{
    double difference = 0.0, largest = 0.0;
    for (long i = 0; i < count; i++) {
        double value = (double)next_float(files[0], paths[0]),
               expected = (double)next_float(files[1], paths[1]);
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
    if (argc < 5) {
        fprintf(stderr, "usage: compare LIMIT FILE REFERENCE NAME=COUNT...\n");
        return 2;
    }
    FILE *const files[2] = {open_file(argv[2]), open_file(argv[3])};
    double limit = strtod(argv[1], NULL);
    int status = EXIT_SUCCESS;
    for (int i = 4; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        long count = equals == NULL ? 0 : strtol(equals + 1, NULL, 10);
        if (count < 1) {
            fprintf(stderr, "compare: %s: no NAME=COUNT\n", argv[i]);
            return 2;
        }
        double difference = relative_difference(files, argv + 2, count);
        printf("%.*s %.2g\n", (int)(equals - argv[i]), argv[i], difference);
        if (!(difference <= limit))
            status = EXIT_FAILURE;
    }
    expect_end(files[0], argv[2]);
    expect_end(files[1], argv[3]);
    return status;
}
