/* Times a dense network that does not spike, as emlearn writes it: ANN names its C, INPUTS how many values it is given.
 *
 *     ann INPUT PASSES
 *
 * INPUT holds bytes, [passes][INPUTS], each of which is given as a number. Prints microseconds, the median of a pass. */
#include ANN

#include <time.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return 1e6 * (double)time.tv_sec + 1e-3 * (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static unsigned char bytes[INPUTS];
    static float in[INPUTS];
    if (argc != 3)
        return EXIT_FAILURE;
    int passes = atoi(argv[2]);
    double *times = calloc((size_t)passes, sizeof *times);
    FILE *file = fopen(argv[1], "rb");
    if (times == NULL || file == NULL) {
        perror(argv[1]);
        return EXIT_FAILURE;
    }
    for (int n = 0; n < passes; n++) {
        if (fread(bytes, 1, INPUTS, file) != INPUTS)
            return EXIT_FAILURE;
        for (int i = 0; i < INPUTS; i++)
            in[i] = bytes[i];
        double began = now();
        if (ann_predict(in, INPUTS) < 0)
            return EXIT_FAILURE;
        times[n] = now() - began;
    }
    fclose(file);
    qsort(times, (size_t)passes, sizeof *times, compare);
    printf("%.2f\n", times[passes / 2]);
    free(times);
    return EXIT_SUCCESS;
}
