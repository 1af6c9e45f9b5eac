/* Expressions of the Loop IR: types agree, names are in scope, indices fit. */
#include "loop_verify.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

bool refuse(Verifier *verifier, const char *format, ...)
{
    if (verifier->error)
        return false;
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

bool verify_var(Verifier *verifier, VarId var)
{
    return require(verifier, var >= 0 && var < verifier->kernel->vars.count, "there is no variable %d", var);
}

const char *var_name(const Verifier *verifier, VarId var)
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
    case TYPE_U16:
    case TYPE_I8:
    case TYPE_I16: break;
    }
    return refuse(verifier, "a number of type %s, which is for storage only", type_name(expr->type));
}

bool verify_index(Verifier *verifier, BufferId id, LoopExpr *const *index, int count)
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
           || op == OP_MIN || op == OP_MAX || op == OP_RESCALE;
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

bool verify_expr(Verifier *verifier, const LoopExpr *expr)
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
    case LOOP_PLACE: return require(verifier, expr->type == TYPE_I32, "a place is %s", type_name(expr->type));
    case LOOP_LANES: return require(verifier, expr->type == TYPE_I32, "lanes are %s", type_name(expr->type));
    case LOOP_KEY: return verify_random(verifier, expr, "key", TYPE_I32);
    case LOOP_RANDOM: return verify_random(verifier, expr, "random", TYPE_U32);
    }
    return refuse(verifier, "an expression of no kind");
}
