/* Which loops become vector loops, and which sums are in registers. */
#include "loop.h"
#include "passes.h"

#include <check.h>

Suite *vectors_suite(void);

static Arena *arena;

/* for i in 0 .. 4 { for j in 0 .. 32 { let x = w[i, 16 + j] * scale[i]; sums[0, j] += x } } */
typedef struct Example {
    Program *program;
    Kernel *kernel;
    BufferId w, scale, sums, bytes;
    LoopStmt *rows, *loop, *let, *store;
    VarId x;
} Example;

static LoopExpr *var(const Example *e, VarId id)
{
    return loop_ref(arena, e->kernel, id);
}

static LoopExpr *op(Op name, LoopExpr *a, LoopExpr *b)
{
    return loop_op(arena, name, a, b, NULL);
}

static BufferId buffer(Program *program, Buffer buffer)
{
    buffer.param = -1;
    return loop_buffer(program, buffer);
}

static void add_buffers(Example *e)
{
    e->w = buffer(e->program, (Buffer){.name = "w", .role = BUFFER_SCRATCH, .ndim = 2, .dims = {4, 48}});
    e->scale = buffer(e->program, (Buffer){.name = "scale", .role = BUFFER_SCRATCH, .ndim = 1, .dims = {48}});
    e->sums =
        buffer(e->program,
               (Buffer){.name = "sums", .role = BUFFER_LOCAL, .small = true, .ndim = 2, .dims = {1, 32}});
    e->bytes =
        buffer(e->program,
               (Buffer){.name = "bytes", .type = TYPE_U8, .role = BUFFER_SCRATCH, .ndim = 1, .dims = {48}});
}

static LoopStmt *range(const Example *e, LoopBlock *into, const char *name, int to)
{
    return loop_for(arena, into, loop_var(arena, e->kernel, name, TYPE_I32), loop_int(arena, 0),
                    loop_int(arena, to));
}

static LoopExpr *row_of_w(const Example *e)
{
    LoopExpr *j = op(OP_ADD, loop_int(arena, 16), var(e, e->loop->var));
    return loop_load(e->program, e->w, 2, (LoopExpr *[]){var(e, e->rows->var), j});
}

static LoopExpr *scale_at(const Example *e, LoopExpr *index)
{
    return loop_load(e->program, e->scale, 1, &index);
}

static Example example(void)
{
    Example e = {.program = program_new(arena, "m")};
    add_buffers(&e);
    vec_push(arena, &e.program->kernels, ((Kernel){.name = "k", .about = "a test"}));
    vec_push(arena, &e.program->phases[PHASE_FORWARD], ((Launch){.about = "a test", .items = 1}));
    e.kernel = &e.program->kernels.at[0];
    e.kernel->first = loop_var(arena, e.kernel, "first", TYPE_I32);
    e.kernel->last = loop_var(arena, e.kernel, "last", TYPE_I32);
    e.rows = range(&e, &e.kernel->body, "i", 4);
    e.loop = range(&e, &e.rows->body, "j", 32);
    e.loop->independent = true;
    e.x = loop_var(arena, e.kernel, "x", TYPE_F32);
    loop_let(arena, &e.loop->body, e.x, op(OP_MUL, row_of_w(&e), scale_at(&e, var(&e, e.rows->var))));
    e.let = e.loop->body.at[0];
    loop_store(e.program, &e.loop->body, e.sums, 2, (LoopExpr *[]){loop_int(arena, 0), var(&e, e.loop->var)},
               var(&e, e.x), true);
    e.store = e.loop->body.at[1];
    return e;
}

/* ---- what a vector loop may not be ---- */

static void order_counts(Example *e)
{
    e->loop->independent = false;
}
static void downwards(Example *e)
{
    e->loop->down = true;
}
static void odd_turns(Example *e)
{
    e->loop->to = loop_int(arena, 24);
}
static void late_start(Example *e)
{
    e->loop->from = loop_int(arena, 8);
}
static void unknown_bound(Example *e)
{
    e->loop->to = var(e, e->kernel->last);
}
static void where_flags(Example *e)
{
    LoopExpr *j = var(e, e->loop->var);
    e->loop->value = loop_load(e->program, e->bytes, 1, &j);
}
static void column(Example *e)
{
    LoopExpr *index[2] = {op(OP_SUB, var(e, e->loop->var), var(e, e->loop->var)), var(e, e->rows->var)};
    e->let->value = loop_load(e->program, e->w, 2, index);
}
static void every_second(Example *e)
{
    e->let->value = scale_at(e, op(OP_ADD, var(e, e->loop->var), var(e, e->loop->var)));
}
static void quotient(Example *e)
{
    e->let->value = op(OP_DIV, row_of_w(e), loop_float(arena, 3));
}
static void whole_numbers(Example *e)
{
    e->let->value = loop_cast(arena, TYPE_F32, var(e, e->loop->var));
}
static void bytes(Example *e)
{
    LoopExpr *j = var(e, e->loop->var);
    loop_store(e->program, &e->loop->body, e->bytes, 1, &j, loop_int(arena, 1), false);
}
static void one_element(Example *e)
{
    LoopExpr *i = var(e, e->rows->var);
    loop_store(e->program, &e->loop->body, e->scale, 1, &i, loop_float(arena, 1), true);
}
static void outer_variable(Example *e)
{
    VarId sum = loop_var(arena, e->kernel, "sum", TYPE_F32);
    LoopBlock with_sum = {0};
    loop_declare(arena, &with_sum, sum, loop_float(arena, 0));
    vec_push(arena, &with_sum, e->rows);
    e->kernel->body = with_sum;
    loop_set(arena, &e->loop->body, sum, op(OP_ADD, var(e, sum), var(e, e->x)));
}
static void branch(Example *e)
{
    LoopExpr *early = op(OP_LT, var(e, e->rows->var), loop_int(arena, 2));
    LoopStmt *stmt = loop_if(arena, &e->loop->body, early);
    vec_push(arena, &stmt->body, e->store);
}
static void many_turns(Example *e)
{
    LoopStmt *stmt = range(e, &e->loop->body, "k", 3);
    vec_push(arena, &stmt->body, e->store);
}
static void hint(Example *e)
{
    LoopExpr *j = var(e, e->loop->var);
    loop_ahead(e->program, &e->loop->body, e->scale, 1, &j, 1);
}

static void (*const spoilers[])(Example *e) = {
    order_counts, downwards, odd_turns, late_start, unknown_bound,  where_flags, column,     every_second,
    quotient,     bytes,     hint,      branch,     outer_variable, one_element, many_turns, whole_numbers};

START_TEST(no_vector_loop)
{
    arena = arena_new();
    Example e = example();
    spoilers[_i](&e);
    mark_vectors(e.program);
    ck_assert(!e.loop->vector);
    ck_assert(!e.program->buffers.at[e.sums].registers);
    if (spoilers[_i] != where_flags) /* independent and with flags is wrong anyway */
        ck_assert_pstr_eq(loop_verify(e.program), NULL);
    e.loop->vector = true;
    ck_assert_pstr_ne(loop_verify(e.program), NULL);
    arena_free(arena);
}
END_TEST

/* ---- what it may ---- */

static void expect_vectors(Example *e, bool registers)
{
    mark_vectors(e->program);
    ck_assert(e->loop->vector);
    ck_assert(!e->rows->vector);
    ck_assert_int_eq(e->program->buffers.at[e->sums].registers, registers);
    ck_assert_pstr_eq(loop_verify(e->program), NULL);
}

START_TEST(sums_and_products_of_rows)
{
    arena = arena_new();
    Example e = example();
    expect_vectors(&e, true);
    ck_assert(e.loop->few);
    LoopExpr *scale = e.let->value->args[1];
    ck_assert(loop_differs(e.loop, e.let->value) && !loop_differs(e.loop, scale));
    ck_assert(loop_differs(e.loop, e.store->value));
    arena_free(arena);
}
END_TEST

/* Variables of lanes, a few turns over them, and what is the same in all lanes, however it is made. */
START_TEST(sums_over_few_turns)
{
    arena = arena_new();
    Example e = example();
    VarId sum = loop_var(arena, e.kernel, "sum", TYPE_F32);
    loop_declare(arena, &e.loop->body, sum, loop_float(arena, 0));
    LoopStmt *turns = range(&e, &e.loop->body, "k", 3);
    turns->few = true;
    LoopExpr *part = op(OP_DIV, scale_at(&e, var(&e, turns->var)), loop_float(arena, 3));
    LoopExpr *product = op(OP_MUL, op(OP_NEG, var(&e, e.x), NULL), part);
    loop_set(arena, &turns->body, sum, op(OP_SUB, var(&e, sum), product));
    expect_vectors(&e, true);
    ck_assert(turns->few && !turns->vector);
    ck_assert(!loop_differs(e.loop, part));
    arena_free(arena);
}
END_TEST

/* Neurons of what only predicts go through many steps in vectors; of a trainer, compilers see to them. */
START_TEST(neurons_over_many_steps)
{
    arena = arena_new();
    Example e = example();
    VarId sum = loop_var(arena, e.kernel, "sum", TYPE_F32);
    loop_declare(arena, &e.loop->body, sum, loop_float(arena, 0));
    LoopStmt *steps = range(&e, &e.loop->body, "t", 3);
    steps->to = var(&e, e.rows->var);
    loop_set(arena, &steps->body, sum, op(OP_ADD, var(&e, sum), var(&e, e.x)));
    mark_vectors(e.program);
    ck_assert(!e.loop->vector);
    e.program->predicts = true;
    expect_vectors(&e, true);
    ck_assert(!steps->few && !steps->vector);
    arena_free(arena);
}
END_TEST

/* But not where each lane has steps of its own, or flags say which there are. */
START_TEST(steps_that_differ)
{
    arena = arena_new();
    Example e = example();
    e.program->predicts = true;
    LoopStmt *steps = range(&e, &e.loop->body, "t", 3);
    loop_store(e.program, &steps->body, e.sums, 2, (LoopExpr *[]){loop_int(arena, 0), var(&e, e.loop->var)},
               var(&e, e.x), true);
    LoopExpr *t = var(&e, steps->var), **bounds[] = {&steps->from, &steps->to, &steps->value};
    for (int i = 0; i < 3; i++) {
        LoopExpr *before = *bounds[i];
        *bounds[i] = i < 2 ? var(&e, e.loop->var) : loop_load(e.program, e.bytes, 1, &t);
        mark_vectors(e.program);
        ck_assert(!e.loop->vector);
        *bounds[i] = before;
    }
    expect_vectors(&e, true);
    arena_free(arena);
}
END_TEST

START_TEST(long_loops_are_not_written_out)
{
    arena = arena_new();
    Example e = example();
    e.program->buffers.at[e.sums].dims[1] = e.program->buffers.at[e.w].dims[1] = 96;
    e.loop->to = loop_int(arena, 96);
    expect_vectors(&e, true);
    ck_assert(!e.loop->few);
    arena_free(arena);
}
END_TEST

/* Nor those with as many statements in all. */
START_TEST(loops_of_many_statements_are_not_written_out)
{
    arena = arena_new();
    Example e = example();
    VarId sum = loop_var(arena, e.kernel, "sum", TYPE_F32);
    loop_declare(arena, &e.loop->body, sum, loop_float(arena, 0));
    int turns = loop_turns(e.loop);
    while (e.loop->body.count * turns <= 640)
        loop_set(arena, &e.loop->body, sum, op(OP_ADD, var(&e, sum), var(&e, e.x)));
    expect_vectors(&e, true);
    ck_assert(!e.loop->few);
    arena_free(arena);
}
END_TEST

/* let spike = x >= 1 and x > scale; bytes[j] = spike; sums[0, j] += where(spike, f32(spike), x) */
static void add_truths(Example *e)
{
    LoopExpr *x = var(e, e->x), *j = var(e, e->loop->var);
    VarId spike = loop_var(arena, e->kernel, "spike", TYPE_BOOL);
    LoopBlock *body = &e->loop->body;
    body->count = 1;
    loop_let(arena, body, spike,
             op(OP_AND, op(OP_GE, x, loop_float(arena, 1)), op(OP_GT, x, scale_at(e, var(e, e->rows->var)))));
    loop_store(e->program, body, e->bytes, 1, &j, var(e, spike), false);
    LoopExpr *chosen = loop_op(arena, OP_SELECT, var(e, spike), loop_cast(arena, TYPE_F32, var(e, spike)), x);
    loop_store(e->program, body, e->sums, 2, (LoopExpr *[]){loop_int(arena, 0), j}, chosen, true);
}

/* Comparisons are vectors in what only predicts; loops of them are written out where registers hold what they read. */
START_TEST(truths_and_choices)
{
    arena = arena_new();
    Example e = example();
    add_truths(&e);
    e.program->predicts = true;
    expect_vectors(&e, true);
    ck_assert(e.loop->few);
    e.program->buffers.at[e.sums].small = false;
    mark_vectors(e.program);
    ck_assert(!e.loop->few);
    arena_free(arena);
}
END_TEST

START_TEST(no_truths_in_trainers)
{
    arena = arena_new();
    Example e = example();
    add_truths(&e);
    mark_vectors(e.program);
    ck_assert(!e.loop->vector);
    arena_free(arena);
}
END_TEST

/* ---- what is not in registers ---- */

static void not_asked_for(Example *e)
{
    e->program->buffers.at[e->sums].small = false;
}
static void of_the_program(Example *e)
{
    e->program->buffers.at[e->sums].role = BUFFER_SCRATCH;
}
static void odd_rows(Example *e)
{
    e->program->buffers.at[e->sums].dims[1] = 40;
}
static void read_by_another_loop(Example *e)
{
    LoopStmt *loop = range(e, &e->rows->body, "n", 32);
    LoopExpr *n = var(e, loop->var);
    LoopExpr *sum = loop_load(e->program, e->sums, 2, (LoopExpr *[]){loop_int(arena, 0), n});
    loop_store(e->program, &loop->body, e->scale, 1, &n, sum, false);
}
static void between_vectors(Example *e)
{
    e->program->buffers.at[e->sums].dims[1] = 48;
    e->store->index[1] = op(OP_ADD, e->store->index[1], loop_int(arena, 8));
}
static void at_an_unknown_place(Example *e)
{
    e->program->buffers.at[e->sums].dims[1] = 48;
    e->store->index[1] = op(OP_ADD, var(e, e->rows->var), e->store->index[1]);
}

static void (*const elsewhere[])(Example *e) = {not_asked_for,        of_the_program,  odd_rows,
                                                read_by_another_loop, between_vectors, at_an_unknown_place};

START_TEST(not_in_registers)
{
    arena = arena_new();
    Example e = example();
    elsewhere[_i](&e);
    expect_vectors(&e, false);
    e.program->buffers.at[e.sums].registers = true;
    const char *wrong = elsewhere[_i] == not_asked_for ? NULL : "`sums` cannot be in registers";
    ck_assert_pstr_eq(loop_verify(e.program), wrong);
    arena_free(arena);
}
END_TEST

START_TEST(a_whole_vector_further)
{
    arena = arena_new();
    Example e = example();
    e.program->buffers.at[e.sums].dims[1] = 64;
    e.store->index[1] = op(OP_ADD, loop_int(arena, 32), e.store->index[1]);
    expect_vectors(&e, true);
    arena_free(arena);
}
END_TEST

START_TEST(not_within_each_other)
{
    arena = arena_new();
    Example e = example();
    e.loop->few = true;
    e.rows->independent = true;
    e.rows->to = loop_int(arena, 16);
    e.let->value = loop_float(arena, 1);
    e.loop->body.count = 1; /* either loop could be one */
    mark_vectors(e.program);
    ck_assert(e.rows->vector && !e.loop->vector);
    ck_assert_pstr_eq(loop_verify(e.program), NULL);
    e.loop->vector = true;
    ck_assert_pstr_eq(loop_verify(e.program), "kernel `k`: the loop over `j` cannot be a vector loop");
    arena_free(arena);
}
END_TEST

Suite *vectors_suite(void)
{
    Suite *suite = suite_create("vectors");
    TCase *tcase = tcase_create("vectors");
    tcase_add_loop_test(tcase, no_vector_loop, 0, sizeof spoilers / sizeof *spoilers);
    tcase_add_test(tcase, sums_and_products_of_rows);
    tcase_add_test(tcase, sums_over_few_turns);
    tcase_add_test(tcase, neurons_over_many_steps);
    tcase_add_test(tcase, steps_that_differ);
    tcase_add_test(tcase, loops_of_many_statements_are_not_written_out);
    tcase_add_test(tcase, truths_and_choices);
    tcase_add_test(tcase, no_truths_in_trainers);
    tcase_add_test(tcase, long_loops_are_not_written_out);
    tcase_add_loop_test(tcase, not_in_registers, 0, sizeof elsewhere / sizeof *elsewhere);
    tcase_add_test(tcase, a_whole_vector_further);
    tcase_add_test(tcase, not_within_each_other);
    suite_add_tcase(suite, tcase);
    return suite;
}
