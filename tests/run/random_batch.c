/* Batches and results, as the harness reads and writes them: 4-byte words in the machine's order.
 *
 *   batch:   rows, seed, epoch, lr, step, scale, epoch, epochs, batch, batches for schedules; label[rows], or of each step, target, present, sample[rows], input (as floats, spikes, too);
 *            for each parameter its values, then its optimiser states
 *   results: loss[rows]; for each prediction predicted[rows], if it is a class, and its numbers; the metrics that are
 *            numbers; the values of each stream that the runtime can see, and its
 *            activity; for each parameter its gradient, its values, its states, after the update; where tests run something
 *            else, what they make of it: as the first five; then first values and states of parameters, as before a training */
#include "random_models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- filling ---- */

static void fill_real(Interp *interp, BufferId id, Dice *dice, double low, double high)
{
    for (size_t k = 0; k < interp_count(interp, id); k++)
        interp->buffers[id][k] = dice_real(dice, low, high);
}

/* Of reals, a fifth are exactly 0 or 1: nothing and everything must work in an encoder. */
static void fill_input(Interp *interp, BufferId id, Dice *dice)
{
    bool spikes = interp->program->buffers.at[id].type == TYPE_U8;
    for (size_t k = 0; k < interp_count(interp, id); k++)
        if (spikes)
            interp->buffers[id][k] = dice_chance(dice, 30);
        else
            interp->buffers[id][k] = dice_chance(dice, 20) ? dice_below(dice, 2) : dice_real(dice, 0, 1);
}

/* As before a training, in single precision. */
static Interp *before_training(const Interp *interp)
{
    Interp *before = interp_new(interp->program, 1, PRECISION_SINGLE);
    if (!before)
        abort();
    before->seed = interp->seed;
    interp_run(before, PHASE_INIT);
    return before;
}

/* More above than below zero, and larger than at the start of a training, so that all layers fire. */
static void fill_param(Interp *interp, const LoopParam *param, const Interp *before, Dice *dice)
{
    double *values = interp->buffers[param->value], largest = 0;
    const double *first = before->buffers[param->value];
    size_t count = interp_count(interp, param->value);
    bool constant = true;
    for (size_t k = 0; k < count; k++) {
        constant = constant && first[k] == first[0];
        largest = fmax(largest, fabs(first[k]));
    }
    fill_real(interp, param->value, dice, -0.7, 1);
    for (size_t k = 0; k < count; k++)
        values[k] = (double)(float)(constant ? first[0] + 0.2 * values[k] : 2.5 * largest * values[k]);
    for (int s = 0; s < param->states; s++)
        fill_real(interp, param->state[s], dice, 1e-4, 1e-2); /* second moments are not negative */
}

/* One for each step; some have none. */
static void fill_labels(Interp *interp, Dice *dice)
{
    const Program *program = interp->program;
    for (size_t k = 0; k < interp_count(interp, program->label); k++)
        interp->buffers[program->label][k] = dice_chance(dice, 20) ? -1 : dice_below(dice, program->classes);
}

/* Samples have one step at least. */
static void fill_present(Interp *interp, Dice *dice)
{
    int steps = interp->program->steps;
    for (int b = 0; b < interp->rows; b++) {
        int length = dice_between(dice, 1, steps);
        for (int t = 0; t < steps; t++)
            interp->buffers[interp->program->present][b * steps + t] = t < length;
    }
}

void fill_batch(Interp *interp, uint32_t seed, uint32_t number)
{
    const Program *program = interp->program;
    Dice dice = dice_new(seed, number, 2);
    interp->seed = (uint32_t)dice_below(&dice, 1 << 24);
    interp->epoch = (uint32_t)dice_below(&dice, 100);
    interp->scalars[SCALAR_LR] = dice_real(&dice, 1e-4, 0.1);
    interp->scalars[SCALAR_STEP] = dice_between(&dice, 1, 50);
    interp->scalars[SCALAR_SCALE] = dice_chance(&dice, 50) ? 1 : dice_real(&dice, 0.1, 1);
    interp->scalars[SCALAR_EPOCHS] = dice_between(&dice, 1, 100);
    interp->scalars[SCALAR_EPOCH] = dice_below(&dice, (int)interp->scalars[SCALAR_EPOCHS]);
    interp->scalars[SCALAR_BATCHES] = dice_between(&dice, 1, 500);
    interp->scalars[SCALAR_BATCH] = dice_below(&dice, (int)interp->scalars[SCALAR_BATCHES]);
    interp->scalars[SCALAR_TRAINING] = dice_chance(&dice, 75);
    for (int b = 0; b < interp->rows; b++) {
        if (program->label_steps == 0)
            interp->buffers[program->label][b] = dice_below(&dice, program->classes);
        interp->buffers[program->sample][b] = dice_below(&dice, 60000);
    }
    if (program->label_steps > 0)
        fill_labels(interp, &dice);
    if (program->present >= 0)
        fill_present(interp, &dice);
    fill_input(interp, program->input, &dice);
    if (program->target >= 0)
        fill_real(interp, program->target, &dice, -1, 2);
    Interp *before = before_training(interp);
    for (int p = 0; p < program->params.count; p++)
        fill_param(interp, &program->params.at[p], before, &dice);
    interp_free(before);
}

/* ---- writing ---- */

static uint32_t float_word(double value)
{
    float number = (float)value;
    uint32_t word;
    memcpy(&word, &number, sizeof word);
    return word;
}

static uint32_t integer_word(double value)
{
    return (uint32_t)(int32_t)value;
}

static bool put_word(FILE *file, uint32_t word)
{
    return fwrite(&word, sizeof word, 1, file) == 1;
}

static bool put_buffer(FILE *file, const Interp *interp, BufferId id, bool integer)
{
    bool put = true;
    for (size_t k = 0; k < interp_count(interp, id); k++) {
        double value = *interp_at(interp, id, k);
        put = put_word(file, integer ? integer_word(value) : float_word(value)) && put;
    }
    return put;
}

static bool put_settings(FILE *file, const Interp *interp)
{
    static const Scalar scalars[] = {SCALAR_LR,     SCALAR_STEP,  SCALAR_SCALE,   SCALAR_EPOCH,
                                     SCALAR_EPOCHS, SCALAR_BATCH, SCALAR_BATCHES, SCALAR_TRAINING};
    bool put = put_word(file, (uint32_t)interp->rows) && put_word(file, interp->seed)
               && put_word(file, interp->epoch);
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        put = put && put_word(file, float_word(interp->scalars[scalars[i]]));
    return put;
}

bool write_batch(const Interp *interp, FILE *file)
{
    const Program *program = interp->program;
    bool put = put_settings(file, interp) && put_buffer(file, interp, program->label, true)
               && (program->target < 0 || put_buffer(file, interp, program->target, false))
               && (program->present < 0 || put_buffer(file, interp, program->present, false))
               && put_buffer(file, interp, program->sample, true)
               && put_buffer(file, interp, program->input, false);
    for (int p = 0; p < program->params.count; p++) {
        const LoopParam *param = &program->params.at[p];
        put = put_buffer(file, interp, param->value, false) && put;
        for (int s = 0; s < param->states; s++)
            put = put_buffer(file, interp, param->state[s], false) && put;
    }
    return put;
}

/* ---- results ---- */

static void add_piece(Arena *arena, Pieces *pieces, const Interp *interp, const char *what, const char *name,
                      BufferId id)
{
    bool integer = interp->program->buffers.at[id].type == TYPE_I32;
    vec_push(arena, pieces, ((Piece){what, name, id, interp_count(interp, id), integer}));
}

static void add_run(Arena *arena, Pieces *pieces, const Interp *interp, bool evaluated)
{
    const Program *program = interp->program;
    const char *the = evaluated ? "the test's" : "the", *of = evaluated ? "the test's stream" : "stream";
    add_piece(arena, pieces, interp, the, "loss", program->loss);
    for (int o = 0; o < program->predictions.count; o++) {
        const LoopPrediction *prediction = &program->predictions.at[o];
        if (prediction->predicted >= 0)
            add_piece(arena, pieces, interp, the, "classes of a prediction", prediction->predicted);
        add_piece(arena, pieces, interp, the, "values of a prediction", prediction->values);
    }
    for (int m = 0; m < program->metrics.count; m++)
        if (program->metrics.at[m].values >= 0)
            add_piece(arena, pieces, interp, "metric", program->metrics.at[m].name,
                      program->metrics.at[m].values);
    for (int s = 0; s < program->streams.count; s++) {
        const LoopStream *stream = &program->streams.at[s];
        if (stream->evaluated == evaluated && stream_floats(program, stream) >= 0)
            add_piece(arena, pieces, interp, of, stream->name, stream->values);
        if (stream->evaluated == evaluated && stream->activity >= 0)
            add_piece(arena, pieces, interp, "activity of", stream->name, stream->activity);
    }
}

Pieces test_pieces(Arena *arena, const Interp *interp)
{
    Pieces pieces = {0};
    if (program_has(interp->program, PHASE_EVALUATE))
        add_run(arena, &pieces, interp, true);
    return pieces;
}

Pieces result_pieces(Arena *arena, const Interp *interp)
{
    const Program *program = interp->program;
    Pieces pieces = {0};
    add_run(arena, &pieces, interp, false);
    for (int p = 0; p < program->params.count; p++) {
        const LoopParam *param = &program->params.at[p];
        if (param->gradient >= 0)
            add_piece(arena, &pieces, interp, "gradient of", param->name, param->gradient);
        add_piece(arena, &pieces, interp, "updated", param->name, param->value);
        for (int s = 0; s < param->states; s++)
            add_piece(arena, &pieces, interp, param->state_name[s], param->name, param->state[s]);
    }
    return pieces;
}

bool write_pieces(const Interp *interp, const Pieces *pieces, FILE *file)
{
    bool put = true;
    for (int k = 0; k < pieces->count; k++)
        put = put_buffer(file, interp, pieces->at[k].buffer, pieces->at[k].integer) && put;
    return put;
}

bool write_beginning(const Interp *interp, FILE *file)
{
    Interp *before = before_training(interp);
    bool put = true;
    for (int p = 0; p < interp->program->params.count; p++) {
        const LoopParam *param = &interp->program->params.at[p];
        put = put_buffer(file, before, param->value, false) && put;
        for (int s = 0; s < param->states; s++)
            put = put_buffer(file, before, param->state[s], false) && put;
    }
    interp_free(before);
    return put;
}

/* ---- comparing ---- */

static bool same_piece(const Interp *interp, const Piece *piece, FILE *file, const char *path)
{
    for (size_t k = 0; k < piece->count; k++) {
        double value = *interp_at(interp, piece->buffer, k);
        uint32_t expected = piece->integer ? integer_word(value) : float_word(value), found = 0;
        float number;
        if (fread(&found, sizeof found, 1, file) != 1) {
            fprintf(stderr, "%s: ends within %s %s\n", path, piece->what, piece->name);
            return false;
        }
        if (found == expected)
            continue;
        memcpy(&number, &found, sizeof number);
        fprintf(stderr, "%s: %s %s [%zu] is %.9g (%08x), the interpreter says %.9g (%08x)\n", path,
                piece->what, piece->name, k, piece->integer ? (double)(int32_t)found : (double)number, found,
                value, expected);
        return false;
    }
    return true;
}

/* First values and states, behind all else. */
static bool same_beginning(const Interp *interp, FILE *file, const char *path)
{
    Interp *before = before_training(interp);
    bool same = true;
    for (int p = 0; p < interp->program->params.count && same; p++) {
        const LoopParam *param = &interp->program->params.at[p];
        size_t count = interp_count(before, param->value);
        same = same_piece(before, &(Piece){"first", param->name, param->value, count, false}, file, path);
        for (int s = 0; s < param->states && same; s++)
            same = same_piece(before, &(Piece){"first state of", param->name, param->state[s], count, false},
                              file, path);
    }
    interp_free(before);
    return same;
}

static bool same_pieces(const Interp *interp, const Pieces *pieces, FILE *file, const char *path)
{
    bool same = true;
    for (int k = 0; k < pieces->count && same; k++)
        same = same_piece(interp, &pieces->at[k], file, path);
    return same;
}

bool same_results(const Interp *interp, const Pieces *pieces, const Interp *tested, const Pieces *tests,
                  const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return false;
    }
    bool same = same_pieces(interp, pieces, file, path) && same_pieces(tested, tests, file, path);
    same = same && same_beginning(interp, file, path);
    if (same && fgetc(file) != EOF) {
        fprintf(stderr, "%s: is longer than the interpreter's results\n", path);
        same = false;
    }
    fclose(file);
    return same;
}

static bool same_values(const Interp *single, const Interp *exact, BufferId id)
{
    for (size_t k = 0; id >= 0 && k < interp_count(single, id); k++)
        if (*interp_at(single, id, k) != *interp_at(exact, id, k))
            return false;
    return true;
}

static bool is_flag(double value)
{
    return value == 0 || value == 1;
}

/* Where spikes stood, other values may stand by now. */
static bool same_flags(const Interp *single, const Interp *exact, BufferId id)
{
    for (size_t k = 0; k < interp_count(single, id); k++) {
        double a = *interp_at(single, id, k), b = *interp_at(exact, id, k);
        if (is_flag(a) && is_flag(b) && a != b)
            return false;
    }
    return true;
}

/* The spikes themselves, as far as they are still there, and their number by sample and layer. */
static bool is_flipped(const Interp *single, const Interp *exact)
{
    const Program *program = single->program;
    bool same = true;
    for (int o = 0; o < program->predictions.count && same; o++)
        same = program->predictions.at[o].predicted < 0
               || same_values(single, exact, program->predictions.at[o].predicted);
    for (int k = 0; k < program->streams.count && same; k++)
        same = !program->streams.at[k].spikes || same_values(single, exact, program->streams.at[k].activity);
    for (BufferId b = 0; b < program->buffers.count && same; b++) {
        const Buffer *buffer = &program->buffers.at[b];
        same = buffer->type != TYPE_U8 || buffer->role != BUFFER_STREAM || same_flags(single, exact, b);
    }
    return !same;
}

static double largest_in(const Interp *interp, const Piece *piece)
{
    double largest = 0;
    for (size_t k = 0; k < piece->count; k++)
        largest = fmax(largest, fabs(*interp_at(interp, piece->buffer, k)));
    return largest;
}

static bool is_gradient(const Piece *piece)
{
    return strcmp(piece->what, "gradient of") == 0;
}

static double largest_gradient(const Interp *exact, const Pieces *pieces)
{
    double largest = 0;
    for (int k = 0; k < pieces->count; k++)
        if (is_gradient(&pieces->at[k]))
            largest = fmax(largest, largest_in(exact, &pieces->at[k]));
    return largest;
}

/* A layer that never or always fires has small slopes and a small gradient, made of the tails of its surrogate,
 * in which 1 - sigmoid(x) and the like keep few digits. They are compared with slopes and gradients that matter. */
static double least_scale(const Piece *piece, double gradient)
{
    if (is_gradient(piece))
        return fmax(1e-2 * gradient, 1e-4);
    return strcmp(piece->what, "stream") == 0 ? 1e-2 : 0;
}

/* Rounding errors of a sum grow with what is summed, so the scale is the array's largest. */
static bool agrees(const Interp *single, const Interp *exact, const Piece *piece, double least, FILE *report)
{
    double largest = fmax(largest_in(exact, piece), least), worst = 0;
    for (size_t k = 0; k < piece->count; k++) {
        double error = fabs(*interp_at(single, piece->buffer, k) - *interp_at(exact, piece->buffer, k));
        worst = error <= worst ? worst : error; /* NaN stays */
    }
    if (worst <= 1e-4 * largest)
        return true;
    if (report)
        fprintf(report, "%s %s: single and double precision differ by %.2e, the largest is %.2e\n",
                piece->what, piece->name, worst, largest);
    return false;
}

Agreement compare_precisions(const Interp *single, const Interp *exact, const Pieces *pieces, FILE *report)
{
    if (is_flipped(single, exact))
        return FLIPPED;
    bool all = true;
    double gradient = largest_gradient(exact, pieces);
    for (int k = 0; k < pieces->count; k++)
        all = agrees(single, exact, &pieces->at[k], least_scale(&pieces->at[k], gradient), report) && all;
    return all ? AGREE : DISAGREE;
}
