/* Whole numbers in the place of reals, internal: what the files of the pass share.
 *
 * A stream of whole numbers q stands for the reals q * unit, with one unit for all, or one for each channel. What a spike or
 * a count is stays what it is: its unit is 1. Equations of a neuron have one unit, 2^-fraction, for all that is neither a
 * truth nor a count: sums and comparisons are what they were, a product with a constant is a RESCALE, of constants
 * that are reals nothing is left. Ranges prove that nothing is outside of 32 bits. */
#ifndef SNNC_QUANTIZE_H
#define SNNC_QUANTIZE_H

#include "loop.h"
#include "net.h"
#include "passes.h"
#include "range.h"

/* Bits that numbers may have, beside their sign, and those of the factors by which they are rescaled. */
enum {
    WHOLE_BITS = 30,
    FACTOR_BITS = 24,
    MOST_FRACTION = 16,
    LEAST_FRACTION = 4,
    ACTIVATION_BITS = 12,
    LEAST_BITS = 4
};

/* Where numbers are held within what data show, there is room for so many times as much; they are where they might come to so many
 * times that. */
enum { SEEN_TIMES = 2, LEAST_GAIN = 8 };

/* What the numbers of a stream mean. */
typedef struct Quantity {
    const double *constants; /* real values of what is made of parameters alone; else NULL */
    double unit;             /* the greatest, where each channel has its own */
    const double *units;     /* by channel, the last axis; NULL: one for all */
    Range range;             /* of the whole numbers */
    bool bounded; /* of what a scan made: in reals, nothing is below `least`, whatever `range` says */
    double least;
    bool held; /* that it is, was said */
} Quantity;

/* op(x, other), or op(other, x) if x is the second; x and the value in units of 2^-fraction. */
typedef struct WholeFunction {
    Op op;
    bool second;
    double other;
    int fraction;
    double low, high; /* where it is known: whole numbers */
} WholeFunction;

typedef struct Quantizer {
    Net *net;
    const Program *floats; /* what it is in reals, with all that is made of its weights */
    const double *seen;    /* by buffer of these: how far it goes in data; NULL: nobody has looked */
    Quantize kind;
    Adjacency readers;
    StreamId relays;   /* from this one on, streams are what relays make */
    Quantity *streams; /* by stream */
    VEC(Param) params; /* of the Net of whole numbers, */
    Unique names;      /* and theirs */
    const char *error; /* the first: what cannot be, and what to do */
} Quantizer;

/* ---- quantize_base.c ---- */

/* Keeps the first message, with the place in the model before it. */
void quantize_refuse(Quantizer *quantizer, Span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What is kept of the program in reals under this name; NULL: it is not there, or not constant. */
const double *quantize_stored(const Quantizer *quantizer, const char *name);
/* The values of a parameter in reals. */
const double *quantize_param_values(const Quantizer *quantizer, ParamId param);
/* A parameter of the new Net: values in the order of its shape. */
ParamId quantize_add_param(Quantizer *quantizer, const char *name, Shape shape, bool matrix,
                           const double *values, Span span);
/* What a stream comes to at most, in reals; of one with a unit for each channel, no less than that. */
double quantize_most(const Quantizer *quantizer, StreamId stream);
/* Within which a stream that may come to `most` is held, by what it is in data; INFINITY: it is not. */
double quantize_limit(const Quantizer *quantizer, StreamId stream, double most);
/* Says once that the stream is held within -limit and limit, where it may come to `most`. */
void quantize_held(Quantizer *quantizer, StreamId stream, double limit, double most);
/* Says of one whose steps are coarse, since it may come to `most`, what to do, if nobody has looked at data. */
void quantize_coarse(Quantizer *quantizer, StreamId stream, double most);

/* ---- quantize_relay.c ---- */

/* Whether a reduction over time adds values up. */
bool quantize_adds_up(const Node *reduce);
/* So many bits may numbers of the stream have for what weighs or adds them up, perhaps behind what only moves them; WHOLE_BITS
 * where nothing does. */
int quantize_bits(const Quantizer *quantizer, StreamId stream);
/* Behind maps whose sums need fewer bits for their readers; before anything else is done. */
void quantize_add_relays(Quantizer *quantizer);
/* What a relay reads, which has the same reals under a name that is known; of another stream this one. */
StreamId quantize_origin(const Quantizer *quantizer, StreamId stream);

/* ---- quantize_function.c ---- */

/* The function of a whole number x, where x is within the reals; behind their ends it is what it is there. By straight pieces,
 * at most 48, within 1/2048 of the greatest magnitude there, or one unit, and half a unit of rounding for each piece; where so
 * many do not suffice, within as little as does. NO_VAL if that is more than 1/64, or if it is infinite somewhere. */
Val quantize_function(Arena *arena, Body *body, Val x, WholeFunction function, Range reals);

/* ---- quantize_bounds.c ---- */

/* So many values of the scan are added up in one of `out`. */
double quantize_terms(const Net *net, const Node *scan, StreamId out);
/* By value: what the scan comes to in reals. `limits`: by input, how far it is held; NULL: none is. */
Range *quantize_real_ranges(const Quantizer *quantizer, const Node *scan, const double *limits);
/* A sum of what is not negative is no less than its greatest term: says so of streams that are such. */
void quantize_least(Quantizer *quantizer, const Node *scan, const Range *reals);
/* Bits behind the point, so that the greatest has a place in 32 bits; what comes after may add up all steps. `terms`: how many
 * values one of each result is the sum of. */
int quantize_fraction(Quantizer *quantizer, const Node *scan, const Range *reals, const double *terms);
/* The same; where there is no place, less than LEAST_FRACTION. */
int quantize_room(const Quantizer *quantizer, const Node *scan, const Range *reals, const double *terms);
/* In whole numbers, with what rounding adds: the ranges of its results, or an error. */
void quantize_prove(Quantizer *quantizer, const Node *scan, const double *terms);

/* ---- quantize_scan.c ---- */

void quantize_scan(Quantizer *quantizer, Node *scan);

/* ---- quantize_map.c ---- */

void quantize_map(Quantizer *quantizer, Node *map);

#endif
