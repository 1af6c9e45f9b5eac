#include "gradcheck.h"

#include "snn_random.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { ENTRIES = 12, DEFAULT_ROWS = 2 };

/* How far a parameter is moved for a difference quotient. */
static const double widest = 0x1p2, narrowest = 0x1p-36;

typedef struct Check {
    Interp *record, *replay;
    const LoopParam *param; /* of replay's program */
    double *value;          /* its values in replay */
    const double *gradient; /* derived, in record; NULL: the loss does not reach the parameter */
    size_t count;
    double loss;    /* at the parameters as they are */
    double noise;   /* what the roundings of a run may change of it */
    double largest; /* absolute value in the whole gradient */
} Check;

/* What can be said of one entry of a gradient, or of all. */
typedef enum Verdict {
    AGREES,
    TOO_SMALL, /* below what roundings of the loss leave of a difference */
    AT_A_KINK, /* the loss has no one derivative here, or none as near as can be seen */
    WRONG,
    VERDICTS
} Verdict;

/* Detached values stay those of the unperturbed run; both programs name them alike. */
static void copy_held(const Interp *record, Interp *replay)
{
    for (BufferId b = 0; b < replay->program->buffers.count; b++) {
        const char *name = replay->program->buffers.at[b].name;
        BufferId from = loop_find(record->program, name);
        if (replay->program->buffers.at[b].role != BUFFER_GIVEN && strncmp(name, "held_", 5) == 0
            && from >= 0)
            for (size_t k = 0; k < interp_count(replay, b); k++)
                *interp_at(replay, b, k) = *interp_at(record, from, k);
    }
}

static double derived(const Check *check, size_t k)
{
    return check->gradient ? check->gradient[k] : 0;
}

/* ---- difference quotients ---- */

/* The difference quotients on both sides, and between them. */
typedef struct Quotient {
    double left, right, central;
} Quotient;

/* *moved: by how much, after rounding. */
static double loss_with(Check *check, size_t k, double offset, double *moved)
{
    double old = check->value[k];
    check->value[k] = old + offset;
    *moved = check->value[k] - old;
    interp_run(check->replay, PHASE_FORWARD);
    check->value[k] = old;
    return run_loss(check->replay);
}

static Quotient quotient(Check *check, size_t k, double width)
{
    double right, left;
    double above = loss_with(check, k, width, &right), below = loss_with(check, k, -width, &left);
    return (Quotient){(below - check->loss) / left, (above - check->loss) / right,
                      (above - below) / (right - left)};
}

/* What roundings do to the loss: how five values differ from a line that are nearer than anything else could bend. */
static double measured_noise(Check *check, size_t k)
{
    double step = 0x1p-44 * fmax(1, fabs(check->value[k])), loss[5], moved, bend = 0;
    for (int i = 0; i < 5; i++)
        loss[i] = i == 2 ? check->loss : loss_with(check, k, (i - 2) * step, &moved);
    for (int i = 0; i < 3; i++)
        bend = fmax(bend, fabs(loss[i] - 2 * loss[i + 1] + loss[i + 2]));
    return 2 * bend + 4 * DBL_EPSILON * fabs(check->loss) + DBL_MIN;
}

static double tolerance(const Check *check)
{
    return GRADCHECK_LIMIT * check->largest;
}

/* A derivative, known but for an error. */
typedef struct Slope {
    double value, error;
} Slope;

/* The first width: from there on narrower ones still are wide enough for the roundings of the loss. */
static double first_width(const Check *check)
{
    double width = 256 * check->noise / tolerance(check); /* may be infinite */
    return width < 0x1p-10 ? 0x1p-10 : width > widest ? widest : width;
}

/* Whether the quotient, whose roundings are smaller than what is asked, agrees with the derived gradient: what was
 * found on two ways that have nothing in common need not be known better. */
static bool confirms(const Check *check, size_t k, double value, double width)
{
    return check->noise / width <= tolerance(check)
           && fabs(value - derived(check, k)) <= tolerance(check) / 10;
}

/* Narrower and narrower quotients, extrapolated to none at all. A wide one errs by curvature, a narrow one by
 * rounding: how much is seen by how two that follow each other differ, and the best known counts. */
static Slope measured_slope(Check *check, size_t k)
{
    Slope best = {NAN, INFINITY};
    double width = first_width(check), before = NAN, change_before = 0;
    Quotient wide = quotient(check, k, width);
    for (width /= 4; width >= narrowest && check->noise / width < best.error; width /= 4) {
        Quotient narrow = quotient(check, k, width);
        double value = (16 * narrow.central - wide.central) / 15; /* Richardson: no width^2 term */
        if (confirms(check, k, value, width))
            return (Slope){value, 0};
        double change = fabs(value - before);
        double error = fmax(change, change_before / 256) + check->noise / width;
        if (!isnan(change) && error < best.error)
            best = (Slope){value, error};
        if (best.error <= tolerance(check) / 10)
            break;
        change_before = isnan(change) ? 0 : change;
        before = value;
        wide = narrow;
    }
    return best;
}

/* Whether what the gradient is wrong by is only seen from afar, or the sides disagree however near they are: at the
 * corner of a formula, where any number between them may be derived. */
static bool is_kink(Check *check, size_t k, double wrong_by)
{
    double width = fmin(fmax(8 * check->noise / wrong_by, narrowest), widest / 16);
    Quotient near = quotient(check, k, width), far = quotient(check, k, 4 * width);
    double gap = fabs(near.right - near.left), gap_before = fabs(far.right - far.left);
    bool stays = gap > wrong_by && gap > gap_before / 2; /* a quarter, where the loss is smooth */
    return !(fabs(near.central - derived(check, k)) > wrong_by / 2) || stays;
}

/* *error: relative to the parameter's largest gradient. */
static Verdict check_entry(Check *check, size_t k, double *error)
{
    Slope slope = measured_slope(check, k);
    double scale = fmax(check->largest, fabs(slope.value)), wrong_by = fabs(slope.value - derived(check, k));
    *error = wrong_by > 0 ? wrong_by / scale : 0;
    if (isnan(slope.value))
        return AT_A_KINK;
    if (wrong_by > GRADCHECK_LIMIT * scale + 4 * slope.error)
        return is_kink(check, k, wrong_by) ? AT_A_KINK : WRONG;
    bool none = check->largest == 0 && slope.value == 0;
    return none || slope.error <= GRADCHECK_PRECISION * scale ? AGREES : TOO_SMALL;
}

/* ---- parameters ---- */

/* The entry with the largest gradient, then others spread at random. */
static size_t chosen_entry(const Check *check, int i, size_t top)
{
    if (check->count <= ENTRIES)
        return (size_t)i;
    return i == 0 ? top : snn_mix(check->replay->seed + (uint32_t)i * 0x9e3779b9u) % check->count;
}

static size_t largest_entry(const Check *check)
{
    size_t top = 0;
    for (size_t k = 0; k < check->count; k++)
        if (fabs(derived(check, k)) > fabs(derived(check, top)) || isnan(derived(check, k)))
            top = k;
    return top;
}

/* What is true of the whole parameter: one wrong entry is enough, and one right one where none is wrong. */
static Verdict verdict_of(const int counts[VERDICTS])
{
    static const Verdict strongest[] = {WRONG, AGREES, AT_A_KINK, TOO_SMALL};
    int i = 0;
    while (i < VERDICTS - 1 && counts[strongest[i]] == 0)
        i++;
    return strongest[i];
}

static void report(const Check *check, const int counts[VERDICTS], double worst)
{
    static const char *const texts[VERDICTS] = {"ok", "too small to check", "at a kink, not checked",
                                                "WRONG"};
    Verdict verdict = verdict_of(counts);
    if (!check->gradient && verdict == AGREES) {
        printf("%-20s frozen: the loss does not reach it\n", check->param->name);
        return;
    }
    if (verdict == AGREES || verdict == WRONG)
        printf("%-20s max relative error %.1e  %s", check->param->name, worst, texts[verdict]);
    else
        printf("%-20s largest gradient %.1e    %s", check->param->name, check->largest, texts[verdict]);
    int entries = counts[AGREES] + counts[TOO_SMALL] + counts[AT_A_KINK] + counts[WRONG];
    if (check->largest == 0 && verdict == AGREES)
        printf(" (the gradient is zero)");
    else if (verdict == AGREES && counts[AGREES] < entries)
        printf(" (%d of %d entries: too small to check or at a kink)", entries - counts[AGREES], entries);
    printf("\n");
    fflush(stdout);
}

/* A large network runs for seconds for each entry: whoever waits sees what for. */
static void show_progress(const char *param, int done, int entries)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "checking %s ... %3d %%\r", param, 100 * done / entries);
}

static bool check_param(Check *check)
{
    if (check->param->frozen) {
        printf(check->param->kept ? "%-20s a memory: it is not learned\n"
                                  : "%-20s frozen: the model says so\n",
               check->param->name);
        return true;
    }
    size_t top = largest_entry(check);
    check->largest = fabs(derived(check, top));
    check->noise = measured_noise(check, top);
    if (!isfinite(check->largest)) {
        printf("%-20s WRONG: the gradient is not finite\n", check->param->name);
        return false;
    }
    int entries = check->count < ENTRIES ? (int)check->count : ENTRIES, counts[VERDICTS] = {0};
    double worst[VERDICTS] = {0};
    for (int i = 0; i < entries; i++) {
        double error;
        show_progress(check->param->name, i, entries);
        Verdict verdict = check_entry(check, chosen_entry(check, i, top), &error);
        counts[verdict]++;
        worst[verdict] = fmax(worst[verdict], error);
    }
    report(check, counts, worst[counts[WRONG] ? WRONG : AGREES]);
    return counts[WRONG] == 0;
}

/* What the parameter's gradient would be compared with. */
static Check check_of(Interp *record, Interp *replay, int p)
{
    const LoopParam *param = &replay->program->params.at[p];
    Check check = {
        .record = record, .replay = replay, .param = param, .value = replay->buffers[param->value]};
    BufferId gradient = record->program->params.at[p].gradient;
    check.gradient = gradient < 0 ? NULL : record->buffers[gradient];
    check.count = interp_count(replay, param->value);
    interp_run(replay, PHASE_FORWARD);
    check.loss = run_loss(replay);
    return check;
}

static bool check_params(Interp *record, Interp *replay)
{
    bool all = true;
    for (int p = 0; p < replay->program->params.count; p++) {
        const LoopParam *param = &replay->program->params.at[p];
        show_progress(param->name, 0, 1);
        Check check = check_of(record, replay, p);
        all = check_param(&check) && all;
    }
    return all;
}

static bool loss_is_finite(const Interp *record)
{
    if (isfinite(run_loss(record)))
        return true;
    fprintf(
        stderr,
        "snnc: the loss of this batch is not a finite number: there are no differences to compare with\n");
    return false;
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
        agree = loss_is_finite(derived) && check_params(derived, moved);
        interp_free(moved);
    }
    if (derived)
        interp_free(derived);
    return agree;
}
