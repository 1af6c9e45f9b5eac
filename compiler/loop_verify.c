/* What every pass over the Loop IR must leave behind: types agree, names are in scope, indices fit. */
#include "loop.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

typedef enum Binding {
    UNBOUND,
    CONSTANT, /* FOR, LET, first, last */
    FEW,      /* FOR: a constant of few values */
    VARIABLE  /* DECLARE */
} Binding;

typedef struct Verifier {
    const Program *program;
    const Kernel *kernel; /* or a function's code: `what` says it */
    const char *what;
    Binding *bound; /* by variable: what it is at this point of the kernel */
    VEC(VarId) scope;
    Unique names;         /* of buffers and kernels */
    BufferSet touched;    /* within the kernel */
    int known;            /* so many functions, the first ones, may be called */
    const Kernel **given; /* by buffer: the kernel that is given it */
    const char *error;
} Verifier;

/* Keeps the first error. */
static bool require(Verifier *verifier, bool condition, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool require(Verifier *verifier, bool condition, const char *format, ...)
{
    if (condition || verifier->error)
        return condition;
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    Arena *arena = verifier->program->arena;
    verifier->error =
        verifier->kernel ? arena_printf(arena, "%s `%s`: %s", verifier->what, verifier->kernel->name, message)
                         : arena_printf(arena, "%s", message);
    return false;
}

/* ---- expressions ---- */

static bool verify_expr(Verifier *verifier, const LoopExpr *expr);

static bool verify_var(Verifier *verifier, VarId var)
{
    return require(verifier, var >= 0 && var < verifier->kernel->vars.count, "there is no variable %d", var);
}

static const char *var_name(const Verifier *verifier, VarId var)
{
    return verifier->kernel->vars.at[var].name;
}

static bool verify_var_use(Verifier *verifier, const LoopExpr *expr)
{
    if (!verify_var(verifier, expr->var))
        return false;
    const char *name = var_name(verifier, expr->var);
    Type type = verifier->kernel->vars.at[expr->var].type;
    return require(verifier, verifier->bound[expr->var] != UNBOUND, "`%s` is used outside its scope", name)
           && require(verifier, expr->type == type, "`%s` is %s and used as %s", name, type_name(type),
                      type_name(expr->type));
}

static bool verify_number(Verifier *verifier, const LoopExpr *expr)
{
    bool whole = floor(expr->number) == expr->number;
    switch (expr->type) {
    case TYPE_F32: return true;
    case TYPE_I32:
        return require(verifier, whole && fabs(expr->number) <= INT32_MAX, "%g is no i32 number",
                       expr->number);
    case TYPE_U32:
        return require(verifier, whole && expr->number >= 0 && expr->number <= UINT32_MAX,
                       "%g is no u32 number", expr->number);
    case TYPE_BOOL:
        return require(verifier, expr->number == 0 || expr->number == 1, "%g is no truth value",
                       expr->number);
    case TYPE_U8:
    case TYPE_U16: break;
    }
    return require(verifier, false, "a number of type %s, which is for storage only", type_name(expr->type));
}

/* Number of indices, their types, and the range of those that are constant. */
static bool verify_index(Verifier *verifier, BufferId id, LoopExpr *const *index, int count)
{
    if (!require(verifier, id >= 0 && id < verifier->program->buffers.count, "there is no buffer %d", id))
        return false;
    const Buffer *buffer = &verifier->program->buffers.at[id];
    if (!require(verifier, buffer->role != BUFFER_GIVEN || verifier->given[id] == verifier->kernel,
                 "it is not given `%s`", buffer->name))
        return false;
    int wanted = buffer->ndim + buffer->per_sample;
    if (!require(verifier, count == wanted, "`%s` takes %d indices, not %d", buffer->name, wanted, count))
        return false;
    for (int i = 0; i < count; i++) {
        if (!verify_expr(verifier, index[i])
            || !require(verifier, index[i]->type == TYPE_I32, "index %d of `%s` is %s, not i32", i,
                        buffer->name, type_name(index[i]->type)))
            return false;
        int dim = i - buffer->per_sample;
        double number = index[i]->number, limit = dim < 0 ? INT32_MAX : buffer->dims[dim];
        if (index[i]->kind == LOOP_NUMBER
            && !require(verifier, number >= 0 && number < limit, "index %d of `%s` is %g, outside 0 .. %g", i,
                        buffer->name, number, limit - 1))
            return false;
    }
    return true;
}

static bool verify_load(Verifier *verifier, const LoopExpr *expr)
{
    if (!verify_index(verifier, expr->buffer, expr->args, expr->nargs))
        return false;
    const Buffer *buffer = &verifier->program->buffers.at[expr->buffer];
    Type type = type_loaded(buffer->type);
    return require(verifier, expr->type == type, "a load of `%s` gives %s, not %s", buffer->name,
                   type_name(type), type_name(expr->type));
}

/* Operations of whole numbers too; the others are for f32 alone. */
static bool is_arithmetic(Op op)
{
    return op == OP_ADD || op == OP_SUB || op == OP_MUL || op == OP_DIV || op == OP_NEG || op == OP_ABS
           || op == OP_MIN || op == OP_MAX;
}

static bool is_logic(Op op)
{
    return op == OP_AND || op == OP_OR || op == OP_NOT;
}

/* All but a select, a logic one, or one of words. */
static bool takes(Op op, Type type)
{
    if (op_is_word(op))
        return type == TYPE_U32;
    bool whole = is_arithmetic(op) || op_is_truth(op);
    return type == TYPE_F32 || (whole && type != TYPE_BOOL);
}

static bool verify_operand_types(Verifier *verifier, const LoopExpr *expr)
{
    Type type = expr->args[expr->op == OP_SELECT]->type;
    for (int i = expr->op == OP_SELECT; i < expr->nargs; i++)
        if (!require(verifier, expr->args[i]->type == type, "`%s` has operands of types %s and %s",
                     op_name(expr->op), type_name(type), type_name(expr->args[i]->type)))
            return false;
    if (expr->op == OP_SELECT)
        return require(verifier, expr->args[0]->type == TYPE_BOOL,
                       "the condition of `select` is %s, not bool", type_name(expr->args[0]->type));
    if (is_logic(expr->op))
        return require(verifier, type == TYPE_BOOL, "`%s` of %s, not bool", op_name(expr->op),
                       type_name(type));
    return require(verifier, takes(expr->op, type), "`%s` of %s", op_name(expr->op), type_name(type));
}

static bool verify_op(Verifier *verifier, const LoopExpr *expr)
{
    if (!require(verifier, (int)expr->op >= 0 && (int)expr->op < (int)OP_COUNT,
                 "operation %d is none of the Loop IR", (int)expr->op)
        || !require(verifier, expr->nargs == op_arity(expr->op), "`%s` takes %d operands, not %d",
                    op_name(expr->op), op_arity(expr->op), expr->nargs)
        || !verify_operand_types(verifier, expr))
        return false;
    Type type = op_is_truth(expr->op) ? TYPE_BOOL : expr->args[expr->op == OP_SELECT]->type;
    return require(verifier, expr->type == type, "`%s` gives %s, not %s", op_name(expr->op), type_name(type),
                   type_name(expr->type));
}

static bool verify_cast(Verifier *verifier, const LoopExpr *expr)
{
    return require(verifier, expr->nargs == 1, "a cast of %d values", expr->nargs)
           && require(verifier, expr->type != TYPE_BOOL && type_loaded(expr->type) == expr->type,
                      "a cast to %s", type_name(expr->type));
}

static bool verify_bits(Verifier *verifier, const LoopExpr *expr)
{
    Type of = expr->type == TYPE_F32 ? TYPE_U32 : TYPE_F32;
    return require(verifier, expr->nargs == 1, "the bits of %d values", expr->nargs)
           && require(verifier,
                      (expr->type == TYPE_F32 || expr->type == TYPE_U32) && expr->args[0]->type == of,
                      "the bits of %s as %s", type_name(expr->args[0]->type), type_name(expr->type));
}

/* A function knows only those before it: none calls itself. */
static bool verify_call(Verifier *verifier, const LoopExpr *expr)
{
    if (!require(verifier, expr->function >= 0 && expr->function < verifier->known,
                 "it calls function %d of %d", expr->function, verifier->known))
        return false;
    const LoopFunction *function = &verifier->program->functions.at[expr->function];
    if (!require(verifier, expr->nargs == function->params, "`%s` takes %d arguments, not %d", function->name,
                 function->params, expr->nargs))
        return false;
    bool good = true;
    for (int i = 0; i < expr->nargs && good; i++)
        good = require(verifier, expr->args[i]->type == function->code.vars.at[i].type, "`%s` takes no %s",
                       function->name, type_name(expr->args[i]->type));
    return good
           && require(verifier, expr->type == function->result->type, "`%s` gives no %s", function->name,
                      type_name(expr->type));
}

static bool verify_scalar(Verifier *verifier, const LoopExpr *expr)
{
    if (!require(verifier, (int)expr->scalar >= 0 && expr->scalar < SCALAR_COUNT, "there is no scalar %d",
                 (int)expr->scalar))
        return false;
    Type type = expr->scalar == SCALAR_ROWS ? TYPE_I32 : TYPE_F32;
    return require(verifier, expr->type == type, "the scalar `%s` is %s, not %s", scalar_name(expr->scalar),
                   type_name(type), type_name(expr->type));
}

static bool verify_random(Verifier *verifier, const LoopExpr *expr, const char *what, Type first)
{
    return require(verifier,
                   expr->nargs == 2 && expr->args[0]->type == first && expr->args[1]->type == TYPE_I32
                       && expr->type == TYPE_U32,
                   "%s takes %s and i32 and gives u32", what, type_name(first));
}

static bool verify_expr(Verifier *verifier, const LoopExpr *expr)
{
    if (!require(verifier, expr != NULL, "an expression is missing")
        || !require(verifier, expr->nargs >= 0 && expr->nargs <= LOOP_MAX_DIMS + 1,
                    "an expression has %d operands", expr->nargs))
        return false;
    for (int i = 0; i < expr->nargs && expr->kind != LOOP_LOAD; i++)
        if (!verify_expr(verifier, expr->args[i]))
            return false;
    switch (expr->kind) {
    case LOOP_NUMBER: return verify_number(verifier, expr);
    case LOOP_VAR: return verify_var_use(verifier, expr);
    case LOOP_LOAD: return verify_load(verifier, expr);
    case LOOP_OP: return verify_op(verifier, expr);
    case LOOP_CAST: return verify_cast(verifier, expr);
    case LOOP_BITS: return verify_bits(verifier, expr);
    case LOOP_CALL: return verify_call(verifier, expr);
    case LOOP_SCALAR: return verify_scalar(verifier, expr);
    case LOOP_GIVEN:
        return require(verifier, expr->type == TYPE_I32, "what is given is %s", type_name(expr->type));
    case LOOP_LANES: return require(verifier, expr->type == TYPE_I32, "lanes are %s", type_name(expr->type));
    case LOOP_KEY: return verify_random(verifier, expr, "key", TYPE_I32);
    case LOOP_RANDOM: return verify_random(verifier, expr, "random", TYPE_U32);
    }
    return require(verifier, false, "an expression of no kind");
}

/* ---- statements ---- */

static bool bind(Verifier *verifier, VarId var, Binding binding)
{
    if (!verify_var(verifier, var)
        || !require(verifier, verifier->bound[var] == UNBOUND, "`%s` is declared within its own scope",
                    var_name(verifier, var)))
        return false;
    for (int i = 0; i < verifier->scope.count; i++)
        if (!require(verifier,
                     strcmp(var_name(verifier, verifier->scope.at[i]), var_name(verifier, var)) != 0,
                     "two variables in one scope are called `%s`", var_name(verifier, var)))
            return false;
    verifier->bound[var] = binding;
    vec_push(verifier->program->arena, &verifier->scope, var);
    return true;
}

static void leave_scope(Verifier *verifier, int outer)
{
    while (verifier->scope.count > outer)
        verifier->bound[verifier->scope.at[--verifier->scope.count]] = UNBOUND;
}

static bool verify_block(Verifier *verifier, const LoopBlock *block);

static bool verify_scope(Verifier *verifier, const LoopBlock *block)
{
    int outer = verifier->scope.count;
    bool good = verify_block(verifier, block);
    leave_scope(verifier, outer);
    return good;
}

static bool verify_bound(Verifier *verifier, const LoopStmt *stmt, const LoopExpr *bound)
{
    return verify_expr(verifier, bound)
           && require(verifier, bound->type == TYPE_I32, "a bound of the loop over `%s` is %s, not i32",
                      var_name(verifier, stmt->var), type_name(bound->type));
}

static bool is_flag_of(const Verifier *verifier, const LoopExpr *value, VarId var)
{
    const LoopExpr *last =
        value->kind == LOOP_LOAD && value->nargs > 0 ? value->args[value->nargs - 1] : NULL;
    return last && last->kind == LOOP_VAR && last->var == var
           && verifier->program->buffers.at[value->buffer].type == TYPE_U8;
}

static bool verify_where(Verifier *verifier, const LoopStmt *stmt)
{
    if (!stmt->value)
        return true;
    return verify_expr(verifier, stmt->value)
           && require(verifier, is_flag_of(verifier, stmt->value, stmt->var),
                      "the flags of the loop over `%s` are no bytes, or not its own",
                      var_name(verifier, stmt->var))
           && require(verifier, !stmt->down && !stmt->independent && stmt->unroll == UNROLL_NONE,
                      "the loop over `%s` asks for flags and for more", var_name(verifier, stmt->var));
}

static bool is_few(const Verifier *verifier, const LoopStmt *stmt)
{
    const LoopExpr *to = stmt->to;
    return stmt->from->kind == LOOP_NUMBER
           && (to->kind == LOOP_NUMBER || (to->kind == LOOP_VAR && verifier->bound[to->var] == FEW));
}

static bool verify_for(Verifier *verifier, const LoopStmt *stmt)
{
    if (!verify_var(verifier, stmt->var) || !verify_bound(verifier, stmt, stmt->from)
        || !verify_bound(verifier, stmt, stmt->to)
        || !require(verifier, !stmt->few || is_few(verifier, stmt),
                    "the loop over `%s` may have any number of turns", var_name(verifier, stmt->var))
        || !require(verifier, verifier->kernel->vars.at[stmt->var].type == TYPE_I32,
                    "the loop variable `%s` is not i32", var_name(verifier, stmt->var))
        || !require(verifier, stmt->unroll == UNROLL_FULL || stmt->unroll >= UNROLL_NONE,
                    "the loop over `%s` is unrolled %d times", var_name(verifier, stmt->var), stmt->unroll))
        return false;
    int outer = verifier->scope.count;
    bool good = bind(verifier, stmt->var, stmt->few ? FEW : CONSTANT) && verify_where(verifier, stmt)
                && verify_block(verifier, &stmt->body);
    leave_scope(verifier, outer);
    return good;
}

static bool verify_assigned(Verifier *verifier, const LoopStmt *stmt)
{
    if (!verify_var(verifier, stmt->var) || !verify_expr(verifier, stmt->value))
        return false;
    Type type = verifier->kernel->vars.at[stmt->var].type;
    return require(verifier, stmt->value->type == type, "`%s` is %s and gets a value of type %s",
                   var_name(verifier, stmt->var), type_name(type), type_name(stmt->value->type));
}

static bool verify_set(Verifier *verifier, const LoopStmt *stmt)
{
    return verify_assigned(verifier, stmt)
           && require(verifier, verifier->bound[stmt->var] == VARIABLE,
                      "`%s` is set but no variable of this scope", var_name(verifier, stmt->var));
}

static bool verify_store(Verifier *verifier, const LoopStmt *stmt)
{
    if (!verify_index(verifier, stmt->buffer, stmt->index, stmt->nindex)
        || !verify_expr(verifier, stmt->value))
        return false;
    const Buffer *buffer = &verifier->program->buffers.at[stmt->buffer];
    Type type = stmt->value->type;
    bool storage = type_loaded(buffer->type) != buffer->type;
    bool fits = storage ? type == TYPE_BOOL || type == TYPE_I32 : type == buffer->type;
    return require(verifier, fits, "`%s` holds %s and is stored a value of type %s", buffer->name,
                   type_name(buffer->type), type_name(type))
           && require(verifier, !stmt->add || !storage, "`%s` holds %s, which cannot be added to",
                      buffer->name, type_name(buffer->type))
           && require(verifier, buffer->role != BUFFER_INPUT, "`%s` is an input and is stored to",
                      buffer->name);
}

/* As far as it is known: an index that is no number may be 0. */
static bool verify_row(Verifier *verifier, BufferId id, LoopExpr *const *index, int nindex, int count)
{
    const Buffer *buffer = &verifier->program->buffers.at[id];
    const LoopExpr *first = nindex > 0 ? index[nindex - 1] : NULL;
    int from = first && first->kind == LOOP_NUMBER ? (int)first->number : 0;
    int row = buffer->ndim > 0 ? buffer->dims[buffer->ndim - 1] : 1;
    return require(verifier, count > 0 && from + count <= row, "no row of `%s` has %d elements from %d on",
                   buffer->name, count, from);
}

static bool verify_ahead(Verifier *verifier, const LoopStmt *stmt)
{
    return verify_index(verifier, stmt->buffer, stmt->index, stmt->nindex)
           && verify_row(verifier, stmt->buffer, stmt->index, stmt->nindex, stmt->count);
}

static bool verify_flags(Verifier *verifier, const LoopExpr *flags, int count)
{
    return verify_expr(verifier, flags)
           && require(verifier,
                      flags->kind == LOOP_LOAD
                          && verifier->program->buffers.at[flags->buffer].type == TYPE_U8,
                      "a list of what are no bytes")
           && verify_row(verifier, flags->buffer, flags->args, flags->nargs, count);
}

static bool verify_list(Verifier *verifier, const LoopStmt *stmt)
{
    if (!verify_flags(verifier, stmt->value, stmt->count)
        || !verify_index(verifier, stmt->buffer, stmt->index, stmt->nindex)
        || !verify_row(verifier, stmt->buffer, stmt->index, stmt->nindex, stmt->count + LOOP_LIST_SLACK)
        || !verify_var(verifier, stmt->var))
        return false;
    const Buffer *buffer = &verifier->program->buffers.at[stmt->buffer];
    const char *name = var_name(verifier, stmt->var);
    bool wide = stmt->count > UINT16_MAX + 1;
    return require(verifier, buffer->type == TYPE_I32 || (buffer->type == TYPE_U16 && !wide),
                   "`%s` holds %s and gets positions of %d flags", buffer->name, type_name(buffer->type),
                   stmt->count)
           && require(verifier, buffer->role != BUFFER_INPUT, "`%s` is an input and is stored to",
                      buffer->name)
           && require(verifier,
                      verifier->bound[stmt->var] == VARIABLE
                          && verifier->kernel->vars.at[stmt->var].type == TYPE_I32,
                      "`%s` counts a list but is no i32 variable of this scope", name);
}

static bool verify_if(Verifier *verifier, const LoopStmt *stmt)
{
    return verify_expr(verifier, stmt->value)
           && require(verifier, stmt->value->type == TYPE_BOOL, "the condition of `if` is %s, not bool",
                      type_name(stmt->value->type))
           && verify_scope(verifier, &stmt->body);
}

static bool verify_stmt(Verifier *verifier, const LoopStmt *stmt)
{
    switch (stmt->kind) {
    case LOOP_FOR: return verify_for(verifier, stmt);
    case LOOP_LET: return verify_assigned(verifier, stmt) && bind(verifier, stmt->var, CONSTANT);
    case LOOP_DECLARE: return verify_assigned(verifier, stmt) && bind(verifier, stmt->var, VARIABLE);
    case LOOP_SET: return verify_set(verifier, stmt);
    case LOOP_STORE: return verify_store(verifier, stmt);
    case LOOP_AHEAD: return verify_ahead(verifier, stmt);
    case LOOP_LIST: return verify_list(verifier, stmt);
    case LOOP_IF: return verify_if(verifier, stmt);
    case LOOP_BLOCK: return verify_scope(verifier, &stmt->body);
    case LOOP_COMMENT: return require(verifier, stmt->text != NULL, "a comment without text");
    }
    return require(verifier, false, "a statement of no kind");
}

static bool verify_block(Verifier *verifier, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++)
        if (!verify_stmt(verifier, block->at[i]))
            return false;
    return true;
}

/* ---- kernels ---- */

static bool verify_vars(Verifier *verifier)
{
    const Kernel *kernel = verifier->kernel;
    for (VarId i = 0; i < kernel->vars.count; i++) {
        Type type = kernel->vars.at[i].type;
        if (!require(verifier, type_loaded(type) == type, "the variable `%s` is %s", var_name(verifier, i),
                     type_name(type)))
            return false;
    }
    return true;
}

static bool verify_limit(Verifier *verifier, VarId var)
{
    return verify_var(verifier, var)
           && require(verifier, verifier->kernel->vars.at[var].type == TYPE_I32, "`%s` is not i32",
                      var_name(verifier, var))
           && bind(verifier, var, CONSTANT);
}

/* Among buffers and kernels. */
static bool verify_name(Verifier *verifier, const char *name)
{
    return require(verifier, unique_name(verifier->program->arena, &verifier->names, name) == name,
                   "two buffers or kernels are called `%s`", name);
}

/* A thread's stack has them all. */
static bool verify_locals(Verifier *verifier)
{
    int64_t bytes = 0;
    for (int i = 0; i < verifier->touched.list.count; i++) {
        const Buffer *buffer = &verifier->program->buffers.at[verifier->touched.list.at[i]];
        if (buffer->role == BUFFER_LOCAL)
            bytes += buffer_bytes(buffer);
    }
    return require(verifier, bytes <= LOOP_MOST_LOCAL, "its arrays take %lld bytes of a stack",
                   (long long)bytes);
}

/* What a kernel touches has names of its own, whatever buffers called so there are elsewhere. */
static bool verify_own_names(Verifier *verifier, const Kernel *kernel)
{
    Unique names = {0};
    Arena *arena = verifier->program->arena;
    bool good = true;
    buffer_set_clear(&verifier->touched);
    buffer_set_add(&verifier->touched, &kernel->body);
    for (int i = 0; i < verifier->touched.list.count && good; i++) {
        const char *name = verifier->program->buffers.at[verifier->touched.list.at[i]].name;
        good = require(verifier, unique_name(arena, &names, name) == name, "it knows two buffers called `%s`",
                       name);
    }
    return good;
}

/* Nothing is in scope. */
static void enter(Verifier *verifier, const char *what, const Kernel *kernel)
{
    verifier->what = what;
    verifier->kernel = kernel;
    verifier->bound = NEW_ARRAY(verifier->program->arena, Binding, kernel->vars.count + 1);
    verifier->scope.count = 0;
}

static bool verify_function(Verifier *verifier, const LoopFunction *function)
{
    enter(verifier, "function", &function->code);
    bool good = verify_vars(verifier);
    for (VarId v = 0; v < function->params && good; v++)
        good = bind(verifier, v, CONSTANT);
    good = good && verify_block(verifier, &function->code.body) && verify_expr(verifier, function->result);
    verifier->known++;
    return good;
}

static bool verify_kernel(Verifier *verifier, const Kernel *kernel)
{
    if (!verify_name(verifier, kernel->name))
        return false;
    enter(verifier, "kernel", kernel);
    return verify_vars(verifier) && verify_limit(verifier, kernel->first)
           && verify_limit(verifier, kernel->last) && verify_scope(verifier, &kernel->body)
           && verify_own_names(verifier, kernel) && verify_locals(verifier);
}

/* ---- the program ---- */

static bool verify_buffer(Verifier *verifier, BufferId id)
{
    const Buffer *buffer = &verifier->program->buffers.at[id];
    if ((buffer->role != BUFFER_GIVEN && !verify_name(verifier, buffer->name))
        || !require(verifier, buffer->type != TYPE_BOOL, "the buffer `%s` holds bool", buffer->name)
        || !require(verifier,
                    buffer->ndim >= 0 && buffer->ndim + buffer->per_sample <= LOOP_MAX_DIMS + 1
                        && buffer->ndim <= LOOP_MAX_DIMS,
                    "the buffer `%s` has %d dimensions", buffer->name, buffer->ndim))
        return false;
    for (int d = 0; d < buffer->ndim; d++)
        if (!require(verifier, buffer->dims[d] > 0, "dimension %d of the buffer `%s` is %d", d, buffer->name,
                     buffer->dims[d]))
            return false;
    int row = buffer->ndim > 0 ? buffer->dims[buffer->ndim - 1] : 1;
    return require(verifier, buffer->padding >= 0 && buffer->padding < row,
                   "%d elements of each row of the buffer `%s` mean nothing", buffer->padding, buffer->name);
}

static bool verify_given(Verifier *verifier)
{
    const Program *program = verifier->program;
    verifier->given = NEW_ARRAY(program->arena, const Kernel *, program->buffers.count + 1);
    for (int k = 0; k < program->kernels.count; k++) {
        const Kernel *kernel = &program->kernels.at[k];
        for (int i = 0; i < kernel->given.count; i++) {
            BufferId id = kernel->given.at[i];
            if (!require(verifier,
                         id >= 0 && id < program->buffers.count && !verifier->given[id]
                             && program->buffers.at[id].role == BUFFER_GIVEN,
                         "kernel `%s` cannot be given buffer %d", kernel->name, id))
                return false;
            verifier->given[id] = kernel;
        }
    }
    return true;
}

const char *loop_verify(const Program *program)
{
    Verifier verifier = {.program = program, .touched = buffer_set(program->arena, program)};
    bool good = verify_given(&verifier);
    for (BufferId i = 0; i < program->buffers.count && good; i++)
        good = verify_buffer(&verifier, i);
    for (int f = 0; f < program->functions.count && good; f++)
        good = verify_function(&verifier, &program->functions.at[f]);
    for (int k = 0; k < program->kernels.count && good; k++)
        good = verify_kernel(&verifier, &program->kernels.at[k]);
    const char *wrong = verifier.error ? verifier.error : functions_verify(program);
    wrong = wrong ? wrong : vectors_verify(program);
    wrong = wrong ? wrong : tables_verify(program);
    wrong = wrong ? wrong : launches_verify(program);
    return wrong ? wrong : places_verify(program);
}
