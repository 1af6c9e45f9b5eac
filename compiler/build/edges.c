/* Windows beyond edges at which the first and the last value go on: a stream has these again before and behind, so that the
 * windows of whatever map reads it meet only what is there. */
#include "connect.h"

/* Of the last window, what is behind the last position. */
static int behind_last(const MapAxis *axis)
{
    int end = (axis->out - 1) * axis->stride + (axis->taps - 1) * axis->dilation - axis->before + 1;
    return end > axis->in ? end - axis->in : 0;
}

static bool goes_beyond(const MapAxis *axis)
{
    return axis->reach == REACH_WINDOW && (axis->before > 0 || behind_last(axis) > 0);
}

/* Whether its weights meet values beyond the edges. */
static bool repeats_edges(const Connection *connection)
{
    bool repeats = false;
    for (int a = 0; a < connection->map.count; a++)
        repeats = repeats || goes_beyond(&connection->map.space[a]);
    return repeats && connection->map.edge == EDGE_REPLICATE && !connection->fixed && !connection->transposed;
}

StreamId add_edges(Build *b, const StageUse *stage, StreamId in, AxisMap map)
{
    StageUse use = *stage;
    use.name = NULL;
    map.name = name_edge;
    map.edge = EDGE_REPLICATE;
    map.groups = 1;
    map.constant = 1;
    for (int a = 0; a < map.count; a++) {
        MapAxis *axis = &map.space[a];
        if (axis->reach == REACH_ALL)
            *axis = (MapAxis){.name = axis->name, .reach = REACH_SAME, .in = axis->in, .out = axis->in};
        else if (axis->reach == REACH_WINDOW)
            axis->taps = axis->stride = axis->dilation = 1;
    }
    Connection edges = {.use = &use, .in = in, .map = map, .fixed = true};
    edges.out = map_shape(&edges.map, false);
    bool spikes = stream_at(b, in)->kind == STREAM_SPIKES; /* as the greatest of one, they stay such */
    return stream_of(b, spikes ? add_greatest(b, &edges) : add_connection(b, &edges), use.expr->span);
}

bool meet_edges(Build *b, Connection *connection)
{
    AxisMap edges = connection->map;
    if (!repeats_edges(connection))
        return true;
    for (int a = 0; a < edges.count; a++) {
        MapAxis *axis = &connection->map.space[a], *edge = &edges.space[a];
        if (axis->reach != REACH_WINDOW)
            continue;
        edge->before = axis->before > 0 ? axis->before : 0;
        edge->out = axis->in + edge->before + behind_last(axis);
        axis->in = edge->out;
        axis->before -= edge->before;
    }
    connection->map.edge = EDGE_ZERO;
    connection->in = add_edges(b, connection->use, connection->in, edges);
    return connection->in != NONE;
}
