/* Steps of inference by kws.h whose inputs spike at random, for callgrind to count.
 *
 *     rates RATE STEPS
 *
 * RATE: of the inputs of a step, in 1/1000. -DNUMBERS: they are given as numbers, to code that goes through all of them; else as a
 * list of events. Prints how many there were. */
#include "kws.h"

#include <stdio.h>
#include <stdlib.h>

/* A linear congruential generator of 31 bits (ANSI C): all runs have the same spikes. */
static uint32_t draw(uint32_t *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fffu;
}

static kws_status step(kws_state *state, const uint16_t *events, int32_t count)
{
#ifdef NUMBERS
    static float in[KWS_INPUTS];
    for (int32_t i = 0; i < KWS_INPUTS; i++)
        in[i] = 0.0f;
    for (int32_t e = 0; e < count; e++)
        in[events[e]] = 1.0f;
    return kws_step(state, in, NULL);
#else
    return kws_step_events(state, events, count, NULL);
#endif
}

int main(int argc, char **argv)
{
    static kws_state state;
    static uint16_t events[KWS_INPUTS];
    if (argc != 3)
        return EXIT_FAILURE;
    uint32_t rate = (uint32_t)atoi(argv[1]), seed = 1;
    long all = 0;
    for (int t = 0; t < atoi(argv[2]); t++) {
        int32_t count = 0;
        if (t % KWS_STEPS == 0)
            kws_reset(&state);
        for (int i = 0; i < KWS_INPUTS; i++)
            if (draw(&seed) * 1000u < rate * 0x8000u)
                events[count++] = (uint16_t)i;
        all += count;
        if (step(&state, events, count) != KWS_OK)
            return EXIT_FAILURE;
    }
    printf("%ld\n", all);
    return EXIT_SUCCESS;
}
