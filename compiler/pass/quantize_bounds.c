/* What equations may come to, before they are whole numbers and after: so many bits behind the point, and the proof that 32
 * suffice. */
#include "quantize.h"

#include "rebuild.h"

#include <math.h>

static Range constants_range(const double *values, int count)
{
    Range range = {values[0], values[0]};
    for (int i = 1; i < count; i++)
        range = range_both(range, (Range){values[i], values[i]});
    return range;
}

/* Of inputs, as whole numbers or as the reals that they stand for. */
static Range *input_ranges(const Quantizer *quantizer, const Node *scan, bool reals, const double *limits)
{
    Range *ranges = NEW_ARRAY(quantizer->net->arena, Range, scan->ins.count + 1);
    for (int i = 0; i < scan->ins.count; i++) {
        const Quantity *quantity = &quantizer->streams[scan->ins.at[i]];
        int size = shape_size(quantizer->net->streams.at[scan->ins.at[i]].shape);
        ranges[i] = quantity->constants ? constants_range(quantity->constants, size)
                                        : range_times(quantity->range, reals ? quantity->unit : 1);
        int maker = quantizer->net->streams.at[scan->ins.at[i]].node;
        if (reals && quantity->bounded && quantizer->net->nodes.at[maker].kind == NODE_SCAN)
            ranges[i].low = fmax(ranges[i].low, quantity->least);
        if (limits)
            ranges[i] = (Range){fmax(ranges[i].low, -limits[i]), fmin(ranges[i].high, limits[i])};
    }
    return ranges;
}

/* So many values of the scan are added up in one of the result. */
double quantize_terms(const Net *net, const Node *scan, StreamId out)
{
    double terms = scan_sums_steps(net, scan, out) ? scan_steps(net, scan) : 1;
    if (scan_sums_units(net, scan, out))
        terms *= (double)shape_size(scan_units(net, scan)) / shape_size(net->streams.at[out].shape);
    return terms;
}

/* A sum of what is not negative is no less than its greatest term. */
void quantize_least(Quantizer *quantizer, const Node *scan, const Range *reals)
{
    const Net *net = quantizer->net;
    for (int k = 0; k < scan->outs.count; k++) {
        const ScanOut *out = &scan->outs.at[k];
        StreamId greatest;
        double peak = scan_peak(net, scan, out->value, &greatest);
        if (greatest == NONE || reals[out->value].low < 0 || !scan_sums_units(net, scan, out->stream)
            || !shape_equal(net->streams.at[out->stream].shape, net->streams.at[greatest].shape))
            continue;
        quantizer->streams[out->stream].bounded = true;
        quantizer->streams[out->stream].least = peak;
    }
}

/* Of a sample, for what its equations may come to. */
static int steps_of(const Net *net, const Node *scan)
{
    int steps = scan_steps(net, scan);
    return steps > 0 ? steps : net->steps;
}

static const char *title_of(const Node *scan)
{
    return scan->name ? scan->name : "a formula";
}

/* What it comes to in reals. */
Range *quantize_real_ranges(const Quantizer *quantizer, const Node *scan, const double *limits)
{
    const Net *net = quantizer->net;
    Range *params = NEW_ARRAY(net->arena, Range, scan->params.count + 1);
    for (int p = 0; p < scan->params.count; p++)
        params[p] = constants_range(quantize_param_values(quantizer, scan->params.at[p]),
                                    shape_size(net->params.at[scan->params.at[p]].shape));
    return scan_ranges(net, scan, input_ranges(quantizer, scan, true, limits), params, steps_of(net, scan));
}

/* Of what is made at a step, and read. */
static double most_of_step(const Net *net, const Node *scan, const Range *ranges)
{
    const bool *live = live_values(net->arena, scan);
    double most = 0;
    for (Val v = 0; v < scan->body.code.count; v++)
        most = live[v] ? fmax(most, range_most(ranges[v])) : most;
    return most;
}

/* The greatest that has to have a place: `most` of one step, or of all. */
static double greatest(const Net *net, const Node *scan, const Range *reals, const double *terms,
                       double *most)
{
    *most = fmax(1, most_of_step(net, scan, reals));
    double all = *most * steps_of(net, scan);
    for (int k = 0; k < scan->outs.count; k++)
        all = fmax(all, range_most(reals[scan->outs.at[k].value]) * terms[k]);
    return all;
}

int quantize_room(const Quantizer *quantizer, const Node *scan, const Range *reals, const double *terms)
{
    double most, all = greatest(quantizer->net, scan, reals, terms, &most);
    double room = isfinite(all) ? WHOLE_BITS - ceil(log2(all)) : 0;
    return room < 0 ? 0 : room < MOST_FRACTION ? (int)room : MOST_FRACTION;
}

int quantize_fraction(Quantizer *quantizer, const Node *scan, const Range *reals, const double *terms)
{
    double most, steps = steps_of(quantizer->net, scan);
    int room = quantize_room(quantizer, scan, reals, terms);
    if (room >= LEAST_FRACTION)
        return room;
    if (!isfinite(greatest(quantizer->net, scan, reals, terms, &most)))
        quantize_refuse(
            quantizer, scan->span,
            "nothing bounds what `%s` may come to in the %.0f steps of a sample: let it forget or "
            "reset, or hold it between min and max",
            title_of(scan), steps);
    quantize_refuse(quantizer, scan->span,
                    "`%s` may come to %.6g, and in the %.0f steps of a sample to more than 32 bits hold: let "
                    "it forget or reset, or take fewer steps",
                    title_of(scan), most, steps);
    return 0;
}

/* In whole numbers, with what rounding adds: the proof. `terms`: how many values one of each result is the sum of. */
void quantize_prove(Quantizer *quantizer, const Node *scan, const double *terms)
{
    const Net *net = quantizer->net;
    Range *params = NEW_ARRAY(net->arena, Range, scan->params.count + 1);
    for (int p = 0; p < scan->params.count; p++) {
        const Param *param = &quantizer->params.at[scan->params.at[p]];
        params[p] = constants_range(param->values, shape_size(param->shape));
    }
    const Range *ranges =
        scan_ranges(net, scan, input_ranges(quantizer, scan, false, NULL), params, steps_of(net, scan));
    double most = most_of_step(net, scan, ranges);
    for (int k = 0; k < scan->outs.count; k++) {
        Range *range = &quantizer->streams[scan->outs.at[k].stream].range;
        *range = range_times(ranges[scan->outs.at[k].value], terms[k]);
        most = fmax(most, range_most(*range));
    }
    if (most > INT32_MAX)
        quantize_refuse(quantizer, scan->span, "`%s` may come to %.0f, which 32 bits do not hold",
                        title_of(scan), most);
}
