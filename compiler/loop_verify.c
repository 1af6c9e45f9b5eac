/* What every pass over the Loop IR must leave behind: types agree, names are in scope, indices fit. */
#include "loop_verify.h"

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
    vec_push(verifier->arena, &verifier->scope, var);
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
    return refuse(verifier, "a statement of no kind");
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

/* The number of a name among those of buffers and kernels: the same for names that meet. */
static int name_number(Verifier *verifier, const char *name)
{
    const char *stem = name_stem(name);
    int number = table_find_name(&verifier->names, stem);
    if (number == TABLE_NONE) {
        number = verifier->names.count;
        table_put_name(verifier->arena, &verifier->names, stem, number);
    }
    return number;
}

/* The number of a name that is met by none before. */
static bool verify_name(Verifier *verifier, const char *name, int *number)
{
    int before = verifier->names.count;
    *number = name_number(verifier, name);
    return require(verifier, *number == before, "two buffers or kernels are called `%s`", name);
}

/* Those that are given have their names within their kernels only. */
static bool verify_names(Verifier *verifier)
{
    const Program *program = verifier->program;
    int *named = NEW_ARRAY(verifier->arena, int, program->buffers.count + 1), unused;
    for (BufferId id = 0; id < program->buffers.count; id++)
        if (program->buffers.at[id].role != BUFFER_GIVEN
            && !verify_name(verifier, program->buffers.at[id].name, &named[id]))
            return false;
    for (int k = 0; k < program->kernels.count; k++)
        if (!verify_name(verifier, program->kernels.at[k].name, &unused))
            return false;
    for (BufferId id = 0; id < program->buffers.count; id++)
        if (program->buffers.at[id].role == BUFFER_GIVEN)
            named[id] = name_number(verifier, program->buffers.at[id].name);
    verifier->named = named;
    verifier->owner = NEW_ARRAY(verifier->arena, const Kernel *, verifier->names.count + 1);
    return true;
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
    buffer_set_clear(&verifier->touched);
    buffer_set_add(&verifier->touched, &kernel->body);
    for (int i = 0; i < verifier->touched.list.count; i++) {
        BufferId id = verifier->touched.list.at[i];
        const Kernel **owner = &verifier->owner[verifier->named[id]];
        if (!require(verifier, *owner != kernel, "it knows two buffers called `%s`",
                     verifier->program->buffers.at[id].name))
            return false;
        *owner = kernel;
    }
    return true;
}

/* Nothing is in scope. */
static void enter(Verifier *verifier, const char *what, const Kernel *kernel)
{
    verifier->what = what;
    verifier->kernel = kernel;
    verifier->bound = NEW_ARRAY(verifier->arena, Binding, kernel->vars.count + 1);
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
    enter(verifier, "kernel", kernel);
    return verify_vars(verifier) && verify_limit(verifier, kernel->first)
           && verify_limit(verifier, kernel->last) && verify_scope(verifier, &kernel->body)
           && verify_own_names(verifier, kernel) && verify_locals(verifier);
}

/* ---- the program ---- */

static bool verify_buffer(Verifier *verifier, BufferId id)
{
    const Buffer *buffer = &verifier->program->buffers.at[id];
    if (!require(verifier, buffer->type != TYPE_BOOL, "the buffer `%s` holds bool", buffer->name)
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
    verifier->given = NEW_ARRAY(verifier->arena, const Kernel *, program->buffers.count + 1);
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

/* NULL, or what is wrong with buffers, functions and kernels, each by itself. */
static const char *verify_parts(const Program *program)
{
    Arena *arena = arena_new();
    Verifier verifier = {.program = program, .arena = arena, .touched = buffer_set(arena, program)};
    bool good = verify_names(&verifier) && verify_given(&verifier);
    for (BufferId i = 0; i < program->buffers.count && good; i++)
        good = verify_buffer(&verifier, i);
    for (int f = 0; f < program->functions.count && good; f++)
        good = verify_function(&verifier, &program->functions.at[f]);
    for (int k = 0; k < program->kernels.count && good; k++)
        good = verify_kernel(&verifier, &program->kernels.at[k]);
    arena_free(arena);
    return verifier.error;
}

const char *loop_verify(const Program *program)
{
    const char *wrong = verify_parts(program);
    wrong = wrong ? wrong : functions_verify(program);
    wrong = wrong ? wrong : vectors_verify(program);
    wrong = wrong ? wrong : tables_verify(program);
    wrong = wrong ? wrong : launches_verify(program);
    return wrong ? wrong : places_verify(program);
}
