/* Text to tree and back: what is accepted, how it is grouped, where it stands; and the exact messages for
 * what is not. */
#include "parse.h"
#include "unit.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *parse_suite(void);

/* ---- expressions ---- */

typedef struct ExprRow {
    const char *text, *printed; /* NULL: as the text */
} ExprRow;

static const ExprRow exprs[] = {
    {"a + b * c", NULL},
    {"(a + b) * c", NULL},
    {"((a * b)) + (c)", "a * b + c"},
    {"a - b - c", NULL},
    {"(a - b) - c", "a - b - c"},
    {"a - (b - c)", NULL},
    {"a / (b * c)", NULL},
    {"a / b * c", NULL},
    {"-x^2", NULL},
    {"-(x^2)", "-x^2"},
    {"(-x)^2", NULL},
    {"2^-x", "2^(-x)"},
    {"a^b^c", NULL},
    {"(a^b)^c", NULL},
    {"a^(b^c)", "a^b^c"},
    {"-a * b", NULL},
    {"-(a * b)", NULL},
    {"a - -b", NULL},
    {"--a", NULL},
    {"not a and b", NULL},
    {"not (a and b)", NULL},
    {"not a == b", NULL},
    {"not (a == b)", NULL},
    {"a or b and c", NULL},
    {"(a or b) and c", NULL},
    {"a and (b and c)", NULL},
    {"a < b == (c >= d)", "a < b == c >= d"},
    {"(a < b) < c", NULL},
    {"(a == b) != c", NULL},
    {"a + b < c * d", NULL},
    {"x -> f", NULL},
    {"x -> f(1) -> g", NULL},
    {"a + b -> f", NULL},
    {"(a + b) -> f", "a + b -> f"},
    {"a + (b -> f)", NULL},
    {"a or b -> f", NULL},
    {"(x -> f) -> g", "x -> f -> g"},
    {"f(x -> g, y = a -> h)", NULL},
    {"-(x -> f)", NULL},
    {"h[-1]", NULL},
    {"h [ - 12 ] * 2", "h[-12] * 2"},
    {"-h[-1]^2", NULL},
    {"f()", NULL},
    {"f(1,)", "f(1)"},
    {"f(a = 1, b, c = -d,)", "f(a = 1, b, c = -d)"},
    {"f(g(h(1)), [])", NULL},
    {"[1, [2, x -> f],]", "[1, [2, x -> f]]"},
    {"\"a # b\"", NULL},
    {"\"\xC3\xA9 (\"", NULL},
    {"true", NULL},
    {"10.05 ms", NULL},
    {"20ms + 1\tus * 3s / 4Hz - 5  kHz + 6mV + 7 V", "20 ms + 1 us * 3 s / 4 Hz - 5 kHz + 6 mV + 7 V"},
    {".5 + 5. + 2.5e3 + 1e-3 + 1E+2 + 007", "0.5 + 5 + 2500 + 0.001 + 100 + 7"},
    {"1e-30 * 123456789.125", NULL},
    {"3 or 4", NULL},
    {"a # comment\n # more\n\r\n + b", "a + b"},
    {"neuron + data(time = of, steps = per) -> model(let, train, block, predict)", NULL},
    {"state - param * surrogate^optimizer", NULL},
};

START_TEST(expressions)
{
    const char *text = exprs[_i].text;
    const char *printed = exprs[_i].printed != NULL ? exprs[_i].printed : text;
    char line[300], expected[300];
    snprintf(line, sizeof line, "let a = %s", text);
    snprintf(expected, sizeof expected, "let a = %s\n", printed);
    Parsed *parsed = parse_text(line, strlen(line));
    expect_round_trip(parsed);
    ck_assert_str_eq(print_of(parsed), expected);
    ck_assert_str_eq(ast_expr_text(parsed->arena, parsed->file->lets.at[0]->value), printed);
    parsed_free(parsed);
}
END_TEST

static bool same(const Expr *a, const Expr *b);

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_args(Args a, Args b)
{
    bool equal = a.count == b.count;
    for (int i = 0; equal && i < a.count; i++)
        equal = same_text(a.at[i].name, b.at[i].name) && same(a.at[i].value, b.at[i].value);
    return equal;
}

static bool same(const Expr *a, const Expr *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->kind == b->kind && a->number == b->number && a->op == b->op && a->depth == b->depth
           && same_text(a->unit, b->unit) && same_text(a->name, b->name) && same(a->left, b->left)
           && same(a->right, b->right) && same_args(a->args, b->args);
}

static Expr *random_expr(Arena *arena, unsigned *seed, int depth);

static Args random_args(Arena *arena, unsigned *seed, int depth, bool named)
{
    Args args = {0};
    for (unsigned count = random_below(seed, 3); count > 0; count--) {
        Arg arg = {.value = random_expr(arena, seed, depth)};
        if (named && random_below(seed, 2) == 0)
            arg.name = "tau";
        vec_push(arena, &args, arg);
    }
    return args;
}

/* -3, -lag or -3 * lag */
static Expr *random_index(Arena *arena, unsigned *seed)
{
    Span none = {0, 0};
    Expr *lag = expr_name(arena, none, "lag"),
         *steps = expr_number(arena, none, 1 + random_below(seed, 9), NULL);
    unsigned kind = random_below(seed, 3);
    Expr *back = expr_unary(arena, none, OPERATOR_NEGATE, kind == 0 ? lag : steps);
    return kind == 2 ? expr_binary(arena, none, OPERATOR_MULTIPLY, back, lag) : back;
}

static Expr *random_leaf(Arena *arena, unsigned *seed)
{
    static const char *const names[] = {"a", "steps", "model", "_x9"};
    static const char *const units[] = {NULL, "ms", "kHz"};
    Span none = {0, 0};
    switch (random_below(seed, 4)) {
    case 0: return expr_number(arena, none, random_below(seed, 100000) / 64.0, units[random_below(seed, 3)]);
    case 1: return expr_string(arena, none, "a b");
    case 2: return expr_past(arena, none, expr_name(arena, none, "h"), random_index(arena, seed));
    default: return expr_name(arena, none, names[random_below(seed, 4)]);
    }
}

static Expr *random_stage(Arena *arena, unsigned *seed, int depth)
{
    Span none = {0, 0};
    if (random_below(seed, 2) == 0)
        return expr_name(arena, none, "f");
    return expr_call(arena, none, "g", none, random_args(arena, seed, depth, true));
}

static Expr *random_expr(Arena *arena, unsigned *seed, int depth)
{
    Span none = {0, 0};
    if (depth == 0)
        return random_leaf(arena, seed);
    depth--;
    Operator op = (Operator)random_below(seed, OPERATOR_COUNT);
    Expr *left = random_expr(arena, seed, depth);
    switch (random_below(seed, 6)) {
    case 0: return random_stage(arena, seed, depth);
    case 1: return expr_list(arena, none, random_args(arena, seed, depth, false));
    case 2: return expr_chain(arena, none, left, random_stage(arena, seed, depth));
    default:
        if (op == OPERATOR_NOT || op == OPERATOR_NEGATE)
            return expr_unary(arena, none, op, left);
        return expr_binary(arena, none, op, left, random_expr(arena, seed, depth));
    }
}

START_TEST(any_tree_survives_its_print)
{
    unsigned seed = (unsigned)_i;
    for (int i = 0; i < 300; i++) {
        Arena *arena = arena_new();
        Expr *expr = random_expr(arena, &seed, 1 + i % 6);
        char *line = arena_printf(arena, "let a = %s", ast_expr_text(arena, expr));
        Parsed *parsed = parse_text(line, strlen(line));
        ck_assert_msg(parsed->errors == 0, "%s", parsed->messages);
        ck_assert_msg(same(expr, parsed->file->lets.at[0]->value), "%s", line);
        parsed_free(parsed);
        arena_free(arena);
    }
}
END_TEST

/* ---- files ---- */

START_TEST(a_whole_file)
{
    Parsed *parsed = parse_text(sample_text, strlen(sample_text));
    expect_round_trip(parsed);
    ck_assert_str_eq(print_of(parsed), "let width = 800\n"
                                       "\n"
                                       "neuron lif(tau = 2, threshold = 1, surrogate = atan(2)) {\n"
                                       "    param w per neuron = -log(tau - 1)\n"
                                       "    state v = 0 mV\n"
                                       "    v = v + (input - v) * sigmoid(w)^2\n"
                                       "    spike = step(v - threshold, surrogate)\n"
                                       "    v = where(not spike and v >= 1 or false, v, 0)\n"
                                       "}\n"
                                       "\n"
                                       "block layer(x, size) = x -> dense(size) -> lif(tau = 20 ms, detach)\n"
                                       "\n"
                                       "model shapes {\n"
                                       "    data idx(\"some folder\", shape = [28, 28], classes = 10)\n"
                                       "    time 25 steps of 1.5 ms\n"
                                       "    let n = 10\n"
                                       "    block out(x) = x -> layer(n)\n"
                                       "    h = (image -> dense(256)) + (h[-1] -> dense(256)) -> lif\n"
                                       "    digit = h -> out\n"
                                       "    predict argmax(rate(digit))\n"
                                       "    train {\n"
                                       "        loss cross_entropy(rate(digit), label)\n"
                                       "        optimizer adam(lr = 0.001)\n"
                                       "        batch 128\n"
                                       "    }\n"
                                       "}\n");
    parsed_free(parsed);
}
END_TEST

static const char *const files[] = {
    "",
    "# nothing\n",
    "\xEF\xBB\xBFlet a = 1\r\n",
    "let a=1 let b=2 model m{x=a y=b}",
    "neuron n() { }",
    "neuron n(expect) { expect 2 * (expect + 1) > 3 and true expect expect state expect = 3 }",
    "neuron steps(neuron, model = 1) { state state = 0 param param = 1 data = 2 per = 3 of = time }",
    "surrogate s(a,) { slope = a smooth = a }  optimizer o(lr) { w = w - lr * g }",
    "neuron n() { param per per neuron = 1 param w = 2 steps = 3 }",
    "model model { data data time 3 steps steps = 4 memory = 5 metric = 6 metric m = 7 state = data -> "
    "state(per = 1) }",
    "model m { time n steps of dt of_course = 1 }",
    "model m { let let = 1 block block(block) = block predict predict }",
    "model m { train { optimizer adam surrogate f(2) train - 1 loss (a) batch [1] time not x model 3 s } }",
    "model m { x = a -> f\n y = b\n data d }",
};

START_TEST(files_are_accepted)
{
    Parsed *parsed = parse_text(files[_i], strlen(files[_i]));
    expect_round_trip(parsed);
    parsed_free(parsed);
}
END_TEST

static void expect_span(Parsed *parsed, Span span, const char *text)
{
    const Source *source = parsed->sources.files.at[0];
    ck_assert_uint_ge(span.lo, source->base);
    ck_assert_uint_eq(span.hi - span.lo, strlen(text));
    ck_assert_int_eq(strncmp(source->text + (span.lo - source->base), text, strlen(text)), 0);
}

START_TEST(spans)
{
    Parsed *parsed = parse_text(sample_text, strlen(sample_text));
    const File *file = parsed->file;
    const Def *lif = file->defs.at[0];
    expect_span(parsed, file->lets.at[0]->span, "let width = 800");
    expect_span(parsed, file->lets.at[0]->name_span, "width");
    expect_span(parsed, lif->name_span, "lif");
    expect_span(parsed, lif->formals.at[1].span, "threshold");
    expect_span(parsed, lif->formals.at[2].value->span, "atan(2)");
    expect_span(parsed, lif->formals.at[2].value->name_span, "atan");
    expect_span(parsed, lif->body.at[0].span, "param w per neuron = -log(tau - 1)");
    expect_span(parsed, lif->body.at[0].name_span, "w");
    expect_span(parsed, lif->body.at[1].value->span, "0 mV");
    expect_span(parsed, lif->body.at[2].value->right->left->span, "input - v");
    const Model *model = file->model;
    expect_span(parsed, model->name_span, "shapes");
    const Item *data = model->items.at[0], *time = model->items.at[1], *h = model->items.at[4];
    expect_span(parsed, data->value->name_span, "idx");
    expect_span(parsed, data->value->args.at[0].value->span, "\"some folder\"");
    expect_span(parsed, data->value->args.at[1].span, "shape = [28, 28]");
    expect_span(parsed, time->span, "time 25 steps of 1.5 ms");
    expect_span(parsed, time->extra->span, "1.5 ms");
    expect_span(parsed, h->value->span, "(image -> dense(256)) + (h[-1] -> dense(256)) -> lif");
    expect_span(parsed, h->value->right->span, "lif");
    expect_span(parsed, model->items.at[7]->settings.at[1].name_span, "optimizer");
    parsed_free(parsed);
}
END_TEST

/* ---- mistakes ---- */

typedef struct ErrorRow {
    const char *text;
    int line, column;
    const char *message; /* with its hint, if it has one; NULL: no (further) error */
} ErrorRow;

/* Every row holds one mistake: one message. */
#define STAGE "\n    hint: a stage is a name with or without arguments, as in `x -> dense(100) -> lif`"

#define INDEX "\n    hint: `x[-1]` is what it was one step ago, `x[0:8]` its first eight channels"

static const ErrorRow errors[] = {
    {"let a = 3 +\n", 1, 11, "an expression is missing behind `+`"},
    {"let a 3", 1, 7, "unexpected number `3`, expected `=`"},
    {"let = 3", 1, 5, "unexpected `=`, expected a name"},
    {"let a = )", 1, 9, "unexpected `)`, expected an expression"},
    {"let a = f(b c)", 1, 13, "a `,` is missing before `c`"},
    {"let a = f(b 20 ms)", 1, 13, "a `=` is missing before `20 ms`"},
    {"let a = f(1, , 2, k = atan(5), l = 4)", 1, 14, "unexpected `,`, expected `)` or an expression"},
    {"let a = x -> 3", 1, 14, "unexpected `3`, expected a stage" STAGE},
    {"let a = x -> (f(1, 2)) -> g", 1, 14, "unexpected `(`, expected a stage" STAGE},
    {"let a = h[1]", 1, 11, "a stream has no such index" INDEX},
    {"let a = h[k - 1]", 1, 11, "a stream has no such index" INDEX},
    {"let a = h[-1.5]", 1, 12, "the past is a whole number of steps from 1 to 1000000, without a unit"},
    {"let a = h[-0]", 1, 12, "the past is a whole number of steps from 1 to 1000000, without a unit"},
    {"let a = h[-1 ms]", 1, 12, "the past is a whole number of steps from 1 to 1000000, without a unit"},
    {"let a = b < c < d", 1, 15,
     "unexpected `<`: comparisons do not follow each other\n    hint: write both and join them, as in `a < b "
     "and b < c`"},
    {"let a = 1e999", 1, 9, "this number is too large"},
    {"let a = 1e-999 ms", 1, 9, "this number is too small: write 0"},
    {"let a = \"abc\nlet b = 3", 1, 9, "this string does not end on its line"},
    {"let a = 3 @ 4 + 5 * 6", 1, 11,
     "`@` has no meaning here: a product with weights is a stage, `x -> dense(100)`"},
    {"let a = \xCE\xBB + 1 / 2 / 3", 1, 9,
     "unexpected character `\xCE\xBB`\n    hint: names are made of the letters a to z, digits and `_`"},
    {"let a = \xFF", 1, 9, "unexpected byte 0xFF"},
    {"let a = 'x'", 1, 9, "`'` has no meaning here: a text stands in double quotation marks, `\"`"},
    {"let a = f(1, g(2)\n", 1, 10, "this `(` is not closed"},
    {"let a = [1, 2\n", 1, 9, "this `[` is not closed"},
    {"model m {\n x = f(2\n}\n", 2, 7, "this `(` is not closed"},
    {"model m {\n x = (1\n y = f(g(3), 4)\n z = 5\n}\n", 2, 6, "this `(` is not closed"},
    {"model m {\n x = f(1]\n}\n", 2, 9, "this should be a `)`"},
    {"model m {\n x = 1)) * 2 + y - 3\n}\n", 2, 7, "this `)` closes nothing: leave it out"},
    {"model m {\n x = 1\n", 1, 9, "this `{` is not closed"},
    {"model {\n x = 1 }\n", 1, 7, "unexpected `{`, expected a name"},
    {"modle m {\n x = 1\n y = 2\n}\n", 1, 1,
     "unexpected `modle`, expected `let`, `model` or a definition\n    hint: did you mean `model`?"},
    {"model m {\n predit argmax(x)\n}\n", 2, 9,
     "unexpected `argmax`, expected `=`\n    hint: did you mean `predict`?"},
    {"model m {\n time 25 step\n}\n", 2, 10,
     "`time` needs the word `steps` behind a number\n    hint: as in `time 25 steps`, or `time 25 steps of 1 "
     "ms`"},
    {"model m {\n data \"x\"\n}\n", 2, 7,
     "unexpected `\"x\"`, expected a data format\n    hint: as in `data idx`, or `data idx(folder = "
     "\"data\")`"},
    {"model m {\n data = idx\n}\n", 2, 7, "no `=` stands here: leave it out"},
    {"model m {\n neuron n() { v = 1 }\n}\n", 2, 2, "neuron `n` is defined inside of a model: move it out"},
    {"neuron n(a = 1 b = 2) { v = 1 }", 1, 16, "a `,` is missing before `b`"},
    {"neuron n(1) { v = 1 w = 2 }", 1, 10, "unexpected number `1`, expected `)` or a name"},
    {"neuron (a) { v = 1 w = 2 }", 1, 8, "unexpected `(`, expected a name"},
    {"neuron n() { state v }", 1, 21,
     "the value at the start is missing\n    hint: as in `state v = 0` or `param w = 1`"},
    {"neuron n() { param w per 3 = 1 }", 1, 26, "unexpected number `3`, expected `[` or a name"},
    {"neuron n() { v = 1\nlet a = 2", 1, 12, "this `{` is not closed"},
    {"}", 1, 1, "this `}` closes nothing: leave it out, or look for a `{` that is missing"},
    {"model a { x = 1 } model b { y = 2 }", 1, 25, "a second model: a file holds one"},
};

START_TEST(mistakes)
{
    const ErrorRow *row = &errors[_i];
    Parsed *parsed = parse_text(row->text, strlen(row->text));
    char expected[300];
    const char *hint = strchr(row->message, '\n');
    int length = hint != NULL ? (int)(hint - row->message) : (int)strlen(row->message);
    snprintf(expected, sizeof expected, "model.snn:%d:%d: error: %.*s [syntax]\n", row->line, row->column,
             length, row->message);
    ck_assert_msg(strncmp(parsed->messages, expected, strlen(expected)) == 0, "%s\nis not\n%s",
                  parsed->messages, expected);
    ck_assert_msg(parsed->errors == 1, "%d errors:\n%s", parsed->errors, parsed->messages);
    if (hint != NULL)
        ck_assert_msg(strstr(parsed->messages, hint) != NULL, "%s", parsed->messages);
    else
        ck_assert_ptr_null(strstr(parsed->messages, "hint"));
    print_of(parsed);
    parsed_free(parsed);
}
END_TEST

START_TEST(a_nul_byte)
{
    Parsed *parsed = parse_text("let a = \0 3\nlet b = 4\n", 22);
    ck_assert_int_eq(parsed->errors, 1);
    ck_assert_ptr_nonnull(strstr(parsed->messages, ":1:9: error: unexpected byte 0x00 [syntax]\n"));
    ck_assert_str_eq(parsed->file->lets.at[parsed->file->lets.count - 1]->name, "b");
    parsed_free(parsed);
}
END_TEST

START_TEST(the_first_model_is_noted)
{
    const char *text = "model a { }\nmodel b { }\n";
    Parsed *parsed = parse_text(text, strlen(text));
    ck_assert_str_eq(parsed->messages, "model.snn:2:7: error: a second model: a file holds one [syntax]\n"
                                       "    model b { }\n"
                                       "          ^\n"
                                       "model.snn:1:7: note: the first one is here\n"
                                       "    model a { }\n"
                                       "          ^\n");
    ck_assert_str_eq(parsed->file->model->name, "a");
    parsed_free(parsed);
}
END_TEST

/* Mistakes on lines of their own are all found, and what is right between them is kept. */
START_TEST(many_mistakes)
{
    const char *text = "neuron n(a b) {\n"
                       "    v = v + * 3\n"
                       "    w = 1\n"
                       "    u = f(a, , b = atan(5), c = 4)\n"
                       "    t = 2\n"
                       "}\n"
                       "let x = 1\n"
                       "model m {\n"
                       "    a = [1, 2 3]\n"
                       "    b = 4\n"
                       "    c = @\n"
                       "    train {\n"
                       "        batch 3\n"
                       "        epochs 2 3\n"
                       "        loss f(x)\n"
                       "    }\n"
                       "    predict b ->\n"
                       "}\n"
                       "let y 2\n";
    static const int lines[] = {1, 2, 4, 9, 11, 14, 17, 19};
    Parsed *parsed = parse_text(text, strlen(text));
    const char *at = parsed->messages;
    for (int i = 0; i < 8; i++) {
        char place[30];
        snprintf(place, sizeof place, "model.snn:%d:", lines[i]);
        at = strstr(at, place);
        ck_assert_msg(at != NULL, "%s not in\n%s", place, parsed->messages);
    }
    ck_assert_msg(parsed->errors == 8, "%s", parsed->messages);
    const char *printed = print_of(parsed);
    ck_assert_ptr_nonnull(strstr(printed, "w = 1\n"));
    ck_assert_ptr_nonnull(strstr(printed, "t = 2\n"));
    ck_assert_ptr_nonnull(strstr(printed, "b = 4\n"));
    ck_assert_ptr_nonnull(strstr(printed, "batch 3\n"));
    ck_assert_ptr_nonnull(strstr(printed, "loss f(x)\n"));
    parsed_free(parsed);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof(table)[0]))

Suite *parse_suite(void)
{
    Suite *suite = suite_create("parse");
    TCase *tcase = tcase_create("parse");
    tcase_add_loop_test(tcase, expressions, 0, ROWS(exprs));
    tcase_add_loop_test(tcase, any_tree_survives_its_print, 0, 8);
    tcase_add_test(tcase, a_whole_file);
    tcase_add_loop_test(tcase, files_are_accepted, 0, ROWS(files));
    tcase_add_test(tcase, spans);
    tcase_add_loop_test(tcase, mistakes, 0, ROWS(errors));
    tcase_add_test(tcase, a_nul_byte);
    tcase_add_test(tcase, the_first_model_is_noted);
    tcase_add_test(tcase, many_mistakes);
    suite_add_tcase(suite, tcase);
    return suite;
}
