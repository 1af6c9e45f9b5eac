#include "lower/maps/rows.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"

void note_map(Lower *lower, const Linear *map, LoopBlock *into, const char *how)
{
    const char *weights = lower->program->buffers.at[weights_of(lower, map->node)].name;
    loop_comment(lower->arena, into, arena_printf(lower->arena, "rows of %s%s", weights, how));
}

void note_gradient(Lower *lower, const Linear *gradient, LoopBlock *into, const char *how)
{
    const char *weights = weight_name(lower->net, gradient->node);
    loop_comment(lower->arena, into, arena_printf(lower->arena, "gradient of %s%s", weights, how));
}

LoopExpr *slice_begin(Lower *lower, int all, LoopExpr *item)
{
    return op2(lower, OP_DIV, op2(lower, OP_MUL, num(lower, all), item), num(lower, LOOP_SLICES));
}

Site row_site(Lower *lower, const Rows *rows, Site site, int r, LoopBlock *into)
{
    site.into = into;
    if (rows->first)
        *(rows->samples ? &site.b : &site.t) = op2(lower, OP_ADD, rows->first, num(lower, r));
    return site;
}

LoopExpr *map_start(Lower *lower, const Node *map, Site site, LoopExpr *j)
{
    ParamId bias = map->bias;
    return bias == NONE ? loop_float(lower->arena, 0)
                        : load1(lower, lower->params[bias].values, unit_of(lower, site, j));
}

void emit_sums_start(Lower *lower, const Rows *rows, Site site)
{
    LoopStmt *loop = for_units(lower, site.into, "j", rows->width);
    LoopExpr *j = loop_variable(lower, loop);
    for (int r = 0; r < rows->count; r++) {
        LoopExpr *start = map_start(lower, rows->map->node, site, j);
        if (rows->in_place)
            store_stream(lower, rows->map->node->out, row_site(lower, rows, site, r, &loop->body), j, start,
                         false);
        else
            store2(lower, &loop->body, rows->map->sums, num(lower, r), j, start, false);
    }
}

void emit_sum(Lower *lower, const Rows *rows, Site site, int r, LoopExpr *j, LoopExpr *value)
{
    if (rows->in_place)
        store_stream(lower, rows->map->node->out, row_site(lower, rows, site, r, site.into), j, value, true);
    else
        store2(lower, site.into, rows->map->sums, num(lower, r), j, value, true);
}

void emit_sum_product(Lower *lower, const Rows *rows, Site site, int r, LoopExpr *j, LoopExpr *x, LoopExpr *w)
{
    if (rows->in_place)
        store_stream_product(lower, rows->map->node->out, row_site(lower, rows, site, r, site.into), j, x, w);
    else
        store_product(lower, site.into, rows->map->sums, 2, (LoopExpr *[]){num(lower, r), j}, x, w);
}

void emit_sums_end(Lower *lower, const Rows *rows, Site site)
{
    if (rows->in_place)
        return;
    LoopStmt *loop = for_units(lower, site.into, "j", rows->width);
    LoopExpr *j = loop_variable(lower, loop);
    for (int r = 0; r < rows->count; r++)
        store_stream(lower, rows->map->node->out, row_site(lower, rows, site, r, &loop->body), j,
                     load2(lower, rows->map->sums, num(lower, r), j), false);
}
