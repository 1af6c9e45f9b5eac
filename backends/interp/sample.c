#include "sample.h"

#include <string.h>

size_t sample_elements(const Program *program)
{
    size_t count = 1;
    for (int d = 0; d < program->data_ndim; d++)
        count *= (size_t)program->data_dims[d];
    return count;
}

Interp *sample_interp(const Program *program)
{
    Interp *interp = interp_of_constants(program);
    if (!interp)
        return NULL;
    interp->seed = program->seed;
    interp->epoch = UINT32_MAX; /* as of what runs outside of a training */
    return interp;
}

static void look_at_nothing(void *context, const Interp *interp)
{
    (void)context, (void)interp;
}

void sample_run(Interp *interp, const double *input, int sample, int steps)
{
    sample_run_watched(interp, input, sample, steps, look_at_nothing, NULL);
}

void sample_run_watched(Interp *interp, const double *input, int sample, int steps, SampleLook *look,
                        void *context)
{
    const Program *program = interp->program;
    size_t count = interp_count(interp, program->input);
    size_t next = sample_elements(program) > count ? count : 0; /* each step has data of its own */
    interp->buffers[program->sample][0] = sample;
    memcpy(interp->buffers[program->input], input, count * sizeof *input);
    if (program->present >= 0)
        for (size_t t = 0; t < interp_count(interp, program->present); t++)
            interp->buffers[program->present][t] = t == 0 || (int)t < steps;
    interp_run(interp, PHASE_RESET);
    interp_run(interp, PHASE_BEGIN);
    look(context, interp);
    for (int t = 0; t < program->steps && !program->whole_why; t++) {
        if (program->present >= 0)
            interp->buffers[program->present][0] = t == 0 || t < steps;
        memcpy(interp->buffers[program->input], input + (size_t)t * next, count * sizeof *input);
        interp_run(interp, PHASE_STEP);
        look(context, interp);
    }
    interp_run(interp, PHASE_RESULT);
    look(context, interp);
}
