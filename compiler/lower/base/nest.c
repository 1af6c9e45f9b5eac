#include "lower/base/nest.h"

#include "lower/base/code.h"

Nest nest_at(LoopExpr *n)
{
    return (Nest){.count = 1, .at = {n}};
}

/* Whether the shape has dimension d of the units. */
static bool has(Shape shape, Shape units, int d)
{
    return shape_find(shape, shape_axis(units, d)) >= 0;
}

static bool parts(Shape shape, Shape units, int d)
{
    return has(shape, units, d) != has(shape, units, d - 1);
}

/* Whether a new loop begins at dimension d: some stream has it and lacks the one before, or the other way round. */
static bool is_edge(const Net *net, const Node *scan, Shape units, int d)
{
    bool edge = d == 0;
    for (int i = 0; i < scan->ins.count; i++)
        edge = edge || parts(net->streams.at[scan->ins.at[i]].shape, units, d);
    for (int k = 0; k < scan->outs.count; k++)
        edge = edge || parts(net->streams.at[scan->outs.at[k].stream].shape, units, d);
    for (int p = 0; p < scan->params.count; p++)
        edge = edge || parts(net->params.at[scan->params.at[p]].shape, units, d);
    return edge;
}

/* The dimension that the innermost loop begins with. */
static int innermost(const Net *net, const Node *scan, Shape units)
{
    int d = units.ndim - 1;
    while (d > 0 && !is_edge(net, scan, units, d))
        d--;
    return d;
}

Shape nest_parted(const Net *net, const Node *scan, Shape shape)
{
    Shape units = scan_units(net, scan);
    int inner = innermost(net, scan, units);
    bool keep[MAX_DIMS];
    for (int d = 0; d < units.ndim; d++)
        keep[d] = d >= inner || has(shape, units, d);
    return shape_part(units, keep);
}

/* Whether different units of the innermost loop never touch the same sum. What is summed over the batch, too, has parts. */
static bool is_independent(const Net *net, const Node *scan, Shape units)
{
    bool independent = true;
    for (int k = 0; k < scan->outs.count; k++) {
        const Stream *out = &net->streams.at[scan->outs.at[k].stream];
        bool parted = !out->batched && !out->steps;
        independent = independent && (parted || has(out->shape, units, units.ndim - 1));
    }
    return independent;
}

int nest_extent(const Nest *nest, int k)
{
    int size = 1;
    for (int d = nest->first[k]; d < nest->first[k + 1]; d++)
        size *= nest->units.dims[d];
    return size;
}

static void add_loop(Lower *lower, Nest *nest, LoopBlock *into, int k)
{
    int first = nest->first[k], end = nest->first[k + 1];
    const char *name = end - first > 1 ? "n" : shape_axis(nest->units, first);
    LoopStmt *loop = for_range(lower, nest->inner ? &nest->inner->body : into, name, nest_extent(nest, k));
    nest->outer = nest->outer ? nest->outer : loop;
    nest->inner = loop;
    nest->at[k] = loop_variable(lower, loop);
}

static void add_run(Lower *lower, Nest *nest, int first)
{
    nest->first[nest->count] = first;
    nest->at[nest->count++] = num(lower, 0);
    nest->first[nest->count] = nest->units.ndim;
}

Nest nest_of(Lower *lower, LoopBlock *into, const Node *scan, int width)
{
    Nest nest = {.count = 0};
    if (plan_of(lower, scan)->even) {
        LoopStmt *loop = for_units(lower, into, "n", width);
        nest = nest_at(loop_variable(lower, loop));
        nest.outer = nest.inner = loop;
        return nest;
    }
    nest.units = scan_units(lower->net, scan);
    for (int d = 0; d < nest.units.ndim; d++)
        if (is_edge(lower->net, scan, nest.units, d))
            add_run(lower, &nest, d);
    for (int k = 0; k < nest.count; k++)
        add_loop(lower, &nest, into, k);
    nest.inner->independent = is_independent(lower->net, scan, nest.units);
    return nest;
}

LoopStmt *nest_blocks(Lower *lower, Nest *nest, int width)
{
    LoopStmt *blocks = nest->inner;
    int last = nest->count - 1, size = nest_extent(nest, last);
    const char *name = lower->kernel->vars.at[blocks->var].name;
    blocks->to = num(lower, (size + width - 1) / width);
    LoopExpr *begin = loop_local(lower, &blocks->body, "begin",
                                 op2(lower, OP_MUL, loop_variable(lower, blocks), num(lower, width)));
    LoopExpr *to = num(lower, width);
    if (size % width)
        to = loop_local(lower, &blocks->body, "to",
                        least(lower, op2(lower, OP_SUB, num(lower, size), begin), to));
    nest->inner = for_bounds(lower, &blocks->body, name, num(lower, 0), to);
    nest->inner->independent = true;
    nest->at[last] = op2(lower, OP_ADD, begin, loop_variable(lower, nest->inner));
    return blocks;
}

Nest nest_split(Lower *lower, Shape units, Shape part)
{
    Nest nest = {.units = units};
    for (int d = 0; d < units.ndim; d++)
        if (d == 0 || parts(part, units, d))
            add_run(lower, &nest, d);
    return nest;
}

LoopBlock *nest_loops(Lower *lower, Nest *nest, LoopBlock *into, Shape part, bool within)
{
    nest->outer = nest->inner = NULL;
    for (int k = 0; k < nest->count; k++)
        if (has(part, nest->units, nest->first[k]) == within)
            add_loop(lower, nest, into, k);
    return nest->inner ? &nest->inner->body : into;
}

LoopExpr *nest_unit(Lower *lower, const Nest *nest, Shape shape)
{
    if (nest->units.ndim == 0)
        return nest->at[0];
    LoopExpr *unit = NULL;
    for (int k = 0; k < nest->count; k++) {
        int size = nest_extent(nest, k);
        if (!has(shape, nest->units, nest->first[k]))
            continue;
        unit = unit ? op2(lower, OP_MUL, unit, num(lower, size)) : unit;
        unit = unit ? op2(lower, OP_ADD, unit, nest->at[k]) : nest->at[k];
    }
    return unit ? unit : num(lower, 0);
}
