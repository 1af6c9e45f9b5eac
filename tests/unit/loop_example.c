#include "loop_example.h"

#include <check.h>

LoopExpr *example_var(const Example *e, VarId id)
{
    return loop_ref(e->program->arena, e->kernel, id);
}

static LoopExpr *op(const Example *e, Op name, LoopExpr *a, LoopExpr *b)
{
    return loop_op(e->program->arena, name, a, b, NULL);
}

static LoopStmt *last_of(const LoopBlock *block)
{
    return block->at[block->count - 1];
}

static void add_buffers(Example *e)
{
    e->weights = loop_buffer(
        e->program, (Buffer){.name = "w", .type = TYPE_F32, .role = BUFFER_PARAM, .ndim = 1, .dims = {4}});
    e->spikes = loop_buffer(e->program, (Buffer){.name = "s",
                                                 .type = TYPE_U8,
                                                 .role = BUFFER_STREAM,
                                                 .per_sample = true,
                                                 .ndim = 2,
                                                 .dims = {5, 4},
                                                 .param = -1});
    e->label = loop_buffer(
        e->program,
        (Buffer){.name = "label", .type = TYPE_I32, .role = BUFFER_INPUT, .per_sample = true, .param = -1});
}

static void add_body(Example *e)
{
    Kernel *kernel = e->kernel;
    Arena *arena = e->program->arena;
    e->n = loop_var(arena, kernel, "n", TYPE_I32);
    e->x = loop_var(arena, kernel, "x", TYPE_F32);
    e->sum = loop_var(arena, kernel, "sum", TYPE_F32);
    e->items =
        loop_for(arena, &kernel->body, e->n, example_var(e, kernel->first), example_var(e, kernel->last));
    LoopBlock *block = &e->items->body;
    LoopExpr *n = example_var(e, e->n);
    loop_let(arena, block, e->x, loop_load(e->program, e->weights, 1, &n));
    e->let = last_of(block);
    loop_declare(arena, block, e->sum, loop_float(arena, 0));
    e->declare = last_of(block);
    loop_set(arena, block, e->sum, op(e, OP_ADD, example_var(e, e->sum), example_var(e, e->x)));
    e->set = last_of(block);
    loop_store(e->program, block, e->spikes, 3, (LoopExpr *[]){n, loop_int(arena, 0), n},
               op(e, OP_GT, example_var(e, e->sum), example_var(e, e->x)), false);
    e->store = last_of(block);
    e->branch = loop_if(arena, block, op(e, OP_LT, n, loop_int(arena, 2)));
    loop_store(e->program, &e->branch->body, e->weights, 1, &n, loop_float(arena, 1), true);
}

Example loop_example(Arena *arena)
{
    Example e = {.program = program_new(arena, "m")};
    e.program->steps = 5;
    add_buffers(&e);
    e.program->label = e.label;
    vec_push(arena, &e.program->kernels, ((Kernel){.name = "k", .about = "a test"}));
    vec_push(arena, &e.program->phases[PHASE_FORWARD],
             ((Launch){.kernel = 0, .about = "a test", .items = 4}));
    e.kernel = &e.program->kernels.at[0];
    e.kernel->first = loop_var(arena, e.kernel, "first", TYPE_I32);
    e.kernel->last = loop_var(arena, e.kernel, "last", TYPE_I32);
    add_body(&e);
    return e;
}

static void expect_message(const char *found, const char *expected)
{
    ck_assert_ptr_nonnull(found);
    ck_assert_msg(strstr(found, expected) != NULL, "`%s` is not in `%s`", expected, found);
}

void expect_bad_example(Arena *arena, const BadExample *bad)
{
    Example e = loop_example(arena);
    ck_assert_pstr_eq(loop_verify(e.program), NULL);
    bad->spoil(&e);
    expect_message(loop_verify(e.program), bad->message);
}
