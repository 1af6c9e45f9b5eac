/* Products whose sum is rounded once: what the interpreter makes of them, and where a program has them. */
#include "agree.h"

#include <check.h>
#include <math.h>

Suite *fma_suite(void);

static Arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

/* ---- the operation ---- */

/* What is stored to x, the only element of its buffer. */
static double value_of(Program *program, BufferId x, Precision precision)
{
    Interp *interp = interp_new(program, 1, precision);
    ck_assert_ptr_nonnull(interp);
    interp_run(interp, PHASE_FORWARD);
    double value = interp->buffers[x][0];
    interp_free(interp);
    return value;
}

static double computed(double a, double b, double c, Precision precision)
{
    Program *program = program_new(arena, "fma");
    BufferId x = loop_buffer(
        program,
        (Buffer){.name = "x", .type = TYPE_F32, .role = BUFFER_SCRATCH, .ndim = 1, .dims = {1}, .param = -1});
    vec_push(arena, &program->kernels, ((Kernel){.name = "k", .about = "a sum"}));
    Kernel *kernel = &program->kernels.at[0];
    kernel->first = loop_var(arena, kernel, "first", TYPE_I32);
    kernel->last = loop_var(arena, kernel, "last", TYPE_I32);
    LoopExpr *index[] = {loop_int(arena, 0)};
    LoopExpr *sum = loop_op(arena, OP_FMA, loop_float(arena, a), loop_float(arena, b), loop_float(arena, c));
    loop_store(program, &kernel->body, x, 1, index, sum, false);
    vec_push(arena, &program->phases[PHASE_FORWARD], ((Launch){.kernel = 0, .about = "a sum", .items = 1}));
    ck_assert_pstr_eq(loop_verify(program), NULL);
    return value_of(program, x, precision);
}

/* By numbers whose product needs twice as many digits, and, in single precision, one whose sum in double would be
 * half-way between two floats. */
START_TEST(the_interpreter_rounds_once)
{
    ck_assert_double_eq(computed(1 + 0x1p-20, 1 - 0x1p-20, -1, PRECISION_SINGLE), -0x1p-40);
    ck_assert_double_eq(computed(1 + 0x1p-40, 1 - 0x1p-40, -1, PRECISION_DOUBLE), -0x1p-80);
    ck_assert_double_eq(computed(0x1.001p0, 0x1.001p0, 0x1p-60, PRECISION_SINGLE), 0x1.002002p0);
    ck_assert_double_eq(computed(0x1.001p0, 0x1.001p0, -0x1p-60, PRECISION_SINGLE), 0x1.002p0);
    ck_assert(isnan(computed(INFINITY, 0, 1, PRECISION_SINGLE)));
}
END_TEST

/* ---- where programs have it ---- */

/* Products of reals in all ways: maps and gradients of layers that are wide and narrow, recurrent, of samples and of
 * steps; dot products for few neurons; a loss of squares. */
static const char model[] =
    "model products {\n"
    "    data idx(shape = [20], classes = 4)\n"
    "    time 6 steps\n"
    "    wide   = image -> dense(64) -> lif(threshold = 0.1, surrogate = rectangle(1))\n"
    "    real   = wide -> dense(32) -> li(tau = 2)\n"
    "    again  = (real -> dense(64)) + (again[-1] -> dense(64)) -> lif(threshold = 0.1)\n"
    "    o      = again -> dense(4) -> li\n"
    "    predict argmax(mean(o))\n"
    "    train { loss mse(mean(o), label) }\n"
    "}\n";

typedef struct Count {
    int fused, apart, vectors;
} Count;

static bool is_product(const LoopExpr *expr)
{
    return expr->kind == LOOP_OP && expr->op == OP_MUL && expr->type == TYPE_F32;
}

static void count_fused(Count *count, const LoopExpr *expr)
{
    count->fused += expr->kind == LOOP_OP && expr->op == OP_FMA;
    for (int i = 0; i < expr->nargs; i++)
        count_fused(count, expr->args[i]);
}

/* A sum that grows by a product, in one statement or by way of a constant. */
static void count_block(Count *count, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        if (stmt->value)
            count_fused(count, stmt->value);
        count->apart += stmt->apart || (stmt->kind == LOOP_STORE && stmt->add && is_product(stmt->value));
        count->vectors += stmt->kind == LOOP_FOR && stmt->vector;
        count_block(count, &stmt->body);
    }
}

static Count count_products(const Program *program)
{
    Count count = {0};
    for (int k = 0; k < program->kernels.count; k++)
        count_block(&count, &program->kernels.at[k].body);
    return count;
}

static Compilation *compiled(Products products)
{
    return compiled_with(arena, model, (LowerOptions){.products = products});
}

START_TEST(products_are_fused_or_apart)
{
    Count fused = count_products(compiled(PRODUCTS_FUSED)->program);
    Count apart = count_products(compiled(PRODUCTS_APART)->program);
    ck_assert_int_eq(fused.apart, 0);
    ck_assert_int_eq(apart.fused, 0);
    ck_assert_int_gt(apart.apart, 20);
    ck_assert_int_gt(fused.fused, apart.apart); /* some are no stores */
    ck_assert_int_gt(fused.vectors, 10);
    ck_assert_int_eq(fused.vectors, apart.vectors);
}
END_TEST

START_TEST(only_programs_with_products_need_it)
{
    ck_assert(program_needs(compiled(PRODUCTS_FUSED)->program, NEED_FMA));
    ck_assert(!program_needs(compiled(PRODUCTS_APART)->program, NEED_FMA));
}
END_TEST

START_TEST(both_agree)
{
    expect_agreement(compiled(PRODUCTS_FUSED), compiled(PRODUCTS_APART));
}
END_TEST

Suite *fma_suite(void)
{
    Suite *suite = suite_create("fma");
    TCase *tcase = tcase_create("fma");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_interpreter_rounds_once);
    tcase_add_test(tcase, products_are_fused_or_apart);
    tcase_add_test(tcase, only_programs_with_products_need_it);
    tcase_add_test(tcase, both_agree);
    suite_add_tcase(suite, tcase);
    return suite;
}
