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
    return suite;
}
