/* Encoders and delays: what makes streams out of data or out of a stream's past. */
#include "lower/ends/ends.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/tuned.h"

/* A kernel for one node, up to its loop over the samples. */
static Site begin_samples(Lower *lower, const Node *node, const char *verb)
{
    const Stream *out = stream_of(lower, node->out);
    const char *source = stream_of(lower, node->in)->name;
    const char *about = arena_printf(lower->arena, "%s: %s of %s, %d -> %d%s", out->name, verb, source,
                                     stream_size(lower, node->in), stream_size(lower, node->out),
                                     out->steps ? ", all steps" : "");
    return kernel_samples(lower, node_kind_name(node->kind), out->name, about, node->span);
}

/* ---- poisson ----
 *
 * A spike where a random number, uniform in [0, 1) and new at each step, is below the probability p. Its first
 * eight bits nearly always decide:
 *
 *     spike = (byte + more) / 256 < p                        byte in 0 .. 255, more in 0 .. 1 - 2^-24
 *           = byte < whole or (byte = whole and more < rest)                  256 p = whole + rest
 *
 * So `more` is drawn for 1 of 256 only; one random word has the bytes of four steps. whole is at most 255: then
 * p >= 1, with a rest of 1 or more, always fires; p <= 0 and NaN, with a whole of 0 and no rest, never do. */

enum {
    WORD_STEPS = 4,     /* that one random word has bytes for */
    PARTS = 256,        /* of whole numbers, those of `rest`: `more` has eight bits, too; */
    WHOLE_PARTS = 65536 /* and those of p */
};

typedef struct Poisson {
    const Node *node;
    LoopExpr *from, *count; /* the first unit of the part, and how many it has */
    int draws;          /* random streams of the encoders before this one; then it has one for each block, */
    int blocks;         /* and one for each step's `more` */
    bool steady;        /* p does not change over time */
    BufferId whole;     /* of 256 p, [steps of the block, or 1][units] */
    BufferId bytes;     /* [steps of the block][units] */
    BufferId undecided; /* [units] at one step: byte = whole */
} Poisson;

static int block_count(int steps)
{
    return (steps + WORD_STEPS - 1) / WORD_STEPS;
}

static int draws_before(const Lower *lower, const Node *node)
{
    int draws = 0;
    for (const Node *other = lower->net->nodes.at; other < node; other++)
        if (other->kind == NODE_POISSON) {
            int steps = stream_of(lower, other->out)->steps;
            draws += block_count(steps) + steps;
        }
    return draws;
}

static void add_arrays(Lower *lower, Poisson *poisson, int units)
{
    const char *name = stream_of(lower, poisson->node->out)->name;
    int steps = lower->net->stepwise ? 1 : WORD_STEPS;
    int bytes[2] = {steps, units}, whole[2] = {poisson->steady ? 1 : steps, units};
    poisson->whole = named_buffer(lower, "whole_of", name, TYPE_U8, BUFFER_LOCAL, false, 2, whole);
    poisson->bytes = named_buffer(lower, "bytes_of", name, TYPE_U8, BUFFER_LOCAL, false, 2, bytes);
    poisson->undecided = named_buffer(lower, "undecided_in", name, TYPE_U8, BUFFER_LOCAL, false, 1, &units);
}

/* A loop over the units of the part. */
static LoopStmt *for_part(Lower *lower, const Poisson *poisson, LoopBlock *into, LoopExpr **n)
{
    LoopStmt *loop = for_bounds(lower, into, "n", num(lower, 0), poisson->count);
    *n = loop_variable(lower, loop);
    return loop;
}

/* Unit n of the part, in the layer. */
static LoopExpr *part_unit(Lower *lower, const Poisson *poisson, LoopExpr *n)
{
    return op2(lower, OP_ADD, n, poisson->from);
}

static LoopExpr *random_key(Lower *lower, const Poisson *poisson, Site site, const char *name, LoopExpr *draw)
{
    LoopExpr *sample = load1(lower, lower->program->sample, site.b);
    draw = op2(lower, OP_ADD, draw, num(lower, poisson->draws));
    return loop_local(lower, site.into, name, loop_key(lower->arena, sample, draw));
}

/* In how many parts of 1 encoders compute: of a Net of whole numbers in 65536ths; in reals, 1. */
static int parts_of_one(const Lower *lower)
{
    return lower->net->whole ? WHOLE_PARTS : 1;
}

/* By a factor that may be 1. */
static LoopExpr *by_factor(Lower *lower, Op op, LoopExpr *value, double factor)
{
    return factor == 1 ? value : op2(lower, op, value, loop_float(lower->arena, factor));
}

/* What an encoder reads, `times` that; of whole numbers in 65536ths. */
static LoopExpr *in_parts(Lower *lower, const Node *node, LoopExpr *x, double times)
{
    Arena *arena = lower->arena;
    x = loop_cast(arena, TYPE_F32, x);
    if (parts_of_one(lower) == 1)
        return by_factor(lower, OP_MUL, x, times);
    return loop_op(arena, OP_RESCALE, x, loop_float(arena, node->factor), loop_float(arena, node->shift));
}

/* 256 p; of whole numbers 65536 p */
static LoopExpr *scaled(Lower *lower, const Poisson *poisson, Site site, LoopExpr *n)
{
    LoopExpr *p = load_stream(lower, poisson->node->in, site, part_unit(lower, poisson, n));
    return in_parts(lower, poisson->node, p, PARTS);
}

/* What 1 of 256 p is in that. */
static int parts_of_byte(const Lower *lower)
{
    return parts_of_one(lower) == 1 ? 1 : WHOLE_PARTS / PARTS;
}

static LoopExpr *load_whole(Lower *lower, const Poisson *poisson, LoopExpr *k, LoopExpr *n)
{
    return load2(lower, poisson->whole, poisson->steady ? num(lower, 0) : k, n);
}

static void emit_whole(Lower *lower, const Poisson *poisson, Site site, LoopExpr *k)
{
    LoopExpr *n, *least = loop_float(lower->arena, 0), *most = loop_float(lower->arena, 255);
    LoopStmt *loop = for_part(lower, poisson, site.into, &n);
    loop->independent = true;
    LoopExpr *value = op2(lower, OP_MAX, scaled(lower, poisson, site, n), least);
    value = by_factor(lower, OP_DIV, value, parts_of_byte(lower));
    value = loop_cast(lower->arena, TYPE_I32, op2(lower, OP_MIN, value, most));
    store2(lower, &loop->body, poisson->whole, k, n, value, false);
}

/* Byte k of a word, from the top. */
static LoopExpr *byte_of(Lower *lower, LoopExpr *word, int k)
{
    LoopExpr *top = k ? op2(lower, OP_MUL, word, loop_word(lower->arena, 1u << 8 * k)) : word;
    return loop_cast(lower->arena, TYPE_I32, op2(lower, OP_DIV, top, loop_word(lower->arena, 1u << 24)));
}

static void emit_bytes(Lower *lower, const Poisson *poisson, Site site, LoopExpr *block)
{
    LoopExpr *key = random_key(lower, poisson, site, "key", block), *n;
    LoopStmt *loop = for_part(lower, poisson, site.into, &n);
    loop->independent = true;
    LoopExpr *word = loop_random(lower->arena, key, part_unit(lower, poisson, n));
    word = loop_local(lower, &loop->body, "word", word);
    for (int k = 0; k < WORD_STEPS; k++)
        store2(lower, &loop->body, poisson->bytes, num(lower, k), n, byte_of(lower, word, k), false);
}

static void emit_compare(Lower *lower, const Poisson *poisson, Site site, LoopExpr *k)
{
    LoopExpr *n;
    LoopStmt *loop = for_part(lower, poisson, site.into, &n);
    loop->independent = true;
    site.into = &loop->body;
    /* No locals: compilers compare bytes as bytes only where they see both. */
    LoopExpr *byte = load2(lower, poisson->bytes, k, n), *whole = load_whole(lower, poisson, k, n);
    LoopExpr *spike = op2(lower, OP_LT, byte, whole);
    store_stream(lower, poisson->node->out, site, part_unit(lower, poisson, n), spike, false);
    store1(lower, site.into, poisson->undecided, n, op2(lower, OP_EQ, byte, whole), false);
}

static void emit_undecided(Lower *lower, const Poisson *poisson, Site site, LoopExpr *k)
{
    Arena *arena = lower->arena;
    LoopExpr *draw = op2(lower, OP_ADD, step_at(lower, &site), num(lower, poisson->blocks)), *n;
    LoopExpr *key = random_key(lower, poisson, site, "more_key", draw);
    LoopStmt *loop = for_part(lower, poisson, site.into, &n);
    loop->value = load1(lower, poisson->undecided, n);
    site.into = &loop->body;
    LoopExpr *unit = part_unit(lower, poisson, n);
    LoopExpr *more = parts_of_byte(lower) == 1
                         ? random_fraction(lower, key, unit)
                         : loop_cast(arena, TYPE_F32, byte_of(lower, loop_random(arena, key, unit), 0));
    more = loop_local(lower, site.into, "more", more);
    LoopExpr *whole = loop_cast(arena, TYPE_F32, load_whole(lower, poisson, k, n));
    whole = by_factor(lower, OP_MUL, whole, parts_of_byte(lower));
    LoopExpr *rest = op2(lower, OP_SUB, scaled(lower, poisson, site, n), whole);
    store_stream(lower, poisson->node->out, site, unit, op2(lower, OP_LT, more, rest), false);
}

/* How many there are from `first` on, at most `size`, of `all`. */
static LoopExpr *at_most(Lower *lower, LoopBlock *into, const char *name, LoopExpr *first, int size, int all)
{
    if (all % size == 0)
        return num(lower, size);
    LoopExpr *left = op2(lower, OP_SUB, num(lower, all), first);
    LoopExpr *least = op2(lower, OP_LT, left, num(lower, size));
    return loop_local(lower, into, name, loop_op(lower->arena, OP_SELECT, least, left, num(lower, size)));
}

static void emit_blocks(Lower *lower, const Poisson *poisson, Site site)
{
    LoopStmt *blocks = for_range(lower, site.into, "block", poisson->blocks);
    LoopExpr *block = loop_variable(lower, blocks),
             *first = op2(lower, OP_MUL, block, num(lower, WORD_STEPS));
    site.into = &blocks->body;
    emit_bytes(lower, poisson, site, block);
    LoopExpr *steps =
        at_most(lower, site.into, "steps", first, WORD_STEPS, steps_of(lower, poisson->node->out));
    LoopStmt *loop = for_bounds(lower, site.into, "k", num(lower, 0), steps);
    LoopExpr *k = loop_variable(lower, loop);
    site.into = &loop->body;
    site.t = loop_local(lower, site.into, "t", op2(lower, OP_ADD, first, k));
    if (!poisson->steady)
        emit_whole(lower, poisson, site, k);
    emit_compare(lower, poisson, site, k);
    emit_undecided(lower, poisson, site, k);
}

/* One step alone: of each random word, its byte. */
static void emit_byte(Lower *lower, const Poisson *poisson, Site site)
{
    LoopExpr *step = step_at(lower, &site), *words = num(lower, WORD_STEPS), *n;
    LoopExpr *block = loop_local(lower, site.into, "block", op2(lower, OP_DIV, step, words));
    LoopExpr *k = op2(lower, OP_SUB, step, op2(lower, OP_MUL, block, words));
    LoopExpr *bits = loop_local(lower, site.into, "bits", op2(lower, OP_MUL, k, num(lower, 8)));
    LoopExpr *key = random_key(lower, poisson, site, "key", block);
    LoopStmt *loop = for_part(lower, poisson, site.into, &n);
    LoopExpr *word = loop_random(lower->arena, key, part_unit(lower, poisson, n));
    word = op2(lower, OP_SHL, word, loop_cast(lower->arena, TYPE_U32, bits));
    store2(lower, &loop->body, poisson->bytes, num(lower, 0), n, byte_of(lower, word, 0), false);
}

static void emit_one_step(Lower *lower, const Poisson *poisson, Site site)
{
    LoopExpr *only = num(lower, 0);
    site.t = only;
    if (!poisson->steady)
        emit_whole(lower, poisson, site, only);
    emit_byte(lower, poisson, site);
    emit_compare(lower, poisson, site, only);
    emit_undecided(lower, poisson, site, only);
}

/* A stack may be small where there is one sample. Parts are all alike where they need not be smaller than half for that. */
static int part_size(const Lower *lower, int units)
{
    int most = lower->plan->options.infer ? POISSON_SMALL_PART : POISSON_PART;
    for (int size = most; size >= most / 2 && units > most; size--)
        if (units % size == 0)
            return size;
    return units < most ? units : most;
}

void lower_poisson(Lower *lower, const Node *node)
{
    Site site = begin_samples(lower, node, "spikes with the probability");
    int units = stream_size(lower, node->out), size = part_size(lower, units);
    Poisson poisson = {.node = node,
                       .from = num(lower, 0),
                       .count = num(lower, size),
                       .draws = draws_before(lower, node),
                       .blocks = block_count(stream_of(lower, node->out)->steps),
                       .steady = !stream_of(lower, node->in)->steps};
    add_arrays(lower, &poisson, size);
    if (size < units) {
        LoopStmt *parts = for_range(lower, site.into, "part", (units + size - 1) / size);
        site.into = &parts->body;
        poisson.from = loop_local(lower, site.into, "from",
                                  op2(lower, OP_MUL, loop_variable(lower, parts), num(lower, size)));
        poisson.count = at_most(lower, site.into, "count", poisson.from, size, units);
        if (units % size != 0)
            emit_defined(lower, site, poisson.whole);
    }
    if (poisson.steady)
        emit_whole(lower, &poisson, site, num(lower, 0));
    (lower->net->stepwise ? emit_one_step : emit_blocks)(lower, &poisson, site);
}

/* ---- latency ---- */

/* The brighter, the earlier: step (1 - x) (T - 1), rounded; x above 1 counts as 1, and for x <= 0 there is none. */
static void emit_latency(Lower *lower, const Node *node, Site site)
{
    Arena *arena = lower->arena;
    double parts = parts_of_one(lower);
    LoopExpr *zero = loop_float(arena, 0), *one = loop_float(arena, parts);
    LoopStmt *loop = for_units(lower, site.into, "n", stream_size(lower, node->out));
    LoopExpr *n = loop_variable(lower, loop);
    LoopExpr *x = in_parts(lower, node, load_stream(lower, node->in, site, n), 1);
    x = loop_local(lower, &loop->body, "x", x);
    LoopExpr *bright = op2(lower, OP_MIN, op2(lower, OP_MAX, x, zero), one);
    LoopExpr *late = op2(lower, OP_MUL, op2(lower, OP_SUB, one, bright),
                         loop_float(arena, stream_of(lower, node->out)->steps - 1));
    late = op2(lower, OP_ADD, late, loop_float(arena, parts / 2));
    late = by_factor(lower, OP_DIV, late, parts);
    LoopExpr *when = loop_cast(arena, TYPE_I32, late);
    LoopExpr *fires =
        op2(lower, OP_AND, op2(lower, OP_GT, x, zero), op2(lower, OP_EQ, when, step_at(lower, &site)));
    site.into = &loop->body;
    store_stream(lower, node->out, site, n, fires, false);
}

void lower_latency(Lower *lower, const Node *node)
{
    Site site = begin_samples(lower, node, "one spike at the latency");
    LoopStmt *loop_t = for_range(lower, site.into, "t", steps_of(lower, node->out));
    site.into = &loop_t->body;
    site.t = loop_variable(lower, loop_t);
    emit_latency(lower, node, site);
}

/* ---- delays ---- */

void lower_delay(Lower *lower, const Node *node)
{
    int bounds[] = {0, delay_edge(lower, node), steps_of(lower, node->out)};
    Site samples = begin_samples(lower, node, "shift in time");
    for (int part = 0; part < 2; part++) {
        if (bounds[part] == bounds[part + 1])
            continue;
        LoopStmt *loop_t =
            for_bounds(lower, samples.into, "t", num(lower, bounds[part]), num(lower, bounds[part + 1]));
        emit_delay(lower, node,
                   (Site){&loop_t->body, samples.b, loop_variable(lower, loop_t), NULL, NULL, bounds[part]});
    }
}

void lower_copy(Lower *lower, const Node *node)
{
    Site site = begin_samples(lower, node, "copy");
    if (stream_of(lower, node->out)->steps && !copy_in_time(lower->net, node)) {
        LoopStmt *time = for_range(lower, site.into, "t", steps_of(lower, node->out));
        site.into = &time->body;
        site.t = loop_variable(lower, time);
    }
    emit_copy(lower, node, site);
}
