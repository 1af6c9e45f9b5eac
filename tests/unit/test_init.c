/* What a training begins with: the values of parameters, and of the optimiser's states of them. */
#include "agree.h"
#include "run.h"
#include "snn_random.h"

#include <check.h>
#include <math.h>

Suite *init_suite(void);

static const char model[] = "optimizer mine(lr = 0.1) {\n"
                            "    state seen = 0.1\n"
                            "    state sum  = 0\n"
                            "    seen = seen + gradient ^ 2\n"
                            "    sum = sum + gradient\n"
                            "    weight = weight - lr * sum / seen\n"
                            "}\n"
                            "model m {\n"
                            "    data idx(shape = [5], classes = 3)\n"
                            "    time 2 steps\n"
                            "    a = image -> dense(7, bias) -> plif(tau0 = 3)\n"
                            "    b = a -> dense(7) -> lif\n"
                            "    c = b -> dense(7) -> lif\n"
                            "    o = c -> dense(3, init = 0.3) -> li\n"
                            "    predict argmax(sum(o))\n"
                            "    train { loss cross_entropy(sum(o), label) optimizer mine() }\n"
                            "}\n";

static Arena *arena;
static Program *program;

static void setup(void)
{
    arena = arena_new();
    program = compiled_without(arena, model, 0)->program;
}

static void teardown(void)
{
    arena_free(arena);
}

/* Element k of parameter p, uniform in -most .. most. */
static float drawn(uint32_t seed, int p, size_t k, float most)
{
    uint32_t key = snn_key(seed, SNN_INIT_EPOCH, (uint32_t)p, 0);
    return (2.0f * snn_uniform(key, (uint32_t)k) - 1.0f) * most;
}

static const LoopParam *param(const char *name, int *index)
{
    for (*index = 0; *index < program->params.count; ++*index)
        if (strcmp(program->params.at[*index].name, name) == 0)
            return &program->params.at[*index];
    ck_abort_msg("no parameter %s", name);
    return NULL;
}

static Interp *begun(uint32_t seed)
{
    Interp *interp = interp_new(program, 1, PRECISION_SINGLE);
    ck_assert_ptr_nonnull(interp);
    interp->seed = seed;
    interp->epoch = 3;
    interp_run(interp, PHASE_INIT);
    ck_assert_uint_eq(interp->epoch, 3);
    return interp;
}

static void expect_drawn(const char *name, double inputs)
{
    int p;
    const LoopParam *weights = param(name, &p);
    Interp *interp = begun(9);
    for (size_t k = 0; k < interp_count(interp, weights->value); k++)
        ck_assert((float)interp->buffers[weights->value][k] == drawn(9, p, k, (float)(1 / sqrt(inputs))));
    interp_free(interp);
}

static void expect_all(const char *name, float value)
{
    int p;
    const LoopParam *values = param(name, &p);
    Interp *interp = begun(9);
    for (size_t k = 0; k < interp_count(interp, values->value); k++)
        ck_assert((float)interp->buffers[values->value][k] == value);
    interp_free(interp);
}

START_TEST(weights_are_drawn)
{
    expect_drawn("w_a", 5);
    expect_drawn("b_a", 5);
    expect_drawn("w_b", 7);
    expect_drawn("w_c", 7);
}
END_TEST

START_TEST(constants_are_set)
{
    expect_all("w_o", 0.3f);
    expect_all("plif_w_a", -logf(2));
}
END_TEST

START_TEST(states_are_set)
{
    Interp *interp = begun(9);
    for (int p = 0; p < program->params.count; p++) {
        const LoopParam *values = &program->params.at[p];
        ck_assert_int_eq(values->states, 2);
        for (size_t k = 0; k < interp_count(interp, values->value); k++)
            ck_assert((float)interp->buffers[values->state[0]][k] == 0.1f
                      && interp->buffers[values->state[1]][k] == 0);
    }
    interp_free(interp);
}
END_TEST

/* w_b and w_c differ by their random streams, not by their kernels. */
START_TEST(equal_layers_share_a_kernel)
{
    const Launches *launches = &program->phases[PHASE_INIT];
    ck_assert_int_eq(launches->count, program->params.count);
    int b, c;
    param("w_b", &b), param("w_c", &c);
    ck_assert_int_eq(launches->at[b].kernel, launches->at[c].kernel);
    ck_assert_int_ne(launches->at[b].number, launches->at[c].number);
}
END_TEST

/* ---- initializers ---- */

static const char initializers[] =
    "initializer fans() { value = inputs + outputs / 1000 }\n"
    "initializer far() { value = position(x) + 10 * position(y) + 100 * position(inputs) + 1000 * "
    "position(outputs) }\n"
    "neuron drawn() { state v = 0\n param w per neuron = 1 + uniform(0, 1)\n v = v + w * input\n"
    "                 spike = step(v - 1, atan(2)) }\n"
    "model m {\n"
    "    data idx(shape = [60], classes = 3)\n"
    "    time 2 steps\n"
    "    many = image -> dense(500, init = normal(2, 0.5)) -> drawn\n"
    "    all  = image -> dense(40, init = fans) -> lif\n"
    "    few  = image -> dense(40, init = orthogonal(0.5)) -> lif\n"
    "    more = image -> dense(70, init = orthogonal) -> lif\n"
    "    kaiming = image -> dense(50, init = kaiming_uniform(1)) -> lif\n"
    "    xavier = image -> dense(50, init = xavier_normal(2)) -> lif\n"
    "    range = image -> dense(50, init = uniform(1, 3)) -> lif\n"
    "    places = image -> reshape([y = 6, x = 10]) -> conv(4, kernel = [2, 3], init = far) -> lif\n"
    "    mixed = many -> masked_psn(3)\n"
    "    slid = many -> sliding_psn(4)\n"
    "    tight = image -> dense(3, bias = 0, clamp = [-0.05, 0.02], init = 0.01) -> li\n"
    "    predict argmax(sum(few + (mixed * slid -> dense(40)) + (places -> dense(40)) -> dense(3)))\n"
    "    train { loss cross_entropy(sum(tight), label) optimizer sgd(1) optimizer biases -> sgd(0.25) }\n"
    "}\n";

static void setup_initializers(void)
{
    arena = arena_new();
    program = compiled_without(arena, initializers, 0)->program;
}

static double product(const double *values, int count, int a, int b, int step, int next)
{
    double sum = 0;
    for (int k = 0; k < count; k++)
        sum += values[a * next + k * step] * values[b * next + k * step];
    return sum;
}

/* Rows, or columns, are at right angles and of this norm. */
static void expect_orthogonal(const Interp *interp, const char *name, int inputs, int outputs, double gain)
{
    int p, few = inputs < outputs ? inputs : outputs, many = inputs < outputs ? outputs : inputs;
    const double *values = interp->buffers[param(name, &p)->value];
    int step = inputs < outputs ? 1 : outputs, next = inputs < outputs ? outputs : 1;
    for (int a = 0; a < few; a++)
        for (int b = 0; b <= a; b++) {
            double found = product(values, many, a, b, step, next);
            ck_assert_msg(fabs(found - (a == b ? gain * gain : 0)) < 2e-6, "%s: product %d %d is %g", name, a,
                          b, found);
        }
}

START_TEST(matrices_are_orthogonal)
{
    Interp *interp = begun(5);
    expect_orthogonal(interp, "w_few", 60, 40, 0.5);
    expect_orthogonal(interp, "w_more", 60, 70, 1);
    interp_free(interp);
}
END_TEST

/* Mean, standard deviation, least and greatest; by the number of values, the first two within 4 of their own deviations. */
static void expect_moments(const Interp *interp, const char *name, double mean, double deviation, double low,
                           double high)
{
    int p;
    BufferId id = param(name, &p)->value;
    double count = (double)interp_count(interp, id), sum = 0, squares = 0;
    for (size_t k = 0; k < interp_count(interp, id); k++) {
        double value = interp->buffers[id][k];
        ck_assert_msg(value >= low && value <= high, "%s: %g", name, value);
        sum += value;
        squares += (value - mean) * (value - mean);
    }
    ck_assert_msg(fabs(sum / count - mean) < 4 * deviation / sqrt(count), "%s: mean %g", name, sum / count);
    double found = sqrt(squares / count);
    ck_assert_msg(fabs(found - deviation) < 4 * deviation / sqrt(count), "%s: deviation %g", name, found);
}

START_TEST(distributions_have_their_moments)
{
    Interp *interp = begun(7);
    expect_moments(interp, "w_many", 2, 0.5, -1, 5);
    expect_moments(interp, "w_kaiming", 0, sqrt(1.0 / 60), -sqrt(3.0 / 60), sqrt(3.0 / 60));
    expect_moments(interp, "w_xavier", 0, sqrt(8.0 / 110), -2, 2);
    expect_moments(interp, "w_range", 2, sqrt(1.0 / 3), 1, 3);
    expect_moments(interp, "drawn_w_many", 1.5, sqrt(1.0 / 12), 1, 2);
    interp_free(interp);
}
END_TEST

START_TEST(inputs_and_outputs_are_known)
{
    expect_all("w_all", 60.04f);
}
END_TEST

/* Stored as [y][x][inputs][outputs]. */
START_TEST(positions_are_known)
{
    int p;
    BufferId id = param("w_places", &p)->value;
    Interp *interp = begun(3);
    ck_assert_uint_eq(interp_count(interp, id), 2 * 3 * 1 * 4);
    for (int k = 0; k < 24; k++)
        ck_assert_double_eq(interp->buffers[id][k], k / 4 % 3 + 10 * (k / 12) + 1000 * (k % 4));
    interp_free(interp);
}
END_TEST

/* Two steps: the second sees the first, not the other way round. Of a kernel over steps, the last tap is now. */
START_TEST(parallel_neurons_see_the_past)
{
    static const double band[] = {1, 1, 0, 1}, halves[] = {0.125, 0.25, 0.5, 1}; /* band: [inputs][outputs] */
    int p;
    BufferId mask = param("w_mixed_2", &p)->value, taps = param("w_slid", &p)->value;
    Interp *interp = begun(3);
    for (int k = 0; k < 4; k++) {
        ck_assert_double_eq(interp->buffers[mask][k], band[k]);
        ck_assert_double_eq(interp->buffers[taps][k], halves[k]);
    }
    ck_assert_double_eq(interp->buffers[param("b_slid", &p)->value][0], -1);
    interp_free(interp);
}
END_TEST

/* A normal number is made of two, which are drawn apart. */
START_TEST(normal_numbers_are_of_two)
{
    int p;
    BufferId id = param("w_many", &p)->value;
    Interp *interp = begun(3);
    for (uint32_t k = 0; k < 20; k++) {
        double first = (double)snn_uniform(snn_key(3, SNN_INIT_EPOCH, (uint32_t)p, 0), k);
        double second = (double)snn_uniform(snn_key(3, SNN_INIT_EPOCH, (uint32_t)p, 1), k);
        double wanted = 2 + 0.5 * sqrt(-2 * log(1 - first)) * cos(2 * acos(-1) * second);
        ck_assert_double_eq_tol(interp->buffers[id][k], wanted, 1e-5);
    }
    interp_free(interp);
}
END_TEST

/* Beyond either bound, and within them. */
START_TEST(updates_are_clamped)
{
    int p;
    const LoopParam *tight = param("w_tight", &p);
    static const double gradients[] = {1, -1, 0.03}, expected[] = {-0.05, 0.02, -0.02};
    Interp *interp = begun(1);
    interp->scalars[SCALAR_LR] = interp->scalars[SCALAR_STEP] = interp->scalars[SCALAR_SCALE] = 1;
    for (size_t k = 0; k < interp_count(interp, tight->gradient); k++)
        interp->buffers[tight->gradient][k] = gradients[k % 3];
    interp_run(interp, PHASE_UPDATE);
    for (size_t k = 0; k < interp_count(interp, tight->value); k++)
        ck_assert_double_eq_tol(interp->buffers[tight->value][k], expected[k % 3], 1e-7);
    interp_free(interp);
}
END_TEST

/* The main learning rate is given, that of the group is its own. */
START_TEST(groups_have_their_own_rate)
{
    int p;
    const LoopParam *biases = param("b_tight", &p);
    Interp *interp = begun(1);
    interp->scalars[SCALAR_LR] = interp->scalars[SCALAR_STEP] = interp->scalars[SCALAR_SCALE] = 1;
    for (size_t k = 0; k < interp_count(interp, biases->gradient); k++)
        interp->buffers[biases->gradient][k] = 2;
    interp_run(interp, PHASE_UPDATE);
    for (size_t k = 0; k < interp_count(interp, biases->value); k++)
        ck_assert_double_eq_tol(interp->buffers[biases->value][k], -0.5, 1e-7);
    interp_free(interp);
}
END_TEST

static TCase *initializers_case(void)
{
    TCase *tcase = tcase_create("initializers");
    tcase_add_checked_fixture(tcase, setup_initializers, teardown);
    tcase_add_test(tcase, matrices_are_orthogonal);
    tcase_add_test(tcase, distributions_have_their_moments);
    tcase_add_test(tcase, inputs_and_outputs_are_known);
    tcase_add_test(tcase, positions_are_known);
    tcase_add_test(tcase, parallel_neurons_see_the_past);
    tcase_add_test(tcase, normal_numbers_are_of_two);
    tcase_add_test(tcase, updates_are_clamped);
    tcase_add_test(tcase, groups_have_their_own_rate);
    return tcase;
}

Suite *init_suite(void)
{
    Suite *suite = suite_create("init");
    TCase *tcase = tcase_create("init");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, weights_are_drawn);
    tcase_add_test(tcase, constants_are_set);
    tcase_add_test(tcase, states_are_set);
    tcase_add_test(tcase, equal_layers_share_a_kernel);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, initializers_case());
    return suite;
}
