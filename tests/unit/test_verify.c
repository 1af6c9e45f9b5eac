/* The verifier of the Net accepts what the passes make and refuses it once it is broken, each mistake with
 * its message. */
#include "golden.h"
#include "pipeline.h"

#include <check.h>
#include <math.h>

Suite *verify_suite(void);

static Arena *arena;

static const char model[] = "model m {\n"
                            "    data idx(shape = [3], classes = 2, temporal)\n"
                            "    time 5 steps\n"
                            "    x = poisson(image)\n"
                            "    h = (x -> dense(4, bias = true)) + (h[-1] -> dense(4)) -> plif()\n"
                            "    o = h -> dense(2) -> li()\n"
                            "    predict argmax(max(o))\n"
                            "    train { loss mse(max(o), label) }\n"
                            "}\n";

static Compilation *compiled(const char *last)
{
    arena = arena_new();
    Compilation *c = golden_compilation(arena, &(GoldenText){"model", model});
    ck_assert(compile(c, last));
    return c;
}

/* The k-th node of a kind, from 0. */
static Node *node_of(Net *net, NodeKind kind, int k)
{
    for (int n = 0; n < net->nodes.count; n++)
        if (net->nodes.at[n].kind == kind && k-- == 0)
            return &net->nodes.at[n];
    ck_abort_msg("there is no such node");
    return NULL;
}

static Stream *stream_of(Net *net, const char *name)
{
    for (int s = 0; s < net->streams.count; s++)
        if (strcmp(net->streams.at[s].name, name) == 0)
            return &net->streams.at[s];
    ck_abort_msg("there is no stream %s", name);
    return NULL;
}

static StreamId id_of(Net *net, const char *name)
{
    return (StreamId)(stream_of(net, name) - net->streams.at);
}

static Instr *instr_of(Node *node, Op op)
{
    for (Val v = 0; v < node->body.code.count; v++)
        if (node->body.code.at[v].op == op)
            return &node->body.code.at[v];
    ck_abort_msg("there is no such instruction");
    return NULL;
}

static Node *neuron(Net *net)
{
    return node_of(net, NODE_SCAN, 0);
}

static void no_steps(Net *net)
{
    net->steps = 0;
}
static void phases(Net *net)
{
    net->backward = net->updates + 1;
}
static void two_names(Net *net)
{
    stream_of(net, "o")->name = "h";
}
static void two_params(Net *net)
{
    net->params.at[1].name = net->params.at[0].name;
}
static void empty_shape(Net *net)
{
    stream_of(net, "x")->shape.dims[0] = 0;
}
static void producer(Net *net)
{
    stream_of(net, "x")->node = 0;
}
static void producer_range(Net *net)
{
    stream_of(net, "x")->node = 99;
}
static void missing_in(Net *net)
{
    node_of(net, NODE_POISSON, 0)->in = NONE;
}
static void stray_aux(Net *net)
{
    node_of(net, NODE_POISSON, 0)->aux = 0;
}
static void stream_range(Net *net)
{
    node_of(net, NODE_POISSON, 0)->in = 99;
}
static void input_range(Net *net)
{
    neuron(net)->ins.at[0] = -1;
}
static void param_range(Net *net)
{
    neuron(net)->params.at[0] = 99;
}
static void output_range(Net *net)
{
    node_of(net, NODE_SCAN, 1)->outs.at[0].stream = 99;
    stream_of(net, "o")->node = NONE;
}
static void two_makers(Net *net)
{
    node_of(net, NODE_MAP, 0)->out = node_of(net, NODE_MAP, 1)->out;
    stream_of(net, "h_dense")->node = NONE;
}
static void order(Net *net)
{
    node_of(net, NODE_POISSON, 0)->in = id_of(net, "o_max");
}
static void itself(Net *net)
{
    node_of(net, NODE_DELAY, 0)->steps = 0;
}
static void nobody(Net *net)
{
    node_of(net, NODE_DATA, 0)->kind = NODE_KIND_COUNT;
}
static void wrong_phase(Net *net)
{
    node_of(net, NODE_DELAY, 0)->kind = NODE_LOSS_GRAD;
}
static void late_encoder(Net *net)
{
    for (int n = net->backward; n < net->updates; n++)
        if (net->nodes.at[n].kind == NODE_DELAY)
            net->nodes.at[n].kind = NODE_LATENCY;
}
static void stray_equations(Net *net)
{
    vec_push(arena, &node_of(net, NODE_POISSON, 0)->ins, 0);
}
static void matrix_shape(Net *net)
{
    net->params.at[node_of(net, NODE_MAP, 0)->weight].shape.dims[0] = 7;
}
static void not_transposed(Net *net)
{
    for (int n = net->backward; n < net->updates; n++)
        if (net->nodes.at[n].kind == NODE_MAP && net->nodes.at[n].out == id_of(net, "g_h_2"))
            net->nodes.at[n].transposed = false;
}
static void bias_shape(Net *net)
{
    net->params.at[node_of(net, NODE_MAP, 0)->bias].shape.dims[0] = 7;
}
static void dense_time(Net *net)
{
    stream_of(net, "o_dense")->steps = 0;
}
static void scan_shape(Net *net)
{
    stream_of(net, "o")->shape.dims[0] = 3;
}
static void unit_param(Net *net)
{
    net->params.at[neuron(net)->params.at[0]].shape = (Shape){.ndim = 1, .dims = {3}};
}
static void delay_kind(Net *net)
{
    stream_of(net, "h_delay")->kind = STREAM_REALS;
}
static void joined_sizes(Net *net)
{
    Node *node = node_of(net, NODE_POISSON, 0);
    node->kind = NODE_COPY;
    node->aux = node->in;
    node->piece = (Extract){.outer = 1, .in = 3, .out = 5, .inner = 1, .from = 0};
    stream_of(net, "x")->kind = STREAM_REALS;
}
static void reduce_time(Net *net)
{
    stream_of(net, "o_max")->steps = net->steps;
}
static void classes(Net *net)
{
    net->data.classes = 3;
}
static void data_kind(Net *net)
{
    stream_of(net, "image")->kind = STREAM_SPIKES;
}
static void encoder_kind(Net *net)
{
    stream_of(net, "x")->kind = STREAM_REALS;
}
static void pick_kind(Net *net)
{
    node_of(net, NODE_PICK_GRAD, 0)->reduce = REDUCE_SUM;
}
static void update_twice(Net *net)
{
    node_of(net, NODE_UPDATE, 1)->weight = node_of(net, NODE_UPDATE, 0)->weight;
}
static void stray_gradient(Net *net)
{
    for (int n = net->backward; n < net->updates; n++)
        for (int g = 0; g < net->nodes.at[n].grads.count; g++)
            net->nodes.at[n].grads.at[g].param = 0;
}
static void group_kind(Net *net)
{
    Node *dense = node_of(net, NODE_MAP, 1); /* within the group: h[-1] -> dense */
    ck_assert_int_eq(dense->in, id_of(net, "h_delay"));
    dense->kind = NODE_POISSON;
    dense->weight = NONE;
    stream_of(net, "h_delay")->shape = net->streams.at[dense->out].shape;
    net->streams.at[dense->out].kind = STREAM_SPIKES;
}
static void group_direction(Net *net)
{
    neuron(net)->reverse = true;
}
static void late_operand(Net *net)
{
    Instr *step = instr_of(neuron(net), OP_STEP);
    step->a = neuron(net)->body.code.count - 1;
}
static void lost_operand(Net *net)
{
    instr_of(neuron(net), OP_SUB)->b = NO_VAL;
}
static void stray_operand(Net *net)
{
    instr_of(neuron(net), OP_SIGMOID)->b = 0;
}
static void input_index(Net *net)
{
    instr_of(neuron(net), OP_INPUT)->index = 2;
}
static void state_index(Net *net)
{
    instr_of(neuron(net), OP_STATE)->index = 1;
}
static void param_index(Net *net)
{
    instr_of(neuron(net), OP_PARAM)->index = -1;
}
static void infinite(Net *net)
{
    instr_of(neuron(net), OP_CONST)->number = INFINITY;
}
static void result_range(Net *net)
{
    neuron(net)->outs.at[0].value = 99;
}
static void truth_taken(Net *net)
{
    instr_of(neuron(net), OP_SUB)->op = OP_LT;
}
static void number_taken(Net *net)
{
    instr_of(neuron(net), OP_MIX)->op = OP_SELECT;
}
static void bits_taken(Net *net)
{
    instr_of(neuron(net), OP_SUB)->op = OP_BITAND;
}
static void truth_stored(Net *net)
{
    instr_of(neuron(net), OP_MIX)->op = OP_LT;
    instr_of(neuron(net), OP_LT)->c = NO_VAL;
}
static void truth_output(Net *net)
{
    Node *node = neuron(net);
    Val truth = body_op2(arena, &node->body, OP_LT, node->outs.at[0].value, node->outs.at[1].value);
    node->outs.at[1].value = truth;
}
static void mixed_select(Net *net)
{
    Node *node = neuron(net);
    Val v = node->outs.at[0].value, truth = body_op2(arena, &node->body, OP_LT, v, node->outs.at[1].value);
    node->states.at[0].next = body_op3(arena, &node->body, OP_SELECT, truth, truth, node->outs.at[1].value);
}

static const struct {
    void (*spoil)(Net *net);
    const char *message;
} bad_nets[] = {
    {no_steps, "there are 0 steps"},
    {phases, "the phases start at nodes"},
    {two_names, "two streams are called `h`"},
    {two_params, "two parameters are called `w_h`"},
    {empty_shape, "stream `x` has the shape [0]"},
    {producer, "stream `x` says that node 0 makes it"},
    {producer_range, "stream `x` is made by node 99 of"},
    {missing_in, "node 1 (poisson x): `in` is missing"},
    {stray_aux, "node 1 (poisson x): `aux` has no meaning here"},
    {stream_range, "node 1 (poisson x): `in` is 99 of"},
    {input_range, "(scan h): input 0 is stream -1 of"},
    {param_range, "(scan h): parameter 0 is 99 of"},
    {output_range, "): output 0 is stream 99 of"},
    {two_makers, "(dense h_dense_2): makes `h_dense_2`, which says that node"},
    {order, "node 1 (poisson x): reads `o_max`, which is made later, by node"},
    {itself, "(delay h_delay): reads `h`, which is made later, by node"},
    {nobody, "is of no kind"},
    {wrong_phase, "(loss_grad h_delay): stands among the nodes of another phase"},
    {late_encoder, "(latency g_h): stands among the nodes of another phase"},
    {stray_equations, "node 1 (poisson x): equations have no meaning here"},
    {matrix_shape, "(dense h_dense): `w_h` is [7, 4], not [3, 4]"},
    {not_transposed, "(dense g_h_2): `g_o_dense` has 2 units, its map 4"},
    {bias_shape, "(dense h_dense): `b_h` is [7], not [4]"},
    {dense_time, "(dense o_dense): `h` has 5 steps, `o_dense` 0"},
    {scan_shape, "(scan o): `o_dense` is [2], but the units are [3]"},
    {unit_param, "(scan h): `plif_w_h` is [3], but the units are [4]"},
    {delay_kind, "(delay h_delay): `h` and `h_delay` differ in kind"},
    {joined_sizes, "(copy x): `image` has 3 values, its piece 2"},
    {reduce_time, "(reduce o_max): `o_max` is not a sum over time"},
    {classes, "`o_max` has 2 values for 3 classes"},
    {data_kind, "node 0 (data image): `image` and the data differ in kind"},
    {encoder_kind, "node 1 (poisson x): `x` is not of spikes"},
    {pick_kind, "(pick_grad g_o): a sum has no gradient at a single place"},
    {update_twice, "updates the same parameter"},
    {stray_gradient, "gradient 0 is of no parameter of the node"},
    {group_kind, "(poisson h_dense_2): cannot be part of a recurrent group"},
    {group_direction, "(scan h): runs against the time of its recurrent group"},
    {late_operand, "`step`, uses value"},
    {lost_operand, "`sub`, uses value -1, which is no earlier one"},
    {stray_operand, "`sigmoid`, has 2 operands"},
    {input_index, "is input 2 of 2"},
    {state_index, "is state 1 of 1"},
    {param_index, "is param -1 of 1"},
    {infinite, "is not finite"},
    {result_range, "output 0 is value 99 of"},
    {truth_taken, "takes a truth value for a number"},
    {number_taken, "`select`, takes a number for a truth value"},
    {bits_taken, "`bitand`, is for the Loop IR only"},
    {truth_stored, "the next value of state 0 is a truth value"},
    {truth_output, "output 1 is a truth value"},
    {mixed_select, "`select`, chooses between a number and a truth value"},
};

static void expect_message(const char *found, const char *expected)
{
    ck_assert_ptr_nonnull(found);
    ck_assert_msg(strstr(found, expected) != NULL, "`%s` is not in `%s`", expected, found);
}

START_TEST(bad_net)
{
    Net *net = compiled("prune")->net;
    ck_assert_pstr_eq(net_verify(net), NULL);
    bad_nets[_i].spoil(net);
    expect_message(net_verify(net), bad_nets[_i].message);
    arena_free(arena);
}
END_TEST

START_TEST(compiled_models_pass)
{
    Compilation *c = compiled(NULL);
    ck_assert_pstr_eq(net_verify(c->net), NULL);
    ck_assert_pstr_eq(loop_verify(c->program), NULL);
    arena_free(arena);
}
END_TEST

Suite *verify_suite(void)
{
    Suite *suite = suite_create("verify");
    TCase *tcase = tcase_create("verify");
    tcase_add_loop_test(tcase, bad_net, 0, sizeof bad_nets / sizeof *bad_nets);
    tcase_add_test(tcase, compiled_models_pass);
    suite_add_tcase(suite, tcase);
    return suite;
}
