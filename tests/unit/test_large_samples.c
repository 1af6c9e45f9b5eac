/* Gradients of convolutions whose samples are larger than a cache: the sums of each step are added. */
#include "agree.h"
#include "run.h"

#include <check.h>

Suite *large_samples_suite(void);

/* Slices of more channels than a block has inputs, outputs of a tile and a rest, a stride, windows beyond an edge. */
static Compilation *compiled(Arena *arena, int steps, LowerOptions options)
{
    const char *text = arena_printf(
        arena,
        "model large {\n"
        "    data idx(shape = [9, 11], classes = 3, temporal)\n"
        "    time %d steps\n"
        "    x = poisson(0.4 + 0 * image)\n"
        "    h = x -> dense([y = 6, x = 9, c = 17]) -> lif(threshold = 0.1) -> conv(17, kernel = 2) -> tanh\n"
        "    o = h -> conv(34, kernel = [1, 3], stride = 2, pad = 1) -> tanh -> dense(3)\n"
        "    predict argmax(mean(o))\n"
        "    train { loss cross_entropy(mean(o), label) }\n"
        "}\n",
        steps);
    return compiled_with(arena, text, options);
}

static Interp *ran(const Program *program)
{
    RunOptions options = {.rows = 2, .seed = 7, .precision = PRECISION_DOUBLE};
    Interp *interp = run_prepare(program, &options, 2);
    ck_assert_ptr_nonnull(interp);
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    return interp;
}

static bool same_bits(const Program *a, const Program *b)
{
    Interp *of_a = ran(a), *of_b = ran(b);
    bool same = true;
    for (int p = 0; p < a->params.count; p++) {
        BufferId one = a->params.at[p].gradient, other = b->params.at[p].gradient;
        for (size_t k = 0; one >= 0 && k < interp_count(of_a, one); k++)
            same = same && of_a->buffers[one][k] == of_b->buffers[other][k];
    }
    interp_free(of_a);
    interp_free(of_b);
    return same;
}

/* Which rounds otherwise. What has one step is summed as it was. Without pieces, no gradient of spikes is otherwise, either. */
START_TEST(sums_of_steps_are_added)
{
    Arena *arena = arena_new();
    const int steps = 1 + 2 * _i;
    const Without pieces = WITHOUT(PIECES);
    const Compilation *fast = compiled(arena, steps, (LowerOptions){.small = true, .without = pieces});
    const Compilation *whole = compiled(arena, steps, (LowerOptions){.without = pieces});
    const Compilation *general = compiled(arena, steps, (LowerOptions){.without = pieces | WITHOUT(WINDOWS)});
    ck_assert(same_bits(fast->program, whole->program) == (steps == 1));
    expect_agreement(fast, general);
    arena_free(arena);
}
END_TEST

Suite *large_samples_suite(void)
{
    Suite *suite = suite_create("large_samples");
    TCase *tcase = tcase_create("large_samples");
    tcase_add_loop_test(tcase, sums_of_steps_are_added, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
