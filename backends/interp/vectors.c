#include "vectors.h"

#include "sample.h"

#include "snn_random.h"

#include <math.h>
#include <stdio.h>

enum { EIGHTHS = 9, OFTEN = 4, SELDOM = 16 };

/* Spikes, fewer of them in every other sample; or eighths from 0 to 1, which are exact, and half of which are 0. */
static double *draw_input(const Program *program, int sample)
{
    size_t count = sample_elements(program);
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
    Interp *interp = sample_interp(program);
    if (!interp) {
        fprintf(stderr, "snnc: not enough memory to run `%s`\n", program->name);
        return false;
    }
    for (int sample = 0; sample < count && program->input >= 0; sample++) {
        LoopVector vector = {.sample = sample, .input = draw_input(program, sample)};
        sample_run(interp, vector.input, sample, program->steps);
        vector.results = results_of(interp, &finite);
        if (finite)
            vec_push(program->arena, &program->vectors, vector);
    }
    interp_free(interp);
    return true;
}
