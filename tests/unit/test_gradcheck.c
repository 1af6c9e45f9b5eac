/* The derived adjoint of every recorded network is the derivative of the smoothed one, by finite
 * differences; and a wrong derivative is found. */
#include "golden.h"
#include "gradcheck.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

Suite *gradcheck_suite(void);

static Golden *golden;

static void setup(void)
{
    golden = golden_open();
}

static void teardown(void)
{
    golden_close(golden);
}

typedef struct Outcome {
    bool agree;
    char report[4000]; /* what gradcheck printed */
} Outcome;

static const Program *smooth_program(Arena *arena, const GoldenText *text, Held held)
{
    Compilation *c = golden_compilation(arena, text);
    c->smooth = true;
    c->held = held;
    return golden_program(c, text->name);
}

/* The case's arrays as a file of inputs and weights: with them every layer fires and no gradient is zero. */
static void save_case(const char *name, const char *path)
{
    SnnTensorsWriter *writer = snn_tensors_writer_new();
    size_t length = strlen(name);
    for (int k = 0; k < snn_tensors_count(golden->arrays); k++) {
        const SnnTensor *array = snn_tensors_at(golden->arrays, k);
        if (strncmp(array->name, name, length) == 0 && array->name[length] == '/')
            ck_assert(snn_tensors_add(writer, array->name + length + 1, array->dtype, array->ndim,
                                      array->dims, array->data));
    }
    SnnError error = {""};
    ck_assert_msg(snn_tensors_save(writer, path, &error), "%s", error.text);
    snn_tensors_writer_free(writer);
}

/* gradcheck() with its lines caught: they are wanted only if it fails. `batch`: a file of arrays, or NULL. */
static bool caught_gradcheck(const Program *record, const Program *replay, const char *batch, FILE *report)
{
    RunOptions options = {.inputs = batch, .weights = batch, .seed = 1, .precision = PRECISION_DOUBLE};
    fflush(stdout);
    int screen = dup(STDOUT_FILENO);
    ck_assert_int_ge(screen, 0);
    ck_assert_int_ge(dup2(fileno(report), STDOUT_FILENO), 0);
    bool agree = gradcheck(record, replay, &options);
    fflush(stdout);
    ck_assert_int_ge(dup2(screen, STDOUT_FILENO), 0);
    close(screen);
    return agree;
}

static Outcome check_text(const GoldenText *text, const char *batch)
{
    Arena *arena = arena_new();
    Outcome outcome = {false, ""};
    FILE *report = tmpfile();
    ck_assert_ptr_nonnull(report);
    const Program *record = smooth_program(arena, text, HELD_RECORD);
    outcome.agree = caught_gradcheck(record, smooth_program(arena, text, HELD_REPLAY), batch, report);
    rewind(report);
    outcome.report[fread(outcome.report, 1, sizeof outcome.report - 1, report)] = '\0';
    fclose(report);
    arena_free(arena);
    return outcome;
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

START_TEST(agrees_with_differences)
{
    const GoldenText *text = &golden->cases.at[_i];
    char batch[] = "/tmp/snnc-gradcheck-XXXXXX";
    int file = mkstemp(batch);
    ck_assert_int_ge(file, 0);
    close(file);
    save_case(text->name, batch);
    Outcome outcome = check_text(text, batch);
    unlink(batch);
    ck_assert_msg(outcome.agree, "%s: the gradient is not the derivative:\n%s", text->name, outcome.report);
    ck_assert_msg(count_of(outcome.report, " ok") > 0, "%s: nothing was checked", text->name);
    ck_assert_msg(count_of(outcome.report, "is zero") == 0, "%s: a zero proves nothing:\n%s", text->name,
                  outcome.report);
}
END_TEST

/* ---- what must be found ---- */

#define MODEL_WITH(surrogate_text)                                                \
    "surrogate own(alpha = 2) {\n" surrogate_text "}\n"                           \
    "model wrong {\n"                                                             \
    "    data idx(shape = [7], classes = 3, temporal)\n"                          \
    "    time 8 steps\n"                                                          \
    "    hidden = image -> dense(6) -> lif(surrogate = own(), threshold = 0.3)\n" \
    "    out    = hidden -> dense(3) -> li()\n"                                   \
    "    predict argmax(sum(out))\n"                                              \
    "    train { loss cross_entropy(sum(out), label) }\n"                         \
    "}\n"

typedef struct Pair {
    const char *text;
    bool right;
} Pair;

static const Pair pairs[] = {
    {MODEL_WITH("derivative = alpha * sigmoid(alpha * x) * (1 - sigmoid(alpha * x))\n"
                "antiderivative = sigmoid(alpha * x)\n"),
     true},
    {MODEL_WITH("derivative = sigmoid(alpha * x) * (1 - sigmoid(alpha * x))\n" /* without the factor */
                "antiderivative = sigmoid(alpha * x)\n"),
     false},
    {MODEL_WITH("derivative = 1.0001 * alpha * sigmoid(alpha * x) * (1 - sigmoid(alpha * x))\n"
                "antiderivative = sigmoid(alpha * x)\n"),
     false},
    {MODEL_WITH("derivative = alpha / 2 / (1 + (pi / 2 * alpha * x) ^ 2)\n"
                "antiderivative = 0.5 - atan(pi / 2 * alpha * x) / pi\n"),
     false}, /* falls */
};

/* The weight before the spikes is wrong; the one behind them does not depend on the slope, and is right. */
START_TEST(finds_a_wrong_derivative)
{
    GoldenText text = {"own_surrogate", pairs[_i].text};
    Outcome outcome = check_text(&text, NULL);
    ck_assert_msg(outcome.agree == pairs[_i].right, "%s", outcome.report);
    ck_assert_msg(count_of(outcome.report, "WRONG") == (pairs[_i].right ? 0 : 1), "%s", outcome.report);
    ck_assert_msg(count_of(outcome.report, " ok") == (pairs[_i].right ? 2 : 1), "%s", outcome.report);
}
END_TEST

/* Spikes that are data have no surrogate: they stay spikes, with no gradient. */
START_TEST(data_of_spikes)
{
    GoldenText text = {
        "data_of_spikes",
        "model m {\n"
        "    data idx(shape = [7], classes = 3, temporal, spikes)\n"
        "    time 8 steps\n"
        "    loud   = where(image[-1], 2 * image, 0.3) + image\n"
        "    hidden = (image -> dense(6)) + (loud -> dense(6)) -> plif(threshold = 0.3)\n"
        "    out    = (hidden -> dense(3)) + (out[-1] -> dense(3)) + (image -> dense(3)) -> li()\n"
        "    predict argmax(mean(out))\n"
        "    train { loss cross_entropy(mean(out), label) }\n"
        "}\n"};
    Outcome outcome = check_text(&text, NULL);
    ck_assert_msg(outcome.agree, "%s", outcome.report);
    ck_assert_msg(count_of(outcome.report, " ok") == 6, "%s", outcome.report);
    ck_assert_msg(count_of(outcome.report, "is zero") == 0, "%s", outcome.report);
}
END_TEST

Suite *gradcheck_suite(void)
{
    Suite *suite = suite_create("gradcheck");
    TCase *tcase = tcase_create("gradcheck");
    tcase_set_timeout(tcase, 60); /* on a busy machine, under a sanitizer */
    tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, agrees_with_differences, 0, GOLDEN_CASES);
    tcase_add_loop_test(tcase, finds_a_wrong_derivative, 0, (int)(sizeof pairs / sizeof *pairs));
    tcase_add_test(tcase, data_of_spikes);
    suite_add_tcase(suite, tcase);
    return suite;
}
