/* Bodies: the arithmetic of the operations, and what the constructors simplify. */
#include "body.h"

#include <check.h>
#include <math.h>

Suite *body_suite(void);

static Arena *arena;
static Body body;
static Val x, y;

static void setup(void)
{
    arena = arena_new();
    body = (Body){0};
    x = body_leaf(arena, &body, OP_INPUT, 0, "x");
    y = body_leaf(arena, &body, OP_INPUT, 1, "y");
}

static void teardown(void)
{
    arena_free(arena);
}

static Val number(double value)
{
    return body_const(arena, &body, value);
}

static Val op1(Op op, Val a)
{
    return body_op1(arena, &body, op, a);
}

static Val op2(Op op, Val a, Val b)
{
    return body_op2(arena, &body, op, a, b);
}

static Val op3(Op op, Val a, Val b, Val c)
{
    return body_op3(arena, &body, op, a, b, c);
}

static Op op_of(Val value)
{
    return body.code.at[value].op;
}

static void expect_number(Val value, double expected)
{
    double found = NAN;
    ck_assert(body_is_const(&body, value, &found));
    ck_assert_double_eq_tol(found, expected, 1e-15);
}

/* ---- arithmetic ---- */

static const struct {
    Op op;
    double a, b, c, result;
} arithmetic[] = {
    {OP_ADD, 2, 3, 0, 5},
    {OP_SUB, 2, 3, 0, -1},
    {OP_MUL, 2, 3, 0, 6},
    {OP_DIV, 3, 2, 0, 1.5},
    {OP_FMA, 2, 3, 4, 10},
    {OP_FMA, 1 + 0x1p-40, 1 - 0x1p-40, -1, -0x1p-80},
    {OP_NEG, 2, 0, 0, -2},
    {OP_ABS, -2, 0, 0, 2},
    {OP_ABS, 2, 0, 0, 2},
    {OP_MIN, 2, 3, 0, 2},
    {OP_MIN, 3, 2, 0, 2},
    {OP_MAX, 2, 3, 0, 3},
    {OP_MAX, 3, 2, 0, 3},
    {OP_POW, 2, 3, 0, 8},
    {OP_EXP, 1, 0, 0, 2.718281828459045},
    {OP_EXPM1, 1e-9, 0, 0, 1.0000000005e-9},
    {OP_LOG, 2, 0, 0, 0.6931471805599453},
    {OP_SQRT, 9, 0, 0, 3},
    {OP_TANH, 0.5, 0, 0, 0.46211715726000973},
    {OP_SIGMOID, 1, 0, 0, 0.7310585786300049},
    {OP_ATAN, 1, 0, 0, 0.7853981633974483},
    {OP_ERF, 0.5, 0, 0, 0.5204998778130465},
    {OP_SIN, 0.5, 0, 0, 0.479425538604203},
    {OP_COS, 0.5, 0, 0, 0.8775825618903728},
    {OP_FLOOR, -0.5, 0, 0, -1},
    {OP_LT, 1, 2, 0, 1},
    {OP_LT, 2, 2, 0, 0},
    {OP_LE, 2, 2, 0, 1},
    {OP_LE, 3, 2, 0, 0},
    {OP_GT, 3, 2, 0, 1},
    {OP_GT, 2, 2, 0, 0},
    {OP_GE, 2, 2, 0, 1},
    {OP_GE, 1, 2, 0, 0},
    {OP_EQ, 2, 2, 0, 1},
    {OP_EQ, 2, 3, 0, 0},
    {OP_NE, 2, 3, 0, 1},
    {OP_NE, 2, 2, 0, 0},
    {OP_AND, 1, 1, 0, 1},
    {OP_AND, 1, 0, 0, 0},
    {OP_OR, 1, 0, 0, 1},
    {OP_OR, 0, 0, 0, 0},
    {OP_NOT, 0, 0, 0, 1},
    {OP_NOT, 1, 0, 0, 0},
    {OP_SELECT, 1, 4, 5, 4},
    {OP_SELECT, 0, 4, 5, 5},
    {OP_BITAND, 12, 10, 0, 8},
    {OP_BITOR, 12, 10, 0, 14},
    {OP_BITXOR, 12, 10, 0, 6},
    {OP_SHL, 0x80000001u, 4, 0, 16},
    {OP_SHR, 0x80000001u, 4, 0, 0x8000000},
    {OP_RESCALE, 3, 1, 1, 2}, /* halves upwards */
    {OP_RESCALE, -3, 1, 1, -1},
    {OP_RESCALE, 7, 3, 0, 21},
    {OP_MIX, 1, 4, 5, 4},
    {OP_MIX, 0, 4, 5, 5},
    {OP_STEP, 0, 7, 8, 1},
    {OP_STEP, -0.1, 7, 8, 0},
    {OP_DETACH, 3, 0, 0, 3},
};
enum { ARITHMETIC_COUNT = sizeof arithmetic / sizeof *arithmetic };

/* An operation of constants is folded to what op_eval says. */
START_TEST(arithmetic_of)
{
    Op op = arithmetic[_i].op;
    double a = arithmetic[_i].a, b = arithmetic[_i].b, c = arithmetic[_i].c, result = arithmetic[_i].result;
    ck_assert_double_eq_tol(op_eval(op, a, b, c), result, 1e-15);
    switch (op_arity(op)) {
    case 1: expect_number(op1(op, number(a)), result); break;
    case 2: expect_number(op2(op, number(a), number(b)), result); break;
    default: expect_number(op3(op, number(a), number(b), number(c)), result); break;
    }
}
END_TEST

START_TEST(every_operation_is_evaluated)
{
    bool found[OP_BODY_COUNT] = {false};
    for (int i = 0; i < ARITHMETIC_COUNT; i++)
        found[arithmetic[i].op] = true;
    for (int op = 0; op < OP_BODY_COUNT; op++) {
        bool leaf = op >= OP_CONST && op <= OP_POSITION, drawn = op == OP_UNIFORM;
        ck_assert_msg(found[op] != (leaf || drawn), "%s", op_name((Op)op));
        ck_assert_int_eq(op_arity((Op)op) == 0, leaf);
        ck_assert(isnan(op_eval((Op)op, 1, 1, 1)) == (leaf || drawn));
    }
}
END_TEST

START_TEST(facts_of_operations)
{
    ck_assert_str_eq(op_name(OP_ADD), "add");
    ck_assert_str_eq(op_name(OP_SELECT), "select");
    ck_assert_str_eq(op_name(OP_STEP), "step");
    ck_assert(op_is_truth(OP_LT) && op_is_truth(OP_NE) && op_is_truth(OP_AND) && op_is_truth(OP_NOT));
    ck_assert(!op_is_truth(OP_SELECT) && !op_is_truth(OP_STEP) && !op_is_truth(OP_ERF));
    ck_assert_int_eq(op_value_arity(OP_STEP), 1);
    ck_assert_int_eq(op_value_arity(OP_MIX), 3);
}
END_TEST

/* ---- simplification ---- */

START_TEST(neutral_elements)
{
    ck_assert_int_eq(op2(OP_ADD, x, number(0)), x);
    ck_assert_int_eq(op2(OP_ADD, number(0), x), x);
    ck_assert_int_eq(op2(OP_SUB, x, number(0)), x);
    ck_assert_int_eq(op2(OP_MUL, x, number(1)), x);
    ck_assert_int_eq(op2(OP_MUL, number(1), x), x);
    ck_assert_int_eq(op2(OP_DIV, x, number(1)), x);
    ck_assert_int_eq(op2(OP_POW, x, number(1)), x);
    expect_number(op2(OP_MUL, x, number(0)), 0);
    expect_number(op2(OP_MUL, number(0), x), 0);
    expect_number(op2(OP_DIV, number(0), x), 0);
    expect_number(op2(OP_SUB, x, x), 0);
}
END_TEST

START_TEST(signs)
{
    Val minus_x = op1(OP_NEG, x), minus_y = op1(OP_NEG, y);
    ck_assert_int_eq(op1(OP_NEG, minus_x), x);
    ck_assert_int_eq(op2(OP_SUB, number(0), x), minus_x);
    ck_assert_int_eq(op2(OP_MUL, x, number(-1)), minus_x);
    ck_assert_int_eq(op2(OP_MUL, number(-1), x), minus_x);
    ck_assert_int_eq(op2(OP_ADD, x, minus_y), op2(OP_SUB, x, y));
    ck_assert_int_eq(op2(OP_ADD, minus_x, y), op2(OP_SUB, y, x));
    ck_assert_int_eq(op2(OP_SUB, x, minus_y), op2(OP_ADD, x, y));
}
END_TEST

/* What looks neutral but is not stays an operation. */
START_TEST(no_neutral_elements)
{
    ck_assert_int_eq(op_of(op2(OP_SUB, number(1), x)), OP_SUB);
    ck_assert_int_eq(op_of(op2(OP_DIV, number(1), x)), OP_DIV);
    ck_assert_int_eq(op_of(op2(OP_POW, number(1), x)), OP_POW);
    ck_assert_int_eq(op_of(op2(OP_DIV, x, x)), OP_DIV);
    ck_assert_int_eq(op_of(op2(OP_MAX, x, number(0))), OP_MAX);
    ck_assert_int_eq(op_of(op3(OP_FMA, x, y, y)), OP_FMA);
    ck_assert_int_eq(op_of(op3(OP_FMA, number(2), number(3), x)), OP_FMA);
    ck_assert_int_eq(op_of(op3(OP_FMA, x, number(3), number(3))), OP_FMA);
}
END_TEST

START_TEST(choices)
{
    Val condition = op2(OP_LT, x, y);
    ck_assert_int_eq(op3(OP_SELECT, number(1), x, y), x);
    ck_assert_int_eq(op3(OP_SELECT, number(0), x, y), y);
    ck_assert_int_eq(op3(OP_SELECT, condition, x, x), x);
    ck_assert_int_eq(op3(OP_MIX, number(0), x, y), y);
    ck_assert_int_eq(op3(OP_MIX, x, y, y), y);
    expect_number(op3(OP_STEP, number(0), x, y), 1);
    expect_number(op3(OP_STEP, number(-1), x, x), 0);
    ck_assert_int_eq(op_of(op3(OP_STEP, x, y, y)), OP_STEP);
    Val detached = op1(OP_DETACH, x);
    ck_assert_int_ne(detached, x);
    ck_assert_int_eq(op1(OP_DETACH, detached), detached);
}
END_TEST

START_TEST(equal_instructions_are_one)
{
    Val sum = op2(OP_ADD, x, y);
    int count = body.code.count;
    ck_assert_int_eq(op2(OP_ADD, x, y), sum);
    ck_assert_int_eq(body_leaf(arena, &body, OP_INPUT, 1, "another name"), y);
    ck_assert_int_eq(body.code.count, count);
    ck_assert_int_ne(op2(OP_ADD, y, x), sum);
    ck_assert_int_ne(op2(OP_MUL, x, y), sum);
    ck_assert_int_ne(body_leaf(arena, &body, OP_STATE, 1, "y"), y);
    ck_assert_int_eq(number(0.5), number(0.5));
    ck_assert_int_ne(number(0.5), number(0.25));
    ck_assert_int_eq(number(-0.0), number(0.0));
}
END_TEST

/* Multiples of one value are collected; a constant divisor becomes a factor. */
START_TEST(leaks_fold)
{
    Val tenth = op2(OP_DIV, x, number(10)), leak = op2(OP_SUB, x, tenth);
    double factor;
    ck_assert_int_eq(body.code.at[tenth].op, OP_MUL);
    ck_assert_int_eq(body.code.at[leak].op, OP_MUL);
    ck_assert_int_eq(body.code.at[leak].a, x);
    ck_assert(body_is_const(&body, body.code.at[leak].b, &factor));
    ck_assert_double_eq_tol(factor, 0.9, 1e-15);
    ck_assert_int_eq(op2(OP_ADD, leak, tenth), x);
    ck_assert_int_eq(op2(OP_MUL, op2(OP_MUL, x, number(4)), number(0.25)), x);
    ck_assert_int_eq(body.code.at[op2(OP_SUB, x, op2(OP_MUL, y, number(2)))].op, OP_SUB);
    ck_assert_int_eq(body.code.at[op2(OP_DIV, x, number(0))].op, OP_DIV);
    /* no factor that single precision does not hold is made */
    Val tiny = op2(OP_DIV, x, number(1e-40));
    ck_assert_int_eq(body.code.at[tiny].op, OP_DIV);
    ck_assert_int_eq(op2(OP_MUL, op2(OP_MUL, x, number(1e30)), number(1e-30)), x);
    op2(OP_MUL, op2(OP_MUL, x, number(1e30)), number(1e30));
    op2(OP_MUL, op2(OP_MUL, x, number(1e-30)), number(1e-30));
    op2(OP_ADD, op2(OP_MUL, x, number(3e38)), op2(OP_MUL, x, number(3e38)));
    ck_assert_int_eq(body_unheld(&body, 0), NO_VAL);
    ck_assert_int_eq(body_unheld(&body, number(1e39)), number(1e39));
}
END_TEST

START_TEST(names)
{
    body.at = (Span){1, 2};
    Val sum = op2(OP_ADD, x, y), half = number(0.5);
    body_name(&body, sum, "first");
    body_name(&body, sum, "second");
    ck_assert_str_eq(body.code.at[sum].name, "first");
    ck_assert_uint_eq(body.code.at[sum].span.lo, 1);
    body_name(&body, half, "half");
    ck_assert_ptr_null(body.code.at[half].name);
}
END_TEST

START_TEST(copies)
{
    Val sum = op2(OP_ADD, x, y);
    body_name(&body, sum, "sum");
    body.code.at[sum].span = (Span){5, 6};
    Body other = {0};
    Val a = body_copy(arena, &other, &body.code.at[x], NO_VAL, NO_VAL, NO_VAL);
    Val b = body_copy(arena, &other, &body.code.at[y], NO_VAL, NO_VAL, NO_VAL);
    Val zero = body_const(arena, &other, 0);
    Val copy = body_copy(arena, &other, &body.code.at[sum], a, b, NO_VAL);
    ck_assert_int_eq(other.code.at[a].op, OP_INPUT);
    ck_assert_str_eq(other.code.at[a].name, "x");
    ck_assert_int_eq(other.code.at[copy].op, OP_ADD);
    ck_assert_int_eq(other.code.at[copy].a, a);
    ck_assert_str_eq(other.code.at[copy].name, "sum");
    ck_assert_uint_eq(other.code.at[copy].span.lo, 5);
    ck_assert_int_eq(body_copy(arena, &other, &body.code.at[sum], a, zero, NO_VAL), a);
}
END_TEST

/* A step's value needs neither its slope nor its antiderivative. */
START_TEST(marking_what_a_value_needs)
{
    Val slope = op1(OP_EXP, y), spike = op3(OP_STEP, x, slope, slope),
        reset = op3(OP_MIX, spike, number(0), x);
    bool live[32] = {false};
    ck_assert_int_lt(body.code.count, 32);
    body_mark(&body, reset, live);
    body_mark(&body, NO_VAL, live);
    ck_assert(live[reset] && live[spike] && live[x]);
    ck_assert(!live[slope] && !live[y]);
}
END_TEST

Suite *body_suite(void)
{
    Suite *suite = suite_create("body");
    TCase *tcase = tcase_create("body");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, arithmetic_of, 0, ARITHMETIC_COUNT);
    tcase_add_test(tcase, every_operation_is_evaluated);
    tcase_add_test(tcase, facts_of_operations);
    tcase_add_test(tcase, neutral_elements);
    tcase_add_test(tcase, signs);
    tcase_add_test(tcase, no_neutral_elements);
    tcase_add_test(tcase, choices);
    tcase_add_test(tcase, equal_instructions_are_one);
    tcase_add_test(tcase, leaks_fold);
    tcase_add_test(tcase, names);
    tcase_add_test(tcase, copies);
    tcase_add_test(tcase, marking_what_a_value_needs);
    suite_add_tcase(suite, tcase);
    return suite;
}
