#include "gradcheck.h"

#include "snn_random.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { ENTRIES = 12, DEFAULT_ROWS = 2 };

typedef struct Check {
    Interp *record, *replay;
    const LoopParam *param; /* of replay's program */
    double *value;          /* its values in replay */
    const double *gradient; /* derived, in record */
    size_t count;
    double largest; /* absolute value in the whole gradient */
} Check;

/* Detached values stay those of the unperturbed run; both programs name them alike. */
static void copy_held(const Interp *record, Interp *replay)
{
    for (BufferId b = 0; b < replay->program->buffers.count; b++) {
        const char *name = replay->program->buffers.at[b].name;
        BufferId from = loop_find(record->program, name);
        if (strncmp(name, "held_", 5) == 0 && from >= 0)
            memcpy(replay->buffers[b], record->buffers[from], interp_count(replay, b) * sizeof(double));
    }
}

static double loss_with(Check *check, size_t k, double offset)
{
    double old = check->value[k];
    check->value[k] = old + offset;
    interp_run(check->replay, PHASE_FORWARD);
    check->value[k] = old;
    return run_loss(check->replay);
}

static double central_difference(Check *check, size_t k, double h)
{
    return (loss_with(check, k, h) - loss_with(check, k, -h)) / (2 * h);
}

/* Of several widths the best agreement counts: a wide one errs by curvature, a narrow one by rounding,
 * and any may straddle a corner of a piecewise surrogate. A wrong gradient is wrong at every width. */
static double entry_error(Check *check, size_t k)
{
    static const double widths[] = {4e-5, 4e-6, 4e-4};
    double scale = fmax(check->largest, 1e-12), best = INFINITY;
    for (size_t i = 0; i < sizeof widths / sizeof *widths && best > GRADCHECK_LIMIT / 10; i++) {
        double h = widths[i];
        double wide = central_difference(check, k, h), narrow = central_difference(check, k, h / 2);
        double extrapolated = (4 * narrow - wide) / 3; /* Richardson: no h^2 term */
        best = fmin(best, fabs(extrapolated - check->gradient[k]) / scale);
    }
    return best;
}

/* The entry with the largest gradient, then others spread at random. */
static size_t chosen_entry(const Check *check, int i, size_t top)
{
    if (check->count <= ENTRIES)
        return (size_t)i;
    return i == 0 ? top : snn_mix(check->replay->seed + (uint32_t)i * 0x9e3779b9u) % check->count;
}

static bool check_param(Check *check)
{
    size_t top = 0;
    for (size_t k = 0; k < check->count; k++)
        if (fabs(check->gradient[k]) > fabs(check->gradient[top]))
            top = k;
    check->largest = fabs(check->gradient[top]);
    int entries = check->count < ENTRIES ? (int)check->count : ENTRIES;
    double worst = 0;
    for (int i = 0; i < entries; i++) {
        double error = entry_error(check, chosen_entry(check, i, top));
        worst = error > worst || isnan(error) ? error : worst;
    }
    bool agrees = worst <= GRADCHECK_LIMIT;
    printf("%-20s max relative error %.1e  %s%s\n", check->param->name, worst, agrees ? "ok" : "WRONG",
           check->largest == 0 ? " (the gradient is zero)" : "");
    fflush(stdout);
    return agrees;
}

static bool check_params(Interp *record, Interp *replay)
{
    bool all = true;
    for (int p = 0; p < replay->program->params.count; p++) {
        const LoopParam *param = &replay->program->params.at[p];
        const LoopParam *derived = &record->program->params.at[p];
        if (derived->gradient < 0) {
            printf("%-20s frozen: the loss does not reach it\n", param->name);
            continue;
        }
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "checking %s ...\r", param->name);
        Check check = {record,
                       replay,
                       param,
                       replay->buffers[param->value],
                       record->buffers[derived->gradient],
                       interp_count(replay, param->value),
                       0};
        all = check_param(&check) && all;
    }
    return all;
}

bool gradcheck(const Program *record, const Program *replay, const RunOptions *options)
{
    Interp *derived = run_prepare(record, options, DEFAULT_ROWS);
    Interp *moved = derived ? run_prepare(replay, options, DEFAULT_ROWS) : NULL;
    bool agree = false;
    if (moved) {
        interp_run(derived, PHASE_FORWARD);
        interp_run(derived, PHASE_BACKWARD);
        copy_held(derived, moved);
        agree = check_params(derived, moved);
        interp_free(moved);
    }
    if (derived)
        interp_free(derived);
    return agree;
}
