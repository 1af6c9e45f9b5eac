/* The Loop IR for people. Whole numbers of type f32 end in .0, those of type u32 in u; a scalar of the
 * run is run.NAME; `from .. to` leaves `to` out. */
#include "infix.h"
#include "loop_look.h"

typedef struct Printer {
    Arena *arena;
    const Program *program;
    BufferSet used; /* by the kernel */
    const Kernel *kernel;
    bool patterns; /* words are patterns of bits: in functions */
    Out *out;
} Printer;

static const char *role_name(BufferRole role)
{
    static const char *const names[] = {"param", "gradient", "moment", "stream", "scratch",
                                        "local", "given",    "input",  "output"};
    return names[role];
}

static const char *buffer_name(const Printer *printer, BufferId buffer)
{
    return printer->program->buffers.at[buffer].name;
}

static const char *var_name(const Printer *printer, VarId var)
{
    return printer->kernel->vars.at[var].name;
}

static const char *text_of(const Printer *printer, const LoopExpr *expr);

static const char *indexed(const Printer *printer, BufferId buffer, LoopExpr *const *index, int count)
{
    const char *text = arena_printf(printer->arena, "%s[", buffer_name(printer, buffer));
    for (int i = 0; i < count; i++)
        text = arena_printf(printer->arena, "%s%s%s", text, i ? ", " : "", text_of(printer, index[i]));
    return arena_printf(printer->arena, "%s]", text);
}

static Infix number_text(const Printer *printer, const LoopExpr *expr)
{
    switch (expr->type) {
    case TYPE_BOOL: return infix_name(expr->number != 0 ? "true" : "false");
    case TYPE_U32:
        if (printer->patterns && expr->number > UINT8_MAX)
            return infix_name(arena_printf(printer->arena, "0x%x", (unsigned)expr->number));
        return infix_number(printer->arena, expr->number, "u");
    case TYPE_I32:
    case TYPE_F32:
    case TYPE_U8:
    case TYPE_U16:
    case TYPE_I8:
    case TYPE_I16: break;
    }
    Infix plain = infix_number(printer->arena, expr->number, "");
    bool digits_only = plain.text[strspn(plain.text, "-0123456789")] == '\0';
    return expr->type == TYPE_F32 && digits_only ? infix_number(printer->arena, expr->number, ".0") : plain;
}

static Infix expr_text(const Printer *printer, const LoopExpr *expr)
{
    Infix operands[LOOP_MAX_DIMS + 1];
    if (expr->kind != LOOP_LOAD)
        for (int i = 0; i < expr->nargs; i++)
            operands[i] = expr_text(printer, expr->args[i]);
    switch (expr->kind) {
    case LOOP_NUMBER: return number_text(printer, expr);
    case LOOP_VAR: return infix_name(var_name(printer, expr->var));
    case LOOP_LOAD: return infix_name(indexed(printer, expr->buffer, expr->args, expr->nargs));
    case LOOP_OP: return infix_op(printer->arena, expr->op, operands);
    case LOOP_CAST: return infix_call(printer->arena, type_name(expr->type), operands, 1);
    case LOOP_BITS:
        return infix_call(printer->arena, expr->type == TYPE_U32 ? "bits" : "from_bits", operands, 1);
    case LOOP_CALL:
        return infix_call(printer->arena, printer->program->functions.at[expr->function].name, operands,
                          expr->nargs);
    case LOOP_SCALAR: return infix_name(arena_printf(printer->arena, "run.%s", scalar_name(expr->scalar)));
    case LOOP_GIVEN: return infix_name("given");
    case LOOP_PLACE: return infix_name("place");
    case LOOP_LANES: return infix_name("lanes");
    case LOOP_KEY: return infix_call(printer->arena, "key", operands, expr->nargs);
    case LOOP_RANDOM: return infix_call(printer->arena, "random", operands, expr->nargs);
    }
    return infix_name("");
}

static const char *text_of(const Printer *printer, const LoopExpr *expr)
{
    return expr_text(printer, expr).text;
}

/* ---- statements ---- */

static void print_block(const Printer *printer, const LoopBlock *block);

static const char *unroll_text(const Printer *printer, int unroll)
{
    if (unroll == UNROLL_NONE)
        return "";
    return unroll == UNROLL_FULL ? " unroll full" : arena_printf(printer->arena, " unroll %d", unroll);
}

static const char *where_text(const Printer *printer, const LoopExpr *flag)
{
    return flag ? arena_printf(printer->arena, " where %s", text_of(printer, flag)) : "";
}

static void print_for(const Printer *printer, const LoopStmt *stmt)
{
    out_open(printer->out, "for %s in %s .. %s%s%s%s%s%s", var_name(printer, stmt->var),
             text_of(printer, stmt->from), text_of(printer, stmt->to), stmt->down ? " down" : "",
             stmt->vector        ? " vector"
             : stmt->literal     ? " literal"
             : stmt->independent ? " independent"
                                 : "",
             stmt->few ? " few" : "", where_text(printer, stmt->value), unroll_text(printer, stmt->unroll));
    print_block(printer, &stmt->body);
    out_close(printer->out, "");
}

static void print_new_var(const Printer *printer, const LoopStmt *stmt, const char *word)
{
    out_line(printer->out, "%s %s: %s = %s", word, var_name(printer, stmt->var),
             type_name(printer->kernel->vars.at[stmt->var].type), text_of(printer, stmt->value));
}

static void print_scope(const Printer *printer, const LoopStmt *stmt)
{
    if (stmt->text)
        out_line(printer->out, "# %s", stmt->text);
    out_open(printer->out, "block");
    print_block(printer, &stmt->body);
    out_close(printer->out, "");
}

static void print_stmt(const Printer *printer, const LoopStmt *stmt)
{
    Out *out = printer->out;
    switch (stmt->kind) {
    case LOOP_FOR: print_for(printer, stmt); break;
    case LOOP_LET: print_new_var(printer, stmt, stmt->apart ? "let apart" : "let"); break;
    case LOOP_DECLARE: print_new_var(printer, stmt, "var"); break;
    case LOOP_SET:
        out_line(out, "%s = %s", var_name(printer, stmt->var), text_of(printer, stmt->value));
        break;
    case LOOP_STORE:
        out_line(out, "%s %s %s", indexed(printer, stmt->buffer, stmt->index, stmt->nindex),
                 stmt->add ? "+=" : "=", text_of(printer, stmt->value));
        break;
    case LOOP_AHEAD:
        out_line(out, "ahead %s, %d", indexed(printer, stmt->buffer, stmt->index, stmt->nindex), stmt->count);
        break;
    case LOOP_LIST:
        out_line(out, "%s += list %s, of %s, %d", var_name(printer, stmt->var),
                 indexed(printer, stmt->buffer, stmt->index, stmt->nindex), text_of(printer, stmt->value),
                 stmt->count);
        break;
    case LOOP_IF:
        out_open(out, "if %s", text_of(printer, stmt->value));
        print_block(printer, &stmt->body);
        out_close(out, "");
        break;
    case LOOP_BLOCK: print_scope(printer, stmt); break;
    case LOOP_COMMENT: out_line(out, "# %s", stmt->text); break;
    }
}

static void print_block(const Printer *printer, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++)
        print_stmt(printer, block->at[i]);
}

/* ---- the program ---- */

static void print_buffer(const Printer *printer, const Buffer *buffer)
{
    const char *dims = buffer->per_sample ? "batch" : "";
    for (int d = 0; d < buffer->ndim; d++)
        dims = arena_printf(printer->arena, "%s%s%d", dims, dims[0] ? ", " : "",
                            buffer->dims[d] - (d == buffer->ndim - 1 ? buffer->padding : 0));
    if (buffer->padding)
        dims = arena_printf(printer->arena, "%s + %d", dims, buffer->padding);
    const Buffer *place = &printer->program->buffers.at[buffer->place];
    out_line(printer->out, "%-8s %s[%s]: %s%s%s%s", role_name(buffer->role), buffer->name, dims,
             type_name(buffer->type), buffer->registers ? " in registers" : "",
             place == buffer ? "" : " in the place of ", place == buffer ? "" : place->name);
}

/* Those that the kernel is given, then its own arrays. */
static void print_own_buffers(Printer *printer, const Kernel *kernel)
{
    const Buffer *buffers = printer->program->buffers.at;
    for (int i = 0; i < kernel->given.count; i++)
        print_buffer(printer, &buffers[kernel->given.at[i]]);
    buffer_set_clear(&printer->used);
    buffer_set_add(&printer->used, &kernel->body);
    for (int i = 0; i < printer->used.list.count; i++)
        if (buffers[printer->used.list.at[i]].role == BUFFER_LOCAL)
            print_buffer(printer, &buffers[printer->used.list.at[i]]);
}

static void print_kernel(Printer *printer, const Kernel *kernel)
{
    printer->kernel = kernel;
    printer->patterns = false;
    out_blank(printer->out);
    if (kernel->about)
        out_line(printer->out, "# %s", kernel->about);
    if (kernel->origin)
        out_line(printer->out, "# %s", kernel->origin);
    out_open(printer->out, "kernel %s: %s .. %s", kernel->name, var_name(printer, kernel->first),
             var_name(printer, kernel->last));
    print_own_buffers(printer, kernel);
    print_block(printer, &kernel->body);
    out_close(printer->out, "");
}

static void print_function(Printer *printer, const LoopFunction *function)
{
    const char *params = "";
    printer->kernel = &function->code;
    printer->patterns = true;
    for (VarId v = 0; v < function->params; v++)
        params = arena_printf(printer->arena, "%s%s%s: %s", params, v ? ", " : "", var_name(printer, v),
                              type_name(function->code.vars.at[v].type));
    out_blank(printer->out);
    out_open(printer->out, "function %s(%s): %s", function->name, params, type_name(function->result->type));
    print_block(printer, &function->code.body);
    out_line(printer->out, "return %s", text_of(printer, function->result));
    out_close(printer->out, "");
}

static void print_launch(const Printer *printer, const Launch *launch)
{
    const Program *program = printer->program;
    const char *given = "";
    for (int i = 0; i < launch->given.count; i++)
        given = arena_printf(printer->arena, "%s%s%s", given, i ? ", " : "",
                             program->buffers.at[launch->given.at[i]].name);
    if (launch->number != 0)
        given = arena_printf(printer->arena, "%s%s%d", given, *given ? ", " : "", launch->number);
    const char *items = !launch->over_rows ? arena_printf(printer->arena, "%d items", launch->items)
                        : launch->ordered  ? "samples in order"
                                           : "samples";
    out_line(printer->out, "%s%s(%s): %s",
             launch->joined  ? "then "
             : launch->again ? "again "
                             : "",
             program->kernels.at[launch->kernel].name, given, items);
}

static void print_phase(const Printer *printer, Phase phase)
{
    const Launches *launches = &printer->program->phases[phase];
    out_blank(printer->out);
    out_open(printer->out, "%s", phase_name(phase));
    for (int i = 0; i < launches->count; i++)
        print_launch(printer, &launches->at[i]);
    out_close(printer->out, "");
}

void loop_print(Out *out, const Program *program)
{
    Arena *arena = program->arena;
    Printer printer = {.arena = arena, .program = program, .used = buffer_set(arena, program), .out = out};
    out_line(out, "program %s: %d steps", program->name, program->steps);
    out_blank(out);
    for (int i = 0; i < program->buffers.count; i++)
        if (!buffer_is_of_kernel(&program->buffers.at[i]))
            print_buffer(&printer, &program->buffers.at[i]);
    for (int f = 0; f < program->functions.count; f++)
        print_function(&printer, &program->functions.at[f]);
    for (int k = 0; k < program->kernels.count; k++)
        print_kernel(&printer, &program->kernels.at[k]);
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        if (program_has(program, phase))
            print_phase(&printer, phase);
}
