#include "infix.h"

#include "ast.h"
#include "literal.h"

typedef struct Spelling {
    bool known;
    Operator op;
} Spelling;

/* The operations that the language writes with an operator. */
static const Spelling spellings[OP_BODY_COUNT] = {
    [OP_ADD] = {true, OPERATOR_ADD},      [OP_SUB] = {true, OPERATOR_SUBTRACT},
    [OP_MUL] = {true, OPERATOR_MULTIPLY}, [OP_DIV] = {true, OPERATOR_DIVIDE},
    [OP_NEG] = {true, OPERATOR_NEGATE},   [OP_POW] = {true, OPERATOR_POWER},
    [OP_LT] = {true, OPERATOR_LT},        [OP_LE] = {true, OPERATOR_LE},
    [OP_GT] = {true, OPERATOR_GT},        [OP_GE] = {true, OPERATOR_GE},
    [OP_EQ] = {true, OPERATOR_EQ},        [OP_NE] = {true, OPERATOR_NE},
    [OP_AND] = {true, OPERATOR_AND},      [OP_OR] = {true, OPERATOR_OR},
    [OP_NOT] = {true, OPERATOR_NOT},
};

Infix infix_name(const char *name)
{
    return (Infix){name, INFIX_PRIMARY};
}

Infix infix_number(Arena *arena, double number, const char *suffix)
{
    char digits[LITERAL_SIZE];
    const char *text = arena_printf(arena, "%s%s", literal_number(digits, number), suffix);
    return (Infix){text, text[0] == '-' ? operator_precedence(OPERATOR_NEGATE) : INFIX_PRIMARY};
}

static const char *with_least(Arena *arena, Infix operand, int least)
{
    return operand.precedence >= least ? operand.text : arena_printf(arena, "(%s)", operand.text);
}

static Infix unary(Arena *arena, Operator op, Infix a)
{
    int own = operator_precedence(op);
    const char *blank = op == OPERATOR_NOT ? " " : "";
    return (Infix){arena_printf(arena, "%s%s%s", operator_text(op), blank, with_least(arena, a, own)), own};
}

/* Comparisons do not associate; `^` does to the right, all others to the left. */
static Infix binary(Arena *arena, Operator op, Infix a, Infix b)
{
    int own = operator_precedence(op);
    bool comparison = op >= OPERATOR_EQ && op <= OPERATOR_GE, power = op == OPERATOR_POWER;
    const char *left = with_least(arena, a, comparison || power ? own + 1 : own);
    const char *right = with_least(arena, b, power ? own : own + 1);
    const char *blank = power ? "" : " ";
    return (Infix){arena_printf(arena, "%s%s%s%s%s", left, blank, operator_text(op), blank, right), own};
}

Infix infix_call(Arena *arena, const char *name, const Infix *operands, int count)
{
    const char *text = arena_printf(arena, "%s(", name);
    for (int i = 0; i < count; i++)
        text = arena_printf(arena, "%s%s%s", text, i ? ", " : "", operands[i].text);
    return infix_name(arena_printf(arena, "%s)", text));
}

Op infix_sign(const char *text, int *length, int *precedence)
{
    Op found = OP_COUNT;
    *length = 0;
    for (Op op = 0; op < OP_COUNT; op++) {
        const char *sign = operator_text(spellings[op].op);
        if (!spellings[op].known || op_arity(op) != 2 || strncmp(text, sign, strlen(sign)) != 0
            || (int)strlen(sign) <= *length)
            continue;
        found = op;
        *length = (int)strlen(sign);
        *precedence = operator_precedence(spellings[op].op);
    }
    return found;
}

Infix infix_op(Arena *arena, Op op, const Infix *operands)
{
    if (!spellings[op].known)
        return infix_call(arena, op == OP_SELECT ? "where" : op_name(op), operands, op_arity(op));
    if (op_arity(op) == 1)
        return unary(arena, spellings[op].op, operands[0]);
    return binary(arena, spellings[op].op, operands[0], operands[1]);
}
