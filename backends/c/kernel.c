#include "c.h"

typedef struct Spell {
    Arena *arena;
    const Program *program;
    const Kernel *kernel;
    Out *out;
} Spell;

static const char *expr(const Spell *spell, const LoopExpr *value)
{
    return c_expr(spell->arena, spell->program, spell->kernel, value);
}

static const char *var_name(const Spell *spell, VarId var)
{
    return c_var(spell->arena, spell->kernel, var);
}

static void block(const Spell *spell, const LoopBlock *stmts);

/* snn_next() finds the next flag that is set. */
static void for_flagged(const Spell *spell, const LoopStmt *loop)
{
    const char *name = var_name(spell, loop->var), *to = expr(spell, loop->to);
    LoopExpr *at = loop_ref(spell->arena, spell->kernel, loop->var);
    const char *within = expr(spell, loop_op(spell->arena, OP_LT, at, loop->to, NULL));
    const LoopExpr *flag = loop->value;
    const char *flags =
        c_element(spell->arena, spell->program, spell->kernel, flag->buffer, flag->nargs - 1, flag->args);
    out_open(spell->out, "for (int32_t %s = snn_next(%s, %s, %s); %s; %s = snn_next(%s, %s + 1, %s))", name,
             flags, expr(spell, loop->from), to, within, name, flags, name, to);
    block(spell, &loop->body);
    out_close(spell->out, "");
}

static void for_loop(const Spell *spell, const LoopStmt *loop)
{
    c_open_for(spell->arena, spell->program, spell->kernel, loop, spell->out);
    block(spell, &loop->body);
    out_close(spell->out, "");
}

static void store(const Spell *spell, const LoopStmt *stmt)
{
    const Buffer *buffer = &spell->program->buffers.at[stmt->buffer];
    const char *place =
        c_element(spell->arena, spell->program, spell->kernel, stmt->buffer, stmt->nindex, stmt->index);
    const char *value = expr(spell, stmt->value);
    if (type_loaded(buffer->type) != buffer->type && stmt->value->kind != LOOP_NUMBER) {
        bool one_word = stmt->value->kind == LOOP_VAR;
        value = arena_printf(spell->arena, one_word ? "(%s)%s" : "(%s)(%s)", c_type(buffer->type), value);
    }
    out_line(spell->out, "%s %s %s;", place, stmt->add ? "+=" : "=", value);
}

static void ahead(const Spell *spell, const LoopStmt *stmt)
{
    const char *place =
        c_element(spell->arena, spell->program, spell->kernel, stmt->buffer, stmt->nindex, stmt->index);
    out_line(spell->out, "snn_ahead(&%s, %d * sizeof(%s));", place, stmt->count,
             c_type(spell->program->buffers.at[stmt->buffer].type));
}

static void list(const Spell *spell, const LoopStmt *stmt)
{
    const char *place =
        c_element(spell->arena, spell->program, spell->kernel, stmt->buffer, stmt->nindex, stmt->index);
    int bits = spell->program->buffers.at[stmt->buffer].type == TYPE_U16 ? 16 : 32;
    const char *rows = c_rows(spell->arena, spell->program, spell->kernel, stmt->buffer);
    out_line(spell->out, "%s += snn_list%d%s(&%s, &%s, %d%s);", var_name(spell, stmt->var), bits,
             rows ? "_ahead" : "", place, expr(spell, stmt->value), stmt->count,
             rows ? arena_printf(spell->arena, ", %s", rows) : "");
}

static void scope(const Spell *spell, const LoopStmt *stmt)
{
    if (stmt->text)
        out_line(spell->out, "/* %s */", c_comment(spell->arena, stmt->text));
    out_open(spell->out, "%s", "");
    block(spell, &stmt->body);
    out_close(spell->out, "");
}

static void statement(const Spell *spell, const LoopStmt *stmt)
{
    switch (stmt->kind) {
    case LOOP_FOR:
        if (stmt->value)
            for_flagged(spell, stmt);
        else if (stmt->vector)
            c_vector_loop(spell->arena, spell->program, spell->kernel, stmt, spell->out);
        else
            for_loop(spell, stmt);
        break;
    case LOOP_LET:
        out_line(spell->out, "const %s %s = %s;", c_type(spell->kernel->vars.at[stmt->var].type),
                 var_name(spell, stmt->var), expr(spell, stmt->value));
        break;
    case LOOP_DECLARE:
        out_line(spell->out, "%s %s = %s;", c_type(spell->kernel->vars.at[stmt->var].type),
                 var_name(spell, stmt->var), expr(spell, stmt->value));
        break;
    case LOOP_SET:
        out_line(spell->out, "%s = %s;", var_name(spell, stmt->var), expr(spell, stmt->value));
        break;
    case LOOP_STORE: store(spell, stmt); break;
    case LOOP_AHEAD: ahead(spell, stmt); break;
    case LOOP_LIST: list(spell, stmt); break;
    case LOOP_IF:
        out_open(spell->out, "if (%s)", expr(spell, stmt->value));
        block(spell, &stmt->body);
        out_close(spell->out, "");
        break;
    case LOOP_BLOCK: scope(spell, stmt); break;
    case LOOP_COMMENT: out_line(spell->out, "/* %s */", c_comment(spell->arena, stmt->text)); break;
    }
}

static void block(const Spell *spell, const LoopBlock *stmts)
{
    for (int i = 0; i < stmts->count; i++)
        statement(spell, stmts->at[i]);
}

void c_statements(Arena *arena, const Program *program, const Kernel *kernel, const LoopBlock *stmts,
                  Out *out)
{
    block(&(Spell){arena, program, kernel, out}, stmts);
}

/* ---- where a kernel's buffers are ---- */

const char *c_pointer(Arena *arena, const Buffer *buffer, const char *qualifier)
{
    int first = buffer->per_sample ? 0 : 1; /* the outermost dimension is the pointer's */
    const char *name = c_buffer(arena, buffer);
    if (buffer->ndim <= first)
        return arena_printf(arena, "%s *%s%s", c_type(buffer->type), qualifier, name);
    const char *text = arena_printf(arena, "%s (*%s%s)", c_type(buffer->type), qualifier, name);
    for (int d = first; d < buffer->ndim; d++)
        text = arena_printf(arena, "%s[%d]", text, buffer->dims[d]);
    return text;
}

static void own_array(const Spell *spell, BufferId id)
{
    const Buffer *buffer = &spell->program->buffers.at[id];
    const char *name = c_buffer(spell->arena, buffer);
    const char *dims = "";
    for (int d = 0; d < buffer->ndim; d++)
        dims = arena_printf(spell->arena,
                            buffer->registers && d == buffer->ndim - 1 ? "%s[%d / SNN_LANES]" : "%s[%d]",
                            dims, buffer->dims[d]);
    if (buffer->registers)
        out_line(spell->out, "snn_floats %s%s;", name, dims);
    else
        out_line(spell->out, "_Alignas(64) %s %s%s;", c_type(buffer->type), name, dims);
}

/* An array of the kernel, or a pointer to one of the program. */
static void own_buffer(const Spell *spell, BufferId id)
{
    const Buffer *buffer = &spell->program->buffers.at[id];
    if (buffer->role == BUFFER_LOCAL)
        own_array(spell, id);
    else if (!buffer_is_of_kernel(buffer))
        out_line(spell->out, "%s = net->%s;", c_pointer(spell->arena, buffer, "restrict "),
                 c_buffer(spell->arena, buffer));
}

static void look_for_run(void *reads, LoopExpr *expr)
{
    *(bool *)reads |= expr->kind == LOOP_SCALAR || expr->kind == LOOP_KEY;
}

static void look_for_place(void *reads, LoopExpr *expr)
{
    *(bool *)reads |= expr->kind == LOOP_PLACE;
}

static bool reads(const Spell *spell, LoopExprVisit *look_for)
{
    bool reads = false;
    loop_visit_exprs(&spell->kernel->body, look_for, &reads);
    return reads;
}

static bool needs_net(const Spell *spell, const BufferSet *used)
{
    bool needs = reads(spell, look_for_run);
    for (int i = 0; i < used->list.count; i++)
        needs = needs || !buffer_is_of_kernel(&spell->program->buffers.at[used->list.at[i]]);
    return needs;
}

/* What the kernel is called with. */
static void called_with(const Spell *spell, const BufferSet *used)
{
    const Kernel *kernel = spell->kernel;
    if (needs_net(spell, used))
        out_line(spell->out, "const struct net *net = snn_net(context);");
    if (reads(spell, look_for_place))
        out_line(spell->out, "const int32_t own = snn_place(context);");
    for (int i = 0; i < kernel->given.count; i++)
        out_line(spell->out, "%s = snn_given(context, %d);",
                 c_pointer(spell->arena, &spell->program->buffers.at[kernel->given.at[i]], "restrict "), i);
}

void c_heading(Arena *arena, const char *origin, const char *about, Out *out)
{
    if (origin)
        out_line(out, "/* %s", c_comment(arena, origin));
    out_line(out, "%s %s */", origin ? " *" : "/*", c_comment(arena, about));
}

static void write_kernel(const Spell *spell, BufferSet *used)
{
    const Kernel *kernel = spell->kernel;
    Out *out = spell->out;
    buffer_set_clear(used);
    buffer_set_add(used, &kernel->body);
    buffer_set_sort(used);
    out_blank(out);
    c_heading(spell->arena, kernel->origin, kernel->about, out);
    out_line(out, "static void SNN_AT_LEVEL(%s)(void *context, int32_t %s, int32_t %s)",
             c_kernel_name(spell->arena, kernel), var_name(spell, kernel->first),
             var_name(spell, kernel->last));
    out_open(out, "%s", "");
    called_with(spell, used);
    for (int i = 0; i < used->list.count; i++)
        own_buffer(spell, used->list.at[i]);
    block(spell, &kernel->body);
    out_close(out, "");
}

void c_kernels(Arena *arena, const Program *program, Out *out)
{
    BufferSet used = buffer_set(arena, program);
    for (int k = 0; k < program->kernels.count; k++)
        write_kernel(&(Spell){arena, program, &program->kernels.at[k], out}, &used);
}
