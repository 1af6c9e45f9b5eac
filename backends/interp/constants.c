#include "constants.h"

#include "run.h"

#include "snn_model_text.h"
#include "snn_safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void find_clock(Program *program, const char *weights)
{
    enum { MOST = 1000000 };
    int64_t epoch = 0, epochs = 0, batches = 0;
    SnnError error;
    SnnTensors *file = snn_tensors_open(weights, &error);
    bool known = file && snn_tensors_natural(file, "epoch", MOST, &epoch)
                 && snn_tensors_natural(file, "epochs", MOST, &epochs)
                 && snn_tensors_natural(file, "batches", INT32_MAX, &batches) && epoch > 0 && batches > 0;
    if (!known) {
        epoch = epochs = program->epochs > 0 ? program->epochs : 1;
        batches = 1;
    }
    program->clock[SCALAR_EPOCH] = (double)(epoch - 1);
    program->clock[SCALAR_EPOCHS] = (double)epochs;
    program->clock[SCALAR_BATCH] = (double)(float)(batches - 1);
    program->clock[SCALAR_BATCHES] = (double)(float)batches;
    if (file)
        snn_tensors_close(file);
}

static void find_other_model(Program *program, const SnnTensors *file, const char **differs)
{
    SnnError difference;
    const char *theirs = snn_tensors_metadata(file, "network"), **lines;
    int count = program->network_text.count;
    *differs = NULL;
    if (!theirs)
        return;
    lines = NEW_ARRAY(program->arena, const char *, count + 1);
    for (int i = 0; i < count; i++)
        lines[i] = program->network_text.at[i];
    char *ours = snn_text_join(lines);
    if (ours && strcmp(ours, theirs) != 0 && snn_text_differs(theirs, ours, &difference))
        *differs = arena_printf(program->arena, "%s", difference.text);
    free(ours);
}

/* FNV-1a of the bits, from the lowest byte on. */
static uint64_t add_to_hash(uint64_t hash, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int k = 0; k < 4; k++)
        hash = (hash ^ (bits >> 8 * k & 0xffu)) * 0x100000001b3u;
    return hash;
}

static void hash_weights(Program *program, const Interp *interp)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (int p = 0; p < program->params.count; p++) {
        BufferId values = program->params.at[p].value;
        for (size_t k = 0; k < interp_count(interp, values); k++)
            hash = add_to_hash(hash, (float)*interp_at(interp, values, k));
    }
    program->weights_hash = hash;
}

static void keep_values(Program *program, const Interp *interp, BufferId id)
{
    Buffer *buffer = &program->buffers.at[id];
    size_t count = (size_t)buffer_elements(buffer);
    double *values = NEW_ARRAY(program->arena, double, count + 1);
    memcpy(values, interp->buffers[id], count * sizeof *values);
    buffer->values = values;
}

typedef struct Keeping {
    Program *program;
    const Interp *interp;
} Keeping;

static void keep_made(void *context, BufferId *buffer, Access access)
{
    const Keeping *keeping = context;
    const Buffer *made = &keeping->program->buffers.at[*buffer];
    if (access != ACCESS_HINT && made->role != BUFFER_LOCAL && !made->values)
        keep_values(keeping->program, keeping->interp, *buffer);
}

static void keep_constants(Program *program, const Interp *interp)
{
    Keeping keeping = {program, interp};
    for (int p = 0; p < program->params.count; p++)
        if (!program->buffers.at[program->params.at[p].value].values)
            keep_values(program, interp, program->params.at[p].value);
    for (int i = 0; i < program->phases[PHASE_INIT].count; i++)
        loop_visit(&program->kernels.at[program->phases[PHASE_INIT].at[i].kernel].body, keep_made, &keeping);
}

static void mark(void *context, BufferId *buffer, Access access)
{
    bool *used = context;
    used[*buffer] = used[*buffer] || access != ACCESS_HINT;
}

/* By buffer: whether what follows the initial phase uses it. What only that phase works with may have places that nobody made. */
static const bool *used_later(const Program *program)
{
    bool *used = NEW_ARRAY(program->arena, bool, program->buffers.count + 1);
    for (int p = 0; p < program->params.count; p++)
        used[program->params.at[p].value] = true;
    for (Phase phase = PHASE_INIT + 1; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++)
            loop_visit(&program->kernels.at[program->phases[phase].at[i].kernel].body, mark, used);
    return used;
}

/* A number of the program that follows from its weights is one, too; what stands behind the last unit is none. */
static bool are_finite(const Interp *interp, const char *path)
{
    const bool *used = used_later(interp->program);
    for (BufferId b = 0; b < interp->program->buffers.count; b++) {
        const Buffer *buffer = &interp->program->buffers.at[b];
        for (size_t k = 0; used[b] && buffer->values && k < interp_count(interp, b); k++) {
            double value = *interp_at(interp, b, k);
            if (isfinite(value))
                continue;
            fprintf(stderr, "snnc: %s makes `%s` %s: give weights that the network can run with\n", path,
                    buffer->name, isnan(value) ? "NaN" : "infinite");
            return false;
        }
    }
    return true;
}

bool make_constants(Program *program, const char *weights, const char **differs)
{
    SnnError error;
    int64_t seed;
    SnnTensors *file = snn_tensors_open(weights, &error);
    Interp *interp = file ? interp_new(program, 1, PRECISION_SINGLE) : NULL;
    if (!file)
        fprintf(stderr, "snnc: %s\n", error.text);
    else if (!interp)
        fprintf(stderr, "snnc: not enough memory for the weights of `%s`\n", program->name);
    bool made = interp && run_fill_params(interp, file, weights);
    if (made) {
        find_other_model(program, file, differs);
        if (snn_tensors_natural(file, "seed", UINT32_MAX, &seed))
            program->seed = (uint32_t)seed;
        hash_weights(program, interp);
        interp_run(interp, PHASE_INIT);
        keep_constants(program, interp);
        made = are_finite(interp, weights);
    }
    if (file)
        snn_tensors_close(file);
    if (interp)
        interp_free(interp);
    return made;
}

bool make_whole_constants(Program *program, const Program *floats)
{
    Interp *interp = interp_of_constants(program);
    if (!interp) {
        fprintf(stderr, "snnc: not enough memory for the weights of `%s`\n", program->name);
        return false;
    }
    program->seed = floats->seed;
    program->weights_hash = floats->weights_hash;
    interp_run(interp, PHASE_INIT);
    keep_constants(program, interp);
    interp_free(interp);
    return true;
}
