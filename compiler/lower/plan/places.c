/* What a scan keeps for its adjoint alone is read for the last time where the adjoint makes a gradient of the same
 * unit and step, which can have its place: the whole gradient would cost as much memory again. */
#include "lower/plan/planning.h"

static bool is_whole(const Planning *plan, StreamId stream)
{
    const Stream *made = &plan->net->streams.at[stream];
    return made->steps && made->batched && made->kind == STREAM_REALS && !plan->streams[stream].local
           && !plan->streams[stream].tallied && !plan->streams[stream].slots;
}

static bool gives_place(const Planning *plan, StreamId kept, int adjoint, StreamId gradient)
{
    const Net *net = plan->net;
    int maker = net->streams.at[kept].node;
    return maker != NONE && maker == net->nodes.at[adjoint].forward && plan->nodes[maker].role == ROLE_SCAN
           && only_reader(&plan->readers, kept) == adjoint && is_whole(plan, kept)
           && !plan->streams[kept].taken
           && shape_size(net->streams.at[kept].shape) == shape_size(net->streams.at[gradient].shape)
           && plan->streams[kept].room == plan->streams[gradient].room
           && plan->streams[kept].tiled == plan->streams[gradient].tiled;
}

static StreamId place_of(const Planning *plan, StreamId gradient)
{
    const Net *net = plan->net;
    int adjoint = net->streams.at[gradient].node;
    if (adjoint == NONE || adjoint < net->backward || !plan->nodes[adjoint].even
        || net->nodes.at[adjoint].forward == NONE || !is_whole(plan, gradient))
        return NONE;
    for (int i = 0; i < net->nodes.at[adjoint].ins.count; i++)
        if (gives_place(plan, net->nodes.at[adjoint].ins.at[i], adjoint, gradient))
            return net->nodes.at[adjoint].ins.at[i];
    return NONE;
}

void plan_places(Planning *plan)
{
    if (is_without(plan->options.without, OPTIMISATION_PLACES))
        return;
    for (StreamId s = 0; s < plan->net->streams.count; s++)
        if ((plan->streams[s].place = place_of(plan, s)) != NONE)
            plan->streams[plan->streams[s].place].taken = true;
}
