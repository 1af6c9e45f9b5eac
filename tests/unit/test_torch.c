/* Losses, gradients and updates against those that PyTorch gave: tests/golden/torch. */
#include "golden.h"
#include "run.h"

#include <check.h>
#include <math.h>

Suite *torch_suite(void);

/* Of the largest recorded magnitude. */
#define LIMIT 1e-5

static const char *const precision_names[] = {"double", "single"};

static Golden *golden;

static void setup(void)
{
    golden = golden_open();
}

static void teardown(void)
{
    golden_close(golden);
}

START_TEST(number_of_cases)
{
    ck_assert_int_eq(golden->cases.count, GOLDEN_CASES);
    ck_assert_int_eq(golden->optimizers.count, GOLDEN_OPTIMIZERS);
}
END_TEST

/* ---- gradients ---- */

/* Arrays of the file that belong to a case beside its input, label, loss and parameters. */
static int recorded_gradients(const Golden *from, const char *name)
{
    int count = 0;
    char prefix[200];
    size_t length = (size_t)snprintf(prefix, sizeof prefix, "%s/grad.", name);
    for (int k = 0; k < snn_tensors_count(from->arrays); k++)
        count += strncmp(snn_tensors_at(from->arrays, k)->name, prefix, length) == 0;
    return count;
}

/* `of`: whose gradient is expected. */
static void compare_gradient(const Interp *interp, const LoopParam *param, const double *expected,
                             const char *name, const char *of)
{
    double largest = 0, worst = 0;
    for (size_t k = 0; k < interp_count(interp, param->gradient); k++) {
        double error = fabs(interp->buffers[param->gradient][k] - expected[k]);
        largest = fmax(largest, fabs(expected[k]));
        worst = error <= worst ? worst : error; /* NaN stays */
    }
    ck_assert_msg(largest > 0, "%s: gradient of `%s`: all zero", name, param->name);
    ck_assert_msg(worst <= LIMIT * largest,
                  "%s, %s precision: gradient of `%s` differs from that of %s by %.2e of its largest", name,
                  precision_names[interp->precision], param->name, of, worst / largest);
}

static Interp *ran(const Program *program, const char *name, Precision precision)
{
    Interp *interp = golden_batch(golden, name, program, precision);
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    return interp;
}

static void compare_with_pytorch(const Interp *interp, const char *name)
{
    const Program *program = interp->program;
    double expected = golden_number(golden_array(golden, name, "", "loss"), 0), loss = run_loss(interp);
    ck_assert_msg(fabs(loss - expected) <= LIMIT * fabs(expected), "%s, %s precision: loss %.9g, not %.9g",
                  name, precision_names[interp->precision], loss, expected);
    for (int p = 0; p < program->params.count; p++) {
        const LoopParam *param = &program->params.at[p];
        ck_assert_msg(param->gradient >= 0, "%s: `%s` has no gradient", name, param->name);
        compare_gradient(interp, param, golden_gradient(golden, name, param), name, "PyTorch");
    }
}

static const Program *program_of(Arena *arena, const GoldenText *text, Products products)
{
    Compilation *c = golden_compilation(arena, text);
    c->lower.products = products;
    return golden_program(c, text->name);
}

/* What was recorded is in single precision, with products and sums that are rounded apart: so are ours then. Fused ones,
 * rounded otherwise, are compared with double precision, which is nearer to both. */
START_TEST(gradients)
{
    const GoldenText *text = &golden->cases.at[_i];
    Arena *arena = arena_new();
    const Program *apart = program_of(arena, text, PRODUCTS_APART);
    const Program *fused = program_of(arena, text, PRODUCTS_FUSED);
    ck_assert_msg(fused->params.count == recorded_gradients(golden, text->name), "%s: %d parameters, not %d",
                  text->name, fused->params.count, recorded_gradients(golden, text->name));
    Interp *single = ran(apart, text->name, PRECISION_SINGLE);
    Interp *closest = ran(fused, text->name, PRECISION_DOUBLE);
    Interp *rounded = ran(fused, text->name, PRECISION_SINGLE);
    compare_with_pytorch(single, text->name);
    compare_with_pytorch(closest, text->name);
    for (int p = 0; p < fused->params.count; p++) {
        const LoopParam *param = &fused->params.at[p];
        compare_gradient(rounded, param, closest->buffers[param->gradient], text->name, "double precision");
    }
    interp_free(single);
    interp_free(closest);
    interp_free(rounded);
    arena_free(arena);
}
END_TEST

/* ---- what was recorded in double precision: maps, parallel neurons, networks of all that meets by chance ---- */

static Golden *exact;

static void open_maps(void)
{
    exact = golden_open_maps();
}

static void open_parallel(void)
{
    exact = golden_open_parallel();
}

static void open_norms(void)
{
    exact = golden_open_norms();
}

static void open_delays(void)
{
    exact = golden_open_delays();
}

static void open_spacings(void)
{
    exact = golden_open_spacings();
}

static void open_mixed(void)
{
    exact = golden_open_mixed();
}

static void open_steps(void)
{
    exact = golden_open_steps();
}

static void close_exact(void)
{
    golden_close(exact);
}

START_TEST(number_of_maps)
{
    ck_assert_int_eq(exact->cases.count, GOLDEN_MAPS);
}
END_TEST

START_TEST(number_of_parallel)
{
    ck_assert_int_eq(exact->cases.count, GOLDEN_PARALLEL);
}
END_TEST

START_TEST(number_of_norms)
{
    ck_assert_int_eq(exact->cases.count, GOLDEN_NORMS);
}
END_TEST

START_TEST(number_of_delays)
{
    ck_assert_int_eq(exact->cases.count, GOLDEN_DELAYS);
}
END_TEST

START_TEST(number_of_spacings)
{
    ck_assert_int_eq(exact->cases.count, GOLDEN_SPACINGS);
}
END_TEST

START_TEST(number_of_mixed)
{
    ck_assert_int_eq(exact->cases.count, GOLDEN_MIXED);
}
END_TEST

START_TEST(number_of_steps)
{
    ck_assert_int_eq(exact->cases.count, GOLDEN_STEPS);
}
END_TEST

static void compare_learned(const Interp *interp, const GoldenText *text)
{
    int learned = 0;
    for (int p = 0; p < interp->program->params.count; p++) {
        const LoopParam *param = &interp->program->params.at[p];
        if (param->gradient < 0)
            continue;
        learned++;
        compare_gradient(interp, param, golden_gradient(exact, text->name, param), text->name, "PyTorch");
    }
    ck_assert_msg(learned == recorded_gradients(exact, text->name), "%s: %d parameters learn, not %d",
                  text->name, learned, recorded_gradients(exact, text->name));
}

/* Nothing there is near to where it would spike, so precisions differ by roundings only. */
START_TEST(exact_gradients)
{
    const GoldenText *text = &exact->cases.at[_i];
    Arena *arena = arena_new();
    const Program *program = golden_program(golden_compilation(arena, text), text->name);
    for (int single = 0; single < 2; single++) {
        Interp *interp =
            golden_batch(exact, text->name, program, single ? PRECISION_SINGLE : PRECISION_DOUBLE);
        interp_run(interp, PHASE_FORWARD);
        interp_run(interp, PHASE_BACKWARD);
        double expected = golden_number(golden_array(exact, text->name, "", "loss"), 0);
        ck_assert_msg(fabs(run_loss(interp) - expected) <= LIMIT * fabs(expected), "%s: loss %.9g, not %.9g",
                      text->name, run_loss(interp), expected);
        compare_learned(interp, text);
        interp_free(interp);
    }
    arena_free(arena);
}
END_TEST

static void compare_kept(const Interp *interp, const LoopParam *param, const char *name)
{
    const SnnTensor *after = golden_array(exact, name, "after.", param->name);
    ck_assert_uint_eq(interp_count(interp, param->value), (size_t)snn_tensor_elements(after));
    for (size_t k = 0; k < interp_count(interp, param->value); k++) {
        double expected = golden_number(after, k), found = interp->buffers[param->value][k];
        ck_assert_msg(fabs(found - expected) <= LIMIT * fmax(fabs(expected), 1),
                      "%s, %s precision: `%s` is %.9g after three updates, not %.9g", name,
                      precision_names[interp->precision], param->name, found, expected);
    }
}

/* Three batches are learned from, by a learning rate of 0; then a test. */
static void compare_memories(Interp *interp, const char *name)
{
    int kept = 0;
    interp->scalars[SCALAR_LR] = 0;
    for (int step = 1; step <= 3; step++) {
        interp->scalars[SCALAR_STEP] = step;
        interp_run(interp, PHASE_FORWARD);
        interp_run(interp, PHASE_BACKWARD);
        interp_run(interp, PHASE_UPDATE);
    }
    for (int p = 0; p < interp->program->params.count; p++) {
        if (!interp->program->params.at[p].kept)
            continue;
        kept++;
        compare_kept(interp, &interp->program->params.at[p], name);
    }
    if (kept == 0)
        return;
    interp_run(interp, PHASE_EVALUATE);
    double expected = golden_number(golden_array(exact, name, "after.", "loss"), 0);
    ck_assert_msg(fabs(run_loss(interp) - expected) <= LIMIT * fabs(expected),
                  "%s: a test's loss is %.9g, not %.9g", name, run_loss(interp), expected);
}

START_TEST(memories)
{
    const GoldenText *text = &exact->cases.at[_i];
    Arena *arena = arena_new();
    const Program *program = golden_program(golden_compilation(arena, text), text->name);
    for (int single = 0; single < 2; single++) {
        Interp *interp =
            golden_batch(exact, text->name, program, single ? PRECISION_SINGLE : PRECISION_DOUBLE);
        compare_memories(interp, text->name);
        interp_free(interp);
    }
    arena_free(arena);
}
END_TEST

/* ---- optimizers ---- */

/* A model with one weight of the recorded shape, [3][4]. */
static const Program *optimizer_program(Arena *arena, const GoldenText *optimizer)
{
    GoldenText model = {optimizer->name, arena_printf(arena,
                                                      "model one_weight {\n"
                                                      "    data idx(shape = [3], classes = 4)\n"
                                                      "    time 1 steps\n"
                                                      "    out = image -> dense(4) -> li()\n"
                                                      "    predict argmax(sum(out))\n"
                                                      "    train { loss mse(sum(out), label) optimizer %s }\n"
                                                      "}\n",
                                                      optimizer->text)};
    return golden_program(golden_compilation(arena, &model), model.name);
}

static void copy_to(Interp *interp, BufferId id, const SnnTensor *array)
{
    ck_assert_uint_eq(interp_count(interp, id), (size_t)snn_tensor_elements(array));
    for (size_t k = 0; k < interp_count(interp, id); k++)
        interp->buffers[id][k] = golden_number(array, k);
}

/* The error is measured against the largest change, which is much smaller than the weights are. */
static void compare_weights(const Interp *interp, BufferId id, const char *of)
{
    const SnnTensor *before = golden_array(golden, of, "", "w0"), *after = golden_array(golden, of, "", "w5");
    double largest = 0, worst = 0;
    for (size_t k = 0; k < interp_count(interp, id); k++) {
        double error = fabs(interp->buffers[id][k] - golden_number(after, k));
        largest = fmax(largest, fabs(golden_number(after, k) - golden_number(before, k)));
        worst = error <= worst ? worst : error;
    }
    ck_assert_msg(largest > 0 && worst <= LIMIT * largest,
                  "%s, %s precision: weights after 5 updates differ by %.2e of the largest change", of,
                  precision_names[interp->precision], worst / largest);
}

static void compare_updates(const Program *program, const char *of, Precision precision)
{
    Interp *interp = interp_new(program, 1, precision);
    ck_assert_ptr_nonnull(interp);
    ck_assert_int_eq(program->params.count, 1);
    const LoopParam *weight = &program->params.at[0];
    copy_to(interp, weight->value, golden_array(golden, of, "", "w0"));
    interp->scalars[SCALAR_LR] = program->lr;
    for (int step = 1; step <= 5; step++) {
        char name[] = "grad1";
        name[4] = (char)('0' + step);
        copy_to(interp, weight->gradient, golden_array(golden, of, "", name));
        interp->scalars[SCALAR_STEP] = step;
        interp_run(interp, PHASE_UPDATE);
    }
    compare_weights(interp, weight->value, of);
    interp_free(interp);
}

START_TEST(optimizers)
{
    const GoldenText *optimizer = &golden->optimizers.at[_i];
    Arena *arena = arena_new();
    const Program *program = optimizer_program(arena, optimizer);
    const char *of = arena_printf(arena, "optim/%s", optimizer->name);
    compare_updates(program, of, PRECISION_DOUBLE);
    compare_updates(program, of, PRECISION_SINGLE);
    arena_free(arena);
}
END_TEST

/* Cases of a file, with the test that counts them. */
static TCase *add_exact(Suite *suite, const char *name, SFun open, const TTest *number, int cases)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 60);
    tcase_add_unchecked_fixture(tcase, open, close_exact);
    tcase_add_test(tcase, number);
    tcase_add_loop_test(tcase, exact_gradients, 0, cases);
    suite_add_tcase(suite, tcase);
    return tcase;
}

Suite *torch_suite(void)
{
    Suite *suite = suite_create("torch");
    TCase *tcase = tcase_create("torch");
    tcase_set_timeout(tcase, 60); /* on a busy machine, under a sanitizer */
    tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, number_of_cases);
    tcase_add_loop_test(tcase, gradients, 0, GOLDEN_CASES);
    tcase_add_loop_test(tcase, optimizers, 0, GOLDEN_OPTIMIZERS);
    suite_add_tcase(suite, tcase);
    add_exact(suite, "maps", open_maps, number_of_maps, GOLDEN_MAPS);
    add_exact(suite, "parallel", open_parallel, number_of_parallel, GOLDEN_PARALLEL);
    TCase *norms = add_exact(suite, "norms", open_norms, number_of_norms, GOLDEN_NORMS);
    tcase_add_loop_test(norms, memories, 0, GOLDEN_NORMS);
    add_exact(suite, "delays", open_delays, number_of_delays, GOLDEN_DELAYS);
    add_exact(suite, "spacings", open_spacings, number_of_spacings, GOLDEN_SPACINGS);
    add_exact(suite, "mixed", open_mixed, number_of_mixed, GOLDEN_MIXED);
    add_exact(suite, "steps", open_steps, number_of_steps, GOLDEN_STEPS);
    return suite;
}
