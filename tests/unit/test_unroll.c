/* Unrolling keeps what a program does: the same stores, in the same order; so does dropping unused locals. */
#include "loop.h"
#include "passes.h"

#include <check.h>
#include <limits.h>

Suite *unroll_suite(void);

/* Programs of the test store numbers to x; a run is told by its trace, the list of these stores. */
static Arena *arena;
static Program *program;
static Kernel *kernel;
static BufferId x;

static void setup(void)
{
    arena = arena_new();
    program = program_new(arena, "test");
    program->steps = 10;
    x = loop_buffer(
        program,
        (Buffer){
            .name = "x", .type = TYPE_I32, .role = BUFFER_SCRATCH, .ndim = 1, .dims = {100}, .param = -1});
    vec_push(arena, &program->kernels, ((Kernel){.name = "k", .about = "a test"}));
    kernel = &program->kernels.at[0];
    kernel->first = loop_var(arena, kernel, "first", TYPE_I32);
    kernel->last = loop_var(arena, kernel, "last", TYPE_I32);
}

static void teardown(void)
{
    arena_free(arena);
}

/* ---- a small evaluator ---- */

static int eval(const LoopExpr *expr, const int *vars)
{
    double args[3] = {0, 0, 0};
    switch ((int)expr->kind) {
    case LOOP_NUMBER: return (int)expr->number;
    case LOOP_VAR: ck_assert_int_ne(vars[expr->var], INT_MIN); return vars[expr->var];
    case LOOP_OP:
        for (int i = 0; i < expr->nargs; i++)
            args[i] = eval(expr->args[i], vars);
        return (int)op_eval(expr->op, args[0], args[1], args[2]);
    default: ck_abort_msg("no such expression in this test"); return 0;
    }
}

static const char *run_block(const LoopBlock *block, int *vars, const char *trace);

static const char *run_loop(const LoopStmt *stmt, int *vars, const char *trace)
{
    int from = eval(stmt->from, vars), count = eval(stmt->to, vars) - from;
    for (int k = 0; k < count; k++) {
        vars[stmt->var] = stmt->down ? from + count - 1 - k : from + k;
        trace = run_block(&stmt->body, vars, trace);
    }
    vars[stmt->var] = INT_MIN;
    return trace;
}

static const char *run_block(const LoopBlock *block, int *vars, const char *trace)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        switch (stmt->kind) {
        case LOOP_FOR: trace = run_loop(stmt, vars, trace); break;
        case LOOP_LET:
        case LOOP_DECLARE:
        case LOOP_SET: vars[stmt->var] = eval(stmt->value, vars); break;
        case LOOP_STORE:
            trace =
                arena_printf(arena, "%s %d:%d", trace, eval(stmt->index[0], vars), eval(stmt->value, vars));
            break;
        case LOOP_LIST:
            trace = arena_printf(arena, "%s list:%d of:%d", trace, eval(stmt->index[0], vars),
                                 eval(stmt->value->args[0], vars));
            break;
        case LOOP_AHEAD: trace = arena_printf(arena, "%s ahead:%d", trace, eval(stmt->index[0], vars)); break;
        case LOOP_IF:
            if (eval(stmt->value, vars))
                trace = run_block(&stmt->body, vars, trace);
            break;
        case LOOP_BLOCK: trace = run_block(&stmt->body, vars, trace); break;
        case LOOP_COMMENT: break;
        }
    }
    return trace;
}

static const char *run(void)
{
    int vars[64];
    ck_assert_int_le(kernel->vars.count, 64);
    for (int i = 0; i < 64; i++)
        vars[i] = INT_MIN;
    vars[kernel->first] = 1;
    vars[kernel->last] = 3;
    return run_block(&kernel->body, vars, "");
}

/* ---- building ---- */

static LoopStmt *time_loop(LoopBlock *into, LoopExpr *from, LoopExpr *to, int unroll)
{
    LoopStmt *loop = loop_for(arena, into, loop_var(arena, kernel, "t", TYPE_I32), from, to);
    loop->unroll = unroll;
    return loop;
}

static LoopExpr *var(const LoopStmt *loop)
{
    return loop_ref(arena, kernel, loop->var);
}

static LoopExpr *op(Op name, LoopExpr *a, LoopExpr *b)
{
    return loop_op(arena, name, a, b, NULL);
}

static LoopExpr *num(int number)
{
    return loop_int(arena, number);
}

static void store(LoopBlock *into, LoopExpr *index, LoopExpr *value)
{
    loop_store(program, into, x, 1, &index, value, false);
}

static int count_kind(const LoopBlock *block, LoopStmtKind kind)
{
    int count = 0;
    for (int i = 0; i < block->count; i++)
        count += (block->at[i]->kind == kind) + count_kind(&block->at[i]->body, kind);
    return count;
}

/* Unrolls; checks the trace and that the result is a legal program with `loops` loops and `stores` stores. */
static void expect_unrolled(const char *trace, int loops, int stores)
{
    ck_assert_ptr_null(loop_verify(program));
    ck_assert_str_eq(run(), trace);
    unroll_loops(program);
    ck_assert_ptr_null(loop_verify(program));
    ck_assert_str_eq(run(), trace);
    ck_assert_int_eq(count_kind(&kernel->body, LOOP_FOR), loops);
    ck_assert_int_eq(count_kind(&kernel->body, LOOP_STORE), stores);
}

static void numbered_stores(int from, int to, int unroll, bool down)
{
    LoopStmt *loop = time_loop(&kernel->body, num(from), num(to), unroll);
    loop->down = down;
    store(&loop->body, var(loop), num(7));
}

/* ---- tests ---- */

START_TEST(not_unrolled)
{
    numbered_stores(0, 3, UNROLL_NONE, false);
    expect_unrolled(" 0:7 1:7 2:7", 1, 1);
}
END_TEST

START_TEST(full)
{
    numbered_stores(2, 5, UNROLL_FULL, false);
    expect_unrolled(" 2:7 3:7 4:7", 1, 1);
}
END_TEST

/* What a rest does is not what the rounds do, but a copy of its own. */
START_TEST(all_of_the_body_is_copied)
{
    LoopStmt *loop = time_loop(&kernel->body, num(0), num(3), 2);
    VarId i = loop_var(arena, kernel, "i", TYPE_I32);
    loop_ahead(program, &loop->body, x, 1, (LoopExpr *[]){var(loop)}, 1);
    LoopStmt *inner = loop_for(arena, &loop->body, i, num(0), num(1));
    store(&inner->body, op(OP_ADD, var(loop), var(inner)), num(7));
    expect_unrolled(" ahead:0 0:7 ahead:1 1:7 ahead:2 2:7", 4, 2);
    ck_assert_int_eq(count_kind(&kernel->body, LOOP_AHEAD), 2);
    drop_unused_locals(program);
    ck_assert_str_eq(run(), " ahead:0 0:7 ahead:1 1:7 ahead:2 2:7");
}
END_TEST

START_TEST(lists_too)
{
    LoopStmt *loop = time_loop(&kernel->body, num(0), num(3), UNROLL_FULL);
    loop->down = true;
    Buffer row = {
        .name = "row", .type = TYPE_U8, .role = BUFFER_SCRATCH, .ndim = 1, .dims = {3}, .param = -1};
    Buffer list = {
        .name = "list", .type = TYPE_U16, .role = BUFFER_SCRATCH, .ndim = 1, .dims = {11}, .param = -1};
    VarId count = loop_var(arena, kernel, "count", TYPE_I32);
    LoopExpr *at = var(loop), *flags = loop_load(program, loop_buffer(program, row), 1, &at);
    loop_declare(arena, &loop->body, count, num(0));
    loop_list(program, &loop->body, count, loop_buffer(program, list), 1, &at, flags, 1);
    expect_unrolled(" list:2 of:2 list:1 of:1 list:0 of:0", 0, 0);
    ck_assert_int_eq(count_kind(&kernel->body, LOOP_LIST), 3);
}
END_TEST

START_TEST(flags_too)
{
    LoopStmt *loop = time_loop(&kernel->body, num(0), num(2), UNROLL_FULL);
    loop->down = true;
    VarId i = loop_var(arena, kernel, "i", TYPE_I32);
    LoopStmt *inner = loop_for(arena, &loop->body, i, num(0), num(4));
    inner->value = loop_load(program, x, 2, (LoopExpr *[]){var(loop), var(inner)});
    unroll_loops(program);
    ck_assert_int_eq(kernel->body.count, 2);
    for (int t = 0; t < 2; t++) {
        const LoopStmt *copy = kernel->body.at[1 - t]->body.at[0];
        ck_assert(copy->value->kind == LOOP_LOAD && copy->value->buffer == x && copy->value->nargs == 2);
        ck_assert(copy->value->args[0]->kind == LOOP_NUMBER && copy->value->args[0]->number == t);
        ck_assert(copy->value->args[1]->kind == LOOP_VAR && copy->value->args[1]->var == i);
    }
}
END_TEST

START_TEST(full_down)
{
    numbered_stores(2, 5, UNROLL_FULL, true);
    expect_unrolled(" 4:7 3:7 2:7", 0, 3);
}
END_TEST

START_TEST(by_a_factor)
{
    numbered_stores(0, 6, 3, false);
    expect_unrolled(" 0:7 1:7 2:7 3:7 4:7 5:7", 2, 1);
}
END_TEST

START_TEST(by_a_factor_with_a_rest)
{
    numbered_stores(1, 9, 3, false);
    expect_unrolled(" 1:7 2:7 3:7 4:7 5:7 6:7 7:7 8:7", 3, 2);
    ck_assert(!kernel->body.at[0]->few && kernel->body.at[1]->few); /* the rest comes last */
}
END_TEST

START_TEST(by_a_factor_down_with_a_rest)
{
    numbered_stores(1, 9, 3, true);
    expect_unrolled(" 8:7 7:7 6:7 5:7 4:7 3:7 2:7 1:7", 1, 5);
    ck_assert_int_eq(kernel->body.at[kernel->body.count - 1]->kind, LOOP_FOR); /* the rest comes first */
}
END_TEST

START_TEST(by_a_factor_larger_than_the_loop)
{
    numbered_stores(0, 2, 5, false);
    expect_unrolled(" 0:7 1:7", 1, 1);
}
END_TEST

START_TEST(no_steps)
{
    numbered_stores(3, 3, UNROLL_FULL, false);
    expect_unrolled("", 0, 0);
}
END_TEST

/* A chunk of time: from a variable to that variable plus a number. */
START_TEST(from_a_variable)
{
    LoopStmt *chunks = time_loop(&kernel->body, num(0), num(2), UNROLL_NONE);
    LoopExpr *from = op(OP_MUL, var(chunks), num(4));
    LoopStmt *loop = time_loop(&chunks->body, from, op(OP_ADD, from, num(4)), UNROLL_FULL);
    store(&loop->body, var(loop), num(7));
    expect_unrolled(" 0:7 1:7 2:7 3:7 4:7 5:7 6:7 7:7", 2, 1);
}
END_TEST

/* Nobody knows how many items a call does. */
START_TEST(unknown_bounds_stay_a_loop)
{
    LoopStmt *loop = time_loop(&kernel->body, loop_ref(arena, kernel, kernel->first),
                               loop_ref(arena, kernel, kernel->last), UNROLL_FULL);
    store(&loop->body, var(loop), num(7));
    expect_unrolled(" 1:7 2:7", 1, 1);
}
END_TEST

START_TEST(nested_loops)
{
    LoopStmt *outer = time_loop(&kernel->body, num(0), num(2), UNROLL_FULL);
    LoopStmt *inner = time_loop(&outer->body, num(0), num(3), 2);
    inner->down = true;
    store(&inner->body, op(OP_ADD, op(OP_MUL, var(outer), num(10)), var(inner)), var(outer));
    expect_unrolled(" 2:0 1:0 0:0 12:1 11:1 10:1", 2, 3);
}
END_TEST

/* A variable of the body belongs to each turn; one from outside is carried along. */
START_TEST(variables_of_the_body)
{
    VarId sum = loop_var(arena, kernel, "sum", TYPE_I32), twice = loop_var(arena, kernel, "twice", TYPE_I32);
    loop_declare(arena, &kernel->body, sum, num(0));
    LoopStmt *loop = time_loop(&kernel->body, num(0), num(4), UNROLL_FULL);
    loop_let(arena, &loop->body, twice, op(OP_MUL, var(loop), num(2)));
    loop_set(arena, &loop->body, sum,
             op(OP_ADD, loop_ref(arena, kernel, sum), loop_ref(arena, kernel, twice)));
    store(&loop->body, var(loop), loop_ref(arena, kernel, sum));
    expect_unrolled(" 0:0 1:2 2:6 3:12", 1, 1);
}
END_TEST

/* A branch on the step's number is taken or left out; one on a variable stays. */
START_TEST(known_conditions)
{
    LoopStmt *loop = time_loop(&kernel->body, num(0), num(4), UNROLL_FULL);
    loop->down = true;
    LoopStmt *late = loop_if(arena, &loop->body, op(OP_GE, var(loop), num(1)));
    store(&late->body, op(OP_SUB, var(loop), num(1)), num(7));
    LoopStmt *early = loop_if(arena, &loop->body, op(OP_LT, var(loop), num(1)));
    store(&early->body, var(loop), num(9));
    LoopStmt *open =
        loop_if(arena, &loop->body, op(OP_EQ, var(loop), loop_ref(arena, kernel, kernel->first)));
    store(&open->body, var(loop), num(5));
    expect_unrolled(" 2:7 1:7 0:7 1:5 0:9", 0, 8);
    ck_assert_int_eq(count_kind(&kernel->body, LOOP_IF), 4);
}
END_TEST

START_TEST(steps_are_labelled)
{
    numbered_stores(4, 6, UNROLL_FULL, true);
    unroll_loops(program);
    ck_assert_int_eq(kernel->body.count, 2);
    ck_assert_int_eq(kernel->body.at[0]->kind, LOOP_BLOCK);
    ck_assert_str_eq(kernel->body.at[0]->text, "t = 5");
}
END_TEST

/* What only an unused local reads is unused, too; what a later turn of a loop reads is not. */
START_TEST(unused_locals_are_dropped)
{
    VarId four = loop_var(arena, kernel, "four", TYPE_I32),
          eight = loop_var(arena, kernel, "eight", TYPE_I32);
    VarId sum = loop_var(arena, kernel, "sum", TYPE_I32);
    loop_let(arena, &kernel->body, four, num(4));
    loop_declare(arena, &kernel->body, sum, num(1));
    LoopStmt *loop = time_loop(&kernel->body, num(0), num(3), UNROLL_NONE);
    loop_let(arena, &loop->body, eight, op(OP_ADD, loop_ref(arena, kernel, four), num(4)));
    store(&loop->body, var(loop), loop_ref(arena, kernel, sum));
    loop_set(arena, &loop->body, sum, op(OP_ADD, var(loop), num(5)));
    drop_unused_locals(program);
    ck_assert_ptr_null(loop_verify(program));
    ck_assert_str_eq(run(), " 0:1 1:5 2:6");
    ck_assert_int_eq(kernel->body.count, 2);
    ck_assert_int_eq(loop->body.count, 2);
}
END_TEST

Suite *unroll_suite(void)
{
    Suite *suite = suite_create("unroll");
    TCase *tcase = tcase_create("unroll");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, not_unrolled);
    tcase_add_test(tcase, full);
    tcase_add_test(tcase, all_of_the_body_is_copied);
    tcase_add_test(tcase, lists_too);
    tcase_add_test(tcase, flags_too);
    tcase_add_test(tcase, full_down);
    tcase_add_test(tcase, known_conditions);
    tcase_add_test(tcase, steps_are_labelled);
    tcase_add_test(tcase, by_a_factor);
    tcase_add_test(tcase, by_a_factor_with_a_rest);
    tcase_add_test(tcase, by_a_factor_down_with_a_rest);
    tcase_add_test(tcase, by_a_factor_larger_than_the_loop);
    tcase_add_test(tcase, no_steps);
    tcase_add_test(tcase, from_a_variable);
    tcase_add_test(tcase, unknown_bounds_stay_a_loop);
    tcase_add_test(tcase, nested_loops);
    tcase_add_test(tcase, variables_of_the_body);
    tcase_add_test(tcase, unused_locals_are_dropped);
    suite_add_tcase(suite, tcase);
    return suite;
}
