/* A program for one sample at a time: arrays have no place for others, nor for one step, kernels no items, and a loop of one
 * turn is what stands in it. */
#include "loop_look.h"
#include "passes.h"

enum {
    LEAST_LANES = 4,
    TOLD_LEAST = 32 /* turns; by tests/bench/infer.sh */
};

typedef struct Single {
    Program *program;
    LoopExpr **known; /* by variable of the kernel: what it always is, or NULL */
    bool within;      /* what is settled stands in a loop that may be a vector loop */
} Single;

/* A dimension of one that others follow, but in what checkpoints have. */
static bool has_one_row(const Buffer *buffer)
{
    return buffer->ndim > 1 && buffer->dims[0] == 1 && buffer->role != BUFFER_PARAM;
}

/* Indices that fall away, the first ones. */
static int dropped(const Program *program, BufferId id)
{
    const Buffer *buffer = &program->buffers.at[id];
    return buffer->per_sample + has_one_row(buffer);
}

/* Whether it compares whole numbers that are known; then so is what it says. */
static bool is_decided(const LoopExpr *expr, bool *truth)
{
    bool known = expr->kind == LOOP_OP && expr->nargs == 2 && expr->type == TYPE_BOOL
                 && expr->args[0]->kind == LOOP_NUMBER && expr->args[1]->kind == LOOP_NUMBER
                 && expr->args[0]->type == TYPE_I32;
    double a = known ? expr->args[0]->number : 0, b = known ? expr->args[1]->number : 0;
    switch (known ? (int)expr->op : OP_COUNT) {
    case OP_LT: *truth = a < b; return true;
    case OP_LE: *truth = a <= b; return true;
    case OP_GT: *truth = a > b; return true;
    case OP_GE: *truth = a >= b; return true;
    case OP_EQ: *truth = a == b; return true;
    case OP_NE: *truth = a != b; return true;
    default: return false;
    }
}

/* loop_op() leaves quotients, and choices, as they are. */
static LoopExpr *settled_op(Arena *arena, Op op, int count, LoopExpr *const *args)
{
    bool truth;
    bool whole = args[0]->kind == LOOP_NUMBER && args[0]->type == TYPE_I32;
    if (op == OP_DIV && whole && args[1]->kind == LOOP_NUMBER && args[1]->number > 0)
        return loop_int(arena, (int)args[0]->number / (int)args[1]->number);
    if (op == OP_SELECT && is_decided(args[0], &truth))
        return args[truth ? 1 : 2];
    return loop_op(arena, op, args[0], count > 1 ? args[1] : NULL, count > 2 ? args[2] : NULL);
}

/* Where a training is: where that of the weights has ended, as in a test. */
static bool is_of_clock(const LoopExpr *expr)
{
    return expr->kind == LOOP_SCALAR && expr->scalar >= SCALAR_EPOCH && expr->scalar <= SCALAR_BATCHES;
}

static LoopExpr *settled(const Single *single, const LoopExpr *expr)
{
    if (!expr)
        return NULL;
    Program *program = single->program;
    bool there_are;
    if (expr->kind == LOOP_VAR && single->known[expr->var])
        return single->known[expr->var];
    if (expr->kind == LOOP_SCALAR && expr->scalar == SCALAR_ROWS)
        return loop_int(program->arena, 1);
    if (is_of_clock(expr))
        return loop_float(program->arena, program->clock[expr->scalar]);
    if (expr->kind == LOOP_PLACE)
        return loop_int(program->arena, 0);
    if (loop_asks_for_vectors(expr,
                              &there_are)) { /* nobody knows that yet, but that whole numbers have none */
        Arena *arena = program->arena;
        return program->whole_numbers ? loop_op(arena, expr->op, loop_int(arena, 1), expr->args[1], NULL)
                                      : loop_vectors(arena, there_are);
    }
    if (expr->kind == LOOP_LANES) /* whoever compiles it may take as many as there are */
        return loop_int(program->arena, LEAST_LANES);
    LoopExpr *made = NEW(program->arena, LoopExpr);
    *made = *expr;
    made->nargs = 0;
    for (int i = expr->kind == LOOP_LOAD ? dropped(program, expr->buffer) : 0; i < expr->nargs; i++)
        made->args[made->nargs++] = settled(single, expr->args[i]);
    if (expr->kind == LOOP_OP && made->nargs > 0)
        return settled_op(program->arena, expr->op, made->nargs, made->args);
    return made;
}

static void settle_index(const Single *single, LoopStmt *stmt)
{
    int count = 0;
    for (int k = loop_has_element(stmt) ? dropped(single->program, stmt->buffer) : 0; k < stmt->nindex; k++)
        stmt->index[count++] = settled(single, stmt->index[k]);
    stmt->nindex = count;
}

/* -1: nobody knows yet. */
static int known_turns(const LoopStmt *stmt)
{
    bool known = stmt->kind == LOOP_FOR && !stmt->value && stmt->from->kind == LOOP_NUMBER
                 && stmt->to->kind == LOOP_NUMBER;
    int turns = known ? (int)(stmt->to->number - stmt->from->number) : -1;
    return known && turns < 0 ? 0 : turns;
}

static bool is_known_number(const LoopStmt *stmt)
{
    return stmt->kind == LOOP_LET && stmt->value->kind == LOOP_NUMBER && stmt->value->type == TYPE_I32;
}

/* The arrays that a loop works on. */
typedef struct Arrays {
    const Program *program;
    BufferId first;      /* NONE: none yet */
    bool several, mixed; /* there are others; their elements are of other sizes */
} Arrays;

static void note_array(void *context, BufferId *buffer, Access access)
{
    Arrays *arrays = context;
    const Buffer *all = arrays->program->buffers.at;
    (void)access;
    arrays->first = arrays->first == NONE ? *buffer : arrays->first;
    arrays->several = arrays->several || *buffer != arrays->first;
    arrays->mixed = arrays->mixed || type_bytes(all[*buffer].type) != type_bytes(all[arrays->first].type);
}

/* Of one struct, the state, compilers see by themselves whether turns are independent, but for elements of several sizes, and for
 * arrays that share their places with others: what is told of loops of few turns makes them slower. */
static bool is_to_be_told(const Program *program, const LoopStmt *stmt)
{
    Arrays arrays = {.program = program, .first = NONE};
    for (int i = 0; i < stmt->body.count; i++)
        if (stmt->body.at[i]->kind == LOOP_FOR)
            return false;
    loop_visit(&stmt->body, note_array, &arrays);
    return arrays.mixed || (arrays.several && known_turns(stmt) >= TOLD_LEAST);
}

static void settle_block(Single *single, LoopBlock *block);

/* What is left of the statement comes to `into`. */
static void settle_statement(Single *single, LoopStmt *stmt, LoopBlock *into)
{
    stmt->from = settled(single, stmt->from);
    stmt->to = settled(single, stmt->to);
    stmt->value = settled(single, stmt->value);
    settle_index(single, stmt);
    const bool within = single->within;
    single->within = within || loop_suits_vectors(single->program, stmt);
    stmt->independent = stmt->independent && (single->within || is_to_be_told(single->program, stmt));
    stmt->few = stmt->few && within;
    int turns = known_turns(stmt);
    bool once = turns == 1, number = is_known_number(stmt), truth = true;
    if (once || number)
        single->known[stmt->var] = once ? stmt->from : stmt->value;
    settle_block(single, &stmt->body);
    single->within = within;
    bool decided = stmt->kind == LOOP_IF && is_decided(stmt->value, &truth);
    if (stmt->kind == LOOP_AHEAD || !truth || turns == 0 || number)
        return;
    if (!once && !decided) {
        vec_push(single->program->arena, into, stmt);
        return;
    }
    for (int i = 0; i < stmt->body.count; i++)
        vec_push(single->program->arena, into, stmt->body.at[i]);
}

static void settle_block(Single *single, LoopBlock *block)
{
    LoopBlock made = {0};
    for (int i = 0; i < block->count; i++)
        settle_statement(single, block->at[i], &made);
    *block = made;
}

static void settle_launch(Program *program, Launch *launch)
{
    Kernel *kernel = &program->kernels.at[launch->kernel];
    Single single = {.program = program,
                     .known = NEW_ARRAY(program->arena, LoopExpr *, kernel->vars.count + 1)};
    single.known[kernel->first] = loop_int(program->arena, 0);
    single.known[kernel->last] = loop_int(program->arena, launch->over_rows ? 1 : launch->items);
    settle_block(&single, &kernel->body);
    launch->over_rows = false;
    launch->items = 1;
}

static void drop_row(Buffer *buffer)
{
    buffer->per_sample = false;
    if (!has_one_row(buffer))
        return;
    buffer->ndim--;
    for (int d = 0; d < buffer->ndim; d++)
        buffer->dims[d] = buffer->dims[d + 1];
}

void single_sample(Program *program)
{
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++)
            settle_launch(program, &program->phases[phase].at[i]);
    for (BufferId b = 0; b < program->buffers.count; b++)
        drop_row(&program->buffers.at[b]);
}
