/* Functions of the program: inline, of constants only. */
#include "c.h"

static void comment(Arena *arena, const char *text, Out *out)
{
    const char *start = "/* ", *line = text;
    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1, start = " * ")
        out_line(out, "%s%.*s", start, (int)(end - line), line);
    out_line(out, "%s%s */", start, c_comment(arena, line));
}

static void statement(Arena *arena, const Program *program, const LoopFunction *function,
                      const LoopStmt *stmt, Out *out)
{
    if (stmt->kind == LOOP_COMMENT)
        comment(arena, stmt->text, out);
    else
        out_line(out, "const %s %s = %s;", c_type(stmt->value->type),
                 c_var(arena, &function->code, stmt->var), c_value(arena, program, function, stmt->value));
}

static void write_function(Arena *arena, const Program *program, const LoopFunction *function, Out *out)
{
    const Kernel *code = &function->code;
    const char *params = "";
    for (VarId v = 0; v < function->params; v++)
        params = arena_printf(arena, "%s%s%s %s", params, v ? ", " : "", c_type(code->vars.at[v].type),
                              c_var(arena, code, v));
    out_blank(out);
    if (function->about)
        comment(arena, function->about, out);
    out_line(out, "SNN_FUNCTION %s %s(%s)", c_type(function->result->type), c_function_name(arena, function),
             params);
    out_open(out, "%s", "");
    for (int i = 0; i < code->body.count; i++)
        statement(arena, program, function, code->body.at[i], out);
    out_line(out, "return %s;", c_value(arena, program, function, function->result));
    out_close(out, "");
}

void c_functions(Arena *arena, const Program *program, Out *out)
{
    for (int f = 0; f < program->functions.count; f++)
        write_function(arena, program, &program->functions.at[f], out);
}
