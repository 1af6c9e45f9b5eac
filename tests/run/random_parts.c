/* Neurons, surrogates and optimizers with random arguments. */
#include "random_models.h"

#include <string.h>

typedef struct Argument {
    const char *name;
    double low, high;
    bool time; /* may be written in ms */
} Argument;

struct NeuronKind {
    const char *name;
    bool spikes;    /* else it sends reals */
    bool resets;    /* has reset, soft_reset and detach_reset */
    bool decays;    /* has decay_input */
    bool surrogate; /* has one */
    Argument arguments[4];
};

/* clang-format off */
static const NeuronKind neurons[] = {
    {"if", true, true, false, true, {{"threshold", 0.3, 1.1, false}}},
    {"lif", true, true, true, true, {{"tau", 1.1, 6, true}, {"threshold", 0.2, 1, false}}},
    {"lif", true, true, true, true, {{"tau", 1.1, 20, true}, {"threshold", 0.1, 0.6, false}}},
    {"plif", true, true, true, true, {{"tau0", 1.2, 6, true}, {"threshold", 0.2, 1, false}}},
    {"cuba_lif", true, true, false, true,
     {{"current_decay", 0, 0.9, false}, {"voltage_decay", 0.1, 0.95, false}, {"threshold", 0.3, 1.2, false}}},
    {"alif", true, true, false, true,
     {{"tau", 1.1, 6, true}, {"tau_adapt", 1.5, 30, true}, {"beta", 0.05, 0.8, false}, {"threshold", 0.2, 1, false}}},
    {"klif", true, true, true, true, {{"k", 0.8, 1.3, false}, {"tau", 1.1, 6, true}, {"threshold", 0.2, 1, false}}},
    {"qif", true, false, false, true,
     {{"tau", 1.5, 6, true}, {"critical", 0.5, 0.9, false}, {"a0", 0.3, 1, false}, {"threshold", 0.5, 1, false}}},
    {"eif", true, false, false, true,
     {{"tau", 1.5, 6, true}, {"sharpness", 0.4, 1, false}, {"threshold", 0.5, 1, false}}},
    {"izhikevich", true, false, false, true,
     {{"tau", 1.5, 6, true}, {"tau_w", 1.5, 9, true}, {"a", 0.1, 0.5, false}, {"b", 0.1, 0.5, false}}},
    {"own_tau", true, false, false, true, {{"threshold", 0.2, 1, false}}},
    {"learned", true, false, false, true, {{"start", 0.3, 1, false}}},
    {"adaptive", true, false, false, true, {{"threshold", 0.3, 1, false}, {"beta", 0.1, 0.8, false}}},
    {"refractory", true, false, false, true, {{"pause", 1, 4, false}, {"threshold", 0.3, 1, false}}},
    {"exponential", true, false, false, true, {{"tau", 1.5, 5, true}, {"sharpness", 0.3, 1, false}}},
    {"quadratic", true, false, false, true, {{"gain", 0.2, 0.6, false}}},
    {"everything", true, false, false, true, {{"mix", 0.1, 0.9, false}, {"power", 0.5, 1.8, false}}},
    {"guarded", true, false, false, true, {{"threshold", 0.3, 1, false}}},
    {"chosen", true, false, false, true, {{"pause", 1, 3, false}, {"threshold", 0.3, 1, false}}},
    {"before_reset", false, false, false, true, {{"threshold", 0.3, 1, false}}},
};

static const NeuronKind readouts[] = {
    {"li", false, false, true, false, {{"tau", 1.1, 8, true}}},
    {"li", false, false, true, false, {{"tau", 2, 20, true}}},
    {"before_reset", false, false, false, true, {{"threshold", 0.3, 1, false}}},
};

static const Argument surrogates[] = {
    {"atan", 1, 4, false},         {"sigmoid", 2, 6, false},    {"triangle", 0.5, 2, false},
    {"fast_sigmoid", 2, 25, false}, {"super_spike", 2, 40, false}, {"rectangle", 0.5, 2, false},
    {"erf", 1, 3, false},          {"bump", 0.3, 1, false},     {"gentle", 0.5, 2, false},
    {"piecewise_exp", 1, 4, false}, {"soft_sign", 1, 4, false}, {"log_abs", 0.5, 3, false},
    {"s2nn", 2, 6, false},         {"q_pseudo_spike", 1.5, 3, false}, {"leaky_relu", 0.05, 0.3, false},
    {"numerical", 0.3, 2, false},  {"log_tailed_relu", 0.05, 0.3, false}, {"square_wave", 6, 30, false},
};

/* clang-format on */

const NeuronKind *choose_neuron(Dice *dice)
{
    return &neurons[dice_below(dice, (int)(sizeof neurons / sizeof *neurons))];
}

const NeuronKind *choose_readout(Dice *dice)
{
    return &readouts[dice_below(dice, (int)(sizeof readouts / sizeof *readouts))];
}

bool neuron_spikes(const NeuronKind *kind)
{
    return kind->spikes;
}

/* Functions are inline code. */
bool neuron_lengthy(const NeuronKind *kind)
{
    return strcmp(kind->name, "everything") == 0 || strcmp(kind->name, "guarded") == 0;
}

void write_surrogate(FILE *out, Dice *dice)
{
    const Argument *surrogate = &surrogates[dice_below(dice, (int)(sizeof surrogates / sizeof *surrogates))];
    fprintf(out, "%s", surrogate->name);
    if (dice_chance(dice, 80))
        fprintf(out, "(%.3g)", dice_real(dice, surrogate->low, surrogate->high));
}

/* What a learned parameter starts from: it is there before the training, so no schedule. */
static bool is_start(const char *argument)
{
    static const char *const starts[] = {"tau0", "k", "start"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strcmp(argument, starts[i]) == 0)
            return true;
    return false;
}

static void write_argument(FILE *out, Dice *dice, const Argument *argument, bool named, double dt_ms)
{
    if (named)
        fprintf(out, "%s = ", argument->name);
    double value = dice_real(dice, argument->low, argument->high);
    if (dice_chance(dice, 10) && !is_start(argument->name))
        fputs(dice_chance(dice, 50) ? "drift * " : "(0.95 + 0.05 * epoch / epochs) * ", out);
    if (argument->time && dt_ms > 0 && dice_chance(dice, 60))
        fprintf(out, "%.4g ms", value * dt_ms);
    else
        fprintf(out, "%.4g", value);
}

static const char *next_separator(bool *some)
{
    const char *separator = *some ? ", " : "";
    *some = true;
    return separator;
}

static void write_flag(FILE *out, Dice *dice, int percent, const char *text, bool *some)
{
    if (dice_chance(dice, percent))
        fprintf(out, "%s%s", next_separator(some), text);
}

void write_neuron(FILE *out, Dice *dice, const NeuronKind *kind, double dt_ms)
{
    bool some = false;
    fprintf(out, "%s(", kind->name);
    for (int k = 0; k < 4 && kind->arguments[k].name; k++)
        if (dice_chance(dice, 70)) {
            fputs(next_separator(&some), out);
            write_argument(out, dice, &kind->arguments[k], k > 0 || dice_chance(dice, 70), dt_ms);
        }
    if (kind->resets && dice_chance(dice, 30))
        fprintf(out, "%sreset = %.3g", next_separator(&some), dice_real(dice, -0.4, 0.1));
    if (kind->decays)
        write_flag(out, dice, 30, "decay_input = false", &some);
    if (kind->resets) {
        write_flag(out, dice, 40, "soft_reset", &some);
        write_flag(out, dice, 40, "detach_reset", &some);
    }
    if (kind->surrogate && dice_chance(dice, 75)) {
        fprintf(out, "%ssurrogate = ", next_separator(&some));
        write_surrogate(out, dice);
    }
    fputs(")", out);
}

/* ---- optimizers ---- */

typedef struct OptimizerKind {
    const char *name;
    bool flags; /* nesterov, which needs a momentum */
    Argument arguments[4];
} OptimizerKind;

static const OptimizerKind optimizers[] = {
    {"sgd", true, {{"decay", 1e-4, 0.1, false}}},
    {"adam",
     false,
     {{"beta1", 0.7, 0.95, false},
      {"beta2", 0.9, 0.999, false},
      {"eps", 1e-8, 1e-3, false},
      {"decay", 1e-4, 0.1, false}}},
    {"adamw",
     false,
     {{"beta1", 0.7, 0.95, false},
      {"beta2", 0.9, 0.999, false},
      {"eps", 1e-8, 1e-3, false},
      {"decay", 1e-4, 0.1, false}}},
    {"lion", false, {{"beta1", 0.7, 0.95, false}, {"beta2", 0.9, 0.999, false}}},
    {"rms", false, {{"beta", 0.8, 0.99, false}}},
};

void write_optimizer(FILE *out, Dice *dice)
{
    static const char *const schedules[] = {
        "%.3g",
        "constant(%.3g)",
        "cosine(%.3g)",
        "step(%.3g, every = 2)",
        "step(%.3g, every = 3, gamma = 0.5)",
        "one_cycle(%.3g)",
        "one_cycle(%.3g, per_batch)",
        "warmup(cosine(%.3g, per_batch), over = 20, per_batch)",
        "warmup(polynomial(%.3g, power = 0.7), 3)",
        "exponential(%.3g, 0.97)",
        "%.3g * drift",
    };
    const OptimizerKind *kind = &optimizers[dice_below(dice, (int)(sizeof optimizers / sizeof *optimizers))];
    int schedule = dice_chance(dice, 50) ? 0 : dice_between(dice, 1, 10);
    fprintf(out, "%s(lr = ", kind->name);
    fprintf(out, schedules[schedule], dice_real(dice, 1e-4, 1e-1));
    if (kind->flags && dice_chance(dice, 70))
        fprintf(out, ", momentum = %.3g%s", dice_real(dice, 0.5, 0.95),
                dice_chance(dice, 50) ? ", nesterov" : "");
    for (int k = 0; k < 4 && kind->arguments[k].name; k++)
        if (dice_chance(dice, 50)) {
            fputs(", ", out);
            write_argument(out, dice, &kind->arguments[k], true, 0);
        }
    fputs(")", out);
}

/* ---- definitions of a file's own ---- */

const char own_definitions[] =
    "surrogate bump(width = 1) {\n"
    "    derivative     = exp(-abs(x) / width) / (2 * width)\n"
    "    antiderivative = where(x < 0, exp(x / width) / 2, 1 - exp(-x / width) / 2)\n"
    "}\n\n"
    "surrogate gentle(slope = 2) {\n"
    "    y              = 2 * slope * x\n"
    "    derivative     = 2 * slope * sigmoid(y) * sigmoid(-y)\n"
    "    antiderivative = tanh(y / 2) / 2 + 0.5\n"
    "}\n\n"
    "# Every neuron learns its time constant.\n"
    "neuron own_tau(threshold = 0.6, surrogate = atan(2)) {\n"
    "    param w per neuron = uniform(0, 0.2)\n"
    "    state v = 0\n"
    "    v     = v + (input - v) * sigmoid(w)\n"
    "    spike = step(v - threshold, surrogate)\n"
    "    v     = where(spike, 0, v)\n"
    "}\n\n"
    "# One gain for the layer, a threshold and a reset per neuron.\n"
    "neuron learned(start = 0.7, surrogate = atan(2)) {\n"
    "    param gain = 1.1\n"
    "    param threshold per neuron = start\n"
    "    param rest per neuron = -0.1\n"
    "    state v = 0\n"
    "    v     = v + (gain * input - v) / 2\n"
    "    spike = step(v - threshold, surrogate)\n"
    "    v     = where(spike, rest, v)\n"
    "}\n\n"
    "neuron adaptive(threshold = 0.7, beta = 0.5, surrogate = atan(2)) {\n"
    "    param w = 1\n"
    "    state v = 0\n"
    "    state a = 0\n"
    "    decay = sigmoid(w)\n"
    "    v     = v + (input - v) / 2\n"
    "    spike = step(v - threshold - beta * a, surrogate)\n"
    "    v     = v - spike * threshold\n"
    "    a     = decay * a + (1 - decay) * spike\n"
    "}\n\n"
    "# Silent for some steps after a spike.\n"
    "neuron refractory(pause = 2, threshold = 0.6, surrogate = atan(2)) {\n"
    "    state v = 0\n"
    "    state left = 0\n"
    "    v     = where(left > 0, v, v + (input - v) / 2)\n"
    "    spike = step(v - threshold, surrogate)\n"
    "    v     = where(detach(spike), 0, v)\n"
    "    left  = where(spike, pause, max(left - 1, 0))\n"
    "}\n\n"
    "neuron exponential(tau = 2, sharpness = 0.5, surrogate = atan(2)) {\n"
    "    state v = 0\n"
    "    v     = v + (input - v + sharpness * exp(min((v - 0.8) / sharpness, 2))) / tau\n"
    "    spike = step(v - 1, surrogate)\n"
    "    v     = where(spike, 0, v)\n"
    "}\n\n"
    "neuron quadratic(gain = 0.3, surrogate = atan(2)) {\n"
    "    state v = 0\n"
    "    state u = 0\n"
    "    v     = max(v + 0.5 * (gain * v ^ 2 - u + input), -2)\n"
    "    u     = u + 0.2 * (0.6 * v - u)\n"
    "    spike = step(v - 0.7, surrogate)\n"
    "    v     = where(spike, -0.2, v)\n"
    "    u     = u + 0.3 * spike\n"
    "}\n\n"
    "# Every function of the language.\n"
    "neuron everything(mix = 0.5, power = 0.7, surrogate = atan(2)) {\n"
    "    param q per neuron = normal(0.2, 0.05)\n"
    "    state v = 0.1\n"
    "    state w = 0\n"
    "    e     = expm1(-abs(w)) + erf(w) - log(1 + exp(0.5 * v)) + sin(2 * v) * cos(w) - floor(w)\n"
    "    f     = sqrt(v ^ 2 + 0.1) * tanh(w + q) + atan(v) - (abs(w) + 0.2) ^ power\n"
    "    quiet = v < 0.3 and not (w >= 0.5) or v == 0\n"
    "    v     = mix * v + input + where(quiet, 0.1 * e, 0.1 * f)\n"
    "    w     = w + (min(v, 1) - max(w, -1)) * sigmoid(q) / 3\n"
    "    spike = step(v - 0.6, surrogate)\n"
    "    v     = where(spike, v - 0.6, v)\n"
    "}\n\n"
    "# Sends its membrane, as it is before the reset.\n"
    "neuron before_reset(threshold = 0.7, surrogate = atan(2)) {\n"
    "    state v = 0\n"
    "    v      = v + (input - v) / 2\n"
    "    output = v\n"
    "    spike  = step(v - threshold, surrogate)\n"
    "    v      = where(spike, 0, v)\n"
    "}\n\n"
    "optimizer lion(lr = 1e-4, beta1 = 0.9, beta2 = 0.99) {\n"
    "    state m = 0\n"
    "    update  = beta1 * m + (1 - beta1) * gradient\n"
    "    weight  = weight - lr * where(update > 0, 1, where(update < 0, -1, 0))\n"
    "    m       = beta2 * m + (1 - beta2) * gradient\n"
    "}\n\n"
    "optimizer rms(lr, beta = 0.9) {\n"
    "    state v = 0.01\n"
    "    v       = beta * v + (1 - beta) * gradient ^ 2\n"
    "    weight  = weight - lr / (1 + step / 100) * gradient / sqrt(v + 1e-6)\n"
    "}\n\n"
    "schedule drift = 1 - 0.05 * batch / batches\n"
    "block layer(x, size, unit = lif(tau = 2)) = x -> dense(size) -> unit\n\n";

const char own_axes[] =
    "neuron along_axes(threshold = 0.3) {\n"
    "    param gain per x = 0.9\n"
    "    param shift per [y] = 0.1\n"
    "    param scale = 1.2\n"
    "    state v = 0\n"
    "    v = v / 2 + gain * input * scale + shift\n"
    "    spike = step(v - threshold, atan(2))\n"
    "    v = where(spike, 0, v)\n"
    "}\n"
    "block few_signs(w) = 0.3 * binary(w)\n"
    "block short(w) {\n"
    "    gain   = weights(of = w, per = inputs, init = uniform(0.5, 1.2), clamp = [0.4, 1.3])\n"
    "    size   = sqrt(0.2 + mean(w ^ 2, over = [inputs, taps])) + 0.1 * max(w, over = inputs)\n"
    "    output = gain * w / size - 0.1 * mean(w, over = outputs)\n"
    "}\n"
    "block long(w) = weight_norm(where(abs(w) < 0.01, 0.01, w), 0.7)\n"
    "block same_kernels(a) {\n"
    "    k      = weights([3, 3, 2, 2], init = normal(0.1, 0.3))\n"
    "    once   = a -> conv(2, kernel = 1) -> conv(2, kernel = 3, pad = same, weights = k) -> lif(threshold "
    "= 0.2)\n"
    "    output = once -> conv(2, kernel = 3, pad = 2, dilation = 2, weights = tanh(k))\n"
    "        -> conv_transpose(2, kernel = 3, stride = 2, pad = 1, weights = k)\n"
    "}\n"
    "block uneven(a) = tanh(a -> dense([x = 5])) * (a -> dense([y = 3, x = 5])) + (a -> dense([y = 3]))\n"
    "    -> along_axes\n"
    "block reduced(a) = tops(a -> dense([y = 3, x = 2, c = 3]))\n"
    "block tops(a) = max(a, over = [y, x]) * softmax(a) + max(a, over = c) + max(a, over = space)\n"
    "    + softmax(tanh(a), over = y) * mean(a, over = y) - sum(tanh(a), over = [x, c])\n"
    "    + last(a, over = [y, c]) - min(a, over = x) + 0.1 * argmax(a, over = c)\n"
    "block inhibited(a) {\n"
    "    shift  = weights(of = a, per = space, init = 0.1)\n"
    "    wide   = tanh(a + shift) -> dense([3, 4])\n"
    "    output = (a -> dense([y = 3, x = 5])) - 0.1 * sum(wide, over = x) -> lif\n"
    "}\n"
    "block moved(a) = tanh(a -> dense([3, 4])) -> slice(1, 3, over = x)"
    " -> concat(a -> dense([3, 3]), over = x)\n"
    "    -> reshape([c = 15]) -> lif -> concat(a -> dense(2) -> lif)\n"
    "block branch(a) = a -> conv(3, kernel = 3, pad = same) -> batch_norm(eps = 0.1) -> if(threshold = 0.3)\n"
    "block residual(a) = a -> dense([x = 4, c = 3]) -> lif(threshold = 0.3) -> sew_iand(branch)\n"
    "    -> repeat(2, sew_add(branch)) -> sew_and(branch) -> flatten\n";

const char own_corners[] =
    "# Branches that are infinite or no number where they are not taken; ties; powers of 0.\n"
    "neuron guarded(threshold = 0.5, surrogate = atan(2)) {\n"
    "    param p per neuron = 1.5\n"
    "    state v = 0\n"
    "    state w = 0\n"
    "    v     = v / 2 + input\n"
    "    e     = where(v > 0.1, 0.2 * log(10 * v), 2 * (v - 0.1))\n"
    "    f     = where(w < 0.04, 0.2 + 2.5 * (w - 0.04), sqrt(w))\n"
    "    g     = where(v < 0.3, 0.01 * exp(100 * (v - 0.3)), v - 0.29)\n"
    "    h     = where(abs(v) < 0.5, 4 * v, 1 / v)\n"
    "    w     = w / 2 + 0.1 * (e + f + g + h) + min(max(v, 0), 1) ^ p\n"
    "    spike = step(w - threshold, surrogate)\n"
    "    v     = where(spike, 0.2 * log(max(w, threshold)), v)\n"
    "    w     = where(spike, 0, 0.2 * log(threshold + 0.1 - w))\n"
    "}\n\n"
    "# Its spikes are made of others.\n"
    "neuron chosen(pause = 2, threshold = 0.6, surrogate = atan(2)) {\n"
    "    state v = 0\n"
    "    state left = 0\n"
    "    state on = 0\n"
    "    v     = v / 2 + input\n"
    "    fire  = step(v - threshold, surrogate)\n"
    "    burst = step(v - threshold - 0.5, surrogate)\n"
    "    weak  = fire * (1 - burst)\n"
    "    spike = where(left > 0, burst, max(weak, burst))\n"
    "    on    = max(on, burst)\n"
    "    left  = where(spike, pause, max(left - 1, 0))\n"
    "    v     = where(max(fire, spike), 0, v - 0.1 * on)\n"
    "}\n\n";
