/* Event-driven and table kernels of the same network, and kernels of windows and the general one: the same gradients but
 * for rounding, in double precision; the choice between events and tables follows the activity. */
#include "golden.h"
#include "run.h"

#include <check.h>
#include <math.h>

Suite *kernels_suite(void);

typedef struct Sizes {
    int inputs, outputs, steps, rows;
} Sizes;

/* Complete and incomplete groups of five inputs and of five steps; one tile, several, none that fits. */
static const Sizes sizes[] = {
    {1, 1, 2, 1},    {4, 3, 4, 2},    {5, 8, 5, 3},     {6, 10, 6, 1},    {24, 16, 25, 3}, {25, 96, 26, 2},
    {26, 104, 9, 2}, {29, 192, 3, 2}, {63, 101, 11, 2}, {128, 40, 33, 3}, {31, 7, 70, 40}, {228, 33, 6, 2},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* `rate`: the probability of an input spike. */
static const Program *program_without(Arena *arena, Sizes size, double rate, Kernels kernels, Without without)
{
    GoldenText model = {
        "kernels", arena_printf(arena,
                                "model kernels {\n"
                                "    data idx(shape = [%d], classes = 3, temporal)\n"
                                "    time %d steps\n"
                                "    x = poisson(%g + 0 * image)\n"
                                "    h = x -> dense(%d, bias) -> lif(threshold = 0.1)\n"
                                "    g = (h -> dense(%d)) + (g[-1] -> dense(%d)) -> lif(threshold = 0.1)\n"
                                "    o = g -> dense(3) -> li\n"
                                "    predict argmax(sum(o))\n"
                                "    train { loss cross_entropy(sum(o), label) }\n"
                                "}\n",
                                size.inputs, size.steps, rate, size.outputs, size.outputs, size.outputs)};
    Compilation *c = golden_compilation(arena, &model);
    c->lower.kernels = kernels;
    c->lower.without = without;
    return golden_program(c, model.name);
}

static const Program *program_of(Arena *arena, Sizes size, double rate, Kernels kernels)
{
    /* With commute, the spikes of g would drive no dense layer to o. */
    return program_without(arena, size, rate, kernels, WITHOUT(COMMUTE));
}

static Interp *ran(const Program *program, int rows)
{
    RunOptions options = {.rows = rows, .seed = 7, .precision = PRECISION_DOUBLE};
    Interp *interp = run_prepare(program, &options, rows);
    ck_assert_ptr_nonnull(interp);
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    return interp;
}

static void compare(const Interp *a, BufferId of_a, const Interp *b, BufferId of_b, const char *what)
{
    double largest = 0, worst = 0;
    size_t count = interp_count(a, of_a);
    ck_assert_uint_eq(count, interp_count(b, of_b));
    for (size_t k = 0; k < count; k++) {
        double error = fabs(a->buffers[of_a][k] - b->buffers[of_b][k]);
        largest = fmax(largest, fabs(a->buffers[of_a][k]));
        worst = error <= worst ? worst : error;
    }
    ck_assert_msg(worst <= 1e-12 * largest, "%s differs by %.2e of its largest", what, worst / largest);
}

static void compare_gradients(const Program *a, const Program *b, int rows)
{
    Interp *of_a = ran(a, rows), *of_b = ran(b, rows);
    compare(of_a, a->loss, of_b, b->loss, "loss");
    for (int p = 0; p < a->params.count; p++)
        if (a->params.at[p].gradient >= 0) /* what memories hold has none */
            compare(of_a, a->params.at[p].gradient, of_b, b->params.at[p].gradient, a->params.at[p].name);
    interp_free(of_a);
    interp_free(of_b);
}

static int kernels_called(const Program *program, const char *start)
{
    int count = 0;
    for (int k = 0; k < program->kernels.count; k++)
        count += strncmp(program->kernels.at[k].name, start, strlen(start)) == 0;
    return count;
}

/* A norm with statistics of its own at each step: one value for all samples, which the group's neurons read. */
START_TEST(groups_read_what_samples_share)
{
    Arena *arena = arena_new();
    GoldenText model = {"shared", "model shared {\n"
                                  "    data idx(shape = [6], classes = 3, temporal)\n"
                                  "    time 4 steps\n"
                                  "    h = (image -> dense(5) -> batch_norm(per = [time, c])) + (h[-1] -> "
                                  "dense(5)) -> lif(threshold = 0.1)\n"
                                  "    o = h -> dense(3) -> li\n"
                                  "    predict argmax(mean(o))\n"
                                  "    train { loss cross_entropy(mean(o), label) }\n"
                                  "}\n"};
    const Program *ahead = golden_program(golden_compilation(arena, &model), model.name);
    Compilation *c = golden_compilation(arena, &model);
    c->lower.without = WITHOUT(AHEAD);
    compare_gradients(ahead, golden_program(c, model.name), 3);
    arena_free(arena);
}
END_TEST

START_TEST(tables_and_events_agree)
{
    Arena *arena = arena_new();
    Sizes size = sizes[_i];
    const Program *event = program_of(arena, size, 0.4, KERNELS_EVENT);
    const Program *table = program_of(arena, size, 0.4, KERNELS_TABLE);
    ck_assert_int_eq(kernels_called(event, "pack_"), 0);
    ck_assert_int_gt(kernels_called(table, "pack_"), 0);
    compare_gradients(event, table, size.rows);
    arena_free(arena);
}
END_TEST

static double busy_at(double rate)
{
    Arena *arena = arena_new();
    Sizes size = {64, 64, 10, 4};
    const Program *program = program_of(arena, size, rate, KERNELS_AUTO);
    Interp *interp = ran(program, size.rows);
    BufferId busy = loop_find(program, "busy_x");
    ck_assert_int_ge(busy, 0);
    double chosen = interp->buffers[busy][0];
    interp_free(interp);
    arena_free(arena);
    return chosen;
}

START_TEST(the_choice_follows_the_activity)
{
    ck_assert_double_eq(busy_at(0.02), 0);
    ck_assert_double_eq(busy_at(0.3), 1);
}
END_TEST

/* Chosen batch by batch, the results are those of the kernel that was chosen. */
START_TEST(the_chosen_kernel_runs)
{
    static const double rates[] = {0.02, 0.3};
    Arena *arena = arena_new();
    Sizes size = {64, 64, 10, 4};
    const Program *event = program_of(arena, size, rates[_i], KERNELS_EVENT);
    const Program *both = program_of(arena, size, rates[_i], KERNELS_AUTO);
    compare_gradients(event, both, size.rows);
    arena_free(arena);
}
END_TEST

/* One stream feeds a layer that is wide enough for a choice and one that is not: the events of a stream that is
 * busy are needed all the same. */
static const Program *shared_stream(Arena *arena, double rate, Kernels kernels)
{
    GoldenText model = {"shared",
                        arena_printf(arena,
                                     "model shared {\n"
                                     "    data idx(shape = [64], classes = 3, temporal)\n"
                                     "    time 9 steps\n"
                                     "    x = poisson(%g + 0 * image)\n"
                                     "    h = x -> dense(64) -> lif(threshold = 0.1)\n"
                                     "    o = (h -> dense(3, bias) -> li) + (x -> dense(3, bias) -> li)\n"
                                     "    predict argmax(max(o))\n"
                                     "    train { loss cross_entropy(max(o), label) }\n"
                                     "}\n",
                                     rate)};
    Compilation *c = golden_compilation(arena, &model);
    c->lower.kernels = kernels;
    return golden_program(c, model.name);
}

START_TEST(a_stream_may_be_followed_both_ways)
{
    static const double rates[] = {0.02, 0.12, 0.3}; /* events; tables backward only; tables */
    Arena *arena = arena_new();
    compare_gradients(shared_stream(arena, rates[_i], KERNELS_EVENT),
                      shared_stream(arena, rates[_i], KERNELS_AUTO), 5);
    arena_free(arena);
}
END_TEST

/* Each optimisation, left out, and all of them. */
START_TEST(optimisations_change_no_result)
{
    Arena *arena = arena_new();
    Sizes size = {63, 96, 11, 19};
    const Program *all = program_without(arena, size, 0.3, KERNELS_AUTO, 0);
    Without without = _i < OPTIMISATION_COUNT ? (Without)1 << _i : ~(Without)0;
    const Program *less = program_without(arena, size, 0.3, KERNELS_AUTO, without);
    compare_gradients(all, less, size.rows);
    arena_free(arena);
}
END_TEST

/* Windows of every kind that their kernels serve, of few channels and of more than whole vectors: rows of positions that
 * tiles divide or not, strides that leave remainders in the transposes, windows beyond both edges. */
static const char *const convolutions[] = {
    "conv(6, kernel = 3, pad = 1, synapse = tanh) -> lif(threshold = 0.1) -> conv_transpose(5, kernel = 2, "
    "stride = 2, synapse = binary) -> lif(threshold = 0.1) -> conv(2, kernel = 3, synapse = tanh)",
    "conv(3, kernel = 3, pad = same) -> lif(threshold = 0.1) -> conv(2, kernel = 2)",
    "conv(34, kernel = 3, pad = 2) -> lif(threshold = 0.1) -> conv(33, kernel = 3, stride = 2, pad = 1, "
    "bias)",
    "conv(16, kernel = [1, 3], dilation = 2, pad = same) -> tanh -> conv(9, kernel = 3, dilation = 2, pad = "
    "1)",
    "conv(8, kernel = 5, stride = [3, 2], pad = 4, bias) -> tanh -> conv(5, kernel = 4, stride = 3, pad = 3)",
    "conv(4, kernel = 2) -> tanh -> conv_transpose(3, kernel = 3, stride = 2, pad = 1)",
    /* rows so short that those of all steps are made together, and in the transpose of one */
    "conv(8, kernel = [1, 9], stride = [1, 8]) -> tanh -> conv(35, kernel = [3, 2], pad = 1) -> tanh -> "
    "conv(3, kernel = [2, 3], bias)",
    "conv(1, kernel = 2) -> lif(threshold = 0.1) -> reshape([y = 5, x = 16]) -> conv_transpose(3, kernel = "
    "3, stride = 2, pad = 1)",
    /* groups one after the other, of a tile and a rest or less; narrow ones, which are made side by side */
    "reshape([y = 3, x = 17, c = 4]) -> conv(80, kernel = 2, groups = 2) -> conv(8, kernel = 2, groups = 2)",
    "conv(16, kernel = 3, pad = 2, groups = 2) -> lif(threshold = 0.1) -> conv(16, kernel = 3, groups = 16)",
    "conv(6, kernel = [2, 3], stride = [1, 2], pad = 1, groups = 2) -> lif(threshold = 0.1) -> "
    "conv_transpose(9, kernel = 3, stride = 2, groups = 3, bias)",
};
enum { CONVOLUTIONS = sizeof convolutions / sizeof *convolutions, UNGROUPED = CONVOLUTIONS - 3 };

/* What goes back through these is sparse: channels of more than whole vectors and of less, several axes, edges. Of one step,
 * of some at a time, of several such parts. */
static const char *const pooled[] = {
    "conv(34, kernel = 3, pad = same) -> lif -> max_pool(2)",
    "conv(9, kernel = [2, 3], pad = 2, stride = [2, 1]) -> lif -> max_pool(3, stride = 1)",
    "reshape([z = 3, y = 2, x = 17, c = 2]) -> conv(20, kernel = [1, 2, 4], pad = [0, 1, 1]) -> lif -> "
    "max_pool([1, 2, 3])",
    "conv(50, kernel = [1, 3], dilation = [2, 1], pad = 1) -> lif -> max_pool([1, 3]) -> conv(40, kernel = "
    "2) -> lif -> max_pool(2)",
};
enum { POOLED = sizeof pooled / sizeof *pooled };

/* Windows that do not overlap and leave nothing over, of whole vectors of channels and more: of spikes and of reals, over one
 * axis or several, one behind the other. */
static const char *const routed[] = {
    "conv(34, kernel = [1, 2]) -> lif(threshold = 0.1) -> max_pool(2)",
    "reshape([z = 3, y = 2, x = 17, c = 2]) -> conv(20, kernel = [1, 1, 2]) -> lif(threshold = 0.1) -> "
    "max_pool([3, 1, 4])",
    "conv(16, kernel = [3, 2]) -> tanh -> max_pool(2) -> conv(17, kernel = [1, 3]) -> plif -> max_pool([2, "
    "3])",
};
enum { ROUTED = sizeof routed / sizeof *routed };

/* The same of spikes: strides, windows beyond both edges, gradients of taps in several parts, of outputs that nobody reads. */
static const char *const spiking[] = {
    "conv(64, kernel = 3, pad = same) -> batch_norm -> lif -> max_pool(2) -> conv(40, kernel = [3, 2]) -> "
    "lif(threshold = 0.1) -> conv(5, kernel = 2, pad = 3)",
    "conv(13, kernel = 3, dilation = 2, pad = 4) -> lif(threshold = 0.1) -> conv(33, kernel = [2, 5], bias) "
    "-> lif(threshold = 0.1) -> conv(2, kernel = 3, stride = 2, pad = 2)",
    "conv(30, kernel = [1, 4], pad = 1) -> lif(threshold = 0.1) -> conv(3, kernel = [5, 1], dilation = [1, "
    "3], pad = [1, 2])",
};
enum { SPIKING = sizeof spiking / sizeof *spiking };

/* Along time: all steps or a window of them, beyond both ends of the shortest, units that are whole tiles, with a rest, or less
 * than one. */
static const char *const in_time[] = {
    "psn -> dense(64) -> psn",
    "dense(steps, along = time, bias) -> tanh -> conv(kernel = 4, along = time, bias)",
    "psn(triangle) -> dense([y = 3, x = 7]) -> conv(kernel = 2, dilation = 3, along = time)",
    "sliding_psn(5) -> dense(7) -> dense(steps, along = time, synapse = tanh) -> tanh -> sliding_psn(2)",
};
enum { IN_TIME = sizeof in_time / sizeof *in_time };

static const Program *convolution(Arena *arena, const char *stages, int steps, Kernels kernels,
                                  Without without)
{
    GoldenText model = {
        "convolution",
        arena_printf(arena,
                     "model convolution {\n"
                     "    data idx(shape = [9, 11], classes = 3, temporal)\n"
                     "    time %d steps\n"
                     "    x = poisson(0.4 + 0 * image)\n"
                     "    o = x -> dense([y = 6, x = 17, c = 2]) -> lif(threshold = 0.1) -> %s -> "
                     "tanh -> dense(3)\n"
                     "    predict argmax(mean(o))\n"
                     "    train { loss cross_entropy(mean(o), label) }\n"
                     "}\n",
                     steps, stages)};
    Compilation *c = golden_compilation(arena, &model);
    c->lower.kernels = kernels;
    c->lower.without = without;
    return golden_program(c, model.name);
}

/* Behind few spikes, most positions of what goes back meet none at any step: windows that overlap or not, beyond edges, of
 * several channels, without a maximum in between. */
static const char *const blank[] = {
    "conv(34, kernel = 3, pad = same) -> lif(threshold = 0.1) -> max_pool(2) -> conv(5, kernel = 3, pad = "
    "same) -> lif -> max_pool(2)",
    "reshape([y = 3, x = 11, c = 3]) -> conv(6, kernel = 2, dilation = [1, 2], pad = 3) -> lif(threshold = "
    "0.1) -> max_pool(3, stride = 2, pad = 1) -> conv(33, kernel = 2) -> lif -> max_pool(2, stride = 1)",
    "conv(7, kernel = [2, 4], pad = [0, 2]) -> lif(threshold = 0.1)",
    "conv(17, kernel = 2) -> lif(threshold = 0.1) -> max_pool(2) -> conv(5, kernel = 3, pad = same) -> lif",
};
enum { BLANK = sizeof blank / sizeof *blank };

static const Program *blanks(Arena *arena, const char *stages, double rate, Without without)
{
    GoldenText model = {"blanks", arena_printf(arena,
                                               "model blanks {\n"
                                               "    data idx(shape = [9, 11], classes = 3, temporal)\n"
                                               "    time 10 steps\n"
                                               "    x = poisson(%g + 0 * image)\n"
                                               "    o = x -> %s -> dense(3)\n"
                                               "    predict argmax(mean(o))\n"
                                               "    train { loss cross_entropy(mean(o), label) }\n"
                                               "}\n",
                                               rate, stages)};
    Compilation *c = golden_compilation(arena, &model);
    c->lower.without = without;
    return golden_program(c, model.name);
}

/* Buffers whose names begin like this: the arrays of kernels. */
static int arrays(const Program *program, const char *start)
{
    int count = 0;
    for (BufferId b = 0; b < program->buffers.count; b++)
        count += strncmp(program->buffers.at[b].name, start, strlen(start)) == 0;
    return count;
}

enum {
    NO_WINDOWS = WITHOUT(WINDOWS),
    NO_PIECES = WITHOUT(PIECES),
    NO_PATCHES = WITHOUT(PATCHES),
    NO_PATTERNS = WITHOUT(PATTERNS),
    NO_ROUTES = WITHOUT(ROUTES),
    NO_SPARSE = WITHOUT(SPARSE),
    NO_WINOGRAD = WITHOUT(WINOGRAD),
    NO_STEPS = WITHOUT(STEPS)
};

START_TEST(windows_agree)
{
    Arena *arena = arena_new();
    const char *stages = convolutions[_i];
    const Without without = NO_PATTERNS | NO_PIECES | NO_PATCHES;
    const Program *fast = convolution(arena, stages, 3, KERNELS_AUTO, without);
    const Program *general = convolution(arena, stages, 3, KERNELS_AUTO, without | NO_WINDOWS);
    ck_assert_int_ge(arrays(fast, "box_of"), 2);
    ck_assert_int_eq(arrays(general, "box_of"), 0);
    compare_gradients(fast, general, 2);
    /* one tile of channels after the other */
    const Program *tiled = convolution(arena, stages, 3, KERNELS_TABLE, without | NO_WINOGRAD);
    ck_assert_int_ge(arrays(tiled, "tiles_of"), 1);
    compare_gradients(tiled, general, 2);
    arena_free(arena);
}
END_TEST

/* Gradients by few channels: of reals, and of spikes whatever these do. */
START_TEST(patches_agree)
{
    Arena *arena = arena_new();
    const char *stages = _i < UNGROUPED ? convolutions[_i] : spiking[_i - UNGROUPED];
    const Without without = NO_WINDOWS | NO_PATTERNS | NO_PIECES;
    const Program *fast = convolution(arena, stages, 3, KERNELS_AUTO, without);
    const Program *general = convolution(arena, stages, 3, KERNELS_AUTO, without | NO_PATCHES);
    ck_assert_int_ge(arrays(fast, "box_of"), 1);
    ck_assert_int_eq(arrays(general, "box_of"), 0);
    compare_gradients(fast, general, 2);
    arena_free(arena);
}
END_TEST

/* Spikes of few channels: tables of as many rows of weights and of one less, one table and several, tiles of channels with a
 * rest, biases, windows beyond edges, strides, several axes, a row alone. */
static const char *const few[] = {
    "conv(34, kernel = [1, 2], bias) -> lif(threshold = 0.1)",
    "conv(64, kernel = 3, pad = [2, 1], stride = [1, 2]) -> lif(threshold = 0.1)",
    "reshape([y = 12, x = 17]) -> conv(7, kernel = [3, 4], dilation = [2, 1], pad = 3, stride = [2, 3], "
    "bias)",
    "reshape([z = 3, y = 4, x = 17, c = 1]) -> conv(33, kernel = [2, 3, 4], pad = [0, 1, 5])",
    "reshape([y = 1, x = 68, c = 3]) -> conv(5, kernel = [1, 8], pad = [0, 7])",
};
enum { FEW = sizeof few / sizeof *few };

START_TEST(patterns_agree)
{
    Arena *arena = arena_new();
    Kernels kernels = _i % 2 ? KERNELS_TABLE : KERNELS_AUTO;
    const Program *fast = convolution(arena, few[_i / 2], 3, kernels, 0);
    const Program *general = convolution(arena, few[_i / 2], 3, kernels, NO_PATTERNS | NO_WINDOWS);
    ck_assert_int_eq(arrays(fast, "sums_of_w"), 1);
    ck_assert_int_eq(arrays(general, "sums_of_w"), 0);
    ck_assert_int_eq(arrays(convolution(arena, few[_i / 2], 3, KERNELS_EVENT, 0), "sums_of_w"), 0);
    compare_gradients(fast, general, 2);
    arena_free(arena);
}
END_TEST

/* Slices of many channels need no sums of their own; those of a batch do. */
START_TEST(gradients_of_many_inputs_have_one_sum)
{
    Arena *arena = arena_new();
    const char *stages =
        arena_printf(arena, "conv(%d, kernel = 2) -> tanh -> conv(5, kernel = %d)", 15 + _i % 2, 3 - _i / 2);
    const Program *fast = convolution(arena, stages, 3, KERNELS_AUTO, 0);
    const Program *general = convolution(arena, stages, 3, KERNELS_AUTO, NO_WINDOWS | NO_PIECES);
    ck_assert_int_eq(arrays(fast, "parts_of_w_o_3"), 1 - _i % 2);
    ck_assert_int_eq(arrays(general, "parts_of_w_o_3"), 1);
    compare_gradients(fast, general, 2);
    arena_free(arena);
}
END_TEST

/* By 3 x 3 taps: squares whole and not, edges, strides of 2, rests of blocks, channels summed in parts, a bias, one row. */
static const char *const squares[] = {
    "conv(9, kernel = 3, pad = same, bias) -> tanh -> conv(32, kernel = 3)",
    "conv(40, kernel = 3, pad = 2) -> tanh -> conv(3, kernel = 3, pad = [0, 1], bias)",
    "reshape([y = 1, x = 34, c = 6]) -> conv(8, kernel = 3, pad = [1, 2]) -> tanh -> conv(6, kernel = 3, pad "
    "= [2, 1])",
    "reshape([y = 6, x = 34]) -> conv(132, kernel = [2, 5]) -> tanh -> conv(6, kernel = 3, pad = same)",
    "reshape([y = 4, x = 17, c = 3]) -> conv(64, kernel = 3) -> tanh -> conv(64, kernel = 3, pad = same)",
    "conv(9, kernel = 3, stride = [2, 1], pad = 1) -> tanh -> conv(40, kernel = 3, stride = [1, 2], pad = 2)",
    "conv(8, kernel = 3, pad = 2) -> tanh -> conv(32, kernel = 3, stride = 2, pad = [1, 0])",
};
enum { SQUARES = sizeof squares / sizeof *squares };

START_TEST(squares_agree)
{
    Arena *arena = arena_new();
    const Program *fast = convolution(arena, squares[_i], 3, KERNELS_TABLE, 0);
    const Program *general = convolution(arena, squares[_i], 3, KERNELS_TABLE, NO_WINDOWS);
    ck_assert_int_ge(arrays(fast, "spread_"), 2);
    ck_assert_int_eq(arrays(fast, "planes_of_w_o_3") > 0, _i % 2 == 0); /* of whole blocks */
    ck_assert_int_eq(arrays(general, "spread_"), 0);
    compare_gradients(fast, general, 2);
    arena_free(arena);
}
END_TEST

/* Who asks for events gets sums in the order of the definition. */
START_TEST(squares_are_for_many_channels)
{
    static const char *const stages[] = {"conv(31, kernel = 3) -> tanh -> conv(32, kernel = 3)",
                                         "conv(32, kernel = 3) -> tanh -> conv(32, kernel = 3)"};
    Arena *arena = arena_new();
    const Program *chosen = convolution(arena, stages[_i], 3, KERNELS_AUTO, 0);
    ck_assert_int_eq(arrays(chosen, "spread_w_o_3") > 0, _i);
    ck_assert_int_eq(arrays(convolution(arena, stages[_i], 3, KERNELS_EVENT, 0), "spread_"), 0);
    arena_free(arena);
}
END_TEST

/* Gradients sum all of 3 steps together, or 2 of 4, or one. */
START_TEST(pieces_agree)
{
    Arena *arena = arena_new();
    int steps = 3 + _i % 2;
    const Program *fast = convolution(arena, spiking[_i], steps, KERNELS_EVENT, NO_WINDOWS);
    const Program *general = convolution(arena, spiking[_i], steps, KERNELS_EVENT, NO_WINDOWS | NO_PIECES);
    ck_assert_int_ge(arrays(fast, "pieces_of"), 1);
    ck_assert_int_eq(arrays(general, "pieces_of"), 0);
    /* Slices of two that have norms before them are of channels, all others of the batch. */
    ck_assert_int_eq(arrays(general, "parts_of_w_o") - arrays(fast, "parts_of_w_o"), _i ? 0 : 2);
    compare_gradients(fast, general, 2);
    arena_free(arena);
}
END_TEST

/* Spikes of so high a rate that windows are faster, and of a low one: chosen forward and backward. */
START_TEST(windows_follow_the_activity)
{
    static const double rates[] = {0.1, 0.9};
    Arena *arena = arena_new();
    GoldenText model = {"crowd", arena_printf(arena,
                                              "model crowd {\n"
                                              "    data idx(shape = [6, 6, 8], classes = 3, temporal)\n"
                                              "    time 5 steps\n"
                                              "    x = poisson(%g + 0 * image)\n"
                                              "    o = x -> conv(4, kernel = 3) -> lif -> dense(3)\n"
                                              "    predict argmax(mean(o))\n"
                                              "    train { loss cross_entropy(mean(o), label) }\n"
                                              "}\n",
                                              rates[_i])};
    const Program *program = golden_program(golden_compilation(arena, &model), model.name);
    Interp *interp = ran(program, 2);
    BufferId crowded = loop_find(program, "crowded_x");
    ck_assert_int_ge(crowded, 0);
    ck_assert_double_eq(interp->buffers[crowded][0], _i);
    ck_assert_double_eq(interp->buffers[crowded][1], _i);
    interp_free(interp);
    arena_free(arena);
}
END_TEST

START_TEST(sparse_gradients_agree)
{
    static const int steps[] = {1, 3, 9, 17};
    Arena *arena = arena_new();
    const Program *fast = convolution(arena, pooled[_i], steps[_i], KERNELS_AUTO, NO_WINDOWS | NO_PIECES);
    const Program *general =
        convolution(arena, pooled[_i], steps[_i], KERNELS_AUTO, NO_WINDOWS | NO_PIECES | NO_SPARSE);
    ck_assert_int_ge(arrays(fast, "values_of"), 1);
    ck_assert_int_eq(arrays(general, "values_of"), 0);
    compare_gradients(fast, general, 2);
    arena_free(arena);
}
END_TEST

START_TEST(routes_agree)
{
    static const int steps[] = {1, 3, 17};
    Arena *arena = arena_new();
    const char *stages = routed[_i / 3];
    const Program *fast = convolution(arena, stages, steps[_i % 3], KERNELS_AUTO, 0);
    const Program *general = convolution(arena, stages, steps[_i % 3], KERNELS_AUTO, NO_ROUTES);
    ck_assert_int_eq(arrays(fast, "top_of"), 0);
    ck_assert_int_ge(arrays(general, "top_of"), 1);
    compare_gradients(fast, general, 2);
    arena_free(arena);
}
END_TEST

/* The positions of the first convolution that meet spikes; *all: those that there are. */
static int met(const Program *program, int *all)
{
    Interp *interp = ran(program, 2);
    BufferId buffer = -1;
    for (BufferId b = 0; b < program->buffers.count && buffer < 0; b++)
        buffer = strncmp(program->buffers.at[b].name, "met_", 4) == 0 ? b : -1;
    ck_assert_int_ge(buffer, 0);
    int count = 0;
    *all = (int)interp_count(interp, buffer);
    for (int k = 0; k < *all; k++)
        count += interp->buffers[buffer][k] != 0;
    interp_free(interp);
    return count;
}

START_TEST(blank_positions_change_nothing)
{
    enum { NO_MEMORY = WITHOUT(MEMORY), NO_BLANKS = WITHOUT(BLANKS) };
    const Without without = NO_MEMORY | (_i < BLANK ? NO_PATCHES : 0);
    const char *stages = blank[_i % BLANK];
    Arena *arena = arena_new();
    const Program *fast = blanks(arena, stages, 0.005, without);
    const Program *general = blanks(arena, stages, 0.005, without | NO_BLANKS);
    int all, some = met(fast, &all);
    ck_assert(0 < some && some < all);
    ck_assert_int_eq(arrays(general, "met_"), 0);
    compare_gradients(fast, general, 2);
    /* Where windows are faster they read everything. */
    fast = blanks(arena, stages, 0.9, without | NO_PATCHES);
    ck_assert_int_eq(met(fast, &all), all);
    compare_gradients(fast, blanks(arena, stages, 0.9, without | NO_PATCHES | NO_BLANKS), 2);
    arena_free(arena);
}
END_TEST

START_TEST(maps_along_time_agree)
{
    static const int steps[] = {1, 3, 9, 16};
    Arena *arena = arena_new();
    const char *stages = in_time[_i / 4];
    const Program *fast = convolution(arena, stages, steps[_i % 4], KERNELS_AUTO, 0);
    const Program *general = convolution(arena, stages, steps[_i % 4], KERNELS_AUTO, NO_STEPS);
    ck_assert_int_ge(arrays(fast, "sums"), arrays(general, "sums") + 2);
    compare_gradients(fast, general, 2);
    arena_free(arena);
}
END_TEST

Suite *kernels_suite(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tcase = tcase_create("kernels");
    tcase_add_test(tcase, groups_read_what_samples_share);
    tcase_add_loop_test(tcase, tables_and_events_agree, 0, SIZES);
    tcase_add_test(tcase, the_choice_follows_the_activity);
    tcase_add_loop_test(tcase, the_chosen_kernel_runs, 0, 2);
    tcase_add_loop_test(tcase, a_stream_may_be_followed_both_ways, 0, 3);
    tcase_add_loop_test(tcase, optimisations_change_no_result, 0, OPTIMISATION_COUNT + 1);
    tcase_add_loop_test(tcase, windows_agree, 0, CONVOLUTIONS);
    tcase_add_loop_test(tcase, patches_agree, 0, UNGROUPED + SPIKING);
    tcase_add_loop_test(tcase, patterns_agree, 0, 2 * FEW);
    tcase_add_loop_test(tcase, gradients_of_many_inputs_have_one_sum, 0, 4);
    tcase_add_loop_test(tcase, maps_along_time_agree, 0, 4 * IN_TIME);
    tcase_add_loop_test(tcase, squares_agree, 0, SQUARES);
    tcase_add_loop_test(tcase, squares_are_for_many_channels, 0, 2);
    tcase_add_loop_test(tcase, pieces_agree, 0, SPIKING);
    tcase_add_loop_test(tcase, windows_follow_the_activity, 0, 2);
    tcase_add_loop_test(tcase, routes_agree, 0, 3 * ROUTED);
    tcase_add_loop_test(tcase, sparse_gradients_agree, 0, POOLED);
    tcase_add_loop_test(tcase, blank_positions_change_nothing, 0, 2 * BLANK);
    suite_add_tcase(suite, tcase);
    return suite;
}
