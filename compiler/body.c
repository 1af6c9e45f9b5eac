#include "body.h"

#include <math.h>
#include <stdint.h>

typedef struct OpFacts {
    const char *name;
    int arity;
    char result; /* 'N', 'B', 'S' or 'W': see ops.def */
} OpFacts;

static const OpFacts op_facts[OP_BODY_COUNT] = {
#define N 'N'
#define B 'B'
#define S 'S'
#define W 'W'
#define OP(id, name, arity, result, meaning) [OP_##id] = {name, arity, result},
#include "ops.def"
#undef OP
#undef N
#undef B
#undef S
#undef W
    [OP_CONST] = {"const", 0, 'N'},   [OP_INPUT] = {"input", 0, 'N'},
    [OP_STATE] = {"state", 0, 'N'},   [OP_PARAM] = {"param", 0, 'N'},
    [OP_SCALAR] = {"scalar", 0, 'N'}, [OP_POSITION] = {"position", 0, 'N'},
    [OP_STEP] = {"step", 3, 'N'},     [OP_MIX] = {"mix", 3, 'N'},
    [OP_DETACH] = {"detach", 1, 'N'}, [OP_UNIFORM] = {"uniform", 2, 'N'},
};

const char *op_name(Op op)
{
    return op_facts[op].name;
}

int op_arity(Op op)
{
    return op_facts[op].arity;
}

bool op_is_truth(Op op)
{
    return op_facts[op].result == 'B';
}

bool op_is_word(Op op)
{
    return op_facts[op].result == 'W';
}

const char *scalar_name(Scalar scalar)
{
    static const char *const names[SCALAR_COUNT] = {"rows",   "lr",    "step",    "scale",   "epoch",
                                                    "epochs", "batch", "batches", "training"};
    return names[scalar];
}

int64_t rescaled(int64_t a, int64_t b, int c)
{
    int64_t product = a * b, half = c > 0 ? (int64_t)1 << (c - 1) : 0, sum = product + half;
    int64_t unit = (int64_t)1 << c, rest = sum % unit;
    return (sum - (rest < 0 ? rest + unit : rest)) / unit;
}

double op_eval(Op op, double a, double b, double c)
{
    switch (op) {
    case OP_ADD: return a + b;
    case OP_SUB: return a - b;
    case OP_MUL: return a * b;
    case OP_DIV: return a / b;
    case OP_FMA: return fma(a, b, c);
    case OP_NEG: return -a;
    case OP_ABS: return fabs(a);
    case OP_MIN: return a < b ? a : b;
    case OP_MAX: return a > b ? a : b;
    case OP_POW: return pow(a, b);
    case OP_EXP: return exp(a);
    case OP_EXPM1: return expm1(a);
    case OP_LOG: return log(a);
    case OP_SQRT: return sqrt(a);
    case OP_TANH: return tanh(a);
    case OP_SIGMOID: return 1.0 / (1.0 + exp(-a));
    case OP_ATAN: return atan(a);
    case OP_ERF: return erf(a);
    case OP_SIN: return sin(a);
    case OP_COS: return cos(a);
    case OP_FLOOR: return floor(a);
    case OP_RESCALE: return (double)rescaled((int64_t)a, (int64_t)b, (int)c);
    case OP_LT: return a < b;
    case OP_LE: return a <= b;
    case OP_GT: return a > b;
    case OP_GE: return a >= b;
    case OP_EQ: return a == b;
    case OP_NE: return a != b;
    case OP_AND: return a != 0 && b != 0;
    case OP_OR: return a != 0 || b != 0;
    case OP_NOT: return a == 0;
    case OP_SELECT:
    case OP_MIX: return a != 0 ? b : c;
    case OP_BITAND: return (uint32_t)a & (uint32_t)b;
    case OP_BITOR: return (uint32_t)a | (uint32_t)b;
    case OP_BITXOR: return (uint32_t)a ^ (uint32_t)b;
    case OP_SHL: return (uint32_t)a << (uint32_t)b;
    case OP_SHR: return (uint32_t)a >> (uint32_t)b;
    case OP_STEP: return a >= 0;
    case OP_DETACH: return a;
    case OP_COUNT: /* = OP_CONST */
    case OP_INPUT:
    case OP_STATE:
    case OP_PARAM:
    case OP_SCALAR:
    case OP_POSITION:
    case OP_UNIFORM:
    case OP_BODY_COUNT: break;
    }
    return NAN;
}

bool single_holds(double number)
{
    float single = (float)number;
    return isfinite(single) && (single != 0 || number == 0);
}

int body_draws(const Body *body)
{
    int count = 0;
    for (Val v = 0; v < body->code.count; v++)
        count += body->code.at[v].op == OP_UNIFORM;
    return count;
}

bool body_is_const(const Body *body, Val value, double *number)
{
    if (value == NO_VAL || body->code.at[value].op != OP_CONST)
        return false;
    *number = body->code.at[value].number;
    return true;
}

Val body_unheld(const Body *body, Val from)
{
    for (Val v = from; v < body->code.count; v++)
        if (body->code.at[v].op == OP_CONST && !single_holds(body->code.at[v].number))
            return v;
    return NO_VAL;
}

/* What makes one instruction another: bytes, without a gap between them. */
typedef struct InstrKey {
    int op, a, b, c, index, none;
    double number;
} InstrKey;
_Static_assert(sizeof(InstrKey) == 6 * sizeof(int) + sizeof(double), "InstrKey has a gap");

/* The value of an instruction equal to `instr`, which is appended if there is none. */
static Val intern_instr(Arena *arena, Body *body, Instr instr)
{
    InstrKey key = {(int)instr.op, instr.a, instr.b, instr.c, instr.index, 0, instr.number};
    Val value = table_find(&body->values, &key, sizeof key);
    if (value != TABLE_NONE)
        return value;
    value = body->code.count;
    instr.span = body->at;
    vec_push(arena, &body->code, instr);
    InstrKey *kept = NEW(arena, InstrKey);
    *kept = key;
    table_put(arena, &body->values, kept, sizeof *kept, value);
    return value;
}

static Instr instr_new(Op op, Val a, Val b, Val c)
{
    return (Instr){.op = op, .a = a, .b = b, .c = c};
}

Val body_const(Arena *arena, Body *body, double number)
{
    Instr instr = instr_new(OP_CONST, NO_VAL, NO_VAL, NO_VAL);
    instr.number = number == 0 ? 0.0 : number; /* one zero */
    return intern_instr(arena, body, instr);
}

Val body_leaf(Arena *arena, Body *body, Op op, int index, const char *name)
{
    Instr instr = instr_new(op, NO_VAL, NO_VAL, NO_VAL);
    instr.index = index;
    instr.name = name;
    return intern_instr(arena, body, instr);
}

static bool is_number(const Body *body, Val value, double number)
{
    double found;
    return body_is_const(body, value, &found) && found == number;
}

Val body_op1(Arena *arena, Body *body, Op op, Val a)
{
    double x;
    if (body_is_const(body, a, &x))
        return body_const(arena, body, op_eval(op, x, 0, 0));
    const Instr *operand = &body->code.at[a];
    if (op == OP_NEG && operand->op == OP_NEG)
        return operand->a;
    if (op == OP_DETACH && operand->op == OP_DETACH)
        return a;
    return intern_instr(arena, body, instr_new(op, a, NO_VAL, NO_VAL));
}

/* A value as a number times another value. */
typedef struct Multiple {
    double factor;
    Val value;
} Multiple;

static Multiple multiple_of(const Body *body, Val value)
{
    const Instr *instr = &body->code.at[value];
    double factor;
    if (instr->op == OP_NEG)
        return (Multiple){-1, instr->a};
    if (instr->op == OP_MUL && body_is_const(body, instr->b, &factor))
        return (Multiple){factor, instr->a};
    if (instr->op == OP_MUL && body_is_const(body, instr->a, &factor))
        return (Multiple){factor, instr->b};
    return (Multiple){1, value};
}

/* v - 0.1 v is 0.9 v: leaks are written so. NO_VAL where a and b are no multiples of one value. */
static Val collect(Arena *arena, Body *body, Val a, Val b, double sign)
{
    Multiple x = multiple_of(body, a), y = multiple_of(body, b);
    double factor = x.factor + sign * y.factor;
    if (x.value != y.value || !single_holds(factor))
        return NO_VAL;
    return body_op2(arena, body, OP_MUL, x.value, body_const(arena, body, factor));
}

/* (x * 3) * 2 is x * 6; NO_VAL where only one factor is known, or the product is out of range. */
static Val scale(Arena *arena, Body *body, Val a, double factor)
{
    Multiple x = multiple_of(body, a);
    if (x.value == a || !single_holds(x.factor * factor))
        return NO_VAL;
    return body_op2(arena, body, OP_MUL, x.value, body_const(arena, body, x.factor * factor));
}

static Val simplify_product(Arena *arena, Body *body, Val a, Val b)
{
    double factor;
    if (body_is_const(body, b, &factor))
        return scale(arena, body, a, factor);
    return body_is_const(body, a, &factor) ? scale(arena, body, b, factor) : NO_VAL;
}

/* A product takes a tenth of the time of a quotient. */
static Val simplify_quotient(Arena *arena, Body *body, Val a, Val b)
{
    double divisor;
    if (!body_is_const(body, b, &divisor) || !single_holds(1 / divisor))
        return NO_VAL;
    return body_op2(arena, body, OP_MUL, a, body_const(arena, body, 1 / divisor));
}

/* x + 0, x * 1 and the like; NO_VAL where nothing simplifies. Valid for finite values, and but for rounding. */
static Val simplify2(Arena *arena, Body *body, Op op, Val a, Val b)
{
    switch ((int)op) {
    case OP_ADD:
        if (is_number(body, a, 0))
            return b;
        if (is_number(body, b, 0))
            return a;
        if (body->code.at[b].op == OP_NEG)
            return body_op2(arena, body, OP_SUB, a, body->code.at[b].a);
        if (body->code.at[a].op == OP_NEG)
            return body_op2(arena, body, OP_SUB, b, body->code.at[a].a);
        return collect(arena, body, a, b, 1);
    case OP_SUB:
        if (is_number(body, b, 0))
            return a;
        if (is_number(body, a, 0))
            return body_op1(arena, body, OP_NEG, b);
        if (body->code.at[b].op == OP_NEG)
            return body_op2(arena, body, OP_ADD, a, body->code.at[b].a);
        return a == b ? body_const(arena, body, 0) : collect(arena, body, a, b, -1);
    case OP_MUL:
        if (is_number(body, a, 0) || is_number(body, b, 0))
            return body_const(arena, body, 0);
        if (is_number(body, a, 1))
            return b;
        if (is_number(body, b, 1))
            return a;
        if (is_number(body, a, -1))
            return body_op1(arena, body, OP_NEG, b);
        if (is_number(body, b, -1))
            return body_op1(arena, body, OP_NEG, a);
        return simplify_product(arena, body, a, b);
    case OP_DIV:
        if (is_number(body, a, 0))
            return a;
        return simplify_quotient(arena, body, a, b);
    case OP_POW: return is_number(body, b, 1) ? a : NO_VAL;
    default: return NO_VAL;
    }
}

Val body_op2(Arena *arena, Body *body, Op op, Val a, Val b)
{
    double x, y;
    if (body_is_const(body, a, &x) && body_is_const(body, b, &y))
        return body_const(arena, body, op_eval(op, x, y, 0));
    Val simple = simplify2(arena, body, op, a, b);
    return simple != NO_VAL ? simple : intern_instr(arena, body, instr_new(op, a, b, NO_VAL));
}

static Val simplify_known(Arena *arena, Body *body, Op op, Val a, Val b, Val c)
{
    double x, y, z;
    bool known = body_is_const(body, a, &x) && body_is_const(body, b, &y) && body_is_const(body, c, &z);
    return known ? body_const(arena, body, op_eval(op, x, y, z)) : NO_VAL;
}

/* select, mix, step */
static Val simplify_choice(Arena *arena, Body *body, Op op, Val a, Val b, Val c)
{
    double x;
    if (op != OP_STEP && b == c)
        return b;
    if (!body_is_const(body, a, &x))
        return NO_VAL;
    if (op == OP_STEP)
        return body_const(arena, body, x >= 0);
    return x != 0 ? b : c;
}

Val body_op3(Arena *arena, Body *body, Op op, Val a, Val b, Val c)
{
    Val simple = op == OP_FMA || op == OP_RESCALE ? simplify_known(arena, body, op, a, b, c)
                                                  : simplify_choice(arena, body, op, a, b, c);
    return simple != NO_VAL ? simple : intern_instr(arena, body, instr_new(op, a, b, c));
}

Val body_uniform(Arena *arena, Body *body, Val a, Val b, int draw)
{
    Instr instr = instr_new(OP_UNIFORM, a, b, NO_VAL);
    instr.index = draw;
    return intern_instr(arena, body, instr);
}

void body_name(Body *body, Val value, const char *name)
{
    Instr *instr = &body->code.at[value];
    if (instr->op != OP_CONST && !instr->name)
        instr->name = name;
}

Val body_copy(Arena *arena, Body *body, const Instr *instr, Val a, Val b, Val c)
{
    Val value;
    body->at = instr->span;
    switch (op_arity(instr->op)) {
    case 0:
        return instr->op == OP_CONST ? body_const(arena, body, instr->number)
                                     : body_leaf(arena, body, instr->op, instr->index, instr->name);
    case 1: value = body_op1(arena, body, instr->op, a); break;
    case 2:
        value = instr->op == OP_UNIFORM ? body_uniform(arena, body, a, b, instr->index)
                                        : body_op2(arena, body, instr->op, a, b);
        break;
    default: value = body_op3(arena, body, instr->op, a, b, c); break;
    }
    if (instr->name)
        body_name(body, value, instr->name);
    return value;
}

int op_value_arity(Op op)
{
    return op == OP_STEP ? 1 : op_arity(op);
}

Val instr_operand(const Instr *instr, int k)
{
    return k == 0 ? instr->a : k == 1 ? instr->b : instr->c;
}

bool step_learns(Arena *arena, const Body *body, const Instr *step)
{
    bool *read = NEW_ARRAY(arena, bool, step->c + 1), learns = false;
    body_mark(body, step->c, read);
    for (Val v = step->c; v >= 0; v--)
        learns = learns || (read[v] && body->code.at[v].op == OP_DETACH && body->code.at[v].a == step->a);
    return learns;
}

void body_mark(const Body *body, Val value, bool *live)
{
    if (value == NO_VAL || live[value])
        return;
    live[value] = true;
    for (Val v = value; v >= 0; v--) {
        const Instr *instr = &body->code.at[v];
        for (int k = 0; live[v] && k < op_value_arity(instr->op); k++)
            live[instr_operand(instr, k)] = true;
    }
}
