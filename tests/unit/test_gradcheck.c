/* The derived adjoint of every recorded network is the derivative of the smoothed one, by finite
 * differences; and a wrong derivative is found. */
#include "golden.h"
#include "gradcheck.h"
#include "snn_safetensors_write.h"

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
static bool caught_gradcheck(const Program *record, const Program *replay, const char *batch, uint32_t seed,
                             FILE *report)
{
    RunOptions options = {.inputs = batch, .weights = batch, .seed = seed, .precision = PRECISION_DOUBLE};
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

/* `derived`: the network whose gradient is compared with the differences of `text`. */
static Outcome check_texts(const GoldenText *derived, const GoldenText *text, const char *batch,
                           uint32_t seed)
{
    Arena *arena = arena_new();
    Outcome outcome = {false, ""};
    FILE *report = tmpfile();
    ck_assert_ptr_nonnull(report);
    const Program *record = smooth_program(arena, derived, HELD_RECORD);
    outcome.agree = caught_gradcheck(record, smooth_program(arena, text, HELD_REPLAY), batch, seed, report);
    rewind(report);
    outcome.report[fread(outcome.report, 1, sizeof outcome.report - 1, report)] = '\0';
    fclose(report);
    arena_free(arena);
    return outcome;
}

static Outcome check_text(const GoldenText *text, const char *batch)
{
    return check_texts(text, text, batch, 1);
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

/* ---- whatever the seed ---- */

enum { SEEDS = 20 };

#define FEED_FORWARD(definitions, layers)                                            \
    definitions "model m {\n"                                                        \
                "    data idx(shape = [5], classes = 3)\n"                           \
                "    time 6 steps of 1 ms\n" layers "    predict argmax(sum(out))\n" \
                "    train { loss mse(sum(out), label) }\n"                          \
                "}\n"

/* A synapse of two time constants: its currents start at rest, far below the threshold. */
#define SLOW                                                                  \
    "neuron slow(surrogate = fast_sigmoid(10)) {\n"                           \
    "    state rise = 0\n"                                                    \
    "    state fall = 0\n"                                                    \
    "    state v = 0\n"                                                       \
    "    rise = rise * exp(-dt / 2 ms) + input\n"                             \
    "    fall = fall * exp(-dt / 8 ms) + input\n"                             \
    "    v = v * exp(-dt / 10 ms) + (1 - exp(-dt / 10 ms)) * (fall - rise)\n" \
    "    spike = step(v - 1, surrogate)\n"                                    \
    "    v = v - spike\n"                                                     \
    "}\n"

static const char *const right[] = {
    /* Small gradients, and smaller ones layer by layer. */
    FEED_FORWARD(SLOW,
                 "    hidden = latency(image) -> dense(6) -> slow\n    out = hidden -> dense(3) -> slow\n"),
    FEED_FORWARD(SLOW, "    a = latency(image) -> dense(4) -> slow(super_spike(100))\n"
                       "    b = a -> dense(4) -> slow(super_spike(100))\n"
                       "    out = b -> dense(3) -> slow(super_spike(100))\n"),
    /* Large ones. */
    FEED_FORWARD(
        "", "    hidden = 100 * image -> dense(6) -> lif\n    out = 1000 * (hidden -> dense(3)) -> li\n"),
    /* Steep surrogates, and such that have corners. */
    FEED_FORWARD("", "    hidden = image -> dense(6) -> lif(surrogate = sigmoid(50), threshold = 0.2)\n"
                     "    out = hidden -> dense(3) -> lif(surrogate = super_spike(100), threshold = 0.2)\n"),
    FEED_FORWARD("", "    hidden = image -> dense(6) -> lif(surrogate = rectangle(3), threshold = 0.2)\n"
                     "    out = hidden -> dense(3) -> lif(surrogate = triangle(2), threshold = 0.2)\n"),
    /* Deep. */
    FEED_FORWARD(
        "block layer(x) = x -> dense(4) -> plif(threshold = 0.3)\n",
        "    deep = poisson(image) -> layer() -> layer() -> layer() -> layer() -> layer() -> layer()\n"
        "    out = deep -> dense(3) -> li\n"),
    /* Recurrent. */
    FEED_FORWARD("",
                 "    hidden = (image -> dense(5)) + 2 * (hidden[-1] -> dense(5)) -> alif(threshold = 0.2)\n"
                 "    out = (hidden -> dense(3)) + (out[-1] -> dense(3)) -> lif(soft_reset)\n"),
    /* Streams that lack axes of others, once for all steps and step by step, and parameters along some axes. */
    FEED_FORWARD(
        "neuron scaled() {\n"
        "    param gain per x = 0.9\n"
        "    param shift per [y] = 0.1\n"
        "    param all = 1\n"
        "    state v = 0\n"
        "    v = v / 2 + gain * input * all + shift\n"
        "    spike = step(v - 0.4, atan(2))\n"
        "    v = v - spike\n"
        "}\n",
        "    once = (image -> dense([y = 3, x = 4])) * (image -> dense([x = 4]))\n"
        "    row = latency(image) -> dense([x = 4]) -> lif\n"
        "    column = (image -> dense([y = 3])) + (h[-1] -> dense([y = 3])) -> li\n"
        "    h = tanh(column) * once + row * column -> scaled\n"
        "    out = (h -> dense(3)) + (0.1 * once * (row -> dense([x = 4])) * column -> dense(3)) -> li\n"),
    /* Sums and maxima over axes, of streams over time and outside it. */
    FEED_FORWARD("",
                 "    a = latency(image) -> dense([y = 2, x = 3, c = 4]) -> lif(threshold = 0.3)\n"
                 "    r = a -> dense([2, 3, c = 4]) -> li\n"
                 "    tops = max(r, over = [y, x]) * softmax(r) + max(r, over = c) * max(r, over = all)\n"
                 "    sums = mean(a, over = y) * mean(a ^ 2, over = all) + sum(tanh(r), over = [y, time])\n"
                 "    b = 0.3 * tops + sums * softmax(r, over = x) -> dense(4) -> lif\n"
                 "    out = (b -> dense(3)) + (mean(r, over = [x, c, time]) -> dense(3)) -> li\n"),
    /* Parts of a loss that are the same for all samples. */
    "model m {\n"
    "    data idx(shape = [5], classes = 2)\n"
    "    time 3 steps\n"
    "    w = weights([5, 4])\n"
    "    a = latency(image) -> dense(4, weights = w) -> lif(threshold = 0.3)\n"
    "    size = sum(w ^ 2, over = all)\n"
    "    out = a -> dense(2) -> li\n"
    "    metric length = sqrt(size)\n"
    "    train { loss task = mse(mean(out), label) loss decay = 0.1 * size loss again = size\n"
    "            loss active = mean(mean(a, over = [batch, time]), over = c) }\n"
    "}\n",
    /* Losses by a formula. */
    "model m {\n"
    "    data idx(shape = [5], classes = 3)\n"
    "    time 6 steps\n"
    "    a = latency(image) -> dense([2, 3]) -> lif(threshold = 0.3)\n"
    "    out = a -> dense(3) -> li\n"
    "    train { loss mean(cross_entropy(out, label, smoothing = 0.1)) + 0.5 * mse(max(out), label)\n"
    "        + mae(last(out), label) / 3 + 0.2 * mean(max(mean(a) - 0.2, 0) ^ 2, over = space) + mean(a ^ 2, "
    "over = all) }\n"
    "}\n",
    /* Parts of streams, streams behind each other, other shapes; in a loop, too. */
    FEED_FORWARD(
        "", "    a = latency(image) -> dense([2, 3, c = 4]) -> lif(threshold = 0.3)\n"
            "    part = a -> slice(1, 3) -> concat(a -> slice(0, 1)) -> flatten\n"
            "    rows = tanh(a -> slice(1, 2, over = y) -> dense([4, c = 3])) -> reshape([y = 2, x = 6])\n"
            "    both = rows -> concat(image -> dense([3, 6]), over = y)\n"
            "    back = (h[-1] -> slice(0, 4)) -> concat(h[-2] -> slice(4, 6))\n"
            "    h = (part -> dense(6)) + back -> lif(threshold = 0.3)\n"
            "    out = (h -> dense(3)) + (both -> flatten -> dense(3)) -> li\n"),
    /* A sum over units that a loop through the past goes by. */
    FEED_FORWARD("", "    h = (image -> dense([2, 3])) - 0.1 * sum(h[-1], over = x) -> lif(threshold = 0.2)\n"
                     "    out = h -> dense(3) -> li\n"),
    /* Slopes that learn, and follow states. */
    FEED_FORWARD("neuron n() {\n"
                 "    param slope per neuron = 2\n"
                 "    param threshold = 0.3\n"
                 "    state v = 0\n"
                 "    state a = 0\n"
                 "    v = v * 0.5 + input\n"
                 "    spike = step(v - threshold, atan(slope * (1 + a ^ 2)))\n"
                 "    v = where(spike, 0, v)\n"
                 "    a = 0.5 * a + spike\n"
                 "}\n",
                 "    hidden = image -> dense(6) -> n\n"
                 "    out = hidden -> dense(3) -> n\n"),
    /* Ties and corners on the way; the silent half of the data sits on them. */
    FEED_FORWARD(
        "", "    x = max(latency(image) -> dense(5), 0)\n"
            "    hidden = abs(min(x, 0.1)) -> lif(threshold = 0.05)\n    out = hidden -> dense(3) -> li\n"),
};

START_TEST(right_with_any_seed)
{
    GoldenText text = {"right", right[_i / SEEDS]};
    Outcome outcome = check_texts(&text, &text, NULL, (uint32_t)(_i % SEEDS + 1));
    ck_assert_msg(outcome.agree, "network %d, seed %d:\n%s", _i / SEEDS, _i % SEEDS + 1, outcome.report);
    ck_assert_msg(count_of(outcome.report, " ok") > 0, "network %d, seed %d: nothing was checked:\n%s",
                  _i / SEEDS, _i % SEEDS + 1, outcome.report);
}
END_TEST

/* Two neurons that send the same, but one of them hides a part of it from its derivative. */
#define TWICE(charge, spike, reset)                       \
    FEED_FORWARD("neuron n(surrogate = atan(2)) {\n"      \
                 "    param w = 0.5\n"                    \
                 "    state v = 0\n"                      \
                 "    v = " charge "\n"                   \
                 "    spike = step(v - 0.4, surrogate)\n" \
                 "    v = where(" reset ", 0, v)\n"       \
                 "    output = " spike "\n"               \
                 "}\n",                                   \
                 "    hidden = image -> dense(6) -> n\n"  \
                 "    out = (hidden -> dense(3)) + (out[-1] -> dense(3)) -> n(sigmoid(4))\n")

static const char whole[] = TWICE("v * sigmoid(w) + input", "spike", "spike");

static const char *const wrong[] = {
    TWICE("v * sigmoid(w) + input", "spike", "detach(spike)"), /* no gradient through the reset */
    TWICE("v * sigmoid(detach(w)) + input", "spike", "spike"), /* none for a parameter */
    TWICE("detach(v) * sigmoid(w) + input", "spike", "spike"), /* none through time */
    TWICE("v * sigmoid(w) + input + 0.001 * (input - detach(input))", "spike", "spike"),
    TWICE("v * sigmoid(w) + input + 1e-5 * (input - detach(input))", "spike", "spike"),
    TWICE("v * sigmoid(w) + input - 2 * (input - detach(input))", "spike", "spike"), /* the sign */
    TWICE("v * sigmoid(w) + input", "spike + 0.001 * (spike - detach(spike))", "spike"),
    TWICE("v * sigmoid(w) + input", "spike + (w - detach(w)) * v", "spike"), /* a term too many */
};

START_TEST(wrong_with_any_seed)
{
    GoldenText derived = {"wrong", wrong[_i / SEEDS]}, text = {"whole", whole};
    Outcome outcome = check_texts(&derived, &text, NULL, (uint32_t)(_i % SEEDS + 1));
    ck_assert_msg(!outcome.agree && count_of(outcome.report, "WRONG") > 0, "network %d, seed %d:\n%s",
                  _i / SEEDS, _i % SEEDS + 1, outcome.report);
}
END_TEST

/* The same in the tails of a surrogate, where the gradient may be 1e-10 of the loss: near the least that differences
 * can tell. What they can't is said to be too small; but a wrong one is never right. */
START_TEST(wrong_where_it_is_small)
{
    const char *neuron = "neuron n() {\n"
                         "    state v = 0\n"
                         "    v = v / 2 + input / 8%s\n"
                         "    spike = step(v - 1, super_spike(100))\n"
                         "}\n";
    const char *layers =
        FEED_FORWARD("", "    hidden = image -> dense(6) -> n\n    out = hidden -> dense(3) -> n\n");
    Arena *arena = arena_new();
    GoldenText text = {"small", arena_printf(arena, "%s%s", arena_printf(arena, neuron, ""), layers)};
    const char *more = " + 0.001 * (input - detach(input))";
    GoldenText derived = {"small", arena_printf(arena, "%s%s", arena_printf(arena, neuron, more), layers)};
    int too_small = 0;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        Outcome same = check_texts(&text, &text, NULL, seed),
                other = check_texts(&derived, &text, NULL, seed);
        int unchecked = count_of(same.report, "too small to check\n");
        ck_assert_msg(same.agree && count_of(same.report, " ok") + unchecked == 2 && unchecked < 2,
                      "seed %u:\n%s", (unsigned)seed, same.report);
        ck_assert_msg(!other.agree && count_of(other.report, " ok") == 0, "seed %u:\n%s", (unsigned)seed,
                      other.report);
        too_small += unchecked;
    }
    ck_assert_int_le(too_small, SEEDS / 5);
    arena_free(arena);
}
END_TEST

/* ---- what cannot be checked ---- */

static const char *const unchecked[][2] = {
    /* A formula that is nearly flat: differences of the loss are roundings. */
    {FEED_FORWARD("", "    hidden = image -> dense(6) -> lif(threshold = 3, surrogate = erf(2))\n"
                      "    out = hidden -> dense(3) -> li\n"),
     "too small to check"},
    /* Every input of the corner is 0; the formula takes one side's slope there. */
    {FEED_FORWARD("neuron corner() { param w = 0  output = where(w > 0, w, 0) + input }\n",
                  "    out = image -> dense(3) -> corner\n"),
     "at a kink"},
    {FEED_FORWARD("neuron corner() { param w = 1e-13  output = max(w, 0) + input }\n",
                  "    out = image -> dense(3) -> corner\n"),
     "at a kink"},
};

START_TEST(says_what_it_cannot_check)
{
    GoldenText text = {"unchecked", unchecked[_i][0]};
    for (uint32_t seed = 1; seed <= SEEDS / 4; seed++) {
        Outcome outcome = check_texts(&text, &text, NULL, seed);
        ck_assert_msg(outcome.agree, "seed %u:\n%s", (unsigned)seed, outcome.report);
        ck_assert_msg(count_of(outcome.report, unchecked[_i][1]) > 0, "seed %u:\n%s", (unsigned)seed,
                      outcome.report);
    }
}
END_TEST

Suite *gradcheck_suite(void)
{
    Suite *suite = suite_create("gradcheck");
    TCase *tcase = tcase_create("gradcheck");
    tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, agrees_with_differences, 0, GOLDEN_CASES);
    tcase_add_loop_test(tcase, finds_a_wrong_derivative, 0, (int)(sizeof pairs / sizeof *pairs));
    tcase_add_test(tcase, data_of_spikes);
    tcase_add_loop_test(tcase, right_with_any_seed, 0, SEEDS * (int)(sizeof right / sizeof *right));
    tcase_add_loop_test(tcase, wrong_with_any_seed, 0, SEEDS * (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(tcase, wrong_where_it_is_small);
    tcase_add_loop_test(tcase, says_what_it_cannot_check, 0, (int)(sizeof unchecked / sizeof *unchecked));
    suite_add_tcase(suite, tcase);
    return suite;
}
