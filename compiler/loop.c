#include "loop.h"

bool program_needs(const Program *program, Need need)
{
    return program->needs >> need & 1u;
}

const char *type_name(Type type)
{
    static const char *const names[] = {"f32", "i32", "u32", "bool", "u8", "u16", "i8", "i16"};
    return names[type];
}

Type type_loaded(Type type)
{
    return type >= TYPE_U8 ? TYPE_I32 : type;
}

int type_bytes(Type type)
{
    static const int bytes[] = {4, 4, 4, 1, 1, 2, 1, 2};
    return bytes[type];
}

const char *phase_name(Phase phase)
{
    static const char *const names[PHASE_COUNT] = {"init",  "forward", "backward", "update", "evaluate",
                                                   "reset", "begin",   "step",     "result"};
    return names[phase];
}

bool program_has(const Program *program, Phase phase)
{
    bool always = phase < PHASE_EVALUATE && !program->predicts;
    return always || program->phases[phase].count > 0;
}

Program *program_new(Arena *arena, const char *name)
{
    Program *program = NEW(arena, Program);
    *program = (Program){.arena = arena,
                         .name = name,
                         .source = "",
                         .input = -1,
                         .label = -1,
                         .target = -1,
                         .present = -1,
                         .sample = -1,
                         .loss = -1,
                         .step = -1,
                         .rate = -1};
    return program;
}

const char *loop_name(Program *program, const char *base)
{
    return unique_name(program->arena, &program->names, base);
}

BufferId loop_buffer(Program *program, Buffer buffer)
{
    buffer.place = program->buffers.count;
    buffer.length = -1;
    vec_push(program->arena, &program->buffers, buffer);
    return program->buffers.count - 1;
}

BufferId loop_given_buffer(Program *program, BufferId buffer)
{
    Buffer given = program->buffers.at[buffer];
    given.role = BUFFER_GIVEN;
    given.sparse = false;
    given.param = -1;
    given.place = program->buffers.count;
    vec_push(program->arena, &program->buffers, given);
    return given.place;
}

bool buffer_is_of_kernel(const Buffer *buffer)
{
    return buffer->role == BUFFER_LOCAL || buffer->role == BUFFER_GIVEN;
}

int64_t buffer_elements(const Buffer *buffer)
{
    int64_t count = 1;
    for (int d = 0; d < buffer->ndim; d++)
        count *= buffer->dims[d];
    return count;
}

bool program_takes_spikes(const Program *program)
{
    return program->input >= 0 && program->takes_spikes;
}

BufferId stream_fired(const Program *program, const LoopStream *stream)
{
    const Buffer *values = stream->values >= 0 ? &program->buffers.at[stream->values] : NULL;
    bool bytes = values && stream->spikes && values->type == TYPE_U8 && values->per_sample;
    return bytes && !buffer_is_of_kernel(values) ? stream->values : -1;
}

BufferId stream_floats(const Program *program, const LoopStream *stream)
{
    bool floats = stream->values >= 0 && program->buffers.at[stream->values].type == TYPE_F32;
    return floats ? stream->values : -1;
}

int64_t buffer_bytes(const Buffer *buffer)
{
    return buffer_elements(buffer) * type_bytes(buffer->type);
}

BufferId loop_find(const Program *program, const char *name)
{
    for (int i = 0; i < program->buffers.count; i++)
        if (strcmp(program->buffers.at[i].name, name) == 0)
            return i;
    return -1;
}

int loop_function(const LoopFunctions *functions, const char *name)
{
    for (int i = 0; i < functions->count; i++)
        if (strcmp(functions->at[i].name, name) == 0)
            return i;
    return -1;
}

VarId loop_var(Arena *arena, Kernel *kernel, const char *base, Type type)
{
    const char *name = unique_name(arena, &kernel->names, base);
    vec_push(arena, &kernel->vars, ((Var){.name = name, .base = base, .type = type}));
    return kernel->vars.count - 1;
}

static LoopExpr *expr_new(Arena *arena, LoopExprKind kind, Type type)
{
    LoopExpr *expr = NEW(arena, LoopExpr);
    expr->kind = kind;
    expr->type = type;
    return expr;
}

LoopExpr *loop_int(Arena *arena, int number)
{
    LoopExpr *expr = expr_new(arena, LOOP_NUMBER, TYPE_I32);
    expr->number = number;
    return expr;
}

LoopExpr *loop_word(Arena *arena, uint32_t number)
{
    LoopExpr *expr = expr_new(arena, LOOP_NUMBER, TYPE_U32);
    expr->number = number;
    return expr;
}

LoopExpr *loop_float(Arena *arena, double number)
{
    LoopExpr *expr = expr_new(arena, LOOP_NUMBER, TYPE_F32);
    expr->number = number;
    return expr;
}

LoopExpr *loop_ref(Arena *arena, const Kernel *kernel, VarId var)
{
    LoopExpr *expr = expr_new(arena, LOOP_VAR, kernel->vars.at[var].type);
    expr->var = var;
    return expr;
}

static Type op_type(Op op, const LoopExpr *a, const LoopExpr *b)
{
    if (op_is_truth(op))
        return TYPE_BOOL;
    return op == OP_SELECT ? b->type : a->type;
}

static bool is_int(const LoopExpr *expr, int number)
{
    return expr->kind == LOOP_NUMBER && expr->type == TYPE_I32 && expr->number == number;
}

static bool both_int_numbers(const LoopExpr *a, const LoopExpr *b)
{
    return b && a->kind == LOOP_NUMBER && b->kind == LOOP_NUMBER && a->type == TYPE_I32
           && b->type == TYPE_I32;
}

/* Index arithmetic that is known now; NULL where nothing is. */
static LoopExpr *fold_indices(Arena *arena, Op op, LoopExpr *a, LoopExpr *b)
{
    if (both_int_numbers(a, b)) {
        LoopExpr *folded = loop_int(arena, 0);
        folded->number = op_eval(op, a->number, b->number, 0);
        folded->type = op_is_truth(op) ? TYPE_BOOL : TYPE_I32;
        return op == OP_DIV ? NULL : folded;
    }
    if (op == OP_ADD && is_int(a, 0))
        return b;
    if ((op == OP_ADD || op == OP_SUB) && b && is_int(b, 0))
        return a;
    if (op == OP_MUL && is_int(a, 1))
        return b;
    if (op == OP_MUL && b && is_int(b, 1))
        return a;
    return NULL;
}

LoopExpr *loop_op(Arena *arena, Op op, LoopExpr *a, LoopExpr *b, LoopExpr *c)
{
    LoopExpr *folded = fold_indices(arena, op, a, b);
    if (folded)
        return folded;
    LoopExpr *expr = expr_new(arena, LOOP_OP, op_type(op, a, b));
    expr->op = op;
    expr->nargs = op_arity(op);
    expr->args[0] = a;
    expr->args[1] = b;
    expr->args[2] = c;
    return expr;
}

LoopExpr *loop_cast(Arena *arena, Type type, LoopExpr *a)
{
    if (a->type == type)
        return a;
    LoopExpr *expr = expr_new(arena, LOOP_CAST, type);
    expr->nargs = 1;
    expr->args[0] = a;
    return expr;
}

LoopExpr *loop_bits(Arena *arena, LoopExpr *a)
{
    LoopExpr *expr = expr_new(arena, LOOP_BITS, a->type == TYPE_F32 ? TYPE_U32 : TYPE_F32);
    expr->nargs = 1;
    expr->args[0] = a;
    return expr;
}

LoopExpr *loop_call(Arena *arena, const LoopFunctions *functions, int function, LoopExpr *const *args)
{
    LoopExpr *expr = expr_new(arena, LOOP_CALL, functions->at[function].result->type);
    expr->function = function;
    expr->nargs = functions->at[function].params;
    for (int i = 0; i < expr->nargs; i++)
        expr->args[i] = args[i];
    return expr;
}

LoopExpr *loop_load(Program *program, BufferId buffer, int nindex, LoopExpr *const *index)
{
    LoopExpr *expr = expr_new(program->arena, LOOP_LOAD, type_loaded(program->buffers.at[buffer].type));
    expr->buffer = buffer;
    expr->nargs = nindex;
    for (int i = 0; i < nindex; i++)
        expr->args[i] = index[i];
    return expr;
}

LoopExpr *loop_scalar(Arena *arena, Scalar scalar)
{
    LoopExpr *expr = expr_new(arena, LOOP_SCALAR, scalar == SCALAR_ROWS ? TYPE_I32 : TYPE_F32);
    expr->scalar = scalar;
    return expr;
}

LoopExpr *loop_given(Arena *arena)
{
    return expr_new(arena, LOOP_GIVEN, TYPE_I32);
}

LoopExpr *loop_place(Arena *arena)
{
    return expr_new(arena, LOOP_PLACE, TYPE_I32);
}

LoopExpr *loop_lanes(Arena *arena)
{
    return expr_new(arena, LOOP_LANES, TYPE_I32);
}

LoopExpr *loop_vectors(Arena *arena, bool there_are)
{
    return loop_op(arena, there_are ? OP_GT : OP_LE, loop_lanes(arena), loop_int(arena, 1), NULL);
}

bool loop_asks_for_vectors(const LoopExpr *expr, bool *there_are)
{
    bool asks = expr->kind == LOOP_OP && (expr->op == OP_GT || expr->op == OP_LE)
                && expr->args[0]->kind == LOOP_LANES && expr->args[1]->kind == LOOP_NUMBER
                && expr->args[1]->number == 1;
    if (asks)
        *there_are = expr->op == OP_GT;
    return asks;
}

LoopExpr *loop_key(Arena *arena, LoopExpr *sample, LoopExpr *step)
{
    LoopExpr *expr = expr_new(arena, LOOP_KEY, TYPE_U32);
    expr->nargs = 2;
    expr->args[0] = sample;
    expr->args[1] = step;
    return expr;
}

LoopExpr *loop_random(Arena *arena, LoopExpr *key, LoopExpr *unit)
{
    LoopExpr *expr = expr_new(arena, LOOP_RANDOM, TYPE_U32);
    expr->nargs = 2;
    expr->args[0] = key;
    expr->args[1] = unit;
    return expr;
}

static LoopStmt *stmt_new(Arena *arena, LoopBlock *into, LoopStmtKind kind)
{
    LoopStmt *stmt = NEW(arena, LoopStmt);
    stmt->kind = kind;
    stmt->unroll = UNROLL_NONE;
    vec_push(arena, into, stmt);
    return stmt;
}

LoopStmt *loop_for(Arena *arena, LoopBlock *into, VarId var, LoopExpr *from, LoopExpr *to)
{
    LoopStmt *stmt = stmt_new(arena, into, LOOP_FOR);
    stmt->var = var;
    stmt->from = from;
    stmt->to = to;
    return stmt;
}

LoopStmt *loop_block(Arena *arena, LoopBlock *into, const char *text)
{
    LoopStmt *stmt = stmt_new(arena, into, LOOP_BLOCK);
    stmt->text = text;
    return stmt;
}

LoopStmt *loop_if(Arena *arena, LoopBlock *into, LoopExpr *condition)
{
    LoopStmt *stmt = stmt_new(arena, into, LOOP_IF);
    stmt->value = condition;
    return stmt;
}

static LoopStmt *with_value(Arena *arena, LoopBlock *into, LoopStmtKind kind, VarId var, LoopExpr *value)
{
    LoopStmt *stmt = stmt_new(arena, into, kind);
    stmt->var = var;
    stmt->value = value;
    return stmt;
}

void loop_let(Arena *arena, LoopBlock *into, VarId var, LoopExpr *value)
{
    with_value(arena, into, LOOP_LET, var, value);
}

void loop_let_apart(Arena *arena, LoopBlock *into, VarId var, LoopExpr *value)
{
    with_value(arena, into, LOOP_LET, var, value)->apart = true;
}

void loop_declare(Arena *arena, LoopBlock *into, VarId var, LoopExpr *value)
{
    with_value(arena, into, LOOP_DECLARE, var, value);
}

void loop_set(Arena *arena, LoopBlock *into, VarId var, LoopExpr *value)
{
    with_value(arena, into, LOOP_SET, var, value);
}

static LoopStmt *with_element(Program *program, LoopBlock *into, LoopStmtKind kind, BufferId buffer,
                              int nindex, LoopExpr *const *index)
{
    LoopStmt *stmt = stmt_new(program->arena, into, kind);
    stmt->buffer = buffer;
    stmt->nindex = nindex;
    for (int i = 0; i < nindex; i++)
        stmt->index[i] = index[i];
    return stmt;
}

void loop_store(Program *program, LoopBlock *into, BufferId buffer, int nindex, LoopExpr *const *index,
                LoopExpr *value, bool add)
{
    LoopStmt *stmt = with_element(program, into, LOOP_STORE, buffer, nindex, index);
    stmt->value = value;
    stmt->add = add;
}

void loop_ahead(Program *program, LoopBlock *into, BufferId buffer, int nindex, LoopExpr *const *index,
                int count)
{
    with_element(program, into, LOOP_AHEAD, buffer, nindex, index)->count = count;
}

void loop_list(Program *program, LoopBlock *into, VarId var, BufferId buffer, int nindex,
               LoopExpr *const *index, LoopExpr *flags, int count)
{
    LoopStmt *stmt = with_element(program, into, LOOP_LIST, buffer, nindex, index);
    stmt->var = var;
    stmt->value = flags;
    stmt->count = count;
}

/* `rows` rows of `length` positions each, column by column. */
static int column_by_column(int rows, int length, int turn)
{
    return turn % rows * length + turn / rows;
}

/* Eight rows of a multiple of 16 positions, or of 8 or 4 where there are few; rows of 8 or 16 of what is left, if that
 * makes two rows at least; the rest, as all of less than 32, one by one. */
int loop_list_columns(int count)
{
    int unit = count >= 128 ? 16 : count >= 64 ? 8 : 4;
    return count < 32 ? 0 : count / (LOOP_LIST_ROWS * unit) * unit;
}

int loop_list_position(int count, int turn)
{
    int length = loop_list_columns(count);
    int first = LOOP_LIST_ROWS * length, shorter = count - first < 72 ? 8 : 16,
        rows = (count - first) / shorter;
    if (turn < first)
        return column_by_column(LOOP_LIST_ROWS, length, turn);
    bool in_rows = length > 0 && rows > 1 && turn - first < rows * shorter;
    return in_rows ? first + column_by_column(rows, shorter, turn - first) : turn;
}

int loop_turns(const LoopStmt *loop)
{
    const LoopExpr *from = loop->from, *to = loop->to;
    if (from->kind == LOOP_NUMBER && to->kind == LOOP_NUMBER)
        return (int)(to->number - from->number);
    if (to->kind == LOOP_OP && to->op == OP_ADD && to->args[0] == from && to->args[1]->kind == LOOP_NUMBER)
        return (int)to->args[1]->number;
    return -1;
}

bool loop_has_element(const LoopStmt *stmt)
{
    return stmt->kind == LOOP_STORE || stmt->kind == LOOP_AHEAD || stmt->kind == LOOP_LIST;
}

void loop_comment(Arena *arena, LoopBlock *into, const char *text)
{
    stmt_new(arena, into, LOOP_COMMENT)->text = text;
}
