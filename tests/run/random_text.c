/* The text of a random model: its data, its layers, its read-out, its training. */
#include "random_writer.h"

#include <stdlib.h>
#include <string.h>

static void add_stream(Writer *w, const char *name, int size, bool temporal, bool bounded)
{
    w->streams[w->stream_count++] = (NamedStream){name, size, temporal, bounded, false};
}

/* ---- data and encoders ---- */

/* Sizes around the widths of vectors, and primes, are as likely as all others together. A few wide layers have enough
 * weights for a choice of kernels; tiles of some have a remainder. */
static int choose_size(Writer *w)
{
    static const int edges[] = {1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 24, 29, 31, 32, 33, 37, 40};
    static const int wide[] = {64, 64, 67, 80, 93, 97};
    if (w->deep)
        return dice_between(&w->dice, 2, 9);
    if (w->wide)
        return chance(w, 50) ? wide[dice_below(&w->dice, 6)] : dice_between(&w->dice, 64, 100);
    return chance(w, 50) ? edges[dice_below(&w->dice, 19)] : dice_between(&w->dice, 1, 40);
}

static int choose_steps(Writer *w)
{
    static const int edges[] = {1, 2, 3, 4, 16, 25, 31, 32, 33, 64, 65, 70};
    if (w->deep)
        return dice_between(&w->dice, 1, 6);
    return chance(w, 25) ? edges[dice_below(&w->dice, 12)]
                         : dice_between(&w->dice, 1, chance(w, 80) ? 12 : 70);
}

static void write_data(Writer *w, bool temporal)
{
    int size = choose_size(w);
    w->flat = chance(w, 70) || size % 2 != 0;
    w->lengths = temporal && dice_chance(&w->spans, 20);
    w->label_temporal = w->lengths && dice_chance(&w->spans, 40);
    fprintf(w->out, "    data %s(shape = ", w->lengths ? "npy" : "idx");
    fprintf(w->out, w->flat ? "[%d]" : "[2, %d]", w->flat ? size : size / 2);
    const char *kind = !temporal ? "" : chance(w, 50) ? ", temporal, spikes" : ", temporal";
    fprintf(w->out, ", classes = %d%s", w->classes, kind);
    w->target = dice_chance(&w->goals, 20);
    w->target_temporal = w->target && dice_chance(&w->goals, 40);
    if (w->target)
        fprintf(w->out, ", target = %d%s", w->classes, w->target_temporal ? ", target_temporal" : "");
    fprintf(w->out, "%s)\n", w->label_temporal ? ", label_temporal" : "");
    if (w->lengths)
        fprintf(w->out, "    image = sample\n");
    add_stream(w, "image", size, temporal, true);
}

static void write_time(Writer *w)
{
    fprintf(w->out, "    time %d steps", w->steps);
    if (w->dt_ms > 0)
        fprintf(w->out, " of %g ms", w->dt_ms);
    fprintf(w->out, "\n\n");
}

static void write_encoder(Writer *w, bool temporal)
{
    bool latency = !temporal && chance(w, 40);
    if (chance(w, 35))
        return; /* the layers read the image */
    if (latency)
        fprintf(w->out, "    input = latency(image)\n");
    else if (w->dt_ms > 0 && chance(w, 50))
        fprintf(w->out, "    input = image * %.3g Hz -> poisson\n", dice_real(&w->dice, 300, 900) / w->dt_ms);
    else
        fprintf(w->out, "    input = poisson(image)\n");
    add_stream(w, "input", w->streams[0].size, true, true);
}

/* ---- layers ---- */

static const NamedStream *choose_source(Writer *w, int layer)
{
    int before = w->first_layer + layer;
    if (chance(w, 70))
        return &w->streams[before - 1];
    return &w->streams[dice_below(&w->dice, before)];
}

static int choose_delay(Writer *w)
{
    int most = w->steps - 1 < 6 ? w->steps - 1 : 6;
    return chance(w, 50) ? 1 : dice_between(&w->dice, 1, most);
}

/* A name, or what a block with several axes makes of it; of such as may stand in a loop if it is of the past. */
static void write_axes(Writer *w, const char *name, bool past)
{
    static const char *const blocks[] = {"uneven", "inhibited", "moved", "reduced", "residual"};
    bool plain = w->deep || !dice_chance(&w->axes, 12);
    w->inputs = plain ? w->inputs : 0;
    const char *block = blocks[dice_below(&w->axes, past ? 3 : 5)];
    fprintf(w->out, plain ? "%s" : "%s(%s)", plain ? name : block, name);
}

/* `x`, `x[-2]`, or a map of it. */
static void write_source(Writer *w, const NamedStream *source)
{
    static const char *const maps[] = {
        "tanh(%s)",          "0.7 * %s + 0.1",          "max(%s, 0.2)", "exp(-max(%s, 0.1) ^ 1.7)",
        "sigmoid(%s) - 0.3", "step(%s - 0.4, atan(2))", "max(%s, 0)",   "1 - %s",
    };
    static const char *const modes[] = {"where(training, 0.8 * %s, %s)",
                                        "where(not training, %s ^ 2, 0.3 * %s)",
                                        "where(training and %s > 0.1, 0.2, %s)",
                                        "dropout(%s, 0.3)",
                                        "dropout(%s, 0.25, same = none)",
                                        "(%s + uniform(-0.2, 0.3))",
                                        "where(training, %s * uniform(0.5, 1.5, same = [time, space]), %s)"};
    char name[400];
    w->inputs = source->size;
    snprintf(name, sizeof name, "%s", source->name);
    if (source->temporal && w->steps > 1 && chance(w, 20))
        snprintf(name, sizeof name, "%s[-%d]", source->name, choose_delay(w));
    if (chance(w, 15))
        fprintf(w->out, maps[dice_below(&w->dice, 8)], name);
    else if (dice_chance(&w->names, 8))
        fprintf(w->out, "detach(%s)", name); /* layers before it may be frozen */
    else if (dice_chance(&w->modes, 8))
        fprintf(w->out, modes[dice_below(&w->modes, 7)], name, name);
    else
        write_axes(w, name, false);
}

static const char *const initial_values[] = {"uniform(-0.3, 0.4)",
                                             "kaiming_uniform",
                                             "kaiming_normal(0.5)",
                                             "xavier_uniform(1.5)",
                                             "xavier_normal",
                                             "orthogonal",
                                             "orthogonal(0.5)",
                                             "0.3 * tanh(normal(0.1, 0.7))",
                                             "-abs(uniform(0.1, 0.2))",
                                             "where(uniform(0, 1) < 0.3, normal(0, 0.5), 0)",
                                             "uniform(0, uniform(0, 1))",
                                             "0.4 * sin(position(inputs) + 2 * position(outputs))"};
enum { INITIAL_VALUES = sizeof initial_values / sizeof *initial_values };

static const char *const synapses[] = {"few_signs", "ternary(0.2, atan(2))", "tanh", "max(-0.1)", "short",
                                       "long"};
enum { SYNAPSES = sizeof synapses / sizeof *synapses };

static void write_start(Writer *w, int frozen)
{
    if (dice_chance(&w->inits, 25))
        fprintf(w->out, ", init = %s", initial_values[dice_below(&w->inits, INITIAL_VALUES)]);
    if (dice_chance(&w->inits, frozen))
        fprintf(w->out, ", frozen");
    if (dice_chance(&w->inits, 8))
        fprintf(w->out, ", clamp = [%.2g, %.2g]", dice_real(&w->inits, -0.5, 0),
                dice_real(&w->inits, 0.1, 0.5));
}

/* Before the layers: of some sizes that meet in a connection. */
static void write_weights(Writer *w)
{
    int count = dice_chance(&w->inits, 30) ? dice_between(&w->inits, 1, MAX_WEIGHTS) : 0;
    for (int k = 0; k < count; k++) {
        int to = dice_between(&w->inits, w->first_layer, w->stream_count - 1);
        int from = dice_chance(&w->inits, 50) ? to : to - 1;
        NamedWeights named = {w->streams[from].size, w->streams[to].size};
        if (named.inputs == BROAD && named.outputs == BROAD)
            continue;
        fprintf(w->out, "    weights_%d = weights([%d, %d]", w->weight_count, named.inputs, named.outputs);
        write_start(w, 20);
        fprintf(w->out, ")\n");
        w->weights[w->weight_count++] = named;
    }
}

/* Those that fit, or -1. */
static int choose_weights(Writer *w, int inputs, int outputs)
{
    for (int k = 0; k < w->weight_count && !w->last; k++)
        if (w->weights[k].inputs == inputs && w->weights[k].outputs == outputs && dice_chance(&w->inits, 70))
            return k;
    return -1;
}

/* In a loop, each weight has one. */
static void write_delay(Writer *w)
{
    int most = w->steps - 1 < 4 ? w->steps - 1 : 4;
    if (most < 1 || !dice_chance(&w->delays, 30))
        return;
    int longest = dice_between(&w->delays, 1, most);
    fprintf(w->out, ", delay = %s(max = %d)", dice_chance(&w->delays, 70) ? "learned" : "random", longest);
}

static void write_dense(Writer *w, int size, bool looped)
{
    fprintf(w->out, " -> dense(%d%s", size, chance(w, 35) ? ", bias" : "");
    int named = choose_weights(w, w->inputs, size);
    if (named >= 0 && dice_chance(&w->inits, 40))
        fprintf(w->out, ", weights = 0.5 * weights_%d + 0.1 * tanh(weights_%d)", named, named);
    else if (named >= 0)
        fprintf(w->out, ", weights = weights_%d", named);
    else
        write_start(w, w->last ? 0 : 5);
    if (dice_chance(&w->inits, 12))
        fprintf(w->out, ", synapse = %s", synapses[dice_below(&w->inits, SYNAPSES)]);
    if (looped)
        write_delay(w);
    fprintf(w->out, ")");
}

static void write_mapped(Writer *w)
{
    write_window(w->out, &w->maps);
    w->inputs = 0; /* no named weights have as many */
}

/* + a later layer, or this one, one or more steps ago. Reals could grow without bounds: only spikes. A million weights
 * take the interpreter long. */
static void write_past(Writer *w, int layer)
{
    int from = w->first_layer + layer, to = w->first_layer + w->layers;
    NamedStream *past = &w->streams[dice_between(&w->dice, from, to - 1)];
    if (!past->bounded || w->steps == 1 || (past->size == BROAD && w->streams[from].size == BROAD))
        return;
    past->looked = true;
    char name[400];
    double factor = dice_real(&w->dice, 0.2, 1);
    snprintf(name, sizeof name, "%s[-%d]", past->name, choose_delay(w));
    fprintf(w->out, " + %.2g * (", factor);
    w->inputs = past->size;
    write_axes(w, name, true);
    if (dice_chance(&w->maps, 15) && past->size != BROAD)
        write_mapped(w);
    write_dense(w, w->streams[from].size, true);
    fputs(")", w->out);
}

/* Of what is in no loop. Where units are alike in all samples, a small eps would make much of roundings. */
static void write_norm(Writer *w, bool temporal, int size)
{
    static const char *const norms[] = {"batch_norm(eps = 0.1)",
                                        "batch_norm(momentum = 0.3, eps = 0.2, scale = 0.7)",
                                        "batch_norm(affine = false, eps = 0.1)",
                                        "batch_norm(per = [time, c], eps = 0.2)",
                                        "layer_norm(eps = 0.1)",
                                        "layer_norm(affine = false, eps = 0.1)"};
    int kind = dice_below(&w->norms, 6);
    bool fits = kind == 3 ? temporal : kind < 4 || size > 1;
    if (fits && dice_chance(&w->norms, 15))
        fprintf(w->out, " -> %s", norms[kind]);
}

static void write_term(Writer *w, int layer)
{
    const NamedStream *source = choose_source(w, layer);
    fputs("(", w->out);
    write_source(w, source);
    bool loops = source >= &w->streams[w->first_layer]; /* perhaps: a later layer may come back to it */
    if (dice_chance(&w->maps, 12) && source->temporal && !loops) {
        write_time_window(w->out, &w->maps, w->steps);
        w->inputs = 0;
    }
    if (!w->deep && dice_chance(&w->strides, 12) && source->temporal && !loops) {
        write_detour(w);
        w->inputs = 0;
    }
    if (dice_chance(&w->maps, 15) && source->size != BROAD)
        write_mapped(w);
    int size = w->streams[w->first_layer + layer].size;
    write_dense(w, size, false);
    if (!loops)
        write_norm(w, source->temporal, size);
    fputs(")", w->out);
}

static void write_terms(Writer *w, int layer)
{
    w->last = layer == w->layers - 1;
    write_term(w, layer);
    if (chance(w, 35)) {
        fputs(" + ", w->out);
        write_term(w, layer);
    }
    if (chance(w, 45))
        write_past(w, layer);
    if (w->aside && dice_chance(&w->strides, 60))
        fprintf(w->out, " + (aside -> dense(%d))", w->streams[w->first_layer + layer].size);
}

/* Of what is no layer, so that it is in no loop; where layers read it. */
static void write_early(Writer *w)
{
    const NamedStream *source = &w->streams[w->first_layer - 1];
    if (w->deep || !source->temporal || !dice_chance(&w->strides, 12))
        return;
    w->aside = dice_between(&w->strides, 3, 19);
    write_aside(w, source, w->aside);
}

static void write_layer(Writer *w, int layer)
{
    NamedStream *stream = &w->streams[w->first_layer + layer];
    const NamedStream *before = stream - 1;
    fprintf(w->out, "    %s = ", stream->name);
    if (!stream->bounded && neuron_spikes(w->kinds[layer]))
        fprintf(w->out, "%s + (", before->name); /* a connection past the layer */
    else if (!stream->bounded)
        fputs("(", w->out);
    bool block = chance(w, 20), twice = block && chance(w, 30) && !stream->looked;
    if (block)
        fprintf(w->out, "%s -> %slayer(%d, unit = ", before->name, twice ? "repeat(2, " : "", stream->size);
    else
        write_terms(w, layer);
    if (!block)
        fputs(chance(w, 10) ? " -> li(1.7) -> " : " -> ", w->out);
    write_neuron(w->out, &w->dice, w->kinds[layer], w->dt_ms);
    fputs(twice ? "))" : block ? ")" : "", w->out);
    fputs(stream->bounded ? "\n" : ")\n", w->out);
}

/* Few: they take a compiler long. Many layers need not be wide, nor sequences long. */
static int choose_layers(Writer *w)
{
    return w->deep ? 8 + dice_below(&w->dice, dice_between(&w->dice, 1, MAX_LAYERS - 7))
                   : 1 + dice_below(&w->dice, dice_between(&w->dice, 2, SOME_LAYERS));
}

/* Of hidden layers: some that follow each other in a list. Some models have names that C, its headers, the runtime
 * or kernels use themselves, that meet what is made of other names, or that are long. */
static const char *const *choose_names(Writer *w)
{
    static const char *const plain[MAX_LAYERS - 1] = {
        "first",     "second",    "third",       "fourth",     "fifth",      "sixth",      "seventh",
        "eighth",    "ninth",     "tenth",       "eleventh",   "twelfth",    "thirteenth", "fourteenth",
        "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    };
    static const char *const others[] = {
        "int32_t",
        "__LINE__",
        "b",
        "grad_w_int32_t",
        "_b",
        "activity_out",
        "snn_load",
        "layer_out",
        "w_out",
        "loss",
        "struct",
        "out_",
        "__out",
        "_7",
        "SNN_LANES",
        "net",
        "_",
        "g_out",
        "out_dense",
        "main",
        "sums_out",
        "tiles_of_w_out",
        "a_long_name_of_a_layer_"
        "a_long_name_of_a_layer_"
        "a_long_name_of_a_layer_"
        "a_long_name_of_a_layer_"
        "a_long_name_of_a_layer_"
        "a_long_name_of_a_layer_"
        "and_its_end",
        "errno",
    };
    int count = (int)(sizeof others / sizeof *others);
    return !w->deep && dice_chance(&w->names, 30) ? &others[dice_below(&w->names, count - SOME_LAYERS + 2)]
                                                  : plain;
}

/* The hidden layer of a few narrow nets that is broad, so that the last of many tiles has a remainder; else -1. */
static int choose_broad(Writer *w)
{
    bool small = !w->deep && !w->wide && w->layers > 1 && w->layers <= 3 && w->steps <= 12;
    return dice_chance(&w->broad, 15) && small ? dice_below(&w->broad, w->layers - 1) : -1;
}

/* Names, sizes and kinds of all layers first: recurrence looks ahead. */
static void plan_layers(Writer *w)
{
    static const int broad_sizes[] = {257, 263, 509, BROAD};
    const char *const *names = choose_names(w);
    int broad = choose_broad(w);
    w->first_layer = w->stream_count;
    for (int k = 0; k < w->layers; k++) {
        bool last = k == w->layers - 1;
        w->kinds[k] = last && chance(w, 60) ? choose_readout(&w->dice) : choose_neuron(&w->dice);
        int before = w->streams[w->stream_count - 1].size;
        bool skip = !last && (k > 0 || w->flat) && chance(w, 20) && before != BROAD;
        int size = last ? w->classes : skip ? before : choose_size(w);
        if (k == broad && !skip)
            size = broad_sizes[dice_below(&w->broad, 4)];
        add_stream(w, last ? "out" : names[k], size, true, neuron_spikes(w->kinds[k]) && !skip);
    }
}

/* ---- all of it ---- */

static bool has_lengthy_neurons(const Writer *w)
{
    bool lengthy = false;
    for (int k = 0; k < w->layers; k++)
        lengthy = lengthy || neuron_lengthy(w->kinds[k]);
    return lengthy;
}

static int draw_unroll(Writer *w)
{
    static const int factors[] = {1, 1, 2, 3, 4, 5, 7};
    bool small = w->steps * w->layers <= 24;
    if (w->deep)
        return 1;
    if (chance(w, small ? 50 : 10))
        return w->steps * w->layers <= 8 && chance(w, 50) ? UNROLL_FULL : 0;
    return factors[dice_below(&w->dice, small ? 7 : 4)];
}

/* Long programs take long to compile: many copies of a step only where there are few, and of long steps as many as snnc
 * thinks right. */
static int choose_unroll(Writer *w)
{
    int drawn = draw_unroll(w);
    return has_lengthy_neurons(w) || (w->layers > 2 && drawn > 2) ? 0 : drawn;
}

/* Tables in every layer take a compiler long: few models, small ones. */
static Kernels choose_kernels(Writer *w)
{
    if (w->layers <= 2 && chance(w, 20))
        return KERNELS_TABLE;
    return chance(w, 60) && !w->deep ? KERNELS_AUTO : KERNELS_EVENT;
}

/* Each optimisation is left out of some models. Drawn last: the models do not change with the list. */
static Without choose_without(Writer *w)
{
    Without without = 0;
    for (int k = 0; k < OPTIMISATION_COUNT; k++)
        if (chance(w, 30))
            without |= (Without)1 << k;
    return without;
}

static void write_model(Writer *w, ModelText *model, uint32_t number)
{
    static const double lengths[] = {0, 0, 1, 2.5, 0.5};
    w->deep = dice_chance(&w->ends, 2);
    bool temporal = chance(w, 50);
    w->steps = choose_steps(w);
    w->wide = chance(w, 6);
    w->dt_ms = lengths[dice_below(&w->dice, 5)];
    w->classes = dice_between(&w->dice, 2, 12);
    w->layers = choose_layers(w);
    fprintf(w->out, "model random_%u {\n", (unsigned)number);
    write_data(w, temporal);
    write_time(w);
    write_encoder(w, temporal);
    plan_layers(w);
    write_weights(w);
    write_early(w);
    for (int k = 0; k < w->layers; k++)
        write_layer(w, k);
    model->rows = dice_between(&w->dice, 1, 7);
    model->lower.unroll = choose_unroll(w);
    model->lower.kernels = choose_kernels(w);
    write_results_of(w, model->rows);
    model->lower.without = choose_without(w);
    model->lower.products = chance(w, 30) ? PRODUCTS_APART : PRODUCTS_FUSED;
    model->lower.small = chance(w, 50);
}

ModelText model_text(uint32_t seed, uint32_t number)
{
    ModelText model = {0};
    Writer w = {.out = open_memstream(&model.text, &model.length),
                .dice = dice_new(seed, number, 1),
                .names = dice_new(seed, number, 4),
                .ends = dice_new(seed, number, 5),
                .inits = dice_new(seed, number, 7),
                .maps = dice_new(seed, number, 8),
                .broad = dice_new(seed, number, 6),
                .axes = dice_new(seed, number, 17),
                .modes = dice_new(seed, number, 18),
                .norms = dice_new(seed, number, 19),
                .goals = dice_new(seed, number, 20),
                .delays = dice_new(seed, number, 23),
                .spans = dice_new(seed, number, 21),
                .strides = dice_new(seed, number, 24)};
    if (!w.out) {
        fprintf(stderr, "random_models: not enough memory\n");
        exit(EXIT_FAILURE);
    }
    fprintf(w.out, "# Model %u of seed %u.\n", (unsigned)number, (unsigned)seed);
    fputs(own_definitions, w.out);
    fputs(own_axes, w.out);
    fputs(own_corners, w.out);
    write_model(&w, &model, number);
    fclose(w.out);
    return model;
}
