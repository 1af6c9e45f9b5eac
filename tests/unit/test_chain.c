/* Kernels that take samples one by one: the same bits with less memory, whichever part of the samples a thread does. */
#include "golden.h"
#include "run.h"

#include <check.h>

Suite *chain_suite(void);

static const char model[] =
    "model chained {\n"
    "    data idx(shape = [16, 16], classes = 3)\n"
    "    time 5 steps\n"
    "    x = poisson(image)\n"
    "    h = x -> conv(8, kernel = 3, pad = same) -> lif(threshold = 0.3)\n"
    "    g = h -> max_pool(2) -> conv(33, kernel = 3, pad = same) -> lif(threshold = 0.3)\n"
    "    o = g -> max_pool(2) -> dense(3)\n"
    "    predict argmax(mean(o))\n"
    "    train { loss cross_entropy(mean(o), label) }\n"
    "}\n";

static const Program *program_of(Arena *arena, Without without, bool small)
{
    GoldenText text = {"chained", model};
    Compilation *c = golden_compilation(arena, &text);
    c->lower.without = without;
    c->lower.kernels = KERNELS_EVENT;
    c->lower.small = small;
    return golden_program(c, text.name);
}

/* Launches of a phase that are joined to the one before. */
static int joined(const Program *program, Phase phase)
{
    int count = 0;
    for (int i = 0; i < program->phases[phase].count; i++)
        count += program->phases[phase].at[i].joined;
    return count;
}

static Interp *ran(const Program *program, int rows)
{
    RunOptions options = {.rows = rows, .seed = 7, .precision = PRECISION_SINGLE};
    Interp *interp = run_prepare(program, &options, rows);
    ck_assert_ptr_nonnull(interp);
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    return interp;
}

static void compare(const Interp *a, BufferId of_a, const Interp *b, BufferId of_b)
{
    ck_assert_uint_eq(interp_count(a, of_a), interp_count(b, of_b));
    for (size_t k = 0; k < interp_count(a, of_a); k++)
        ck_assert_double_eq(a->buffers[of_a][k], b->buffers[of_b][k]);
}

/* Arrays of more than 32 KB alone, or all; samples go forward and backward one by one. Lists of events for all, as tables would
 * add in another order. */
START_TEST(chains_change_no_bit)
{
    Arena *arena = arena_new();
    const Program *with = program_of(arena, 0, _i), *without = program_of(arena, WITHOUT(CHAINS), _i);
    ck_assert(with->whole && !without->whole);
    ck_assert_int_ge(joined(with, PHASE_FORWARD), _i ? 8 : 2);
    ck_assert_int_ge(joined(with, PHASE_BACKWARD), 16);
    ck_assert_int_eq(joined(without, PHASE_FORWARD) + joined(without, PHASE_BACKWARD), 0);
    Interp *a = ran(with, 3), *b = ran(without, 3);
    compare(a, with->loss, b, without->loss);
    for (int p = 0; p < with->params.count; p++)
        compare(a, with->params.at[p].gradient, b, without->params.at[p].gradient);
    interp_free(a);
    interp_free(b);
    arena_free(arena);
}
END_TEST

/* What is between the kernels has no values of its own that anybody could look at. */
START_TEST(who_is_looked_at_stays)
{
    Arena *arena = arena_new();
    GoldenText text = {"chained", model};
    Compilation *c = golden_compilation(arena, &text);
    const char *keep[] = {"all"};
    c->keep = keep;
    c->keep_count = 1;
    const Program *program = golden_program(c, text.name);
    ck_assert(!program->whole);
    ck_assert_int_eq(joined(program, PHASE_FORWARD) + joined(program, PHASE_BACKWARD), 0);
    arena_free(arena);
}
END_TEST

Suite *chain_suite(void)
{
    Suite *suite = suite_create("chain");
    TCase *tcase = tcase_create("chain");
    tcase_add_loop_test(tcase, chains_change_no_bit, 0, 2);
    tcase_add_test(tcase, who_is_looked_at_stays);
    suite_add_tcase(suite, tcase);
    return suite;
}
