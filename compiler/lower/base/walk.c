#include "lower/base/walk.h"

#include "lower/base/code.h"

Site walk_samples(Lower *lower, Walk walk, Site site)
{
    if (!walk.b0)
        return site;
    LoopStmt *loop = for_bounds(lower, site.into, "b", walk.b0, walk.b1);
    site.b = loop_variable(lower, loop);
    site.into = &loop->body;
    return site;
}

Site walk_steps(Lower *lower, Walk walk, Site site)
{
    if (!walk.steps)
        return site;
    LoopStmt *loop = for_range(lower, site.into, "t", walk.steps);
    site.t = loop_variable(lower, loop);
    site.into = &loop->body;
    return site;
}

Site walk_together(Lower *lower, Walk walk, int together, Site site)
{
    if (together == 1)
        return walk_steps(lower, walk, site);
    LoopStmt *loop = for_range(lower, site.into, "part", walk.steps / together);
    site.into = &loop->body;
    site.t = loop_local(lower, site.into, "t0",
                        op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, together)));
    return site;
}

Site walk_rows(Lower *lower, Walk walk, Site site)
{
    return walk_steps(lower, walk, walk_samples(lower, walk, site));
}

LoopExpr *row_step(Lower *lower, Site site)
{
    return site.t ? site.t : num(lower, 0);
}
