#include "lower/plan/planning.h"
#include "lower/tuned.h"

/* The widest that divides the layer: multiples of 16, which fill all vectors, before multiples of eight, before
 * others. */
int tile_width(int units)
{
    static const int steps[] = {16, 8, 1};
    for (int k = 0; k < 3; k++)
        for (int width = TILE_MOST; width >= TILE_LEAST; width -= steps[k])
            if (units > width && units % width == 0)
                return width;
    return units;
}
