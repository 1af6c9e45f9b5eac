/* The elementary functions, as the interpreter runs them in single precision, against libm in double; reading
 * them, and what is no function. tests/functions.sh does the same with generated C. */
#include "embedded.h"
#include "interp.h"
#include "passes.h"

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

Suite *functions_suite(void);

static Arena *arena;
static Program *program; /* has all functions */
static Interp *interp;

static void setup(void)
{
    arena = arena_new();
    program = program_new(arena, "functions");
    const char *text = embedded_find("library/functions.loop")->text;
    const char *wrong = loop_read(arena, text, &program->functions);
    ck_assert_msg(!wrong, "%s", wrong);
    interp = interp_new(program, 1, PRECISION_SINGLE);
    ck_assert_ptr_nonnull(interp);
}

static void teardown(void)
{
    interp_free(interp);
    arena_free(arena);
}

static double call(const char *name, double x, double y)
{
    int function = loop_function(&program->functions, name);
    ck_assert_msg(function >= 0, "%s", name);
    return interp_call(interp, function, (double[]){x, y});
}

/* ---- error bounds ---- */

typedef enum Measure { ULP, ABSOLUTE, RELATIVE } Measure;

typedef struct Row {
    const char *name;
    double (*reference)(double);
    float low, high; /* of |x|, or of x if `positive` */
    bool positive;
    Measure measure;
    double bound;
} Row;

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static const Row rows[] = {
    {"exp", exp, 0x1p-40f, 86.98f, false, ULP, 2.0},
    {"exp", exp, 1.0f, 88.72f, true, ULP, 2.0},
    {"exp", exp, 0x1p-12f, 1.0f, false, ULP, 2.0},
    {"expm1", expm1, 0x1p-100f, 88.0f, false, RELATIVE, 1e-6},
    {"expm1", expm1, 0.1f, 1.0f, false, RELATIVE, 1e-6},
    {"log", log, 0x1p-126f, 0x1p127f, true, ULP, 2.0},
    {"log", log, 0.5f, 2.0f, true, ULP, 2.0},
    {"sigmoid", sigmoid, 0x1p-30f, 80.0f, false, RELATIVE, 4e-7},
    {"tanh", tanh, 0x1p-100f, 20.0f, false, ULP, 3.0},
    {"tanh", tanh, 0.3f, 2.0f, false, ULP, 3.0},
    {"atan", atan, 0x1p-100f, 0x1p100f, false, ULP, 3.0},
    {"atan", atan, 0.1f, 10.0f, false, ULP, 3.0},
    {"erf", erf, 0x1p-100f, 30.0f, false, ABSOLUTE, 2e-7},
    {"erf", erf, 0.5f, 4.5f, false, ABSOLUTE, 2e-7},
    {"sin", sin, 0x1p-100f, 3.2f, false, ULP, 2.0},
    {"sin", sin, 1.0f, 10000.0f, false, ABSOLUTE, 2e-7},
    {"cos", cos, 0x1p-100f, 1.5f, false, ULP, 2.0},
    {"cos", cos, 1.0f, 10000.0f, false, ABSOLUTE, 2e-7},
};
enum { ROWS = sizeof rows / sizeof rows[0], SAMPLES = 50000 };

static double ulp(double of)
{
    float rounded = fabsf((float)of);
    return (double)nextafterf(rounded, INFINITY) - (double)rounded;
}

static double error_of(const Row *row, float x)
{
    double wanted = row->reference((double)x), difference = fabs(call(row->name, (double)x, 0) - wanted);
    if (row->measure == ABSOLUTE)
        return difference;
    return difference / (row->measure == RELATIVE ? fabs(wanted) : ulp(wanted));
}

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

START_TEST(stays_within_its_bound)
{
    const Row *row = &rows[_i];
    uint32_t first = bits_of(row->low), last = bits_of(row->high);
    double worst = 0.0;
    for (int64_t i = 0; i <= SAMPLES; i++) {
        float x = from_bits(first + (uint32_t)((int64_t)(last - first) * i / SAMPLES));
        worst = fmax(worst, error_of(row, x));
        if (!row->positive)
            worst = fmax(worst, error_of(row, -x));
    }
    if (getenv("SNN_TEST_VERBOSE") != NULL)
        printf("%s: %g\n", row->name, worst);
    ck_assert_msg(worst <= row->bound, "%s: error %g, allowed %g", row->name, worst, row->bound);
    ck_assert_msg(worst > 0.0, "%s: nothing was measured", row->name);
}
END_TEST

/* Sizes of all kinds; powers from the largest to the smallest; near 1, where the logarithm is small. */
static float power_base(int kind, double part)
{
    if (kind == 0)
        return (float)ldexp(1 + part, (int)(part * 276) - 149);
    return kind == 1 ? (float)(0.5 + part) : (float)(1 + (part - 0.5) * 0x1p-10);
}

START_TEST(powers_stay_within_their_bound)
{
    double worst = 0;
    for (int i = 0; i < SAMPLES; i++) {
        float x = power_base(_i, fmod(i * 0.618033988749895, 1)), limit = 150 / log2f(x);
        float y = limit * (float)(2 * fmod(i * 0.7548776662466927, 1) - 1);
        double wanted = pow((double)x, (double)y), found = call("pow", (double)x, (double)y);
        if (isfinite((float)wanted) && isfinite(y))
            worst = fmax(worst, fabs(found - wanted) / ulp(wanted));
    }
    ck_assert_msg(worst <= 1.5 && worst > 0.5, "%g ulp", worst);
}
END_TEST

/* ---- where there is one right value ---- */

static const struct {
    const char *name;
    double x, y, value;
} exact[] = {
    {"exp", INFINITY, 0, INFINITY},
    {"exp", 88.73, 0, INFINITY},
    {"exp", -INFINITY, 0, 0},
    {"exp", -87, 0, 0},
    {"exp", -1e30, 0, 0},
    {"exp", 0, 0, 1},
    {"exp", NAN, 0, NAN},
    {"expm1", 0, 0, 0},
    {"expm1", -0.0, 0, -0.0},
    {"expm1", -INFINITY, 0, -1},
    {"expm1", 100, 0, INFINITY},
    {"expm1", NAN, 0, NAN},
    {"log", 0, 0, -INFINITY},
    {"log", -0.0, 0, -INFINITY},
    {"log", 1, 0, 0},
    {"log", INFINITY, 0, INFINITY},
    {"log", -1, 0, NAN},
    {"log", -INFINITY, 0, NAN},
    {"log", NAN, 0, NAN},
    {"sigmoid", 0, 0, 0.5},
    {"sigmoid", INFINITY, 0, 1},
    {"sigmoid", -INFINITY, 0, 0},
    {"sigmoid", NAN, 0, NAN},
    {"tanh", INFINITY, 0, 1},
    {"tanh", -INFINITY, 0, -1},
    {"tanh", 0, 0, 0},

    {"tanh", NAN, 0, NAN},
    {"atan", INFINITY, 0, 1.57079637},
    {"atan", -0.0, 0, -0.0},
    {"atan", -INFINITY, 0, -1.57079637},
    {"atan", NAN, 0, NAN},
    {"erf", INFINITY, 0, 1},
    {"erf", -INFINITY, 0, -1},
    {"erf", 0, 0, 0},
    {"erf", NAN, 0, NAN},
    {"sin", 0, 0, 0},
    {"sin", INFINITY, 0, NAN},
    {"sin", NAN, 0, NAN},
    {"cos", 0, 0, 1},
    {"cos", -INFINITY, 0, NAN},
    {"floor", 2.5, 0, 2},
    {"floor", -2.5, 0, -3},
    {"floor", 3, 0, 3},
    {"floor", -0.25, 0, -1},
    {"floor", 0x1.fffffep-1, 0, 0},
    {"floor", 8388607.5, 0, 8388607},
    {"floor", -0x1p40, 0, -0x1p40},
    {"floor", -0.0, 0, -0.0},
    {"floor", INFINITY, 0, INFINITY},
    {"floor", NAN, 0, NAN},
    {"sign", 3, -1, -3},
    {"sign", -3, 2, 3},
    {"sign", 0, -INFINITY, -0.0},
};
/* Of C: every pair of these. */
static const float special[] = {0,
                                -0.0f,
                                1,
                                -1,
                                2,
                                -2,
                                3,
                                -3,
                                0.5f,
                                -0.5f,
                                1.5f,
                                -1.5f,
                                INFINITY,
                                -INFINITY,
                                NAN,
                                0x1p-149f,
                                -0x1p-149f,
                                0x1.fffffep127f,
                                8388607,
                                -8388608,
                                8388609,
                                16777215,
                                -16777215,
                                16777216,
                                8388607.5f,
                                -4194303.5f,
                                0x1p31f,
                                -0x1p32f,
                                0x1.fffffep-1f,
                                0x1.000002p0f};
enum { SPECIAL = sizeof special / sizeof special[0] };
enum { EXACT = sizeof exact / sizeof exact[0] };

static bool same(double a, double b)
{
    return isnan(b) ? isnan(a) : a == b && signbit(a) == signbit(b);
}

START_TEST(special_values)
{
    for (int i = 0; i < EXACT; i++) {
        double found = call(exact[i].name, exact[i].x, exact[i].y), wanted = (double)(float)exact[i].value;
        ck_assert_msg(same(found, wanted), "%s(%g, %g) is %.9g, not %.9g", exact[i].name, exact[i].x,
                      exact[i].y, found, wanted);
    }
    ck_assert(isfinite(call("exp", (double)88.72f, 0)));
    ck_assert(call("exp", (double)-86.98f, 0) >= 0x1p-126);
    ck_assert(fabs(call("log", 0x1p-140, 0) - log(0x1p-140)) < 1e-4);
}
END_TEST

static void expect_power(double x, double y)
{
    double found = call("pow", x, y), wanted = (double)(float)pow(x, y);
    bool close =
        isfinite(wanted) && fabs(found - wanted) <= 1.5 * ulp(wanted) && signbit(found) == signbit(wanted);
    ck_assert_msg(same(found, wanted) || close, "%g ^ %g is %.9g, not %.9g", x, y, found, wanted);
}

START_TEST(special_powers)
{
    for (int i = 0; i < SPECIAL; i++)
        for (int k = 0; k < SPECIAL; k++)
            expect_power((double)special[i], (double)special[k]);
}
END_TEST

/* Underflow of exp goes to 0 gradually or at once, never below 0 and never up. */
START_TEST(exp_underflows_monotonically)
{
    double before = call("exp", -87, 0);
    for (float x = -87.0f; x > -110.0f; x -= 0.001f) {
        double now = call("exp", (double)x, 0);
        ck_assert(now >= 0 && now <= before);
        before = now;
    }
    ck_assert(before == 0);
}
END_TEST

/* ---- reading ---- */

#define HEAD "function f(x: f32, n: u32): f32\n"

static const struct {
    const char *text, *message;
} mistakes[] = {
    {"return 1.0\n", "line 1: a function begins with `function`"},
    {"# about\n\n" HEAD "return y\n", "line 4: there is no `y`"},
    {HEAD "return g(x)\n", "line 2: there is no function `g`"},
    {HEAD "return where(x)\n", "line 2: `where` is called with too many or too few arguments"},
    {HEAD "return (x + 1.0\n", "line 2: `)` is missing"},
    {HEAD "y x + 1.0\n", "line 2: `=` is missing"},
    {HEAD "y = \n", "line 2: a name is missing"},
    {HEAD "y = x ! x\n", "line 2: `! x` cannot stand here"},
    {HEAD "return n\n", "line 2: a value of type u32 is returned"},
    {HEAD "return x\n" HEAD "return x\n", "line 3: there are two functions `f`"},
    {HEAD HEAD, "line 2: the function before `f` returns nothing"},
    {HEAD "y = x\n", "line 3: `f` returns nothing"},
    {"function f(x: f64): f32\n", "line 1: there is no type `f64`"},
};
enum { MISTAKES = sizeof mistakes / sizeof mistakes[0] };

START_TEST(mistakes_are_found)
{
    LoopFunctions functions = {0};
    const char *wrong = loop_read(arena, mistakes[_i].text, &functions);
    ck_assert_ptr_nonnull(wrong);
    ck_assert_str_eq(wrong, mistakes[_i].message);
}
END_TEST

static const char *printed(const Program *of)
{
    Out *out = out_new(arena);
    loop_print(out, of);
    return strstr(out_text(out), "function");
}

START_TEST(expressions_are_read_as_they_are_printed)
{
    Program *other = program_new(arena, "other");
    ck_assert_ptr_null(loop_read(arena,
                                 "function g(x: f32, n: u32): u32\n"
                                 "    return shr(bits(-x), 3u) + 0x1ff - n\n"
                                 "# Many lines\n# of comment.\n"
                                 "function f(x: f32, n: u32): f32\n"
                                 "    x = -(x * (2.5 - x - -1.0)) / 3.0\n"
                                 "    # What it is.\n"
                                 "    return where(x < 0.0, f32(i32(g(x, n)) + 7), inf)\n",
                                 &other->functions));
    ck_assert_str_eq(other->functions.at[1].about, "Many lines\nof comment.");
    ck_assert_str_eq(printed(other), "function g(x: f32, n: u32): u32 {\n"
                                     "    return shr(bits(-x), 3u) + 0x1ff - n\n"
                                     "}\n\n"
                                     "function f(x: f32, n: u32): f32 {\n"
                                     "    let x_2: f32 = -(x * (2.5 - x - -1.0)) / 3.0\n"
                                     "    # What it is.\n"
                                     "    return where(x_2 < 0.0, f32(i32(g(x_2, n)) + 7), inf)\n"
                                     "}\n\n"
                                     "init {\n}\n\nforward {\n}\n\nbackward {\n}\n\nupdate {\n}\n");
}
END_TEST

/* ---- verifying ---- */

static const struct {
    const char *text, *message;
} refused[] = {
    {"function f(x: f32): f32\n return x + 1u\n", "function `f`: `add` has operands of types f32 and u32"},
    {"function f(x: f32): f32\n return shl(x, 1u)\n",
     "function `f`: `shl` has operands of types f32 and u32"},
    {"function f(x: f32): f32\n return shl(x, x)\n", "function `f`: `shl` of f32"},
    {"function f(x: f32): u32\n return bits(3)\n", "line 2: a value of type f32 is returned"},
    {"function f(x: i32): f32\n return bits(x)\n", "function `f`: the bits of i32 as f32"},
    {"function exp(x: u32): f32\n return 1.0\n", "function `exp` is no `exp`"},
    {"function exp(x: f32, y: f32): f32\n return x\n", "function `exp` is no `exp`"},
    {"function g(x: u32): u32\n return x\nfunction f(x: f32): u32\n return g(x)\n",
     "function `f`: `g` takes no f32"},
};
enum { REFUSED = sizeof refused / sizeof refused[0] };

START_TEST(wrong_functions_are_refused)
{
    Program *wrong = program_new(arena, "wrong");
    const char *message = loop_read(arena, refused[_i].text, &wrong->functions);
    message = message ? message : loop_verify(wrong);
    ck_assert_ptr_nonnull(message);
    ck_assert_str_eq(message, refused[_i].message);
}
END_TEST

START_TEST(functions_are_right)
{
    const char *wrong = loop_verify(program);
    ck_assert_msg(!wrong, "%s", wrong);
}
END_TEST

/* Purity: nothing but what it is called with. Calls: only of what stands before it. */
START_TEST(functions_are_pure)
{
    LoopFunction *last = &program->functions.at[program->functions.count - 1];
    LoopExpr *result = last->result;
    last->result = loop_scalar(arena, SCALAR_LR);
    ck_assert_str_eq(loop_verify(program),
                     arena_printf(arena, "function `%s` does more than make a value", last->name));
    last->result =
        loop_call(arena, &program->functions, program->functions.count - 1, (LoopExpr *[]){result, result});
    ck_assert_msg(strstr(loop_verify(program), "it calls function") != NULL, "%s", loop_verify(program));
    last->result = result;
    last->name = program->functions.at[0].name;
    ck_assert_str_eq(loop_verify(program), arena_printf(arena, "two functions are called `%s`", last->name));
}
END_TEST

/* ---- calling ---- */

static Program *program_storing(LoopExpr *value)
{
    Program *calling = program_new(arena, "calling");
    BufferId buffer = loop_buffer(calling, (Buffer){.name = "x", .type = TYPE_F32, .param = -1});
    Kernel kernel = {.name = loop_name(calling, "k"), .about = "stores"};
    kernel.first = loop_var(arena, &kernel, "first", TYPE_I32);
    kernel.last = loop_var(arena, &kernel, "last", TYPE_I32);
    loop_store(calling, &kernel.body, buffer, 0, NULL, value, false);
    vec_push(arena, &calling->kernels, kernel);
    vec_push(arena, &calling->phases[PHASE_FORWARD], ((Launch){.items = 1}));
    call_functions(calling);
    ck_assert_ptr_null(loop_verify(calling));
    return calling;
}

static LoopExpr *op1(Op op, LoopExpr *a)
{
    return loop_op(arena, op, a, NULL, NULL);
}

START_TEST(a_program_has_what_it_calls)
{
    const Program *calling = program_storing(op1(OP_TANH, op1(OP_SQRT, loop_float(arena, 4))));
    ck_assert_int_eq(calling->functions.count, 3);
    ck_assert_str_eq(calling->functions.at[0].name, "exp");
    ck_assert_str_eq(calling->functions.at[1].name, "sign");
    ck_assert_str_eq(calling->functions.at[2].name, "tanh");
}
END_TEST

static double stored(const Program *calling, Precision precision)
{
    Interp *runs = interp_new(calling, 1, precision);
    interp_run(runs, PHASE_FORWARD);
    double value = runs->buffers[0][0];
    interp_free(runs);
    return value;
}

START_TEST(calls_within_calls)
{
    const Program *calling = program_storing(op1(OP_EXP, op1(OP_EXP, op1(OP_TANH, loop_float(arena, 0.5)))));
    ck_assert_double_eq(stored(calling, PRECISION_DOUBLE), exp(exp(tanh(0.5))));
    double wanted = call("exp", call("exp", call("tanh", 0.5, 0), 0), 0);
    ck_assert_double_eq(stored(calling, PRECISION_SINGLE), wanted);
}
END_TEST

Suite *functions_suite(void)
{
    Suite *suite = suite_create("functions");
    TCase *values = tcase_create("values");
    tcase_add_checked_fixture(values, setup, teardown);
    tcase_add_loop_test(values, stays_within_its_bound, 0, ROWS);
    tcase_add_loop_test(values, powers_stay_within_their_bound, 0, 3);
    tcase_add_test(values, special_values);
    tcase_add_test(values, special_powers);
    tcase_add_test(values, exp_underflows_monotonically);
    suite_add_tcase(suite, values);
    TCase *texts = tcase_create("texts");
    tcase_add_checked_fixture(texts, setup, teardown);
    tcase_add_loop_test(texts, mistakes_are_found, 0, MISTAKES);
    tcase_add_test(texts, expressions_are_read_as_they_are_printed);
    tcase_add_loop_test(texts, wrong_functions_are_refused, 0, REFUSED);
    tcase_add_test(texts, functions_are_right);
    tcase_add_test(texts, functions_are_pure);
    suite_add_tcase(suite, texts);
    TCase *calls = tcase_create("calls");
    tcase_add_checked_fixture(calls, setup, teardown);
    tcase_add_test(calls, a_program_has_what_it_calls);
    tcase_add_test(calls, calls_within_calls);
    suite_add_tcase(suite, calls);
    return suite;
}
