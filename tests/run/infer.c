/* infer FOLDER predicts the test set in it (IDX files of bytes) with kws.h, and writes what `predict` of the trainer writes.
 * Each sample is taken step by step, in a state that held anything before, and, where there are two ways, by both: they have to
 * agree. Beside what inferred.h knows, -DWHOLE: there is no kws_step; -DKWS_SELFTEST where there is a kws_selftest. `infer FOLDER
 * selftest` is that alone, and exits with 3 if it is wrong. */
#include "inferred.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct File {
    FILE *stream;
    long samples;
} File;

static File open_part(const char *folder, const char *part, int dims)
{
    char path[4096];
    unsigned char head[16];
    snprintf(path, sizeof path, "%s/t10k-%s-ubyte", folder, part);
    File file = {fopen(path, "rb"), 0};
    size_t bytes = 4 + 4 * (size_t)dims;
    if (file.stream == NULL || fread(head, 1, bytes, file.stream) != bytes) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    for (int i = 4; i < 8; i++)
        file.samples = file.samples * 256 + head[i];
    return file;
}

static void read_sample(FILE *stream, Input in[VALUES])
{
    unsigned char bytes[VALUES];
    if (fread(bytes, 1, VALUES, stream) != VALUES)
        exit(EXIT_FAILURE);
    for (int i = 0; i < VALUES; i++)
#ifdef SPIKES
        in[i] = bytes[i] != 0;
#elif defined BYTES
        in[i] = bytes[i];
#else
        in[i] = (float)bytes[i] / 255.0f;
#endif
}

static void require(int truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "infer: %s\n", what);
    exit(EXIT_FAILURE);
}

static kws_status run(kws_state *state, int sample, const Input in[VALUES], kws_output *out)
{
    (void)sample;
    return kws_run(state SAMPLE(sample), INPUTS(in), out);
}

#ifndef WHOLE
static void step_by_step(kws_state *state, int sample, const Input in[VALUES], kws_output *out)
{
    (void)sample;
    kws_reset(state SAMPLE(sample));
    for (int t = 0; t < KWS_STEPS; t++) {
        const Input *now = VALUES > KWS_INPUTS ? in + t * KWS_INPUTS : in;
#ifdef SPIKES
        uint16_t events[KWS_INPUTS + 1];
        int32_t count = 0;
        for (int n = KWS_INPUTS - 1; n >= 0; n--)
            if (now[n])
                events[count++] = (uint16_t)n;
        if (count > 0 && t % 2 == 1) /* one that comes twice is one */
            events[count++] = events[0];
        require(kws_step_events(state, events, count, out) == KWS_OK, "a step of events fails");
#else
        require(kws_step(state, now, out) == KWS_OK, "a step fails");
#endif
    }
    require(kws_step(state, in, out) == KWS_OVER, "a step behind the last one is made");
    require(kws_step(NULL, in, out) == KWS_BAD_ARGUMENT, "no state is taken for one");
}
#endif

int main(int argc, char **argv)
{
    static Input in[VALUES];
    static kws_state states[2];
    kws_output out, again;
    if (argc < 2)
        return EXIT_FAILURE;
    memset(states, 0xff, sizeof states);
#ifdef KWS_SELFTEST
    if (argc > 2) /* it alone */
        return kws_selftest(&states[0]) == KWS_WRONG ? 3 : EXIT_SUCCESS;
#endif
    File images = open_part(argv[1], "images-idx3", 3), labels = open_part(argv[1], "labels-idx1", 1);
    printf("sample,label,predicted");
    for (int k = 0; k < KWS_OUTPUTS; k++)
        printf(",score_%d", k);
    for (int sample = 0; sample < images.samples; sample++) {
        read_sample(images.stream, in);
        require(run(&states[0], sample, in, &out) == KWS_OK, "a sample fails");
#ifndef WHOLE
        step_by_step(&states[1], sample, in, &again);
        require(memcmp(&out, &again, sizeof out) == 0, "steps give something else than the whole sample");
#else
        (void)again;
#endif
        printf("\n%d,%d,%d", sample, getc(labels.stream), (int)out.predicted);
        for (int k = 0; k < KWS_OUTPUTS; k++)
            printf(",%.9g", (double)out.scores[k]);
    }
    printf("\n");
#ifdef KWS_SELFTEST
    require(kws_selftest(&states[0]) == KWS_OK, "the self-test fails");
    require(kws_selftest(NULL) == KWS_BAD_ARGUMENT, "the self-test takes no state for one");
#endif
    require(run(NULL, 0, in, &out) == KWS_BAD_ARGUMENT, "no state is taken for one");
    return EXIT_SUCCESS;
}
