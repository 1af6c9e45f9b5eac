#include "vectors.h"

#include "snn_random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EIGHTHS = 9, OFTEN = 4, SELDOM = 16 };

static size_t input_elements(const Program *program)
{
    size_t count = 1;
    for (int d = 0; d < program->data_ndim; d++)
        count *= (size_t)program->data_dims[d];
    return count;
}

/* Spikes, fewer of them in every other sample; or eighths from 0 to 1, which are exact, and half of which are 0. */
static double *draw_input(const Program *program, int sample)
{
    size_t count = input_elements(program);
    uint32_t key = snn_key(program->seed, SNN_INIT_EPOCH, (uint32_t)sample, 0);
    double *values = NEW_ARRAY(program->arena, double, count + 1);
    for (size_t k = 0; k < count; k++) {
        uint32_t bits = snn_random(key, (uint32_t)k) >> 8;
        if (program_takes_spikes(program))
            values[k] = bits % (sample % 2 ? SELDOM : OFTEN) == 0;
        else
            values[k] = bits % 2 ? bits / 2 % EIGHTHS / 8.0 : 0;
        if (program->whole_numbers && !program_takes_spikes(program))
            values[k] = floor(values[k] * (program->data_unit < 1 ? UINT8_MAX : EIGHTHS));
    }
    return values;
}

static void run_sample(Interp *interp, const double *input, int sample)
{
    const Program *program = interp->program;
    size_t count = interp_count(interp, program->input);
    size_t next = input_elements(program) > count ? count : 0; /* each step has data of its own */
    interp->buffers[program->sample][0] = sample;
    memcpy(interp->buffers[program->input], input, count * sizeof *input);
    interp_run(interp, PHASE_RESET);
    interp_run(interp, PHASE_BEGIN);
    for (int t = 0; t < program->steps && !program->whole_why; t++) {
        memcpy(interp->buffers[program->input], input + (size_t)t * next, count * sizeof *input);
        interp_run(interp, PHASE_STEP);
    }
    interp_run(interp, PHASE_RESULT);
}

static int result_elements(const Program *program)
{
    int count = 0;
    for (int p = 0; p < program->predictions.count; p++)
        count += program->predictions.at[p].size + 1;
    return count;
}

static double *results_of(const Interp *interp, bool *finite)
{
    const Program *program = interp->program;
    double *results = NEW_ARRAY(program->arena, double, result_elements(program)), *at = results;
    *finite = true;
    for (int p = 0; p < program->predictions.count; p++) {
        const LoopPrediction *prediction = &program->predictions.at[p];
        *at++ = prediction->predicted >= 0 ? interp->buffers[prediction->predicted][0] : 0;
        for (int k = 0; k < prediction->size; k++, at++) {
            *at = *interp_at(interp, prediction->values, (size_t)k);
            *finite = *finite && isfinite(*at);
        }
    }
    return results;
}

bool make_vectors(Program *program, int count)
{
    bool finite;
    Interp *interp = interp_of_constants(program);
    if (!interp) {
        fprintf(stderr, "snnc: not enough memory to run `%s`\n", program->name);
        return false;
    }
    interp->seed = program->seed;
    interp->epoch = UINT32_MAX; /* as of what runs outside of a training */
    for (int sample = 0; sample < count && program->input >= 0; sample++) {
        LoopVector vector = {.sample = sample, .input = draw_input(program, sample)};
        run_sample(interp, vector.input, sample);
        vector.results = results_of(interp, &finite);
        if (finite)
            vec_push(program->arena, &program->vectors, vector);
    }
    interp_free(interp);
    return true;
}
