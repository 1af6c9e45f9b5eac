#include "agree.h"

#include "run.h"

#include <check.h>
#include <math.h>

enum { ROWS = 3 };

Compilation *compiled_with(Arena *arena, const char *text, LowerOptions lower)
{
    GoldenText model = {"agree", text};
    Compilation *c = golden_compilation(arena, &model);
    c->lower = lower;
    golden_program(c, model.name);
    return c;
}

Compilation *compiled_without(Arena *arena, const char *text, Without without)
{
    return compiled_with(arena, text, (LowerOptions){.without = without});
}

static Interp *ran(const Program *program)
{
    RunOptions options = {.rows = ROWS, .seed = 2, .precision = PRECISION_DOUBLE};
    Interp *interp = run_prepare(program, &options, ROWS);
    ck_assert_ptr_nonnull(interp);
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    return interp;
}

/* Returns the largest magnitude. */
static double compare(const Interp *a, BufferId of_a, const Interp *b, BufferId of_b, const char *what)
{
    double largest = 0, worst = 0;
    size_t count = interp_count(a, of_a);
    ck_assert_uint_eq(count, interp_count(b, of_b));
    for (size_t k = 0; k < count; k++) {
        double error = fabs(a->buffers[of_a][k] - b->buffers[of_b][k]);
        largest = fmax(largest, fabs(a->buffers[of_a][k]));
        worst = error <= worst ? worst : error; /* NaN stays */
    }
    ck_assert_msg(worst <= 1e-12 * largest, "%s differs by %.2e of its largest", what, worst / largest);
    return largest;
}

static void compare_activity(const Interp *a, const Interp *b)
{
    for (int s = 0; s < a->program->streams.count; s++) {
        const LoopStream *stream = &a->program->streams.at[s];
        if (stream->activity < 0)
            continue;
        BufferId other = loop_find(b->program, a->program->buffers.at[stream->activity].name);
        ck_assert_msg(other >= 0, "nobody counts the spikes of %s", stream->name);
        compare(a, stream->activity, b, other, stream->name);
    }
}

static void compare_gradients(const Interp *a, const Interp *b)
{
    int learned = 0;
    ck_assert_int_eq(a->program->params.count, b->program->params.count);
    for (int p = 0; p < a->program->params.count; p++) {
        const LoopParam *param = &a->program->params.at[p], *other = &b->program->params.at[p];
        ck_assert_str_eq(param->name, other->name);
        ck_assert_msg((param->gradient >= 0) == (other->gradient >= 0), "%s is learned by one only",
                      param->name);
        if (param->gradient < 0)
            continue;
        learned++;
        ck_assert_msg(compare(a, param->gradient, b, other->gradient, param->name) > 0,
                      "the gradient of %s is 0", param->name);
    }
    ck_assert_int_gt(learned, 0);
}

void expect_agreement(const Compilation *first, const Compilation *second)
{
    Interp *a = ran(first->program), *b = ran(second->program);
    compare(a, first->program->loss, b, second->program->loss, "loss");
    compare(a, first->program->predictions.at[0].values, b, second->program->predictions.at[0].values,
            "scores");
    compare_activity(a, b);
    compare_gradients(a, b);
    interp_free(a);
    interp_free(b);
}

int count_nodes(const Net *net, NodeKind kind)
{
    int count = 0;
    for (int n = 0; n < net->nodes.count; n++)
        count += net->nodes.at[n].kind == kind;
    return count;
}
