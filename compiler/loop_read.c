/* Reads functions of the Loop IR: see library/functions.loop. A mistake ends the reading; nothing that follows it is
 * looked at. Types are left to the verifier. */
#include "infix.h"
#include "loop.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

enum { MOST_ARGS = LOOP_MAX_DIMS + 1 };

typedef struct Reader {
    Arena *arena;
    LoopFunctions *functions;
    LoopFunction function; /* that is being read, if it has a name */
    Type result;           /* of that */
    const char *at;        /* what comes next in the line */
    const char *about;     /* comment above a function */
    int line;
    const char *error;
} Reader;

/* Keeps the first mistake. */
static bool require(Reader *reader, bool condition, const char *format, const char *what)
{
    if (!condition && !reader->error)
        reader->error = arena_printf(reader->arena, "line %d: %s", reader->line,
                                     arena_printf(reader->arena, format, what));
    return condition;
}

/* ---- words ---- */

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void skip_blanks(Reader *reader)
{
    reader->at += strspn(reader->at, " ");
}

static bool comes(const Reader *reader, const char *text)
{
    return strncmp(reader->at, text, strlen(text)) == 0;
}

/* Whether it came; it is read then. */
static bool took(Reader *reader, const char *text)
{
    skip_blanks(reader);
    bool there = comes(reader, text);
    reader->at += there ? strlen(text) : 0;
    return there;
}

static const char *rest_of_line(Reader *reader)
{
    size_t length = strcspn(reader->at, "\n");
    const char *rest = arena_strndup(reader->arena, reader->at, length);
    reader->at += length;
    return rest;
}

static void expect(Reader *reader, const char *text)
{
    bool there = took(reader, text);
    require(reader, there, "`%s` is missing", text);
}

static const char *read_name(Reader *reader)
{
    size_t length = 0;
    skip_blanks(reader);
    while (is_letter(reader->at[length]))
        length++;
    require(reader, length > 0 && !isdigit((unsigned char)*reader->at), "a name is missing%s", "");
    const char *name = arena_strndup(reader->arena, reader->at, length);
    reader->at += length;
    return name;
}

static Type read_type(Reader *reader)
{
    static const Type types[] = {TYPE_F32, TYPE_I32, TYPE_U32};
    const char *name = read_name(reader);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(name, type_name(types[i])) == 0)
            return types[i];
    require(reader, false, "there is no type `%s`", name);
    return TYPE_F32;
}

/* ---- expressions ---- */

static LoopExpr *read_expr(Reader *reader, int least);

static LoopExpr *read_number(Reader *reader)
{
    char *end;
    const char *start = reader->at;
    bool hexadecimal = comes(reader, "0x");
    double number = hexadecimal ? (double)strtoul(start, &end, 16) : strtod(start, &end);
    reader->at = end;
    if (hexadecimal || comes(reader, "u")) {
        reader->at += !hexadecimal;
        return loop_word(reader->arena, (uint32_t)number);
    }
    bool whole = strcspn(start, ".e") >= (size_t)(end - start);
    return whole ? loop_int(reader->arena, (int)number) : loop_float(reader->arena, number);
}

/* The last value of that name. */
static LoopExpr *read_variable(Reader *reader, const char *name)
{
    const Kernel *code = &reader->function.code;
    for (VarId v = code->vars.count - 1; v >= 0; v--)
        if (strcmp(code->vars.at[v].base, name) == 0)
            return loop_ref(reader->arena, code, v);
    require(reader, false, "there is no `%s`", name);
    return loop_int(reader->arena, 0);
}

static Op op_called(const char *name)
{
    if (strcmp(name, "where") == 0)
        return OP_SELECT;
    for (Op op = 0; op < OP_COUNT; op++)
        if (strcmp(op_name(op), name) == 0)
            return op;
    return OP_COUNT;
}

/* Behind the opening parenthesis. */
static int read_args(Reader *reader, LoopExpr *args[MOST_ARGS])
{
    int count = 0;
    do
        args[count++] = read_expr(reader, 0);
    while (!reader->error && count < MOST_ARGS && took(reader, ","));
    expect(reader, ")");
    return count;
}

static bool are(Reader *reader, const char *name, int count, int wanted)
{
    return require(reader, count == wanted, "`%s` is called with too many or too few arguments", name);
}

static LoopExpr *read_call(Reader *reader, const char *name)
{
    LoopExpr *args[MOST_ARGS] = {0};
    int count = read_args(reader, args), function = loop_function(reader->functions, name);
    Op op = op_called(name);
    if (function >= 0 && are(reader, name, count, reader->functions->at[function].params))
        return loop_call(reader->arena, reader->functions, function, args);
    if (function < 0 && op != OP_COUNT && are(reader, name, count, op_arity(op)))
        return loop_op(reader->arena, op, args[0], args[1], args[2]);
    if (strcmp(name, "bits") == 0 || strcmp(name, "from_bits") == 0)
        return are(reader, name, count, 1) ? loop_bits(reader->arena, args[0]) : args[0];
    for (Type type = TYPE_F32; type <= TYPE_U32; type++)
        if (strcmp(name, type_name(type)) == 0 && are(reader, name, count, 1))
            return loop_cast(reader->arena, type, args[0]);
    require(reader, false, "there is no function `%s`", name);
    return args[0];
}

static LoopExpr *read_negative(Reader *reader)
{
    LoopExpr *operand = read_expr(reader, INFIX_PRIMARY);
    if (operand->kind != LOOP_NUMBER)
        return loop_op(reader->arena, OP_NEG, operand, NULL, NULL);
    operand->number = -operand->number;
    return operand;
}

static LoopExpr *read_operand(Reader *reader)
{
    if (took(reader, "(")) {
        LoopExpr *inner = read_expr(reader, 0);
        expect(reader, ")");
        return inner;
    }
    if (took(reader, "-"))
        return read_negative(reader);
    if (isdigit((unsigned char)*reader->at))
        return read_number(reader);
    const char *name = read_name(reader);
    if (took(reader, "("))
        return read_call(reader, name);
    return strcmp(name, "inf") == 0 ? loop_float(reader->arena, INFINITY) : read_variable(reader, name);
}

/* Operations that bind at least so tightly. All associate to the left. */
static LoopExpr *read_expr(Reader *reader, int least)
{
    LoopExpr *left = read_operand(reader);
    while (!reader->error) {
        int length, precedence;
        skip_blanks(reader);
        Op op = infix_sign(reader->at, &length, &precedence);
        if (op == OP_COUNT || precedence < least)
            break;
        reader->at += length;
        left = loop_op(reader->arena, op, left, read_expr(reader, precedence + 1), NULL);
    }
    return left;
}

/* ---- lines ---- */

static Op op_defined(const char *name)
{
    Op op = op_called(name);
    return op != OP_SELECT ? op : OP_COUNT;
}

static void read_head(Reader *reader)
{
    const char *name = read_name(reader);
    require(reader, !reader->function.name, "the function before `%s` returns nothing", name);
    require(reader, loop_function(reader->functions, name) < 0, "there are two functions `%s`", name);
    reader->function = (LoopFunction){.name = name, .about = reader->about, .op = op_defined(name)};
    reader->about = NULL;
    Kernel *code = &reader->function.code;
    code->name = name;
    expect(reader, "(");
    do {
        const char *param = read_name(reader);
        expect(reader, ":");
        loop_var(reader->arena, code, param, read_type(reader));
    } while (!reader->error && took(reader, ","));
    reader->function.params = code->vars.count;
    expect(reader, ")");
    expect(reader, ":");
    reader->result = read_type(reader);
}

static void read_let(Reader *reader)
{
    Kernel *code = &reader->function.code;
    const char *name = read_name(reader);
    expect(reader, "=");
    LoopExpr *value = read_expr(reader, 0);
    loop_let(reader->arena, &code->body, loop_var(reader->arena, code, name, value->type), value);
}

static void read_return(Reader *reader)
{
    LoopExpr *result = read_expr(reader, 0);
    require(reader, result->type == reader->result, "a value of type %s is returned",
            type_name(result->type));
    reader->function.result = result;
    vec_push(reader->arena, reader->functions, reader->function);
    reader->function = (LoopFunction){0};
}

static void read_comment(Reader *reader)
{
    skip_blanks(reader);
    const char *text = rest_of_line(reader);
    if (reader->function.name)
        loop_comment(reader->arena, &reader->function.code.body, text);
    else
        reader->about = reader->about ? arena_printf(reader->arena, "%s\n%s", reader->about, text) : text;
}

static void read_line(Reader *reader)
{
    skip_blanks(reader);
    if (*reader->at == '\n')
        reader->about = NULL;
    else if (took(reader, "#"))
        read_comment(reader);
    else if (took(reader, "function "))
        read_head(reader);
    else if (require(reader, reader->function.name != NULL, "a function begins with `function`%s", ""))
        took(reader, "return ") ? read_return(reader) : read_let(reader);
    skip_blanks(reader);
    const char *rest = rest_of_line(reader);
    require(reader, *rest == '\0', "`%s` cannot stand here", rest);
}

const char *loop_read(Arena *arena, const char *text, LoopFunctions *functions)
{
    Reader reader = {.arena = arena, .functions = functions, .at = text, .line = 1};
    while (*reader.at && !reader.error) {
        read_line(&reader);
        reader.line++;
        reader.at += *reader.at == '\n';
    }
    require(&reader, !reader.function.name, "`%s` returns nothing", reader.function.name);
    return reader.error;
}
