/* Encoders and delays: what makes streams out of data or out of a stream's past. */
#include "lower.h"

/* ---- poisson ----
 *
 * A spike where a random number of 24 bits, uniform in [0, 1), is below the probability p. Its upper eight
 * bits are new at each step: one random word has those of four steps, the first on top. Its lower sixteen are
 * drawn once a sample, for all steps: without them p would be rounded to 1/256, with them the rate is right
 * to 2^-24.
 *
 *     spike = (byte + low) / 256 < p       byte in 0 .. 255, low in 0 .. 1 - 2^-16
 *           = byte < 256 p - low
 *
 * The right side is exact in float for p from 1/256 to 1. For less, it is below 1 and only its sign counts;
 * for more, it is above 255. So p >= 1 always fires, p <= 0 and NaN never do. */

enum {
    BLOCK = 4,          /* steps of a random word */
    LOW_STEP = 1,       /* blocks have the keys of their first steps: that of step 1 is free */
    STACK_UNITS = 16384 /* the most for which a thread's stack has an array */
};

typedef struct Poisson {
    const Node *node;
    int units;
    int draws;       /* the step from which on this encoder counts: each has random numbers of its own */
    BufferId limits; /* by unit: 256 p - low; only low where p changes over time */
} Poisson;

static int draws_before(const Lower *lower, const Node *node)
{
    int blocks = 0;
    for (const Node *other = lower->net->nodes.at; other < node; other++)
        if (other->kind == NODE_POISSON)
            blocks += (lower->net->steps + BLOCK - 1) / BLOCK;
    return blocks * BLOCK;
}

static bool is_steady(const Lower *lower, const Poisson *poisson)
{
    return !stream_of(lower, poisson->node->in)->temporal;
}

static BufferId limits_buffer(Lower *lower, const Poisson *poisson)
{
    bool small = poisson->units <= STACK_UNITS;
    return named_buffer(lower, is_steady(lower, poisson) ? "limit_of" : "low_of",
                        stream_of(lower, poisson->node->out)->name, TYPE_F32,
                        small ? BUFFER_LOCAL : BUFFER_SCRATCH, !small, 1, &poisson->units);
}

static int limit_index(const Lower *lower, const Poisson *poisson, Site site, LoopExpr *n, LoopExpr *index[2])
{
    int count = 0;
    if (lower->program->buffers.at[poisson->limits].per_sample)
        index[count++] = site.b;
    index[count++] = n;
    return count;
}

static LoopExpr *poisson_key(Lower *lower, const Poisson *poisson, Site site, const char *name,
                             LoopExpr *step)
{
    LoopExpr *sample = load1(lower, lower->program->sample, site.b);
    LoopExpr *draw = op2(lower, OP_ADD, step, num(lower, poisson->draws));
    return loop_local(lower, site.into, name, loop_key(lower->arena, sample, draw));
}

/* 256 p */
static LoopExpr *scaled(Lower *lower, const Poisson *poisson, Site site, LoopExpr *n)
{
    LoopExpr *p = loop_cast(lower->arena, TYPE_F32, load_stream(lower, poisson->node->in, site, n));
    return op2(lower, OP_MUL, p, loop_float(lower->arena, 256));
}

static void emit_limits(Lower *lower, const Poisson *poisson, Site site)
{
    Arena *arena = lower->arena;
    loop_comment(arena, site.into, "byte + low < 256 p: byte is random at each step, low once a sample");
    LoopExpr *key = poisson_key(lower, poisson, site, "low_key", num(lower, LOW_STEP));
    LoopStmt *loop = for_units(lower, site.into, "n", poisson->units);
    LoopExpr *n = loop_variable(lower, loop), *index[2];
    LoopExpr *word = op2(lower, OP_DIV, loop_random(arena, key, n), loop_word(arena, 1u << 16));
    LoopExpr *low = op2(lower, OP_DIV, loop_cast(arena, TYPE_F32, word), loop_float(arena, 65536));
    LoopExpr *value =
        is_steady(lower, poisson) ? op2(lower, OP_SUB, scaled(lower, poisson, site, n), low) : low;
    int count = limit_index(lower, poisson, site, n, index);
    loop_store(lower->program, &loop->body, poisson->limits, count, index, value, false);
}

/* Byte k of a word, from the top. */
static LoopExpr *byte_of(Lower *lower, LoopExpr *word, int k)
{
    LoopExpr *top = k ? op2(lower, OP_MUL, word, loop_word(lower->arena, 1u << 8 * k)) : word;
    return op2(lower, OP_DIV, top, loop_word(lower->arena, 1u << 24));
}

/* `steps` steps, at most a block, from `first` on. */
static void emit_block(Lower *lower, const Poisson *poisson, Site site, LoopExpr *first, int steps)
{
    Arena *arena = lower->arena;
    LoopExpr *key = poisson_key(lower, poisson, site, "key", first);
    LoopStmt *loop = for_units(lower, site.into, "n", poisson->units);
    LoopExpr *n = loop_variable(lower, loop), *index[2];
    int count = limit_index(lower, poisson, site, n, index);
    LoopExpr *kept = loop_load(lower->program, poisson->limits, count, index);
    site.into = &loop->body;
    LoopExpr *word = loop_local(lower, site.into, "word", loop_random(arena, key, n));
    kept = loop_local(lower, site.into, is_steady(lower, poisson) ? "limit" : "low", kept);
    for (int k = 0; k < steps; k++) {
        site.t = op2(lower, OP_ADD, first, num(lower, k));
        LoopExpr *byte = loop_cast(arena, TYPE_F32, byte_of(lower, word, k));
        LoopExpr *limit =
            is_steady(lower, poisson) ? kept : op2(lower, OP_SUB, scaled(lower, poisson, site, n), kept);
        store_stream(lower, poisson->node->out, site, n, op2(lower, OP_LT, byte, limit), false);
    }
}

void emit_poisson(Lower *lower, const Node *node, Site site)
{
    Poisson poisson = {node, stream_size(lower, node->out), draws_before(lower, node), 0};
    int blocks = lower->net->steps / BLOCK, rest = lower->net->steps % BLOCK;
    poisson.limits = limits_buffer(lower, &poisson);
    emit_limits(lower, &poisson, site);
    if (blocks > 0) {
        LoopStmt *loop = for_range(lower, site.into, "k", blocks);
        LoopExpr *first = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, BLOCK));
        Site inner = site;
        inner.into = &loop->body;
        emit_block(lower, &poisson, inner, first, BLOCK);
    }
    if (rest > 0)
        emit_block(lower, &poisson, site, num(lower, blocks * BLOCK), rest);
}

/* ---- latency ---- */

/* The brighter, the earlier: step (1 - x) (T - 1), rounded; nothing for x = 0. */
void emit_latency(Lower *lower, const Node *node, Site site)
{
    Arena *arena = lower->arena;
    LoopStmt *loop = for_units(lower, site.into, "n", stream_size(lower, node->out));
    LoopExpr *n = loop_variable(lower, loop);
    LoopExpr *x = loop_local(lower, &loop->body, "x",
                             loop_cast(arena, TYPE_F32, load_stream(lower, node->in, site, n)));
    LoopExpr *late = loop_op(arena, OP_MUL, loop_op(arena, OP_SUB, loop_float(arena, 1), x, NULL),
                             loop_float(arena, lower->net->steps - 1), NULL);
    LoopExpr *when = loop_cast(arena, TYPE_I32, loop_op(arena, OP_ADD, late, loop_float(arena, 0.5), NULL));
    LoopExpr *fires = loop_op(arena, OP_AND, loop_op(arena, OP_GT, x, loop_float(arena, 0), NULL),
                              loop_op(arena, OP_EQ, when, site.t, NULL), NULL);
    site.into = &loop->body;
    store_stream(lower, node->out, site, n, fires, false);
}

/* ---- delays ---- */

int delay_edge(const Lower *lower, const Node *node)
{
    int steps = lower->net->steps, edge = node->steps > 0 ? node->steps : steps + node->steps;
    return edge < 0 ? 0 : edge > steps ? steps : edge;
}

LoopExpr *load_delayed(Lower *lower, const Node *node, Site site, LoopExpr *n)
{
    bool exists = (lower->segment >= delay_edge(lower, node)) == (node->steps > 0);
    if (!exists)
        return stream_of(lower, node->out)->kind == STREAM_SPIKES ? num(lower, 0)
                                                                  : loop_float(lower->arena, 0);
    site.t = node->steps < 0 ? op2(lower, OP_ADD, site.t, num(lower, -node->steps))
                             : op2(lower, OP_SUB, site.t, num(lower, node->steps));
    return load_stream(lower, node->in, site, n);
}

void emit_delay(Lower *lower, const Node *node, Site site)
{
    LoopStmt *loop = for_units(lower, site.into, "n", stream_size(lower, node->out));
    LoopExpr *n = loop_variable(lower, loop), *value = load_delayed(lower, node, site, n);
    site.into = &loop->body;
    store_stream(lower, node->out, site, n, value, false);
}
