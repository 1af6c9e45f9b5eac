/* What the page calls: the network, with the memory that it takes. Spikes of the last step are in its state. */
#include "digit.h"

static digit_state state;
static digit_output output;
static float image[DIGIT_INPUTS];

/* [28][28] in 0..1, row by row, to be written before a reset. */
float *web_image(void)
{
    return image;
}

int32_t web_steps(void)
{
    return DIGIT_STEPS;
}

void web_reset(int32_t sample)
{
    digit_reset(&state, sample);
}

/* One step; returns the digit so far, or -1 behind the last step. */
int32_t web_step(void)
{
    return digit_step(&state, image, &output) == DIGIT_OK ? output.predicted : -1;
}

/* Ten, the share of steps in which each one's neuron fired. */
const float *web_scores(void)
{
    return output.scores;
}

/* A byte for each neuron of a layer: 784, 128, 10. */
const uint8_t *web_input(void)
{
    return state.input_;
}

const uint8_t *web_hidden(void)
{
    return state.hidden_;
}

const uint8_t *web_digit(void)
{
    return state.digit_;
}
