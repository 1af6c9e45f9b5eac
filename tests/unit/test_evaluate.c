/* What tests run: a Net of its own where the model speaks of `training`, with the values of the model in which that is
 * false; and training, those of the one in which it is true. */
#include "agree.h"
#include "run.h"

#include <check.h>
#include <math.h>

Suite *evaluate_suite(void);

enum { ROWS = 3 };

static const Program *program_of(Arena *arena, const char *streams, const char *training)
{
    GoldenText model = {
        "modes", arena_printf(arena,
                              "schedule mode = %s\n"
                              "schedule on = where(mode, 0.8, 0.3)\n"
                              "neuron noted(tau = 2) {\n"
                              "    state v = 0\n"
                              "    v     = v + (input - v) / tau * where(mode, 1, 1.25)\n"
                              "    spike = step(v - 0.3, atan(2))\n"
                              "    v     = where(spike, where(mode, 0, v - 0.3), v)\n"
                              "}\n"
                              "model modes {\n"
                              "    data idx(shape = [6], classes = 4)\n"
                              "    time 5 steps\n"
                              "%s"
                              "    predict argmax(sum(out))\n"
                              "    train { loss mse(sum(out), label) + 0.01 * mean(out ^ 2, over = all) }\n"
                              "}\n",
                              training, streams)};
    return golden_program(golden_compilation(arena, &model), model.name);
}

static Interp *ran(const Program *program, Phase phase, Phase last)
{
    RunOptions options = {.rows = ROWS, .seed = 2, .precision = PRECISION_DOUBLE};
    Interp *interp = run_prepare(program, &options, ROWS);
    ck_assert_ptr_nonnull(interp);
    for (size_t k = 0; k < interp_count(interp, program->params.at[0].value); k++)
        interp->buffers[program->params.at[0].value][k] += 0.4; /* so that neurons fire */
    interp_run(interp, phase);
    if (last != phase)
        interp_run(interp, last);
    return interp;
}

static void same(const Interp *a, BufferId of_a, const Interp *b, BufferId of_b, const char *what)
{
    ck_assert_uint_eq(interp_count(a, of_a), interp_count(b, of_b));
    for (size_t k = 0; k < interp_count(a, of_a); k++)
        ck_assert_msg(fabs(*interp_at(a, of_a, k) - *interp_at(b, of_b, k)) <= 1e-12,
                      "%s [%zu]: %.17g, not %.17g", what, k, *interp_at(a, of_a, k), *interp_at(b, of_b, k));
}

static void same_ends(const Interp *a, const Interp *b)
{
    same(a, a->program->loss, b, b->program->loss, "loss");
    same(a, a->program->predictions.at[0].values, b, b->program->predictions.at[0].values, "scores");
    same(a, a->program->predictions.at[0].predicted, b, b->program->predictions.at[0].predicted, "predicted");
}

static void same_gradients(const Interp *a, const Interp *b)
{
    for (int p = 0; p < a->program->params.count; p++) {
        const LoopParam *param = &a->program->params.at[p];
        if (param->gradient >= 0)
            same(a, param->gradient, b, b->program->params.at[p].gradient, param->name);
    }
}

static const struct {
    const char *what, *streams;
} models[] = {
    {"a formula between layers", "    h = image -> dense(7) -> lif(threshold = 0.2)\n"
                                 "    n = where(mode, 0.5 * h, h)\n"
                                 "    out = n -> dense(4) -> li\n"},
    {"a neuron", "    out = image -> dense(4) -> noted\n"},
    {"a schedule", "    out = on * image -> dense(4) -> noted(tau = 3 * on)\n"},
    {"an argument", "    out = image -> dense(4) -> lif(tau = where(mode, 2, 3), threshold = 0.2)\n"},
    {"logic", "    h = image -> dense(4) -> li\n"
              "    out = where(not mode or h > 5, h, -h)\n"},
    {"a loop that is left", "    w = image -> dense(4)\n"
                            "    u = h[-1] -> dense(4)\n"
                            "    h = where(mode, w + u, w) -> lif\n"
                            "    out = h -> li\n"},
    {"a loop of nothing", "    w = image -> dense(4)\n"
                          "    h = where(mode, tanh(w + (h[-1] -> reshape([4]))), h[-1] -> reshape([4]))\n"
                          "    out = h + w -> li\n"},
    {"weights", "    k = weights([6, 4])\n"
                "    out = image -> dense(4, weights = where(mode, tanh(k), k)) -> noted\n"},
    {"a sum over channels", "    h = image -> dense([y = 3, x = 2]) -> li\n"
                            "    out = sum(where(mode, h, h ^ 2), over = x) -> dense(4) -> noted\n"},
    {"a stream of less", "    h = image -> dense(4) -> li\n"
                         "    out = where(mode, h, last(h)) -> li\n"},
};
enum { MODELS = sizeof models / sizeof models[0] };

START_TEST(modes)
{
    Arena *arena = arena_new();
    const Program *both = program_of(arena, models[_i].streams, "training");
    const Program *on = program_of(arena, models[_i].streams, "true");
    const Program *off = program_of(arena, models[_i].streams, "false");
    ck_assert_int_gt(both->phases[PHASE_EVALUATE].count, 0);
    ck_assert_int_eq(on->phases[PHASE_EVALUATE].count, 0);
    Interp *trains = ran(both, PHASE_FORWARD, PHASE_BACKWARD),
           *tests = ran(both, PHASE_EVALUATE, PHASE_EVALUATE);
    Interp *learns = ran(on, PHASE_FORWARD, PHASE_BACKWARD),
           *settled = ran(off, PHASE_FORWARD, PHASE_FORWARD);
    same_ends(trains, learns);
    same_gradients(trains, learns);
    same_ends(tests, settled);
    bool differs = false;
    for (size_t k = 0; k < interp_count(trains, both->predictions.at[0].values); k++)
        differs = differs
                  || trains->buffers[both->predictions.at[0].values][k]
                         != tests->buffers[both->predictions.at[0].values][k];
    ck_assert_msg(differs, "%s: training and test are the same", models[_i].what);
    interp_free(trains);
    interp_free(tests);
    interp_free(learns);
    interp_free(settled);
    arena_free(arena);
}
END_TEST

/* A test after a batch, and a batch after a test, find nothing of each other. */
START_TEST(turns)
{
    Arena *arena = arena_new();
    const Program *program = program_of(arena, models[0].streams, "training");
    Interp *alone = ran(program, PHASE_FORWARD, PHASE_BACKWARD),
           *mixed = ran(program, PHASE_FORWARD, PHASE_EVALUATE);
    Interp *tested = ran(program, PHASE_EVALUATE, PHASE_EVALUATE);
    same_ends(mixed, tested);
    interp_run(mixed, PHASE_FORWARD);
    interp_run(mixed, PHASE_BACKWARD);
    same_ends(mixed, alone);
    same_gradients(mixed, alone);
    interp_free(alone);
    interp_free(mixed);
    interp_free(tested);
    arena_free(arena);
}
END_TEST

/* Spikes that nothing changes any more drive a layer as spikes; what training keeps has no second place. */
START_TEST(spikes_and_memory)
{
    Arena *arena = arena_new();
    const Program *program = program_of(arena, models[0].streams, "training");
    ck_assert_int_ge(loop_find(program, "evaluated_h"), 0);
    ck_assert_int_lt(loop_find(program, "evaluated_n"), 0);
    ck_assert_int_eq(program->buffers.at[loop_find(program, "evaluated_h")].type, TYPE_U8);
    int *tenants = NEW_ARRAY(arena, int, program->buffers.count + 1);
    for (BufferId b = 0; b < program->buffers.count; b++)
        tenants[program->buffers.at[b].place]++;
    for (BufferId b = 0; b < program->buffers.count; b++) {
        const Buffer *buffer = &program->buffers.at[b];
        bool own = buffer->role == BUFFER_STREAM && strncmp(buffer->name, "evaluated_", 10) == 0;
        ck_assert_msg(!own || tenants[buffer->place] > 1, "%s has memory of its own", buffer->name);
    }
    arena_free(arena);
}
END_TEST

/* ---- norms that are part of weights ---- */

#define NORMS(layers)                                             \
    "model norms {\n"                                             \
    "    data idx(shape = [6, 6], classes = 4)\n"                 \
    "    time 3 steps\n" layers "    predict argmax(mean(out))\n" \
    "    train { loss cross_entropy(mean(out), label) }\n"        \
    "}\n"

static const struct {
    const char *text;
    int folded; /* maps whose weights a norm multiplies */
} norms[] = {
    {NORMS("    out = image -> dense(4) -> batch_norm -> li\n"), 1},
    {NORMS("    h = poisson(image) -> conv(3, kernel = 3) -> batch_norm -> lif(threshold = 0.2)\n"
           "    out = h -> dropout -> dense(4) -> batch_norm(affine = false) -> lif(threshold = 0.2)\n"),
     2},
    {NORMS("    h = image -> conv(4, kernel = 2, groups = 1, stride = 2) -> batch_norm -> max_pool(2) -> "
           "lif(threshold = 0.2)\n"
           "    out = h -> conv(4, kernel = 1, groups = 4) -> batch_norm -> lif(threshold = 0.2) -> "
           "dense(4)\n"),
     2},
    {NORMS("    out = image -> dense(4, bias) -> batch_norm -> li\n"), 1},
    {NORMS("    h = poisson(image) -> conv(3, kernel = 3, bias = 0.3) -> batch_norm -> lif(threshold = 0.2)\n"
           "    out = h -> conv(4, kernel = 2, bias = uniform(-1, 1)) -> batch_norm(scale = 0.5) -> lif -> "
           "dense(4)\n"),
     2},
    {NORMS("    g = weights([4])\n    h = image -> dense(4)\n"
           "    out = where(training, h, h * weights(of = h, per = c, init = 2) + h) -> li\n"),
     0},
    /* what must stay: */
    {NORMS("    h = image -> dense([y = 2, c = 4]) -> batch_norm -> lif\n    out = h -> dense(4)\n"), 0},
    {NORMS("    h = image -> dense(4)\n    out = (h -> batch_norm) + h -> li\n"), 0},
    {NORMS("    out = image -> dense(4) -> layer_norm -> dropout -> dense(4) -> li\n"), 0},
    {NORMS("    out = image -> conv_transpose(4, kernel = 2) -> batch_norm -> lif -> dense(4)\n"), 0},
    {NORMS("    out = poisson(image) -> dense(4) -> batch_norm(per = [time, c]) -> li\n"), 0},
};
enum { NORMED = sizeof norms / sizeof norms[0] };

static int maps_of_streams(const Net *net)
{
    int count = 0;
    for (int n = 0; n < net->nodes.count; n++)
        count += net->nodes.at[n].kind == NODE_MAP && net->nodes.at[n].aux != NONE;
    return count;
}

/* Parameters, averages among them, are any numbers that a variance may be. */
static Interp *tested(const Program *program)
{
    RunOptions options = {.rows = ROWS, .seed = 2, .precision = PRECISION_DOUBLE};
    Interp *interp = run_prepare(program, &options, ROWS);
    ck_assert_ptr_nonnull(interp);
    for (int p = 0; p < program->params.count; p++)
        for (size_t k = 0; k < interp_count(interp, program->params.at[p].value); k++)
            *interp_at(interp, program->params.at[p].value, k) += 0.1 + 0.05 * (double)((k + (size_t)p) % 7);
    interp_run(interp, PHASE_EVALUATE);
    return interp;
}

START_TEST(folded)
{
    Arena *arena = arena_new();
    const Compilation *with = compiled_without(arena, norms[_i].text, 0);
    const Compilation *without = compiled_without(arena, norms[_i].text, WITHOUT(FOLD));
    ck_assert_int_eq(maps_of_streams(without->net->evaluated), 0);
    ck_assert_int_eq(maps_of_streams(with->net->evaluated), norms[_i].folded);
    Interp *a = tested(with->program), *b = tested(without->program);
    same_ends(a, b);
    interp_free(a);
    interp_free(b);
    arena_free(arena);
}
END_TEST

Suite *evaluate_suite(void)
{
    Suite *suite = suite_create("evaluate");
    TCase *tcase = tcase_create("evaluate");
    tcase_add_loop_test(tcase, modes, 0, MODELS);
    tcase_add_loop_test(tcase, folded, 0, NORMED);
    tcase_add_test(tcase, turns);
    tcase_add_test(tcase, spikes_and_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
