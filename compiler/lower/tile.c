#include "tile.h"

enum { TILE_LEAST = 24, TILE_BEST = 32, TILE_MOST = 64 };

/* The nearest to the best size that divides the layer; multiples of eight first, which fill vectors. */
int tile_width(int units)
{
    static const int steps[] = {8, 1};
    for (int k = 0; k < 2; k++) {
        for (int width = TILE_BEST; width <= TILE_MOST; width += steps[k])
            if (units > width && units % width == 0)
                return width;
        for (int width = TILE_BEST; width >= TILE_LEAST; width -= steps[k])
            if (units > width && units % width == 0)
                return width;
    }
    return units;
}

int chunk_samples(const Lower *lower)
{
    int samples = CHUNK_ROWS / lower->net->steps;
    return samples > 1 && lower->kernels != KERNELS_EVENT ? samples : 1;
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
