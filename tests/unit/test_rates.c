/* Run scalars: the standard schedules against torch.optim.lr_scheduler, in both precisions; schedules in a network. */
#include "agree.h"

#include <check.h>
#include <math.h>

Suite *rates_suite(void);

/* ---- learning rates ---- */

typedef struct Row {
    const char *rate;
    int epoch, epochs, batch, batches;
    double wanted; /* what torch 2.13 has there, but for the cases that it refuses */
} Row;

static const Row rows[] = {
    {"constant(0.1)", 7, 10, 3, 5, 0.1},
    {"step(0.1, every = 3, gamma = 0.5)", 2, 10, 0, 5, 0.1},
    {"step(0.1, every = 3, gamma = 0.5)", 3, 10, 0, 5, 0.05},
    {"step(0.1, every = 3, gamma = 0.5)", 9, 10, 4, 5, 0.0125},
    {"exponential(0.1, 0.8)", 0, 10, 0, 5, 0.1},
    {"exponential(0.1, 0.8)", 4, 10, 0, 5, 0.04096},
    {"polynomial(0.1)", 3, 10, 0, 5, 0.07},
    {"polynomial(0.1, power = 2)", 9, 10, 4, 5, 0.001},
    {"polynomial(0.1, power = 2)", 12, 10, 4, 5, 0},
    {"polynomial(0.1, per_batch)", 1, 2, 4, 5, 0.01},
    {"cosine(0.1)", 0, 10, 3, 5, 0.1},
    {"cosine(0.1)", 5, 10, 3, 5, 0.05},
    {"cosine(0.1)", 9, 10, 0, 5, 0.002447174185242324},
    {"cosine(0.1)", 10, 10, 0, 5, 0},
    {"cosine(0.1, per_batch)", 1, 2, 1, 2, 0.014644660940672627},
    {"one_cycle(0.1)", 0, 10, 0, 5, 0.004},
    {"one_cycle(0.1)", 1, 10, 4, 5, 0.052},
    {"one_cycle(0.1)", 2, 10, 4, 5, 0.1},
    {"one_cycle(0.1)", 3, 10, 4, 5, 0.09504846320134738},
    {"one_cycle(0.1)", 8, 10, 4, 5, 0.004951936798652629},
    {"one_cycle(0.1)", 9, 10, 4, 5, 4e-7},
    {"one_cycle(0.1)", 12, 10, 4, 5, 4e-7},
    {"one_cycle(0.1)", 0, 1, 0, 5, 4e-7},
    {"one_cycle(0.1)", 1, 20, 0, 5, 0.013167184270002533},
    {"one_cycle(0.1)", 18, 20, 0, 5, 0.0012539993764912555},
    {"one_cycle(0.1, per_batch)", 1, 2, 4, 5, 4e-7},
    {"one_cycle(0.1, per_batch)", 0, 2, 1, 5, 0.052},
    {"warmup(0.1, 5)", 0, 10, 0, 5, 0.02},
    {"warmup(0.1, 5)", 3, 10, 4, 5, 0.08},
    {"warmup(0.1, over = 5)", 6, 10, 0, 5, 0.1},
    {"warmup(cosine(0.1), 5)", 1, 10, 0, 5, 0.4 * 0.09755282581475769},
    {"warmup(step(lr = 0.1, every = 3), over = 10, per_batch)", 1, 10, 2, 5, 0.08},
    {"0.1 * 0.8 ^ epoch", 4, 10, 0, 5, 0.04096},
    {"where(epoch < 2, 0.1, 0.05)", 2, 10, 0, 5, 0.05},
    {"falling", 3, 10, 0, 5, 0.025},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static Interp *interp_in(const Program *program, const Row *row, Precision precision)
{
    Interp *interp = interp_new(program, 1, precision);
    ck_assert_ptr_nonnull(interp);
    interp->scalars[SCALAR_EPOCH] = row->epoch;
    interp->scalars[SCALAR_EPOCHS] = row->epochs;
    interp->scalars[SCALAR_BATCH] = row->batch;
    interp->scalars[SCALAR_BATCHES] = row->batches;
    return interp;
}

static double rate_at(const Program *program, const Row *row, Precision precision)
{
    Interp *interp = interp_in(program, row, precision);
    interp_run(interp, PHASE_FORWARD);
    double rate = program->rate < 0 ? interp->scalars[SCALAR_LR] : interp->buffers[program->rate][0];
    interp_free(interp);
    return rate;
}

static const char *model_text(Arena *arena, const char *rate)
{
    return arena_printf(arena,
                        "schedule falling = 0.1 / (epoch + 1)\n"
                        "model rates {\n"
                        "    data idx(shape = [3], classes = 4)\n"
                        "    time 2 steps\n"
                        "    out = image -> dense(4) -> li()\n"
                        "    predict argmax(sum(out))\n"
                        "    train { loss mse(sum(out), label) optimizer sgd(%s) }\n"
                        "}\n",
                        rate);
}

START_TEST(learning_rates)
{
    const Row *row = &rows[_i];
    Arena *arena = arena_new();
    GoldenText model = {row->rate, model_text(arena, row->rate)};
    const Program *program = golden_program(golden_compilation(arena, &model), "rates");
    for (Precision precision = PRECISION_DOUBLE; precision <= PRECISION_SINGLE; precision++) {
        double found = rate_at(program, row, precision), limit = precision == PRECISION_DOUBLE ? 1e-14 : 1e-6;
        ck_assert_msg(fabs(found - row->wanted) <= limit * row->wanted, "%s in epoch %d: %.17g, not %.17g",
                      row->rate, row->epoch, found, row->wanted);
    }
    arena_free(arena);
}
END_TEST

/* `--lr` replaces what stands first in a schedule, however deep, and nothing else. */
static const struct {
    const char *rate;
    double base;
} bases[] = {
    {"0.25", 0.25},
    {"2 * 0.25", 0.5},
    {"cosine(0.25)", 0.25},
    {"warmup(over = 5, lr = cosine(lr = 0.25))", 0.25},
    {"0.25 * 0.9 ^ epoch", 0},
    {"warmup(0.25 / (1 + epoch), 5)", 0},
};
enum { BASES = sizeof bases / sizeof bases[0] };

START_TEST(base_of_a_learning_rate)
{
    static const Row second = {NULL, 1, 10, 0, 5, 0};
    Arena *arena = arena_new();
    GoldenText model = {bases[_i].rate, model_text(arena, bases[_i].rate)};
    const Program *program = golden_program(golden_compilation(arena, &model), "rates");
    ck_assert_double_eq(program->lr, bases[_i].base);
    Interp *interp = interp_in(program, &second, PRECISION_DOUBLE);
    double before = rate_at(program, &second, PRECISION_DOUBLE);
    interp->scalars[SCALAR_LR] *= 2;
    interp_run(interp, PHASE_FORWARD);
    double after = program->rate < 0 ? interp->scalars[SCALAR_LR] : interp->buffers[program->rate][0];
    ck_assert_double_eq_tol(after, bases[_i].base > 0 ? 2 * before : before, 1e-15);
    interp_free(interp);
    arena_free(arena);
}
END_TEST

/* ---- in a network ---- */

/* Two networks are one where their schedules say so: values and gradients. */
static void expect_one(const char *schedules, const char *one, const char *other, const Row *row)
{
    Arena *arena = arena_new();
    const Program *programs[2];
    double losses[2], gradients[2];
    for (int k = 0; k < 2; k++) {
        GoldenText model = {
            "network", arena_printf(arena,
                                    "%s model network {\n"
                                    "    data idx(shape = [5], classes = 4)\n"
                                    "    time 6 steps of 2 ms\n"
                                    "    block layer(x, t) = x -> dense(7) -> lif(tau = t, threshold = 0.2)\n"
                                    "    out = image %s -> dense(4) -> li()\n"
                                    "    predict argmax(sum(out))\n"
                                    "    train { loss mse(sum(out), label) optimizer sgd(0.1) }\n"
                                    "}\n",
                                    schedules, k ? other : one)};
        programs[k] = golden_program(golden_compilation(arena, &model), "network");
        Interp *interp = interp_in(programs[k], row, PRECISION_DOUBLE);
        interp_run(interp, PHASE_INIT);
        for (size_t i = 0; i < interp_count(interp, programs[k]->input); i++)
            interp->buffers[programs[k]->input][i] = 0.3 + 0.1 * (double)i;
        interp_run(interp, PHASE_FORWARD);
        interp_run(interp, PHASE_BACKWARD);
        losses[k] = interp->buffers[programs[k]->loss][0];
        gradients[k] = interp->buffers[programs[k]->params.at[0].gradient][8];
        interp_free(interp);
    }
    ck_assert_msg(fabs(losses[0] - losses[1]) <= 1e-12 && fabs(gradients[0] - gradients[1]) <= 1e-12
                      && fabs(gradients[0]) > 1e-9,
                  "%s: loss %.17g, gradient %.17g; %s: %.17g, %.17g", one, losses[0], gradients[0], other,
                  losses[1], gradients[1]);
    arena_free(arena);
}

START_TEST(schedules_in_a_network)
{
    static const Row now = {NULL, 3, 10, 2, 4, 0};
    const char *width = "schedule width = max(12 * 0.5 ^ epoch, 0.23)";
    expect_one(width, "-> layer(width)", "-> layer(1.5)", &now);
    expect_one(width, "* width -> layer(2 * width - 1)", "* 1.5 -> layer(2)", &now);
    expect_one("schedule grown(by) = by * (1 + batch / batches)", "-> layer(grown(2))", "-> layer(3)", &now);
    expect_one("schedule slow = epoch * 1 ms", "-> layer(slow)", "-> layer(3 ms)", &now);
    expect_one("schedule sharp = 2 + epoch", "-> dense(7) -> lif(surrogate = atan(sharp), threshold = 0.2)",
               "-> dense(7) -> lif(surrogate = atan(5), threshold = 0.2)", &now);
    expect_one("", "* where(epoch < 4 and batch >= 2, 2, 1) -> layer(3)", "* 2 -> layer(3)", &now);
    expect_one(
        "neuron late() { on = epoch >= 3  output = where(on, input, 0) + where(batch < 1, input, 0) }\n"
        "neuron plain() { output = input }",
        "-> dense(7) -> late", "-> dense(7) -> plain", &now);
}
END_TEST

Suite *rates_suite(void)
{
    Suite *suite = suite_create("rates");
    TCase *values = tcase_create("values");
    tcase_add_loop_test(values, learning_rates, 0, ROWS);
    tcase_add_loop_test(values, base_of_a_learning_rate, 0, BASES);
    tcase_add_test(values, schedules_in_a_network);
    suite_add_tcase(suite, values);
    return suite;
}
