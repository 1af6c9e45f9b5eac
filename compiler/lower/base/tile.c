#include "lower/base/tile.h"

enum { TILE_LEAST = 24, TILE_MOST = 64 };

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

int chunk_samples(const Lower *lower)
{
    int samples = CHUNK_ROWS / lower->net->steps;
    return samples > 1 && lower->kernels != KERNELS_EVENT ? samples : 1;
}

BufferId *no_local_streams(const Lower *lower)
{
    BufferId *local = NEW_ARRAY(lower->arena, BufferId, lower->net->streams.count + 1);
    for (StreamId s = 0; s < lower->net->streams.count; s++)
        local[s] = -1;
    return local;
}

bool tile_cuts(const Lower *lower, const Node *scan)
{
    int units = scan_units(lower, scan);
    return tile_width(units) < units;
}

bool tile_fits(const Lower *lower, const Node *scan)
{
    int64_t width = tile_width(scan_units(lower, scan));
    return width * lower->net->steps * chunk_samples(lower) <= LOCAL_MOST;
}
