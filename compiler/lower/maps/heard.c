#include "lower/maps/heard.h"

#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/view.h"

Heard for_heard(Lower *lower, const Linear *map, Site site)
{
    Heard heard = {site, *map};
    const MapAxis *time = &map->node->map->time;
    bool back = map->node->transposed;
    if (!map->plan->past)
        return heard;
    LoopExpr *t = site.t, *longest = num(lower, time->taps - 1), *first = t, *end;
    if (back)
        end = least(lower, op2(lower, OP_ADD, t, num(lower, time->taps)), num(lower, time->out));
    else {
        first = loop_op(lower->arena, OP_SELECT, op2(lower, OP_GE, t, longest),
                        op2(lower, OP_SUB, t, longest), num(lower, 0));
        end = op2(lower, OP_ADD, t, num(lower, 1));
    }
    end = loop_local(lower, site.into, "end", end);
    LoopStmt *loop = for_bounds(lower, site.into, "s", first, end);
    LoopExpr *s = loop_variable(lower, loop);
    LoopExpr *tap = op2(lower, OP_ADD, back ? op2(lower, OP_SUB, t, s) : op2(lower, OP_SUB, s, t), longest);
    heard.site.into = &loop->body;
    heard.site.t = s;
    heard.map.matrix.row = loop_local(lower, &loop->body, "row",
                                      op2(lower, OP_MUL, tap, num(lower, stream_size(lower, map->node->in))));
    return heard;
}
