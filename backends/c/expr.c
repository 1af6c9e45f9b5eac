#include "c.h"

#include "literal.h"

#include <stdint.h>

/* How each shared operation is written: %0 %1 %2 are the operands, and C's precedence of the result. */
typedef struct Spelling {
    const char *format;
    int precedence;
} Spelling;

enum {
    LOWEST = 0,
    TERNARY = 3,
    LOGICAL_OR = 4,
    LOGICAL_AND = 5,
    BITWISE_OR = 6,
    BITWISE_XOR = 7,
    BITWISE_AND = 8,
    EQUALITY = 9,
    RELATIONAL = 10,
    SHIFT = 11,
    ADDITIVE = 12,
    MULTIPLICATIVE = 13,
    UNARY = 14,
    POSTFIX = 15
};

static const Spelling spellings[OP_COUNT] = {
    [OP_ADD] = {"%0 + %1", ADDITIVE},
    [OP_SUB] = {"%0 - %1", ADDITIVE},
    [OP_MUL] = {"%0 * %1", MULTIPLICATIVE},
    [OP_DIV] = {"%0 / %1", MULTIPLICATIVE},
    [OP_RESCALE] = {"snn_rescale(%0, %1, %2)", POSTFIX},
    [OP_FMA] = {"snn_fmaf(%0, %1, %2)", POSTFIX},
    [OP_NEG] = {"-%0", UNARY},
    [OP_ABS] = {"snn_absf(%0)", POSTFIX},
    [OP_MIN] = {"snn_minf(%0, %1)", POSTFIX},
    [OP_MAX] = {"snn_maxf(%0, %1)", POSTFIX},
    [OP_SQRT] = {"sqrtf(%0)", POSTFIX},
    [OP_LT] = {"%0 < %1", RELATIONAL},
    [OP_LE] = {"%0 <= %1", RELATIONAL},
    [OP_GT] = {"%0 > %1", RELATIONAL},
    [OP_GE] = {"%0 >= %1", RELATIONAL},
    [OP_EQ] = {"%0 == %1", EQUALITY},
    [OP_NE] = {"%0 != %1", EQUALITY},
    [OP_AND] = {"%0 && %1", LOGICAL_AND},
    [OP_OR] = {"%0 || %1", LOGICAL_OR},
    [OP_NOT] = {"!%0", UNARY},
    [OP_SELECT] = {"%0 ? %1 : %2", TERNARY},
    [OP_BITAND] = {"%0 & %1", BITWISE_AND},
    [OP_BITOR] = {"%0 | %1", BITWISE_OR},
    [OP_BITXOR] = {"%0 ^ %1", BITWISE_XOR},
    [OP_SHL] = {"%0 << %1", SHIFT},
    [OP_SHR] = {"%0 >> %1", SHIFT},
};
/* Of whole numbers: snn_whole.h. */
static const Spelling whole_spellings[OP_COUNT] = {
    [OP_ABS] = {"snn_abs(%0)", POSTFIX},
    [OP_MIN] = {"snn_min(%0, %1)", POSTFIX},
    [OP_MAX] = {"snn_max(%0, %1)", POSTFIX},
};

/* Where there is no libm. */
static const Spelling plain_root = {"snn_sqrtf(%0)", POSTFIX};
/* Compilers make no branch of it, which would keep the loops that call the function from being vectors. */
static const Spelling choice = {"snn_choose(%0, %1, %2)", POSTFIX};

typedef struct Writer {
    Arena *arena;
    const Program *program;
    const Kernel *kernel;
    bool function; /* the kernel is what a function is made of */
} Writer;

static const char *write_expr(const Writer *writer, const LoopExpr *expr, int outer);

/* What an operand's precedence must exceed so that it needs no parentheses. Arguments of functions need
 * none; left operands of left-associative ones may have the same precedence. */
static int operand_limit(const Spelling *spelling, int k)
{
    if (spelling->precedence == POSTFIX)
        return LOWEST;
    if (spelling->precedence == UNARY)
        return UNARY; /* -(-x), never --x */
    if (spelling->precedence == SHIFT
        || (spelling->precedence >= BITWISE_OR && spelling->precedence <= BITWISE_AND))
        return MULTIPLICATIVE;              /* they warn of all others there, too */
    if (spelling->precedence == LOGICAL_OR) /* compilers warn of && within || without parentheses */
        return LOGICAL_AND;
    if (k == 0 && spelling->precedence != TERNARY && spelling->precedence < RELATIONAL + 1)
        return spelling->precedence;
    return k == 0 && spelling->precedence != TERNARY ? spelling->precedence - 1 : spelling->precedence;
}

static const Spelling *spelling_of(const Writer *writer, const LoopExpr *expr)
{
    if (expr->type == TYPE_I32 && whole_spellings[expr->op].format)
        return &whole_spellings[expr->op];
    if (writer->program->predicts && expr->op == OP_SQRT)
        return &plain_root;
    return writer->function && expr->op == OP_SELECT ? &choice : &spellings[expr->op];
}

static const char *write_op(const Writer *writer, const LoopExpr *expr)
{
    const Spelling *spelling = spelling_of(writer, expr);
    const char *operands[3] = {0};
    size_t length = strlen(spelling->format);
    for (const char *c = spelling->format; *c; c++) {
        if (*c != '%')
            continue;
        int k = *++c - '0';
        if (!operands[k])
            operands[k] = write_expr(writer, expr->args[k], operand_limit(spelling, k));
        length += strlen(operands[k]);
    }
    char *text = NEW_ARRAY(writer->arena, char, length + 1), *to = text;
    for (const char *c = spelling->format; *c; c++) {
        const char *part = *c == '%' ? operands[*++c - '0'] : c;
        size_t count = part == c ? 1 : strlen(part);
        memcpy(to, part, count);
        to += count;
    }
    return text;
}

static const char *write_number(const Writer *writer, const LoopExpr *expr)
{
    char buffer[LITERAL_SIZE];
    if (expr->type == TYPE_F32)
        return arena_printf(writer->arena, "%s", literal_float(buffer, (float)expr->number));
    if (expr->type == TYPE_BOOL)
        return expr->number != 0 ? "true" : "false";
    if (expr->type == TYPE_U32 && writer->function && expr->number > UINT8_MAX) /* a pattern of bits */
        return arena_printf(writer->arena, "0x%xu", (unsigned)expr->number);
    return arena_printf(writer->arena, "%lld%s", (long long)expr->number, expr->type == TYPE_U32 ? "u" : "");
}

static const char *write_cast(const Writer *writer, const LoopExpr *expr, int *precedence)
{
    const LoopExpr *operand = expr->args[0];
    *precedence = operand->type == TYPE_BOOL ? TERNARY : expr->type == TYPE_BOOL ? EQUALITY : UNARY;
    if (operand->type == TYPE_BOOL) {
        const char *one = expr->type == TYPE_F32 ? "1.0f" : "1",
                   *zero = expr->type == TYPE_F32 ? "0.0f" : "0";
        return arena_printf(writer->arena, "%s ? %s : %s", write_expr(writer, operand, TERNARY), one, zero);
    }
    if (expr->type == TYPE_BOOL)
        return arena_printf(writer->arena, "%s != 0", write_expr(writer, operand, EQUALITY));
    return arena_printf(writer->arena, "(%s)%s", c_type(expr->type), write_expr(writer, operand, UNARY - 1));
}

static const char *write_scalar(const Writer *writer, Scalar scalar)
{
    bool clock = scalar == SCALAR_EPOCH || scalar == SCALAR_BATCH; /* SnnRun.epoch is for random numbers */
    return arena_printf(writer->arena, clock ? "net->run.%s_now" : "net->run.%s", scalar_name(scalar));
}

/* Of a program that only predicts, the seed is known, and where its numbers are used. */
static const char *key_source(const Writer *writer)
{
    if (!writer->program->predicts)
        return "net->run.seed, net->run.epoch";
    return arena_printf(writer->arena, "%uu, 0xffffffffu", writer->program->seed);
}

static const char *write_call(const Writer *writer, const char *name, const LoopExpr *expr)
{
    const char *text = arena_printf(writer->arena, "%s(", name);
    for (int i = 0; i < expr->nargs; i++)
        text = arena_printf(writer->arena, "%s%s%s", text, i ? ", " : "",
                            write_expr(writer, expr->args[i], LOWEST));
    return arena_printf(writer->arena, "%s)", text);
}

static const char *write_expr(const Writer *writer, const LoopExpr *expr, int outer)
{
    Arena *arena = writer->arena;
    int precedence = POSTFIX;
    const char *text = "";
    switch (expr->kind) {
    case LOOP_NUMBER:
        text = write_number(writer, expr);
        precedence = text[0] == '-' ? UNARY : POSTFIX;
        break;
    case LOOP_VAR: text = c_var(arena, writer->kernel, expr->var); break;
    case LOOP_LOAD:
        text = c_element(arena, writer->program, writer->kernel, expr->buffer, expr->nargs, expr->args);
        break;
    case LOOP_OP:
        text = write_op(writer, expr);
        precedence = spelling_of(writer, expr)->precedence;
        break;
    case LOOP_CAST: text = write_cast(writer, expr, &precedence); break;
    case LOOP_BITS:
        text = write_call(writer, expr->type == TYPE_U32 ? "snn_bits" : "snn_from_bits", expr);
        break;
    case LOOP_CALL:
        text =
            write_call(writer, c_function_name(arena, &writer->program->functions.at[expr->function]), expr);
        break;
    case LOOP_SCALAR: text = write_scalar(writer, expr->scalar); break;
    case LOOP_GIVEN: text = "snn_number(context)"; break;
    case LOOP_PLACE: text = "own"; break; /* see called_with */
    case LOOP_LANES: text = "SNN_LANES"; break;
    case LOOP_KEY:
        text = arena_printf(arena, "snn_key(%s, (uint32_t)%s, (uint32_t)%s)", key_source(writer),
                            write_expr(writer, expr->args[0], UNARY - 1),
                            write_expr(writer, expr->args[1], UNARY - 1));
        break;
    case LOOP_RANDOM:
        text = arena_printf(arena, "snn_random(%s, (uint32_t)%s)", write_expr(writer, expr->args[0], LOWEST),
                            write_expr(writer, expr->args[1], UNARY - 1));
        break;
    }
    return precedence > outer ? text : arena_printf(arena, "(%s)", text);
}

const char *c_expr(Arena *arena, const Program *program, const Kernel *kernel, const LoopExpr *expr)
{
    return write_expr(&(Writer){arena, program, kernel, false}, expr, LOWEST);
}

const char *c_value(Arena *arena, const Program *program, const LoopFunction *function, const LoopExpr *expr)
{
    return write_expr(&(Writer){arena, program, &function->code, true}, expr, LOWEST);
}

const char *c_element(Arena *arena, const Program *program, const Kernel *kernel, BufferId buffer, int nindex,
                      LoopExpr *const *index)
{
    const char *text = c_buffer(arena, &program->buffers.at[buffer]);
    for (int i = 0; i < nindex; i++)
        text = arena_printf(arena, "%s[%s]", text, c_expr(arena, program, kernel, index[i]));
    return text;
}

const char *c_type(Type type)
{
    static const char *const names[] = {"float",   "int32_t",  "uint32_t", "bool",
                                        "uint8_t", "uint16_t", "int8_t",   "int16_t"};
    return names[type];
}

/* Neither ends the comment nor opens another within it. */
const char *c_comment(Arena *arena, const char *text)
{
    char *safe = NEW_ARRAY(arena, char, 2 * strlen(text) + 1), *to = safe;
    for (const char *c = text; *c; c++) {
        *to++ = *c;
        if ((c[0] == '*' && c[1] == '/') || (c[0] == '/' && c[1] == '*'))
            *to++ = ' ';
    }
    return safe;
}

const char *c_string(Arena *arena, const char *text)
{
    if (!text)
        return "NULL";
    char *safe = NEW_ARRAY(arena, char, 4 * strlen(text) + 3), *to = safe;
    *to++ = '"';
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte == '"' || byte == '\\' || byte == '?') /* ??/ is a backslash */
            *to++ = '\\';
        if (byte == '\n') {
            memcpy(to, "\\n", 2);
            to += 2;
        } else if (byte < ' ') {
            memcpy(to,
                   (char[]){'\\', (char)('0' + (byte >> 6)), (char)('0' + (byte >> 3 & 7)),
                            (char)('0' + (byte & 7))},
                   4);
            to += 4;
        } else {
            *to++ = *c;
        }
    }
    *to = '"';
    return safe;
}
