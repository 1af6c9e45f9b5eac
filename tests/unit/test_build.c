/* AST -> Net: what is built, and the standard library's mathematics. The messages about wrong models are
 * tested by tests/errors.sh. */
#include "embedded.h"
#include "parse.h"
#include "passes.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

Suite *build_suite(void);

typedef struct Built {
    Arena *arena;
    Sources sources;
    Diag diag;
    Net *net;
    Define *defines;
} Built;

static File *parse_library(Built *built)
{
    File *library = NEW(built->arena, File);
    for (int i = 0; i < embedded_count; i++) {
        const Embedded *file = &embedded_files[i];
        if (strncmp(file->path, "library/", 8) != 0 || strcmp(strrchr(file->path, '.'), ".snn") != 0)
            continue;
        Source *source =
            source_add(&built->sources, "<standard library>", file->text, (uint32_t)file->length);
        const File *part = parse_source(built->arena, source, &built->diag);
        for (int k = 0; k < part->defs.count; k++)
            vec_push(built->arena, &library->defs, part->defs.at[k]);
    }
    return library;
}

static Built *build_with(const char *text, const char *const *defines, int count)
{
    Arena *arena = arena_new();
    Built *built = NEW(arena, Built);
    built->arena = arena;
    built->sources.arena = arena;
    built->diag = (Diag){.sources = &built->sources, .out = stderr, .no_warnings = true};
    const File *library = parse_library(built);
    Source *source = source_add(&built->sources, "model.snn", text, (uint32_t)strlen(text));
    const File *file = parse_source(arena, source, &built->diag);
    built->defines = NEW_ARRAY(arena, Define, count + 1);
    for (int i = 0; i < count; i++) {
        Source *define = source_add(&built->sources, defines[i], defines[i], (uint32_t)strlen(defines[i]));
        built->defines[i].item = parse_define(arena, define, &built->diag);
    }
    built->net = build_net(arena, &built->sources, &built->diag, library, file, built->defines, count);
    return built;
}

/* A model that must be right. */
static Built *build_text(const char *text)
{
    Built *built = build_with(text, NULL, 0);
    ck_assert_int_eq(built->diag.errors, 0);
    ck_assert_ptr_nonnull(built->net);
    return built;
}

static void built_free(Built *built)
{
    arena_free(built->arena);
}

static const Node *find_node(const Net *net, const char *stream)
{
    for (int i = 0; i < net->streams.count; i++)
        if (strcmp(net->streams.at[i].name, stream) == 0)
            return &net->nodes.at[net->streams.at[i].node];
    ck_abort_msg("no stream %s", stream);
    return NULL;
}

static const Stream *find_stream(const Net *net, const char *name)
{
    for (int i = 0; i < net->streams.count; i++)
        if (strcmp(net->streams.at[i].name, name) == 0)
            return &net->streams.at[i];
    ck_abort_msg("no stream %s", name);
    return NULL;
}

static const Param *find_param(const Net *net, const char *name)
{
    for (int i = 0; i < net->params.count; i++)
        if (strcmp(net->params.at[i].name, name) == 0)
            return &net->params.at[i];
    ck_abort_msg("no parameter %s", name);
    return NULL;
}

static int count_nodes(const Net *net, NodeKind kind)
{
    int count = 0;
    for (int i = 0; i < net->nodes.count; i++)
        count += net->nodes.at[i].kind == kind;
    return count;
}

/* ---- running a body in double precision --------------------------------------------------------------- */

typedef struct Run {
    double inputs[4], states[4], params[4], scalars[SCALAR_COUNT];
    double values[512];
} Run;

static double instr_value(const Run *run, const Instr *instr)
{
    switch ((int)instr->op) {
    case OP_CONST: return instr->number;
    case OP_INPUT: return run->inputs[instr->index];
    case OP_STATE: return run->states[instr->index];
    case OP_PARAM: return run->params[instr->index];
    case OP_SCALAR: return run->scalars[instr->index];
    default: break;
    }
    const double *v = run->values;
    double a = instr->a == NO_VAL ? 0 : v[instr->a], b = instr->b == NO_VAL ? 0 : v[instr->b];
    return op_eval(instr->op, a, b, instr->c == NO_VAL ? 0 : v[instr->c]);
}

/* One step: the value of the output, with the states moved on. */
static double run_step(Run *run, const Node *node)
{
    const Body *body = &node->body;
    ck_assert_int_le(body->code.count, 512);
    for (int i = 0; i < body->code.count; i++)
        run->values[i] = instr_value(run, &body->code.at[i]);
    for (int i = 0; i < node->states.count; i++)
        run->states[i] = run->values[node->states.at[i].next];
    return run->values[node->outs.at[0].value];
}

static Run run_start(const Node *node)
{
    Run run = {0};
    for (int i = 0; i < node->states.count; i++)
        run.states[i] = node->states.at[i].initial;
    return run;
}

/* ---- structure --------------------------------------------------------------------------------------- */

static double first_value(const Param *param)
{
    double number;
    ck_assert(param_is_constant(param, &number));
    return number;
}

START_TEST(feed_forward)
{
    Built *built =
        build_text("model m {\n data idx\n time 25 steps of 2 ms\n"
                   " input = poisson(image)\n"
                   " hidden = input -> dense(800) -> lif(tau = 4 ms)\n"
                   " digit = hidden -> dense(10, bias) -> lif()\n"
                   " predict argmax(rate(digit))\n"
                   " train { loss cross_entropy(rate(digit), label) optimizer adam(step(0.01, every = 3))"
                   " batch 64 epochs 7 seed 5 clip_norm 2 } }");
    const Net *net = built->net;
    ck_assert_int_eq(net->steps, 25);
    ck_assert(net->dt == 2);
    ck_assert_str_eq(net->name, "m");
    ck_assert_int_eq(find_param(net, "w_hidden")->shape.dims[0], 784);
    ck_assert_int_eq(find_param(net, "w_hidden")->shape.dims[1], 800);
    ck_assert(find_param(net, "w_hidden")->matrix);
    const Body *body = &find_param(net, "b_digit")->init->body;
    ck_assert_int_eq(body->code.count, 3);
    ck_assert_int_eq(body->code.at[2].op, OP_UNIFORM);
    ck_assert(body->code.at[0].number == -1 / sqrt(800) && body->code.at[1].number == 1 / sqrt(800));
    ck_assert_int_eq(find_stream(net, "hidden")->kind, STREAM_SPIKES);
    ck_assert_int_eq(find_stream(net, "hidden_dense")->kind, STREAM_REALS);
    ck_assert_int_eq(count_nodes(net, NODE_REDUCE), 1); /* shared by predict and loss */
    ck_assert_int_eq(count_nodes(net, NODE_ACTIVITY), 2);
    ck_assert(net->training.lr == 0.01 && net->training.rate == 0);
    ck_assert_str_eq(net->scalars.at[0].name, "rate");
    ck_assert_int_eq(net->training.batch, 64);
    ck_assert_int_eq(net->training.epochs, 7);
    ck_assert(net->training.seed == 5 && net->training.clip_norm == 2);
    built_free(built);
}
END_TEST

START_TEST(recurrent)
{
    Built *built = build_text("model m {\n data idx(shape = [7], classes = 3, temporal)\n time 9 steps\n"
                              " h = (image -> dense(6)) + (h[-1] -> dense(6)) + (o[-2] -> dense(6)) -> lif\n"
                              " o = h -> dense(3) -> li()\n d = h[-1] + 0 * h\n"
                              " predict argmax(max(o)) }");
    const Net *net = built->net;
    ck_assert_int_eq(count_nodes(net, NODE_DELAY), 2); /* h[-1] is one node */
    const Node *one = find_node(net, "h_delay"), *two = find_node(net, "h_delay_2");
    ck_assert_str_eq(net->streams.at[one->in].name, "h");
    ck_assert_int_eq(one->steps, 1);
    ck_assert_int_eq(net->streams.at[one->out].kind, STREAM_SPIKES);
    ck_assert_str_eq(net->streams.at[two->in].name, "o");
    ck_assert_int_eq(two->steps, 2);
    ck_assert_int_eq(net->streams.at[two->out].kind, STREAM_REALS);
    ck_assert_int_eq(net->streams.at[two->out].shape.dims[0], 3);
    ck_assert_int_eq(find_param(net, "w_h_3")->shape.dims[0], 3);
    ck_assert_int_eq(net->nodes.at[net->nodes.count - 1].kind, NODE_ACTIVITY);
    built_free(built);
}
END_TEST

/* The stream and its past are spikes, so `rate` counts them and `where` chooses by them. */
START_TEST(data_of_spikes)
{
    Built *built =
        build_text("model m {\n data idx(shape = [7], classes = 7, temporal, spikes)\n time 9 steps\n"
                   " a = where(image[-1], 2, image)\n b = a -> if()\n"
                   " predict argmax(rate(image) + rate(b)) }");
    const Net *net = built->net;
    ck_assert(net->data.spikes && net->data.temporal);
    ck_assert_int_eq(find_stream(net, "image")->kind, STREAM_SPIKES);
    ck_assert(find_stream(net, "image")->temporal);
    ck_assert_int_eq(find_stream(net, "a_delay")->kind, STREAM_SPIKES);
    const Node *a = find_node(net, "a");
    ck_assert_int_eq(a->body.code.at[a->outs.at[0].value].op, OP_MIX);
    built_free(built);
    built =
        build_text("model m {\n data idx(shape = [7], classes = 7, temporal, spikes = false)\n time 9 steps\n"
                   " predict argmax(mean(image)) }");
    ck_assert(!built->net->data.spikes);
    ck_assert_int_eq(find_stream(built->net, "image")->kind, STREAM_REALS);
    built_free(built);
}
END_TEST

START_TEST(blocks)
{
    Built *built = build_text("let n = 4\nblock layer(x, size, unit) = x -> dense(size) -> unit\n"
                              "model m {\n data idx(classes = 4)\n time 5 steps\n"
                              " block twice(x) = layer(layer(x, 2 * n, lif), n, unit = if(detach_reset))\n"
                              " a = image -> twice()\n predict argmax(rate(a)) }");
    const Net *net = built->net;
    ck_assert_int_eq(find_param(net, "w_a")->shape.dims[1], 8);
    ck_assert_int_eq(find_param(net, "w_a_2")->shape.dims[1], 4);
    ck_assert_str_eq(find_node(net, "a_lif")->name, "lif");
    ck_assert_str_eq(find_node(net, "a")->name, "if");
    ck_assert(!find_stream(net, "a_dense")->temporal);
    ck_assert(find_stream(net, "a")->temporal);
    built_free(built);
}
END_TEST

static char *printed_net(const char *definition)
{
    Arena *arena = arena_new();
    Built *built = build_text(
        arena_printf(arena,
                     "block of(x, f) = x -> f\nblock layer(x, n, unit = lif) = x -> dense(n) -> unit\n"
                     "model m {\n data idx(classes = 4)\n time 5 steps\n let k = 0.5\n"
                     " h = image -> poisson -> dense(4) -> lif\n w = h -> dense(4) -> li\n a = %s\n"
                     " predict argmax(a) }",
                     definition));
    Out *out = out_new(built->arena);
    net_print(out, built->net, 0, built->net->nodes.count);
    char *text = strdup(out_text(out));
    built_free(built);
    arena_free(arena);
    return text;
}

/* The left side of `->` is the first argument of a function, and both spellings build the same. */
START_TEST(both_spellings)
{
    static const char *const pairs[][2] = {
        {"mean(w)", "w -> mean"},
        {"rate(h)", "h -> rate()"},
        {"sum(w)", "w -> of(sum)"},
        {"last(w)", "w -> of(last())"},
        {"max(max(w, 0.5))", "w -> max(k) -> max"},
        {"rate(poisson(mean(w)))", "w -> mean -> poisson -> rate"},
        {"mean(exp(tanh(2 * w)))", "2 * w -> tanh -> exp() -> mean"},
        {"mean(exp(tanh(w)) + 1)", "(w -> tanh -> exp) + 1 -> mean"},
        {"rate(step(w - 1, atan(2)))", "w - 1 -> step(atan(2)) -> rate"},
        {"mean(where(h, detach(w), 0))", "h -> where(w -> detach, 0) -> mean"},
        {"mean(min(w[-1], w))", "w[-1] -> min(w) -> mean"},
        {"sigmoid(sum(latency(mean(h))))", "h -> mean -> latency -> sum -> sigmoid"},
        {"rate(layer(h, 4))", "h -> layer(4) -> rate"},
        {"rate(h -> layer(4) -> layer(4) -> layer(4))", "h -> repeat(3, layer(4)) -> rate"},
        {"mean(tanh(w))", "w -> repeat(0.5 * 2, tanh) -> mean"},
        {"rate(h -> of(lif) -> of(lif))", "h -> of(repeat(2, lif)) -> rate"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char *call = printed_net(pairs[i][0]), *chain = printed_net(pairs[i][1]);
        ck_assert_str_eq(call, chain);
        free(call);
        free(chain);
    }
}
END_TEST

/* A definition of the same name is meant before a function, and a stage given to a block before both. */
START_TEST(functions_as_stages)
{
    Built *built = build_text("block tanh(x) = x -> dense(4) -> lif\nblock of(x, exp) = x -> exp\n"
                              "model m {\n data idx(classes = 4)\n time 5 steps\n"
                              " a = image -> tanh\n b = a -> of(lif)\n"
                              " predict (b -> rate) + (a -> rate) -> argmax\n"
                              " train { loss a -> mean -> cross_entropy(label) } }");
    const Net *net = built->net;
    ck_assert_str_eq(find_node(net, "a")->name, "lif");
    ck_assert_str_eq(find_node(net, "b")->name, "lif");
    ck_assert_int_eq(count_nodes(net, NODE_PREDICT), 1);
    ck_assert_int_eq(count_nodes(net, NODE_LOSS), 1);
    built_free(built);
}
END_TEST

START_TEST(parameters)
{
    Built *built = build_text("neuron mine(k = 3) {\n param g per neuron = k / 2\n param q = 1\n"
                              " state v = -1\n v = v + g * input * q\n spike = step(v, erf)\n }\n"
                              "model m {\n data idx(classes = 6)\n time 5 steps\n"
                              " a = image -> dense([2, 3], init = 0.25) -> mine(5) -> plif(tau0 = 3)\n"
                              " predict argmax(rate(a)) }");
    const Net *net = built->net;
    const Param *each = find_param(net, "mine_g_a");
    ck_assert_int_eq(each->shape.ndim, 2);
    ck_assert(first_value(each) == 2.5);
    ck_assert_int_eq(find_param(net, "mine_q_a")->shape.ndim, 0);
    ck_assert(first_value(find_param(net, "plif_w_a")) == -log(2));
    ck_assert(first_value(find_param(net, "w_a")) == 0.25);
    ck_assert(find_node(net, "a_mine")->states.at[0].initial == -1);
    built_free(built);
}
END_TEST

/* A plain number takes the unit that the constant was written in. */
START_TEST(override_units)
{
    static const char text[] =
        "let rest = -0.065 V\nlet tau = 2 * 10 ms\nlet rate = 50 Hz\nmodel m {\n data idx(classes = 7)\n "
        "time 9 steps of 1 ms\n"
        " a = image * (rest / 1 mV + 100 * tau / 1 ms + 10000 * rate / 1 kHz)\n b = a -> dense(7) -> lif()\n"
        " predict argmax(rate(b)) }";
    static const char *const defines[] = {"rest=-0.07", "tau=3", "rate=20"};
    for (int count = 0; count <= 3; count += 3) {
        Built *built = build_with(text, defines, count);
        ck_assert_int_eq(built->diag.errors, 0);
        const Node *map = find_node(built->net, "a");
        double factor;
        ck_assert(body_is_const(&map->body, map->body.code.at[map->outs.at[0].value].b, &factor));
        ck_assert_double_eq_tol(factor, count ? -70 + 300 + 200 : -65 + 2000 + 500, 1e-9);
        built_free(built);
    }
}
END_TEST

START_TEST(overrides)
{
    static const char text[] =
        "let n = 5\nmodel m {\n data idx(classes = n)\n let tau = 10 ms\n let flag = false\n"
        " time n steps of 1 ms\n let twice = 2 * tau\n"
        " a = image -> dense(n) -> lif(tau = twice, soft_reset = flag)\n"
        " predict argmax(rate(a)) }";
    static const char *const defines[] = {"n = 3 + 4", "tau=3", "flag=true", "tau = 300 us * 10"};
    Built *built = build_with(text, defines, 4);
    ck_assert_int_eq(built->diag.errors, 0);
    ck_assert_int_eq(built->net->steps, 7);
    ck_assert_int_eq(find_stream(built->net, "a")->shape.dims[0], 7);
    const Node *node = find_node(built->net, "a");
    Run run = run_start(node);
    run.inputs[0] = 12; /* v = 12 / 6 = 2: a spike, minus the threshold */
    ck_assert(run_step(&run, node) == 1);
    ck_assert_double_eq_tol(run.states[0], 1, 1e-12);
    built_free(built);
}
END_TEST

/* ---- neurons ----------------------------------------------------------------------------------------- */

typedef struct NeuronRow {
    const char *call;
    double spikes[4], v[4]; /* after each of 4 steps with input 1.5 */
} NeuronRow;

static const NeuronRow neuron_rows[] = {
    {"if()", {1, 1, 1, 1}, {0, 0, 0, 0}},
    {"if(threshold = 2)", {0, 1, 0, 1}, {1.5, 0, 1.5, 0}},
    {"if(threshold = 2, soft_reset)", {0, 1, 1, 1}, {1.5, 1, 0.5, 0}},
    {"if(threshold = 2, reset = -0.5)", {0, 1, 0, 1}, {1, -0.5, 1, -0.5}},
    {"lif()", {0, 1, 0, 1}, {0.75, 0, 0.75, 0}},
    {"lif(soft_reset, detach_reset)", {0, 1, 0, 1}, {0.75, 0.125, 0.8125, 0.15625}},
    {"lif(threshold = 2, decay_input = false)", {0, 1, 0, 1}, {1.5, 0, 1.5, 0}},
    {"lif(reset = -0.5, threshold = 0.75)", {0, 0, 1, 0}, {0.25, 0.625, -0.5, 0.25}},
    {"lif(tau = 4, threshold = 9)", {0, 0, 0, 0}, {0.375, 0.65625, 0.8671875, 1.025390625}},
    {"plif()", {0, 1, 0, 1}, {0.75, 0, 0.75, 0}},
    {"plif(decay_input = false, threshold = 2)", {0, 1, 0, 1}, {1.5, 0, 1.5, 0}},
};
enum { NEURON_ROWS = sizeof neuron_rows / sizeof neuron_rows[0] };

static Built *build_unit(const char *call)
{
    char text[400];
    snprintf(text, sizeof text,
             "model m { data idx(classes = 3) time 5 steps a = image -> dense(3) -> %s "
             "predict argmax(mean(a)) }",
             call);
    return build_text(text);
}

START_TEST(neuron)
{
    const NeuronRow *row = &neuron_rows[_i];
    Built *built = build_unit(row->call);
    const Node *node = find_node(built->net, "a");
    Run run = run_start(node);
    run.inputs[0] = 1.5;
    for (int i = 0; i < node->params.count; i++)
        run.params[i] = first_value(&built->net->params.at[node->params.at[i]]);
    for (int t = 0; t < 4; t++) {
        ck_assert_msg(run_step(&run, node) == row->spikes[t], "%s: spike at step %d", row->call, t);
        ck_assert_msg(fabs(run.states[0] - row->v[t]) < 1e-12, "%s: v = %g at step %d", row->call,
                      run.states[0], t);
    }
    built_free(built);
}
END_TEST

START_TEST(neurons_with_two_states)
{
    Built *built = build_unit("cuba_lif(threshold = 2)");
    const Node *node = find_node(built->net, "a");
    Run run = run_start(node);
    run.inputs[0] = 1;
    ck_assert(run_step(&run, node) == 0); /* current 1, v 1 */
    ck_assert(run_step(&run, node) == 1); /* current 1.5, v 2.25 */
    ck_assert(run.states[0] == 1.5 && run.states[1] == 0);
    built_free(built);

    built = build_unit("alif(beta = 0.5, tau_adapt = 4, soft_reset)");
    node = find_node(built->net, "a");
    run = run_start(node);
    run.inputs[0] = 3;
    ck_assert(run_step(&run, node) == 1); /* v 1.5 - 1, a 0.25 */
    ck_assert(run.states[0] == 0.5 && run.states[1] == 0.25);
    ck_assert(run_step(&run, node) == 1); /* v 1.75 - 1.125, a 0.4375 */
    ck_assert(run.states[0] == 0.625 && run.states[1] == 0.4375);
    built_free(built);

    built = build_unit("li(tau = 4, decay_input = false)");
    node = find_node(built->net, "a");
    run = run_start(node);
    run.inputs[0] = 1;
    ck_assert(run_step(&run, node) == 1);
    ck_assert(run_step(&run, node) == 1.75);
    ck_assert_int_eq(find_stream(built->net, "a")->kind, STREAM_REALS);
    built_free(built);
}
END_TEST

/* ---- surrogates --------------------------------------------------------------------------------------- */

typedef struct SurrogateRow {
    const char *call;
    double at_zero; /* the derivative there */
    double total;   /* how much the antiderivative rises, from minus to plus infinity */
} SurrogateRow;

static const SurrogateRow surrogate_rows[] = {
    {"atan()", 1, 1},
    {"atan(5)", 2.5, 1},
    {"sigmoid", 1, 1},
    {"triangle()", 1, 1},
    {"triangle(2)", 2, 1},
    {"fast_sigmoid", 1, 0.08},
    {"super_spike", 1, 0.02},
    {"super_spike(10)", 1, 0.2},
    {"rectangle", 1, 1},
    {"rectangle(2)", 2, 1},
    {"erf", 1.1283791670955126, 1},
    {"piecewise_exp", 0.5, 1},
    {"soft_sign", 1, 1},
    {"q_pseudo_spike", 1, 1},
};
enum { SURROGATE_ROWS = sizeof surrogate_rows / sizeof surrogate_rows[0] };

static const Instr *find_step(const Node *node)
{
    for (int i = 0; i < node->body.code.count; i++)
        if (node->body.code.at[i].op == OP_STEP)
            return &node->body.code.at[i];
    ck_abort_msg("no step");
    return NULL;
}

static double at(const Node *node, Val val, double x)
{
    Run run = {.inputs = {x}};
    run_step(&run, node);
    return run.values[val];
}

START_TEST(surrogate)
{
    const SurrogateRow *row = &surrogate_rows[_i];
    char text[200];
    snprintf(text, sizeof text,
             "model m { data idx(classes = 784, temporal) time 5 steps a = step(image, %s) predict "
             "argmax(rate(a)) }",
             row->call);
    Built *built = build_text(text);
    const Node *node = find_node(built->net, "a");
    const Instr *step = find_step(node);
    ck_assert_double_eq_tol(at(node, step->b, 0), row->at_zero, 1e-12);
    ck_assert_double_eq_tol(at(node, step->c, 0), 0.5, 1e-12);
    ck_assert_double_eq_tol(at(node, step->c, 1e9) - at(node, step->c, -1e9), row->total, 1e-6);
    const double h = 1e-5;
    for (double x = -2.015; x < 2; x += 0.01) { /* never within h of 0 or of a kink */
        double slope = (at(node, step->c, x + h) - at(node, step->c, x - h)) / (2 * h);
        ck_assert_msg(fabs(slope - at(node, step->b, x)) < 1e-6, "%s at %g", row->call, x);
    }
    built_free(built);
}
END_TEST

/* ---- optimizers --------------------------------------------------------------------------------------- */

typedef struct OptimizerRow {
    const char *call;
    double weight[3]; /* after updates with gradients 0.5, -1, 2 from weight 1; torch.optim */
} OptimizerRow;

static const OptimizerRow optimizer_rows[] = {
    {"sgd(0.1)", {0.95, 1.05, 0.85}},
    {"sgd(0.1, momentum = 0.9)", {0.95, 1.005, 0.8545}},
    {"sgd(0.1, momentum = 0.9, nesterov)", {0.905, 1.0545, 0.71905}},
    {"sgd(0.1, decay = 0.2)", {0.93, 1.0114, 0.791172}},
    {"adam(0.1)", {0.900000002, 0.9366103542405654, 0.8946447927181046}},
    {"adam(0.1, decay = 0.2)", {0.9000000014285714, 0.9131165673433346, 0.8603217169369847}},
    {"adamw(0.1, decay = 0.5)", {0.8500000019999999, 0.8441103541405653, 0.7599392749110763}},
};
enum { OPTIMIZER_ROWS = sizeof optimizer_rows / sizeof optimizer_rows[0] };

START_TEST(optimizer)
{
    static const double gradients[3] = {0.5, -1, 2};
    const OptimizerRow *row = &optimizer_rows[_i];
    char text[400];
    snprintf(text, sizeof text,
             "model m { data idx time 5 steps a = image -> dense(10) -> lif() "
             "train { loss mse(rate(a), label) optimizer %s } }",
             row->call);
    Built *built = build_text(text);
    const Node *node = &built->net->optimizer;
    Run run = run_start(node);
    run.inputs[1] = 1;
    run.scalars[SCALAR_LR] = built->net->training.lr;
    for (int k = 0; k < 3; k++) {
        run.inputs[0] = gradients[k];
        run.scalars[SCALAR_STEP] = k + 1;
        run.inputs[1] = run_step(&run, node);
        ck_assert_msg(fabs(run.inputs[1] - row->weight[k]) < 1e-12, "%s: %.17g after %d updates", row->call,
                      run.inputs[1], k + 1);
    }
    built_free(built);
}
END_TEST

START_TEST(clipping)
{
    Built *built = build_text("model m { data idx time 5 steps a = image -> dense(10) -> lif() train { "
                              "loss mse(rate(a), label) optimizer sgd(1) clip_norm 3 clip_value 0.25 } }");
    const Node *node = &built->net->optimizer;
    Run run = run_start(node);
    run.inputs[0] = 0.2;
    run.scalars[SCALAR_LR] = 1;
    run.scalars[SCALAR_SCALE] = 0.5;
    ck_assert_double_eq_tol(run_step(&run, node), -0.1, 1e-12);
    run.inputs[0] = -8;
    ck_assert_double_eq_tol(run_step(&run, node), 0.25, 1e-12);
    built_free(built);
}
END_TEST

Suite *build_suite(void)
{
    Suite *suite = suite_create("build");
    TCase *net = tcase_create("net");
    tcase_add_test(net, feed_forward);
    tcase_add_test(net, recurrent);
    tcase_add_test(net, data_of_spikes);
    tcase_add_test(net, blocks);
    tcase_add_test(net, both_spellings);
    tcase_add_test(net, functions_as_stages);
    tcase_add_test(net, parameters);
    tcase_add_test(net, overrides);
    tcase_add_test(net, override_units);
    suite_add_tcase(suite, net);
    TCase *library = tcase_create("library");
    tcase_add_loop_test(library, neuron, 0, NEURON_ROWS);
    tcase_add_test(library, neurons_with_two_states);
    tcase_add_loop_test(library, surrogate, 0, SURROGATE_ROWS);
    tcase_add_loop_test(library, optimizer, 0, OPTIMIZER_ROWS);
    tcase_add_test(library, clipping);
    suite_add_tcase(suite, library);
    return suite;
}
