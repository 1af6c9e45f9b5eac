/* The standard library's mathematics: neurons, surrogates, optimizers. */
#include "built.h"

#include <check.h>
#include <math.h>

Suite *library_suite(void);

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

/* Send on delta: inputs that rise and fall, and what is sent of them. All are exact. */
START_TEST(changes_are_sent)
{
    static const double inputs[] = {0.25, 0.625, 0.625, 0.125, 0.125, -1};
    static const struct {
        const char *call;
        double spikes[6];
    } rows[] = {{"rises(0.25)", {1, 1, 0, 0, 0, 0}}, {"falls(0.25)", {0, 0, 0, 1, 0, 1}}};
    for (int i = 0; i < 2; i++) {
        Built *built = build_unit(rows[i].call);
        const Node *node = find_node(built->net, "a");
        Run run = run_start(node);
        for (int t = 0; t < 6; t++) {
            run.inputs[0] = inputs[t];
            ck_assert_msg(run_step(&run, node) == rows[i].spikes[t], "%s at step %d", rows[i].call, t);
        }
        ck_assert(run.states[0] == 0);
        built_free(built);
    }
}
END_TEST

START_TEST(a_field_is_a_gaussian)
{
    Built *built = build_text("model m { data idx(classes = 3) time 5 steps "
                              "a = image -> field(0.25, width = 0.5) "
                              "predict argmax(mean(poisson(a -> flatten -> dense(3)))) }");
    const Node *node = find_node(built->net, "a");
    for (int i = 0; i <= 8; i++) {
        Run run = run_start(node);
        run.inputs[0] = i / 8.0;
        double far = (i / 8.0 - 0.25) / 0.5;
        ck_assert(fabs(run_step(&run, node) - exp(-far * far / 2)) < 1e-15);
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

Suite *library_suite(void)
{
    Suite *suite = suite_create("library");
    TCase *library = tcase_create("library");
    tcase_add_loop_test(library, neuron, 0, NEURON_ROWS);
    tcase_add_test(library, neurons_with_two_states);
    tcase_add_test(library, changes_are_sent);
    tcase_add_test(library, a_field_is_a_gaussian);
    tcase_add_loop_test(library, surrogate, 0, SURROGATE_ROWS);
    tcase_add_loop_test(library, optimizer, 0, OPTIMIZER_ROWS);
    tcase_add_test(library, clipping);
    suite_add_tcase(suite, library);
    return suite;
}
