#include "shape.h"

#include "intern.h"

#include <stddef.h>

int shape_size(Shape shape)
{
    int size = 1;
    for (int i = 0; i < shape.ndim; i++)
        size *= shape.dims[i];
    return size;
}

double shape_elements(Shape shape)
{
    double elements = 1;
    for (int i = 0; i < shape.ndim; i++)
        elements *= shape.dims[i];
    return elements;
}

static const char *rank_axis(int ndim, int d)
{
    static const char *const axes[MAX_DIMS][MAX_DIMS] = {
        {name_c},
        {name_y, name_x},
        {name_y, name_x, name_c},
        {name_z, name_y, name_x, name_c},
        {name_z, name_y, name_x, name_inputs, name_outputs}}; /* a kernel's */
    return axes[ndim - 1][d];
}

const char *shape_axis(Shape shape, int d)
{
    return shape.axes[d] ? shape.axes[d] : rank_axis(shape.ndim, d);
}

int shape_find(Shape shape, const char *axis)
{
    for (int d = 0; d < shape.ndim; d++)
        if (shape_axis(shape, d) == axis)
            return d;
    return -1;
}

bool shape_within(Shape part, Shape whole)
{
    int last = -1;
    for (int d = 0; d < part.ndim; d++) {
        int found = shape_find(whole, shape_axis(part, d));
        if (found <= last || whole.dims[found] != part.dims[d])
            return false;
        last = found;
    }
    return true;
}

Shape shape_part(Shape shape, const bool *keep)
{
    Shape part = {0};
    for (int d = 0; d < shape.ndim; d++) {
        if (!keep[d])
            continue;
        part.axes[part.ndim] = shape_axis(shape, d);
        part.dims[part.ndim++] = shape.dims[d];
    }
    return part;
}

/* Where an axis stands among others. */
static int axis_rank(const char *axis)
{
    static const char *const windows[] = {name_time, name_z, name_y, name_x}, *const last[] = {name_c,
                                                                                               name_inputs,
                                                                                               name_outputs};
    for (int k = 0; k < 4; k++)
        if (axis == windows[k])
            return k;
    for (int k = 0; k < 3; k++)
        if (axis == last[k])
            return 5 + k;
    return 4;
}

static void put_axis(Shape *shape, const char *axis, int extent)
{
    int at = shape->ndim++;
    for (; at > 0 && axis_rank(shape->axes[at - 1]) > axis_rank(axis); at--) {
        shape->axes[at] = shape->axes[at - 1];
        shape->dims[at] = shape->dims[at - 1];
    }
    shape->axes[at] = axis;
    shape->dims[at] = extent;
}

bool shape_merge(Shape a, Shape b, Shape *merged)
{
    *merged = (Shape){0};
    for (int d = 0; d < a.ndim; d++)
        put_axis(merged, shape_axis(a, d), a.dims[d]);
    for (int d = 0; d < b.ndim; d++) {
        int same = shape_find(*merged, shape_axis(b, d));
        if (same >= 0 ? merged->dims[same] != b.dims[d] : merged->ndim == MAX_DIMS)
            return false;
        if (same < 0)
            put_axis(merged, shape_axis(b, d), b.dims[d]);
    }
    return shape_within(a, *merged) && shape_within(b, *merged);
}

bool shape_equal(Shape a, Shape b)
{
    return a.ndim == b.ndim && shape_within(a, b);
}

const char *shape_text(Arena *arena, Shape shape)
{
    const char *text = "[";
    for (int d = 0; d < shape.ndim; d++) {
        const char *axis = shape_axis(shape, d);
        bool told = axis == rank_axis(shape.ndim, d);
        text = arena_printf(arena, "%s%s%s%s%d", text, d ? ", " : "", told ? "" : axis, told ? "" : " = ",
                            shape.dims[d]);
    }
    return arena_printf(arena, "%s]", text);
}
