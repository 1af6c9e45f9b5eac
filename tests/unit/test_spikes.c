/* What is certainly 0 or 1 is of the kind spikes; and that changes neither values nor gradients. */
#include "golden.h"

#include "run.h"

#include <check.h>
#include <math.h>

Suite *spikes_suite(void);

typedef struct Formula {
    const char *text;
    StreamKind kind;
} Formula;

static const Formula outputs[] = {
    {"fire", STREAM_SPIKES},
    {"detach(fire)", STREAM_SPIKES},
    {"1 - fire", STREAM_SPIKES},
    {"fire * late", STREAM_SPIKES},
    {"fire ^ 2", STREAM_SPIKES},
    {"max(fire, late)", STREAM_SPIKES},
    {"min(fire, 1 - late)", STREAM_SPIKES},
    {"where(quiet, 0, fire)", STREAM_SPIKES},
    {"where(late, 0, fire)", STREAM_SPIKES},
    {"where(quiet, 1, where(late, fire, 0))", STREAM_SPIKES},
    {"where(1 - late, fire, 1)", STREAM_SPIKES},
    {"where(quiet and v < 2, 1, 0)", STREAM_SPIKES},
    {"on", STREAM_SPIKES},
    {"on * before", STREAM_SPIKES},
    {"where(before, 0, fire)", STREAM_SPIKES},
    {"2 * fire", STREAM_REALS},
    {"-fire", STREAM_REALS},
    {"2 - fire", STREAM_REALS},
    {"late - fire", STREAM_REALS},
    {"1 - v", STREAM_REALS},
    {"max(fire, v)", STREAM_REALS},
    {"where(quiet, 0.5, fire)", STREAM_REALS},
    {"where(v, 0, fire)", STREAM_REALS},
    {"fire * level", STREAM_REALS},
    {"half", STREAM_REALS},
    {"v", STREAM_REALS},
};

static const Formula maps[] = {
    {"a * b", STREAM_SPIKES},          {"1 - max(a, b)", STREAM_SPIKES},
    {"where(a, 0, b)", STREAM_SPIKES}, {"where(image > 0.5, a, b)", STREAM_SPIKES},
    {"a[-1] * b", STREAM_SPIKES},      {"a + b", STREAM_REALS},
    {"a * image + b", STREAM_REALS},
};

static const char neurons[] = "neuron n() {\n"
                              "    param z = 0\n"
                              "    state v = 0\n"
                              "    state on = 0\n"
                              "    state before = 1\n"
                              "    state level = 1\n"
                              "    state half = 0.5\n"
                              "    v     = v / 2 + input\n"
                              "    fire  = step(v - 0.1, atan(2))\n"
                              "    late  = step(v - 0.2, atan(3))\n"
                              "    quiet = v > 0.4\n"
                              "    on    = max(on, late)\n"
                              "    output = (%s)%s\n"
                              "    before = fire\n"
                              "    level  = v + level / 2\n"
                              "    half   = fire\n"
                              "}\n";

static const char model[] = "model m {\n"
                            "    data idx(shape = [3], classes = 3, temporal)\n"
                            "    time 6 steps\n"
                            "%s"
                            "    o = h -> dense(3) -> li\n"
                            "    predict argmax(sum(o))\n"
                            "    train { loss cross_entropy(sum(o), label) }\n"
                            "}\n";

static Compilation *compiled(Arena *arena, const char *output, const char *rest, const char *streams)
{
    const char *definitions = arena_printf(arena, neurons, output, rest);
    GoldenText text = {"spikes",
                       arena_printf(arena, "%s%s", definitions, arena_printf(arena, model, streams))};
    Compilation *c = golden_compilation(arena, &text);
    c->keep = (const char *[]){"h"};
    c->keep_count = 1;
    golden_program(c, text.name);
    return c;
}

static StreamKind kind_of(const Compilation *c, const char *name)
{
    for (int s = 0; s < c->net->streams.count; s++)
        if (strcmp(c->net->streams.at[s].name, name) == 0)
            return c->net->streams.at[s].kind;
    ck_abort_msg("no stream %s", name);
    return STREAM_REALS;
}

static Interp *ran(const Program *program)
{
    RunOptions options = {.seed = 2, .precision = PRECISION_DOUBLE};
    Interp *interp = run_prepare(program, &options, 5);
    ck_assert_ptr_nonnull(interp);
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    return interp;
}

static void compare(const Interp *a, BufferId of_a, const Interp *b, BufferId of_b, const char *what)
{
    for (size_t k = 0; k < interp_count(a, of_a); k++)
        ck_assert_msg(fabs(a->buffers[of_a][k] - b->buffers[of_b][k]) < 1e-12, "%s: %.15g, as reals %.15g",
                      what, a->buffers[of_a][k], b->buffers[of_b][k]);
}

/* The same network twice: the second adds a parameter that is 0 to the output, and so its kind is reals. */
static void same_as_reals(const Compilation *spikes, const Compilation *reals, const char *what)
{
    Interp *a = ran(spikes->program), *b = ran(reals->program);
    compare(a, a->program->loss, b, b->program->loss, what);
    compare(a, loop_find(a->program, "h"), b, loop_find(b->program, "h"), what);
    for (int p = 0; p < a->program->params.count; p++) {
        const LoopParam *param = &a->program->params.at[p];
        if (param->matrix && param->gradient >= 0)
            compare(a, param->gradient, b, b->program->params.at[p].gradient, what);
    }
    interp_free(a);
    interp_free(b);
}

START_TEST(output)
{
    const Formula *formula = &outputs[_i];
    Arena *arena = arena_new();
    const char *streams = "    h = image -> dense(4) -> n\n";
    Compilation *c = compiled(arena, formula->text, "", streams);
    ck_assert_msg(kind_of(c, "h") == formula->kind, "%s", formula->text);
    Compilation *reals = compiled(arena, formula->text, " + z", streams);
    ck_assert_msg(kind_of(reals, "h") == STREAM_REALS, "%s", formula->text);
    same_as_reals(c, reals, formula->text);
    arena_free(arena);
}
END_TEST

START_TEST(map)
{
    const Formula *formula = &maps[_i];
    Arena *arena = arena_new();
    const char *format = "    a = image -> dense(3) -> n\n    b = image -> dense(3) -> n\n    h = %s\n";
    Compilation *c = compiled(arena, "fire", "", arena_printf(arena, format, formula->text));
    ck_assert_msg(kind_of(c, "h") == formula->kind, "%s", formula->text);
    Interp *interp = ran(c->program);
    BufferId h = loop_find(c->program, "h");
    size_t ones = 0, zeros = 0, count = interp_count(interp, h);
    for (size_t k = 0; k < count; k++) {
        ones += interp->buffers[h][k] == 1;
        zeros += interp->buffers[h][k] == 0;
    }
    bool all = ones + zeros == count;
    ck_assert_msg(formula->kind == STREAM_SPIKES ? all && ones > 0 && zeros > 0 : !all,
                  "%s: %zu ones and %zu zeros of %zu", formula->text, ones, zeros, count);
    interp_free(interp);
    arena_free(arena);
}
END_TEST

/* What arrives may be what leaves, and a layer of such a neuron has its rate counted. */
START_TEST(relayed)
{
    Arena *arena = arena_new();
    GoldenText text = {"relayed", "neuron relay() { output = input }\n"
                                  "model m { data idx(shape = [2], classes = 2) time 2 steps\n"
                                  "    h = image -> dense(2) -> lif -> relay\n"
                                  "    predict argmax(rate(h)) }\n"};
    Compilation *c = golden_compilation(arena, &text);
    golden_program(c, text.name);
    ck_assert_int_eq(kind_of(c, "h"), STREAM_SPIKES);
    int counted = 0;
    for (int n = 0; n < c->net->nodes.count; n++)
        counted += c->net->nodes.at[n].kind == NODE_ACTIVITY;
    ck_assert_int_eq(counted, 2);
    arena_free(arena);
}
END_TEST

/* A definition that nobody uses has no input to ask. It is warned of: not here. */
START_TEST(unused_definition)
{
    Arena *arena = arena_new();
    GoldenText text = {"unused", "neuron unused() { output = where(input, 1, 2) }\n"
                                 "model m { data idx(shape = [2], classes = 2) time 2 steps\n"
                                 "    o = image -> dense(2) -> lif\n"
                                 "    predict argmax(rate(o)) }\n"};
    Compilation *c = golden_compilation(arena, &text);
    c->diag.out = fopen("/dev/null", "w");
    ck_assert_ptr_nonnull(c->diag.out);
    golden_program(c, text.name);
    fclose(c->diag.out);
    arena_free(arena);
}
END_TEST

Suite *spikes_suite(void)
{
    Suite *suite = suite_create("spikes");
    TCase *tcase = tcase_create("spikes");
    tcase_add_loop_test(tcase, output, 0, (int)(sizeof outputs / sizeof *outputs));
    tcase_add_loop_test(tcase, map, 0, (int)(sizeof maps / sizeof *maps));
    tcase_add_test(tcase, relayed);
    tcase_add_test(tcase, unused_definition);
    suite_add_tcase(suite, tcase);
    return suite;
}
