/* Times inference by kws.h: one sample at a time, by one thread.
 *
 *     infer INPUT SAMPLES ROUNDS
 *
 * INPUT holds bytes, [samples][steps][inputs]; -DSPIKES: they are spikes, else numbers in 1/255; -DWHOLE: there are no steps. Prints microseconds: the median
 * of whole samples; of spikes also of whole samples from lists of events, and of one step from its list, the median and the worst;
 * then the classes. */
#include "kws.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { VALUES = KWS_STEPS * KWS_INPUTS };

#ifdef SPIKES
typedef uint8_t Input;
#else
typedef float Input;
#endif

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

static double median(double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, compare);
    return times[count / 2];
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL) {
        perror("infer");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static Input *read_samples(const char *path, int samples)
{
    size_t count = (size_t)samples * VALUES;
    unsigned char *bytes = allocate(count, 1);
    Input *inputs = allocate(count, sizeof *inputs);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(bytes, 1, count, file) != count) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    for (size_t k = 0; k < count; k++)
#ifdef SPIKES
        inputs[k] = bytes[k] != 0;
#else
        inputs[k] = (float)bytes[k] / 255.0f;
#endif
    free(bytes);
    return inputs;
}

#if defined SPIKES && !defined WHOLE
/* A sample as lists of events: where the list of each step ends, all behind each other. */
static uint16_t events[VALUES];
static int32_t ends[KWS_STEPS + 1];

static void list_events(const Input *input)
{
    int32_t count = 0;
    for (int t = 0; t < KWS_STEPS; t++) {
        for (int i = 0; i < KWS_INPUTS; i++)
            if (input[t * KWS_INPUTS + i])
                events[count++] = (uint16_t)i;
        ends[t + 1] = count;
    }
}

static void step(kws_state *state, int t, kws_output *out)
{
    (void)kws_step_events(state, events + ends[t], ends[t + 1] - ends[t], out);
}

/* Of a sample that is `expected`, from its lists; times[t]: of step t alone. */
static double time_lists(kws_state *state, const Input *input, const kws_output *expected, double *times)
{
    kws_output out;
    list_events(input);
    double began = now();
    kws_reset(state);
    for (int t = 0; t < KWS_STEPS; t++)
        step(state, t, t + 1 < KWS_STEPS ? NULL : &out);
    double took = now() - began;
    if (out.predicted != expected->predicted)
        exit(EXIT_FAILURE);
    kws_reset(state);
    for (int t = 0; t < KWS_STEPS; t++) {
        began = now();
        step(state, t, NULL);
        times[t] = now() - began;
    }
    return took;
}
#else
static double time_lists(kws_state *state, const Input *input, const kws_output *expected, double *times)
{
    (void)state, (void)input, (void)expected, (void)times;
    return 0;
}
#endif

int main(int argc, char **argv)
{
    static kws_state state;
    if (argc != 4)
        return EXIT_FAILURE;
    int samples = atoi(argv[2]), rounds = atoi(argv[3]), count = samples * rounds;
    Input *inputs = read_samples(argv[1], samples);
    double *times = allocate((size_t)count, sizeof *times), *lists = allocate((size_t)count, sizeof *lists),
           *steps = allocate((size_t)count * KWS_STEPS, sizeof *steps);
    kws_output *outs = allocate((size_t)samples, sizeof *outs);
    for (int n = 0; n < count; n++) {
        const Input *input = inputs + (size_t)(n % samples) * VALUES;
        double began = now();
        if (kws_run(&state, (const Input(*)[KWS_INPUTS])input, &outs[n % samples]) != KWS_OK)
            return EXIT_FAILURE;
        times[n] = now() - began;
        lists[n] = time_lists(&state, input, &outs[n % samples], steps + (size_t)n * KWS_STEPS);
    }
    printf("%.1f %.1f", median(times, count), median(lists, count));
    double middle = median(steps, count * KWS_STEPS);
    printf(" %.2f %.2f", middle, steps[count * KWS_STEPS - 1]);
    for (int n = 0; n < samples; n++)
        printf(" %d", (int)outs[n].predicted);
    printf("\n");
    free(outs);
    free(steps);
    free(lists);
    free(times);
    free(inputs);
    return EXIT_SUCCESS;
}
