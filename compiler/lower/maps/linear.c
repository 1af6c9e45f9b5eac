#include "lower/maps/linear.h"

#include <stdio.h>
#include <stdlib.h>

/* In the order in which they are tried: a kernel leaves those behind it the batches for which it was not chosen. */
static const MapKernel *const kernels[] = {
    &by_sums,     &by_tables,     &by_event_blocks,  &by_events,  &by_gate,        &by_products,
    &by_patterns, &by_piece_rows, &by_piece_taps,    &by_pieces,  &by_piece_sums,  &by_patch_sums,
    &by_sparse,   &by_winograd,   &by_winograd_sums, &by_windows, &by_window_sums, &by_step_sums,
    &by_steps,    &by_narrow,     &by_frequencies,   &by_taps,    &by_recent,      &by_definition};

enum { KERNEL_COUNT = sizeof kernels / sizeof *kernels };

Linear linear_alone(Lower *lower, const Node *node)
{
    return (Linear){.node = node,
                    .plan = plan_of(lower, node),
                    .matrix = {.buffer = -1},
                    .sums = -1,
                    .table = -1,
                    .tiles = -1,
                    .spectrum = -1,
                    .spread = -1,
                    .patterns = -1,
                    .few = -1};
}

Linear linear_of(Lower *lower, const Node *node)
{
    Linear linear = linear_alone(lower, node);
    for (int k = 0; k < KERNEL_COUNT; k++)
        if (kernels[k]->serves(&linear) && kernels[k]->prepare)
            kernels[k]->prepare(lower, &linear);
    return linear;
}

int linear_rows(const Linear *linear)
{
    int most = 0;
    for (int k = 0; k < KERNEL_COUNT; k++)
        if (kernels[k]->serves(linear) && kernels[k]->rows > most)
            most = kernels[k]->rows;
    return most;
}

void emit_linear(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    for (int k = 0; k < KERNEL_COUNT && site.into; k++) {
        const MapKernel *kernel = kernels[k];
        if (!kernel->serves(linear))
            continue;
        bool asks = kernel->asks && walk.b0;
        Site chosen = site;
        chosen.into = kernel->branch && !asks ? kernel->branch(lower, linear, site, true) : site.into;
        (linear->plan->role == ROLE_MAP ? kernel->forward : kernel->gradient)(lower, linear, chosen, walk);
        if (asks) { /* what is left are single samples */
            site = walk_samples(lower, walk, site);
            walk.b0 = walk.b1 = NULL;
        }
        site.into = kernel->branch ? kernel->branch(lower, linear, site, false) : NULL;
    }
}

void lower_gradient_alone(Lower *lower, const Node *gradient)
{
    Linear linear = linear_alone(lower, gradient);
    for (int k = 0; k < KERNEL_COUNT; k++)
        if (kernels[k]->alone && kernels[k]->serves(&linear)) {
            kernels[k]->alone(lower, gradient);
            return;
        }
    fprintf(
        stderr,
        "snnc: internal error: no kernel makes the gradient of `%s`\nPlease report this, with the model.\n",
        weight_name(lower->net, gradient));
    exit(3);
}
