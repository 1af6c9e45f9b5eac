#include "map.h"

#include "intern.h"

AxisMap map_dense(int inputs, int outputs)
{
    return (AxisMap){.name = name_dense,
                     .count = 1,
                     .space = {{.name = name_c, .reach = REACH_ALL, .in = inputs, .out = outputs}},
                     .groups = 1};
}

AxisMap map_in_time(const char *name, int units, MapAxis time)
{
    return (AxisMap){.name = name,
                     .time = time,
                     .count = 1,
                     .space = {{.name = name_c, .reach = REACH_SAME, .in = units, .out = units}},
                     .groups = 1};
}

bool map_is_dense(const AxisMap *map)
{
    return map->time.reach == REACH_SAME && map->count == 1 && map->space[0].reach == REACH_ALL
           && map->groups == 1;
}

int window_outputs(int in, int taps, int stride, int dilation, int padding)
{
    int room = in + padding - dilation * (taps - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

void axis_met(const MapAxis *axis, int *from, int *to)
{
    *from = *to = 0;
    for (int k = 0; k < axis->taps; k++) {
        bool meets = false;
        for (int o = 0; o < axis->out && !meets; o++) {
            int at = o * axis->stride + k * axis->dilation - axis->before;
            meets = at >= 0 && at < axis->in;
        }
        if (meets && *to == 0)
            *from = k;
        if (meets)
            *to = k + 1;
    }
}

void map_met(const AxisMap *map, int *from, int *to)
{
    int last = *from = 0;
    for (int a = 0; a < map->count; a++) {
        const MapAxis *axis = &map->space[a];
        int first, end;
        if (axis->reach != REACH_WINDOW)
            continue;
        axis_met(axis, &first, &end);
        *from = *from * axis->taps + first;
        last = last * axis->taps + end - 1;
    }
    *to = last + 1;
}

int map_inputs(const AxisMap *map)
{
    int size = 1;
    for (int a = 0; a < map->count; a++)
        size *= map->space[a].in;
    return size;
}

int map_outputs(const AxisMap *map)
{
    int size = 1;
    for (int a = 0; a < map->count; a++)
        size *= map->space[a].out;
    return size;
}

const MapAxis *map_mixed(const AxisMap *map)
{
    if (map->time.reach == REACH_ALL)
        return &map->time;
    const MapAxis *last = &map->space[map->count - 1];
    return map->count > 0 && last->reach == REACH_ALL ? last : NULL;
}

bool map_mixes_space(const AxisMap *map)
{
    const MapAxis *last = &map->space[map->count - 1];
    return last->reach == REACH_ALL && (last->in > map->groups || last->out > map->groups);
}

bool map_reads_once(const AxisMap *map)
{
    bool once = true;
    for (int a = 0; a < map->count; a++) {
        const MapAxis *axis = &map->space[a];
        once = once
               && (axis->reach != REACH_WINDOW
                   || (axis->taps == axis->stride && axis->dilation == 1 && axis->before == 0
                       && axis->out * axis->stride == axis->in));
    }
    return once;
}

static int taps_of(const MapAxis *axis)
{
    return axis->reach == REACH_WINDOW ? axis->taps : 1;
}

bool map_is_causal(const AxisMap *map)
{
    const MapAxis *time = &map->time;
    return time->reach == REACH_WINDOW && time->stride == 1
           && time->before == (time->taps - 1) * time->dilation && time->in == time->out
           && map->edge == EDGE_ZERO;
}

bool map_reads_past(const AxisMap *map)
{
    return map_is_causal(map) && map->time.dilation == 1 && map->count == 1
           && map->space[0].reach == REACH_ALL && map->groups == 1;
}

int map_rows(const AxisMap *map)
{
    int rows = taps_of(&map->time);
    for (int a = 0; a < map->count; a++)
        rows *= taps_of(&map->space[a]);
    const MapAxis *mixed = map_mixed(map);
    return mixed ? rows * (mixed->in / map->groups) : rows;
}

int map_columns(const AxisMap *map)
{
    const MapAxis *mixed = map_mixed(map);
    return mixed ? mixed->out : 1;
}

int map_positions(const AxisMap *map)
{
    return map_outputs(map) / map_columns(map);
}

int map_weight_dims(const AxisMap *map, int dims[MAX_DIMS])
{
    int count = 0;
    if (map->time.reach == REACH_WINDOW)
        dims[count++] = map->time.taps;
    for (int a = 0; a < map->count; a++)
        if (map->space[a].reach == REACH_WINDOW)
            dims[count++] = map->space[a].taps;
    const MapAxis *mixed = map_mixed(map);
    if (mixed) {
        dims[count++] = mixed->in / map->groups;
        dims[count++] = mixed->out;
    }
    return count;
}

void map_weight_axes(const AxisMap *map, const char *axes[MAX_DIMS])
{
    int count = 0;
    if (map->time.reach == REACH_WINDOW)
        axes[count++] = name_time;
    for (int a = 0; a < map->count; a++)
        if (map->space[a].reach == REACH_WINDOW)
            axes[count++] = map->space[a].name;
    if (map_mixed(map)) {
        axes[count++] = name_inputs;
        axes[count++] = name_outputs;
    }
}

int map_biases(const AxisMap *map, bool transposed)
{
    const MapAxis *mixed = map_mixed(map);
    return !mixed ? 0 : transposed ? mixed->in : mixed->out;
}

static int64_t axis_operations(const MapAxis *axis, int groups)
{
    return axis->reach == REACH_ALL ? (int64_t)axis->in / groups * axis->out
                                    : (int64_t)axis->out * taps_of(axis);
}

int64_t map_operations(const AxisMap *map, int steps)
{
    int64_t count = map->time.reach == REACH_SAME ? steps : axis_operations(&map->time, 1);
    for (int a = 0; a < map->count; a++)
        count *= axis_operations(&map->space[a], map->groups);
    return count;
}

/* ---- dumps ---- */

static const char *axis_text(Arena *arena, const MapAxis *axis, int groups)
{
    const char *text;
    switch (axis->reach) {
    case REACH_SAME: return "same";
    case REACH_ALL:
        text = arena_printf(arena, "%d -> %d", axis->in, axis->out);
        return groups == 1 ? text : arena_printf(arena, "%s in %d groups", text, groups);
    case REACH_WINDOW: break;
    }
    text = arena_printf(arena, "%d%s taps", axis->taps, axis->linear ? " linear" : "");
    if (axis->dilation != 1)
        text = arena_printf(arena, "%s %d apart", text, axis->dilation);
    if (axis->stride != 1)
        text = arena_printf(arena, "%s by %d", text, axis->stride);
    return axis->before ? arena_printf(arena, "%s from %d", text, -axis->before) : text;
}

const char *map_text(Arena *arena, const AxisMap *map)
{
    const char *text = "", *comma = "";
    if (map_is_dense(map))
        return text;
    if (map->time.reach != REACH_SAME) {
        text = arena_printf(arena, "time %s", axis_text(arena, &map->time, 1));
        comma = ", ";
    }
    for (int a = 0; a < map->count; a++, comma = ", ")
        text = arena_printf(arena, "%s%s%s", text, comma, axis_text(arena, &map->space[a], map->groups));
    return map->edge == EDGE_REPLICATE ? arena_printf(arena, "%s, replicated edge", text) : text;
}

/* ---- what holds of all ---- */

static const char *axis_fault(const MapAxis *axis, bool last)
{
    if (axis->in < 1 || axis->out < 1)
        return "has an axis without extent";
    if (axis->linear && axis->reach != REACH_WINDOW)
        return "has lines without a window";
    switch (axis->reach) {
    case REACH_SAME: return axis->in == axis->out ? NULL : "changes the extent of an axis that it leaves";
    case REACH_ALL: return last ? NULL : "mixes an axis that is not the last";
    case REACH_WINDOW: break;
    }
    return axis->taps < 1 || axis->stride < 1 || axis->dilation < 1 ? "has an empty window" : NULL;
}

const char *map_fault(const AxisMap *map)
{
    const MapAxis *mixed = map_mixed(map);
    bool in_time = map->time.reach != REACH_SAME;
    if (map->count < 1 || map->count > MAX_DIMS)
        return "has no space axes, or too many";
    const char *fault = in_time ? axis_fault(&map->time, true) : NULL;
    for (int a = 0; a < map->count && !fault; a++)
        fault = axis_fault(&map->space[a], a == map->count - 1 && map->time.reach != REACH_ALL);
    if (fault)
        return fault;
    int groups = map->groups;
    bool divides =
        groups == 1 || (groups > 1 && mixed && mixed->in % groups == 0 && mixed->out % groups == 0);
    return divides ? NULL : "has groups that do not divide its channels";
}
