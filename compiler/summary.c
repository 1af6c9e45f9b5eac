#include "summary.h"

#include "loop_look.h"

#include "snn_memory.h"

#include <stdio.h>

static double numbers_of(const LoopParam *param)
{
    double numbers = 1;
    for (int d = 0; d < param->ndim; d++)
        numbers *= param->dims[d];
    return numbers;
}

/* In training. */
static bool is_layer(const LoopStream *stream)
{
    return !stream->saved && !stream->evaluated && !stream->part;
}

static void print_layers(const Program *program)
{
    enum { SHOWN = 40 }; /* of a deep network the first and the last */
    int layers = 0, skipped = -SHOWN;
    for (int s = 0; s < program->streams.count; s++)
        skipped += is_layer(&program->streams.at[s]);
    printf("\n%-20s %10s %12s %14s  %s\n", "layer", "units", "parameters", "operations", "made by");
    for (int s = 0; s < program->streams.count; s++) {
        const LoopStream *stream = &program->streams.at[s];
        if (!is_layer(stream))
            continue;
        int layer = layers++;
        if (skipped > 0 && layer == SHOWN / 2)
            printf("... %d more\n", skipped);
        if (skipped <= 0 || layer < SHOWN / 2 || layer >= SHOWN / 2 + skipped)
            printf("%-20s %10d %12lld %14lld  %s%s\n", stream->name, stream->size,
                   (long long)stream->parameters, (long long)stream->operations, stream->about,
                   stream->spikes ? ", spikes" : "");
    }
}

double program_memory(const Program *program, int used)
{
    double bytes = 0;
    const LoopRoom *rooms = loop_rooms(program->arena, program);
    for (int b = 0; b < program->buffers.count; b++) {
        const Buffer *buffer = &program->buffers.at[b];
        bytes += (double)room_bytes(rooms[b], program->batch) / (buffer->sparse ? used : 1);
    }
    return bytes;
}

static void print_totals(const Program *program)
{
    double params = 0, frozen = 0, kept = 0, operations = 0;
    for (int p = 0; p < program->params.count; p++) {
        double numbers = numbers_of(&program->params.at[p]);
        bool learned = program->params.at[p].gradient >= 0, memory = program->params.at[p].kept;
        params += memory ? 0 : numbers;
        frozen += program->learns && !learned && !memory ? numbers : 0;
        kept += memory ? numbers : 0;
    }
    for (int s = 0; s < program->streams.count; s++)
        operations += program->streams.at[s].evaluated ? 0 : (double)program->streams.at[s].operations;
    printf("\n%.0f parameters", params);
    if (frozen > 0)
        printf(" (%.0f of them frozen)", frozen);
    if (kept > 0)
        printf(" and %.0f numbers in memories", kept);
    printf(
        ", %.0f synaptic operations a sample (forward, without sparsity), about %.1f MiB without the data\n",
        operations, program_memory(program, SNN_SPARSE) / (1 << 20));
}

void print_summary(const Compilation *c, const char *model)
{
    const Program *program = c->program;
    const Data *data = &c->net->data;
    printf("%s: %s%s", program->name, shape_text(c->arena, data->shape), data->spikes ? " of spikes" : "");
    if (data->classes > 0)
        printf(" in %d classes%s", data->classes, data->label_temporal ? " at each step" : "");
    if (data->target.ndim > 0)
        printf(", targets %s", shape_text(c->arena, data->target));
    printf(", %d time steps", c->net->steps);
    if (c->net->dt > 0)
        printf(" of %g ms", c->net->dt);
    printf("\n");
    print_layers(program);
    print_totals(program);
    if (c->net->training.present)
        printf("%s, %s, batches of %d, %d epochs\n", loss_name(net_loss(c->net)->loss), program->learning,
               program->batch, program->epochs);
    else
        printf("not trained: the model has no `train` block\n");
    printf("\nNext: `snnc %s -o %s` makes the program, `./%s --help` says what it can do.\n", model,
           program->name, program->name);
}
