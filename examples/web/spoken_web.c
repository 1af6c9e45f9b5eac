/* What the page of spoken digits calls: the network, with the memory that it takes. Spikes of the last step are in its state. */
#include "spoken.h"

static spoken_state state;
static spoken_output output;
static float sound[SPOKEN_STEPS][SPOKEN_INPUTS];
static int32_t step;

/* [steps][bands][3] of a recording, to be written before a reset: powers, how these change, and how that does. */
float *web_sound(void)
{
    return sound[0];
}

int32_t web_inputs(void)
{
    return SPOKEN_INPUTS;
}

int32_t web_steps(void)
{
    return SPOKEN_STEPS;
}

void web_reset(void)
{
    spoken_reset(&state);
    step = 0;
}

/* One step; returns the digit so far, or -1 behind the last step. */
int32_t web_step(void)
{
    if (step == SPOKEN_STEPS || spoken_step(&state, sound[step], &output) != SPOKEN_OK)
        return -1;
    step++;
    return output.predicted;
}

/* Ten, the greatest of the digit that is heard. */
const float *web_scores(void)
{
    return output.scores;
}

/* A byte for each neuron of a layer, 40 bands of 16 channels. */
const uint8_t *web_first(void)
{
    return state.first_;
}

const uint8_t *web_second(void)
{
    return state.second_;
}

const uint8_t *web_third(void)
{
    return state.third_;
}
