/* Dumps of the Net and of the Loop IR. */
#include "infix.h"
#include "loop.h"
#include "net_run.h"

#include <check.h>

Suite *print_suite(void);

static Arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

/* ---- expressions ---- */

static Infix op(Op name, Infix a, Infix b)
{
    return infix_op(arena, name, (Infix[]){a, b, {0}});
}

static Infix word(const char *name)
{
    return infix_name(name);
}

static void expect_text(Infix found, const char *expected)
{
    ck_assert_str_eq(found.text, expected);
}

START_TEST(parentheses_where_they_are_needed)
{
    Infix a = word("a"), b = word("b"), c = word("c"), none = word("");
    expect_text(op(OP_ADD, op(OP_MUL, a, b), c), "a * b + c");
    expect_text(op(OP_MUL, op(OP_ADD, a, b), c), "(a + b) * c");
    expect_text(op(OP_SUB, op(OP_SUB, a, b), c), "a - b - c");
    expect_text(op(OP_SUB, a, op(OP_SUB, b, c)), "a - (b - c)");
    expect_text(op(OP_ADD, a, op(OP_ADD, b, c)), "a + (b + c)");
    expect_text(op(OP_DIV, a, op(OP_MUL, b, c)), "a / (b * c)");
    expect_text(op(OP_POW, op(OP_POW, a, b), c), "(a^b)^c");
    expect_text(op(OP_POW, a, op(OP_POW, b, c)), "a^b^c");
    expect_text(op(OP_POW, op(OP_NEG, a, none), b), "(-a)^b");
    expect_text(op(OP_NEG, op(OP_POW, a, b), none), "-a^b");
    expect_text(op(OP_NEG, op(OP_ADD, a, b), none), "-(a + b)");
    expect_text(op(OP_MUL, a, op(OP_NEG, b, none)), "a * -b");
    expect_text(op(OP_LT, op(OP_LT, a, b), c), "(a < b) < c");
    expect_text(op(OP_AND, op(OP_LT, a, b), op(OP_NOT, c, none)), "a < b and not c");
    expect_text(op(OP_AND, op(OP_OR, a, b), c), "(a or b) and c");
}
END_TEST

START_TEST(numbers_and_calls)
{
    Infix a = word("a"), minus = infix_number(arena, -2, ""), half = infix_number(arena, 0.5, "");
    expect_text(op(OP_POW, minus, a), "(-2)^a");
    expect_text(op(OP_MUL, half, minus), "0.5 * -2");
    expect_text(infix_number(arena, 3, "u"), "3u");
    expect_text(op(OP_MIN, op(OP_ADD, a, half), minus), "min(a + 0.5, -2)");
    expect_text(infix_op(arena, OP_SELECT, (Infix[]){op(OP_GT, a, half), a, half}), "where(a > 0.5, a, 0.5)");
    expect_text(infix_op(arena, OP_SQRT, &a), "sqrt(a)");
}
END_TEST

/* ---- the Net ---- */

static Net *net;

static StreamId stream(const char *name, StreamKind kind, int size)
{
    return net_stream(net, name, kind, net->steps, (Shape){.ndim = 1, .dims = {size}}, (Span){0, 0});
}

/* A leaky neuron with two values of one name and a value without one that is used twice. */
static void add_neuron(StreamId in, StreamId out)
{
    Node node = node_new(NODE_SCAN, (Span){0, 0});
    Body *body = &node.body;
    node.name = "leaky";
    vec_push(arena, &node.ins, in);
    Val a = body_leaf(arena, body, OP_INPUT, 0, "input"), v = body_leaf(arena, body, OP_STATE, 0, "v");
    Val two = body_const(arena, body, 2), one = body_const(arena, body, 1);
    Val charge = body_op2(arena, body, OP_ADD, v,
                          body_op2(arena, body, OP_DIV, body_op2(arena, body, OP_SUB, a, v), two));
    body_name(body, charge, "v");
    Val above = body_op2(arena, body, OP_SUB, charge, one);
    Val spike = body_op3(arena, body, OP_STEP, above, body_op1(arena, body, OP_EXP, above), two);
    Val reset = body_op3(arena, body, OP_MIX, spike, body_const(arena, body, 0), charge);
    body_name(body, reset, "v");
    vec_push(arena, &node.states, ((State){"v", 0.25, reset}));
    vec_push(arena, &node.outs, ((ScanOut){out, spike}));
    net_add(net, node);
}

static int add_dense(StreamId in, ParamId weight, StreamId out, bool transposed)
{
    Node node = node_new(NODE_MAP, (Span){0, 0});
    node.in = in;
    AxisMap *map = NEW(arena, AxisMap);
    *map = map_dense(shape_size(net->streams.at[transposed ? out : in].shape),
                     shape_size(net->streams.at[transposed ? in : out].shape));
    node.map = map;
    node.weight = weight;
    node.out = out;
    node.transposed = transposed;
    return net_add(net, node);
}

static void add_forward(ParamId weight)
{
    StreamId x = stream("x", STREAM_SPIKES, 3), past = stream("past", STREAM_SPIKES, 3);
    StreamId dense = stream("current", STREAM_REALS, 2), out = stream("out", STREAM_SPIKES, 2);
    Node data = node_new(NODE_DATA, (Span){0, 0}), delay = node_new(NODE_DELAY, (Span){0, 0});
    data.out = x;
    net_add(net, data);
    delay.in = x;
    delay.out = past;
    delay.steps = 2;
    net_add(net, delay);
    add_dense(past, weight, dense, false);
    add_neuron(dense, out);
    net->backward = net->nodes.count;
}

/* An adjoint of a kind: it reads its state of the step after and sums up a gradient. */
static void add_backward(ParamId weight)
{
    StreamId g = stream("g", STREAM_REALS, 2), g_past = stream("g_past", STREAM_REALS, 3);
    Node node = node_new(NODE_SCAN, (Span){0, 0});
    node.name = "leaky, adjoint";
    node.reverse = true;
    vec_push(arena, &node.ins, 3);
    vec_push(arena, &node.params, weight);
    Val state = body_leaf(arena, &node.body, OP_STATE, 0, "g_v"),
        x = body_leaf(arena, &node.body, OP_INPUT, 0, "out");
    Val sum = body_op2(arena, &node.body, OP_MUL, state, x);
    vec_push(arena, &node.states, ((State){"g_v", 0, sum}));
    vec_push(arena, &node.outs, ((ScanOut){g, sum}));
    vec_push(arena, &node.grads, ((ScanGrad){weight, state}));
    net_add(net, node);
    add_dense(g, weight, g_past, true);
    net->updates = net->nodes.count;
}

static void add_update(ParamId weight)
{
    Node node = node_new(NODE_UPDATE, (Span){0, 0});
    node.name = "sgd";
    node.weight = weight;
    Val g = body_leaf(arena, &node.body, OP_INPUT, 0, "gradient"),
        w = body_leaf(arena, &node.body, OP_INPUT, 1, "weight");
    Val lr = body_leaf(arena, &node.body, OP_SCALAR, SCALAR_LR, "lr");
    vec_push(arena, &node.outs,
             ((ScanOut){NONE,
                        body_op2(arena, &node.body, OP_SUB, w, body_op2(arena, &node.body, OP_MUL, lr, g))}));
    net_add(net, node);
}

static void make_net(void)
{
    net = NEW(arena, Net);
    *net = (Net){.arena = arena, .name = "small", .steps = 4};
    ParamId weight = net_param(net, "w", (Shape){.ndim = 2, .dims = {3, 2}}, (Span){0, 0});
    param_is_drawn(net, &net->params.at[weight], 0.5);
    add_forward(weight);
    add_backward(weight);
    add_update(weight);
}

static const char forward_text[] = "forward\n"
                                   "    0   x: spikes [3] in time = data\n"
                                   "    1   past: spikes [3] in time = x[-2]\n"
                                   "    2   current: reals [2] in time = dense(past, w)\n"
                                   "    3   scan leaky\n"
                                   "        in    current\n"
                                   "        out   out: spikes [2] in time\n"
                                   "        state v = 0.25\n"
                                   "        v       = v[-1] + (current - v[-1]) * 0.5\n"
                                   "        x       = v - 1\n"
                                   "        x_2     = step(x; slope exp(x), smooth 2)\n"
                                   "        v_2     = mix(x_2, 0, v)\n"
                                   "        out out = x_2\n"
                                   "        next v  = v_2\n";

static const char rest_text[] = "\n"
                                "backward\n"
                                "    4   scan leaky, adjoint, reverse in time\n"
                                "        in    out\n"
                                "        out   g: reals [2] in time\n"
                                "        state g_v = 0\n"
                                "        x        = g_v[+1] * out\n"
                                "        out g    = x\n"
                                "        grad w  += g_v[+1]\n"
                                "        next g_v = x\n"
                                "    5   g_past: reals [3] in time = dense^T(g, w)\n"
                                "\n"
                                "update\n"
                                "    6   update w by sgd\n"
                                "        out weight = weight - lr * gradient\n";

static const char head_text[] = "net small: 4 steps\n"
                                "param w: [3, 2] = uniform(-0.5, 0.5)\n"
                                "\n";

START_TEST(a_whole_net)
{
    make_net();
    Out *out = out_new(arena);
    net_print(out, net, 0, net->nodes.count);
    ck_assert_str_eq(out_text(out), arena_printf(arena, "%s%s%s", head_text, forward_text, rest_text));
}
END_TEST

START_TEST(a_range_of_nodes)
{
    make_net();
    Out *out = out_new(arena);
    net_print(out, net, 1, 2);
    ck_assert_str_eq(out_text(out),
                     arena_printf(arena, "%sforward\n    1   past: spikes [3] in time = x[-2]\n", head_text));
}
END_TEST

/* ---- the Loop IR ---- */

static Program *program;
static Kernel *kernel;

static LoopExpr *var(VarId id)
{
    return loop_ref(arena, kernel, id);
}

static LoopExpr *loop2(Op name, LoopExpr *a, LoopExpr *b)
{
    return loop_op(arena, name, a, b, NULL);
}

static void fill_kernel(BufferId w, BufferId s)
{
    VarId b = loop_var(arena, kernel, "b", TYPE_I32), t = loop_var(arena, kernel, "t", TYPE_I32);
    VarId k = loop_var(arena, kernel, "k", TYPE_I32), key = loop_var(arena, kernel, "key", TYPE_U32);
    VarId sum = loop_var(arena, kernel, "sum", TYPE_F32);
    LoopStmt *items = loop_for(arena, &kernel->body, b, var(kernel->first), var(kernel->last));
    loop_let(arena, &items->body, key, loop_key(arena, var(b), loop_int(arena, 3)));
    loop_declare(arena, &items->body, sum, loop_float(arena, 0));
    LoopStmt *time = loop_for(arena, &items->body, t, loop_int(arena, 0), loop_int(arena, 4));
    time->down = true;
    time->unroll = UNROLL_FULL;
    LoopExpr *word = loop_cast(arena, TYPE_F32, loop_random(arena, var(key), var(t)));
    loop_set(arena, &time->body, sum, loop2(OP_ADD, var(sum), loop2(OP_MUL, word, loop_float(arena, 0.5))));
    LoopStmt *units = loop_for(arena, &time->body, k, loop_int(arena, 0), loop_int(arena, 2));
    units->unroll = 2;
    loop_store(program, &units->body, s, 3, (LoopExpr *[]){var(b), var(t), var(k)},
               loop2(OP_GE, var(sum), loop_float(arena, 2)), false);
    LoopStmt *branch = loop_if(arena, &time->body, loop2(OP_EQ, var(t), loop_int(arena, 0)));
    loop_comment(arena, &branch->body, "once");
    LoopExpr *scaled = loop2(OP_DIV, loop_scalar(arena, SCALAR_LR),
                             loop_cast(arena, TYPE_F32, loop_scalar(arena, SCALAR_ROWS)));
    loop_store(program, &loop_block(arena, &branch->body, "the end")->body, w, 2,
               (LoopExpr *[]){loop_int(arena, 0), loop_int(arena, 1)}, scaled, true);
}

static const char program_text[] = "program small: 4 steps\n"
                                   "\n"
                                   "param    w[3, 2]: f32\n"
                                   "stream   s[batch, 4, 2]: u8\n"
                                   "\n"
                                   "# does this and that\n"
                                   "# model.snn:3  h = x -> lif()\n"
                                   "kernel scan_h: first .. last {\n"
                                   "    for b in first .. last {\n"
                                   "        let key: u32 = key(b, 3)\n"
                                   "        var sum: f32 = 0.0\n"
                                   "        for t in 0 .. 4 down unroll full {\n"
                                   "            sum = sum + f32(random(key, t)) * 0.5\n"
                                   "            for k in 0 .. 2 unroll 2 {\n"
                                   "                s[b, t, k] = sum >= 2.0\n"
                                   "            }\n"
                                   "            if t == 0 {\n"
                                   "                # once\n"
                                   "                # the end\n"
                                   "                block {\n"
                                   "                    w[0, 1] += run.lr / f32(run.rows)\n"
                                   "                }\n"
                                   "            }\n"
                                   "        }\n"
                                   "    }\n"
                                   "}\n"
                                   "\n"
                                   "kernel empty: first .. last {\n"
                                   "    given    out[3, 2]: f32\n"
                                   "}\n"
                                   "\n"
                                   "init {\n"
                                   "    empty(w, 3): 7 items\n"
                                   "}\n"
                                   "\n"
                                   "forward {\n"
                                   "    scan_h(): samples\n"
                                   "}\n"
                                   "\n"
                                   "backward {\n"
                                   "}\n"
                                   "\n"
                                   "update {\n"
                                   "    empty(w): 7 items\n"
                                   "}\n";

static void add_kernel(Kernel made)
{
    vec_push(arena, &program->kernels, made);
    kernel = &program->kernels.at[program->kernels.count - 1];
    kernel->first = loop_var(arena, kernel, "first", TYPE_I32);
    kernel->last = loop_var(arena, kernel, "last", TYPE_I32);
}

START_TEST(a_whole_program)
{
    program = program_new(arena, "small");
    program->steps = 4;
    BufferId w = loop_buffer(
        program, (Buffer){.name = "w", .type = TYPE_F32, .role = BUFFER_PARAM, .ndim = 2, .dims = {3, 2}});
    BufferId s = loop_buffer(program, (Buffer){.name = "s",
                                               .type = TYPE_U8,
                                               .role = BUFFER_STREAM,
                                               .per_sample = true,
                                               .ndim = 2,
                                               .dims = {4, 2}});
    add_kernel(
        (Kernel){.name = "scan_h", .about = "does this and that", .origin = "model.snn:3  h = x -> lif()"});
    fill_kernel(w, s);
    add_kernel((Kernel){.name = "empty"});
    vec_push(arena, &kernel->given,
             loop_buffer(program, (Buffer){.name = "out", .role = BUFFER_GIVEN, .ndim = 2, .dims = {3, 2}}));
    Launch scan = {.kernel = 0, .over_rows = true}, nothing = {.kernel = 1, .items = 7};
    vec_push(arena, &nothing.given, w);
    vec_push(arena, &program->phases[PHASE_FORWARD], scan);
    vec_push(arena, &program->phases[PHASE_UPDATE], nothing);
    nothing.number = 3;
    vec_push(arena, &program->phases[PHASE_INIT], nothing);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    Out *out = out_new(arena);
    loop_print(out, program);
    ck_assert_str_eq(out_text(out), program_text);
}
END_TEST

Suite *print_suite(void)
{
    Suite *suite = suite_create("print");
    TCase *tcase = tcase_create("print");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, parentheses_where_they_are_needed);
    tcase_add_test(tcase, numbers_and_calls);
    tcase_add_test(tcase, a_whole_net);
    tcase_add_test(tcase, a_range_of_nodes);
    tcase_add_test(tcase, a_whole_program);
    suite_add_tcase(suite, tcase);
    return suite;
}
