/* Weights of linear maps in whole numbers, by rounding. */
#include "quantize.h"

#include <math.h>

/* A matrix of weights: rows are taps and inputs, columns outputs. */
typedef struct Weights {
    int rows, columns;
    const double *reals;
    double *whole;
    double *units; /* by column */
} Weights;

static double weight_at(const Weights *weights, int row, int column)
{
    return weights->reals[(size_t)row * (size_t)weights->columns + (size_t)column];
}

/* ---- one column, or all: from .. to-1 ---- */

static double largest(const Weights *weights, int from, int to)
{
    double most = 0;
    for (int r = 0; r < weights->rows; r++)
        for (int c = from; c < to; c++)
            most = fmax(most, fabs(weight_at(weights, r, c)));
    return most;
}

/* The mean magnitude of those above the threshold; 0 where there are none. */
static double mean_above(const Weights *weights, int from, int to, double threshold)
{
    double sum = 0, count = 0;
    for (int r = 0; r < weights->rows; r++)
        for (int c = from; c < to; c++) {
            double magnitude = fabs(weight_at(weights, r, c));
            sum += magnitude > threshold ? magnitude : 0;
            count += magnitude > threshold;
        }
    return count > 0 ? sum / count : 0;
}

/* Steps on each side of 0. */
static double levels_of(Quantize kind)
{
    return kind == QUANTIZE_INT16 ? 32767 : kind == QUANTIZE_INT8 ? 127 : 1;
}

/* Magnitudes up to this become 0. Of ternary weights, as in F. Li et al., "Ternary weight networks" (2016); of binary ones
 * only those that are 0, as taps without a synapse are. */
static double dead_zone(const Weights *weights, Quantize kind, int from, int to)
{
    return kind == QUANTIZE_TERNARY ? 0.7 * mean_above(weights, from, to, 0) : 0;
}

static void round_columns(Weights *weights, Quantize kind, double levels, int from, int to)
{
    bool few = kind == QUANTIZE_BINARY || kind == QUANTIZE_TERNARY;
    double dead = dead_zone(weights, kind, from, to);
    double unit = few ? mean_above(weights, from, to, dead) : largest(weights, from, to) / levels;
    unit = unit > 0 ? unit : 1;
    for (int c = from; c < to; c++) {
        weights->units[c] = unit;
        for (int r = 0; r < weights->rows; r++) {
            double real = weight_at(weights, r, c), rounded = floor(real / unit + 0.5);
            if (few)
                rounded = fabs(real) > dead ? (real > 0 ? 1 : -1) : 0;
            weights->whole[(size_t)r * (size_t)weights->columns + (size_t)c] = rounded;
        }
    }
}

/* ---- sums ---- */

/* What the sum of an output may be. Of a transposed map, rows are what outputs of it are the sums over. */
static Range sums_range(const Weights *weights, const Node *map, Range input)
{
    Range all = {0, 0};
    int inputs = map->transposed ? weights->rows : weights->columns;
    int terms = map->transposed ? weights->columns : weights->rows;
    for (int i = 0; i < inputs; i++) {
        Range sum = {0, 0};
        for (int k = 0; k < terms; k++) {
            int row = map->transposed ? i : k, column = map->transposed ? k : i;
            Range term =
                range_times(input, weights->whole[(size_t)row * (size_t)weights->columns + (size_t)column]);
            sum.low += fmin(term.low, 0); /* not all inputs are there at an edge */
            sum.high += fmax(term.high, 0);
        }
        all = range_both(all, sum);
    }
    double taps = 1; /* each a row of its own of what a transposed map adds */
    for (int a = 0; map->transposed && a < map->map->count; a++)
        taps *= map->map->space[a].reach == REACH_WINDOW ? map->map->space[a].taps : 1;
    if (map->transposed && map->map->time.reach == REACH_WINDOW)
        taps *= map->map->time.taps;
    return range_times(all, taps);
}

/* ---- who reads it ---- */

/* Whether only equations do, which take each channel by a factor of its own, perhaps through pools and delays. */
static bool takes_channels(const Quantizer *quantizer, StreamId stream)
{
    const Adjacency *readers = &quantizer->readers;
    for (int k = readers->first[stream]; k < readers->first[stream + 1]; k++) {
        const Node *reader = &quantizer->net->nodes.at[readers->to[k]];
        bool through = reader->kind == NODE_POOL || reader->kind == NODE_DELAY;
        if (reader->kind != NODE_SCAN && !(through && takes_channels(quantizer, reader->out)))
            return false;
    }
    return readers->first[stream] < readers->first[stream + 1];
}

static bool has_channels(const Quantizer *quantizer, const Node *map, int columns)
{
    Shape shape = quantizer->net->streams.at[map->out].shape;
    const MapAxis *mixed = map_mixed(map->map), *last = &map->map->space[map->map->count - 1];
    return !map->transposed && mixed && mixed == last && shape.ndim > 0
           && shape.dims[shape.ndim - 1] == columns && takes_channels(quantizer, map->out);
}

/* ---- the map ---- */

static const double *reals_of(Quantizer *quantizer, const Node *map)
{
    if (map->aux == NONE)
        return quantize_param_values(quantizer, map->weight);
    if (!quantizer->streams[map->aux].constants)
        quantize_refuse(quantizer, map->span,
                        "the weights of `%s` change with the data: whole numbers have "
                        "to be known before",
                        node_title(map));
    return quantizer->streams[map->aux].constants;
}

static Shape shape_of(const Quantizer *quantizer, const Node *map)
{
    return map->aux != NONE ? quantizer->net->streams.at[map->aux].shape
                            : quantizer->net->params.at[map->weight].shape;
}

static void round_weights(Quantizer *quantizer, const Node *map, Weights *weights, double levels)
{
    if (!has_channels(quantizer, map, weights->columns)) {
        round_columns(weights, quantizer->kind, levels, 0, weights->columns);
        return;
    }
    for (int c = 0; c < weights->columns; c++)
        round_columns(weights, quantizer->kind, levels, c, c + 1);
}

/* How large the bias is in the unit of its sums. */
static double bias_most(const Quantizer *quantizer, const Node *map, const Weights *weights, double unit)
{
    double most = 0;
    if (map->bias == NONE)
        return 0;
    const double *reals = quantize_param_values(quantizer, map->bias);
    for (int c = 0; c < shape_size(quantizer->net->params.at[map->bias].shape); c++)
        most = fmax(most, fabs(reals[c] / (weights->units[c % weights->columns] * unit)));
    return most;
}

/* Fewer levels, where sums with their bias would need more than 32 bits. */
static Range fit_weights(Quantizer *quantizer, const Node *map, Weights *weights, const Quantity *in)
{
    double levels = levels_of(quantizer->kind), most = ldexp(1, WHOLE_BITS);
    round_weights(quantizer, map, weights, levels);
    Range sums = sums_range(weights, map, in->range);
    double all = range_most(sums) + bias_most(quantizer, map, weights, in->unit);
    if (all < most)
        return sums;
    levels = floor(levels * most / all * 0.99);
    if (levels >= 7 && levels_of(quantizer->kind) > 1) {
        round_weights(quantizer, map, weights, levels);
        return sums_range(weights, map, in->range);
    }
    quantize_refuse(
        quantizer, map->span,
        "sums of `%s` and its bias may come to %.6g, which 32 bits do not hold: let it read spikes, or fewer "
        "inputs",
        node_title(map), all);
    return sums;
}

static ParamId whole_bias(Quantizer *quantizer, const Node *map, const double *units, int columns,
                          Range *sums)
{
    const Param *bias = &quantizer->net->params.at[map->bias];
    const double *reals = quantize_param_values(quantizer, map->bias);
    int count = shape_size(bias->shape);
    double *whole = NEW_ARRAY(quantizer->net->arena, double, count + 1);
    Range range = {0, 0};
    for (int c = 0; c < count; c++) {
        whole[c] = floor(reals[c] / units[c % columns] + 0.5);
        range = range_both(range, (Range){whole[c], whole[c]});
    }
    *sums = (Range){sums->low + range.low, sums->high + range.high};
    return quantize_add_param(quantizer, bias->name, bias->shape, bias->matrix, whole, bias->span);
}

/* A pool that adds up, or one that repeats: what each input counts is part of the unit. */
static void quantize_pool(Quantizer *quantizer, Node *map)
{
    Quantity *out = &quantizer->streams[map->out];
    const Quantity *in = &quantizer->streams[map->in];
    AxisMap *whole = NEW(quantizer->net->arena, AxisMap);
    bool linear = map->map->time.linear;
    *whole = *map->map;
    for (int a = 0; a < whole->count; a++)
        linear = linear || whole->space[a].linear;
    if (linear || whole->constant <= 0) {
        quantize_refuse(quantizer, map->span,
                        "`%s` weighs its inputs by parts of 1, and has no form in whole "
                        "numbers: repeat the nearest",
                        node_title(map));
        return;
    }
    whole->constant = 1;
    *out = *in;
    out->unit = in->unit * map->map->constant;
    double *units = in->units ? NEW_ARRAY(quantizer->net->arena, double, map_outputs(whole) + 1) : NULL;
    Shape shape = quantizer->net->streams.at[map->out].shape;
    for (int c = 0; units && c < shape.dims[shape.ndim - 1]; c++)
        units[c] = in->units[c] * map->map->constant;
    out->units = units;
    out->range = range_both((Range){0, 0}, range_times(in->range, map_rows(map->map)));
    map->map = whole;
}

static Weights weights_of(const Quantizer *quantizer, const Node *map, const double *reals)
{
    Arena *arena = quantizer->net->arena;
    Weights weights = {.rows = map_rows(map->map), .columns = map_columns(map->map), .reals = reals};
    weights.whole = NEW_ARRAY(arena, double, (size_t)weights.rows *(size_t)weights.columns + 1);
    weights.units = NEW_ARRAY(arena, double, weights.columns + 1);
    return weights;
}

void quantize_map(Quantizer *quantizer, Node *map)
{
    if (map->weight == NONE && map->aux == NONE) {
        quantize_pool(quantizer, map);
        return;
    }
    const Quantity *in = &quantizer->streams[map->in];
    const double *reals = reals_of(quantizer, map);
    if (quantizer->error)
        return;
    Weights weights = weights_of(quantizer, map, reals);
    Quantity *out = &quantizer->streams[map->out];
    out->range = fit_weights(quantizer, map, &weights, in);
    for (int c = 0; c < weights.columns; c++) {
        weights.units[c] *= in->unit;
        out->unit = fmax(out->unit, weights.units[c]);
    }
    if (map->bias != NONE && !quantizer->error)
        map->bias = whole_bias(quantizer, map, weights.units, weights.columns, &out->range);
    if (has_channels(quantizer, map, weights.columns))
        out->units = weights.units;
    const char *name = map->aux != NONE ? quantizer->net->streams.at[map->aux].name
                                        : quantizer->net->params.at[map->weight].name;
    Shape shape = shape_of(quantizer, map); /* taps alone, where each unit is summed over steps by itself */
    map->weight = quantize_add_param(quantizer, name, shape, shape.ndim > 1, weights.whole, map->span);
    map->aux = NONE;
}
