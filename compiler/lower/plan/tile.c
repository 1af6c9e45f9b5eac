#include "lower/plan/planning.h"
#include "lower/tuned.h"

/* Of tiles of whole vectors those that have room for the fewest units that are not there, and of these the widest. */
Tiling tiling_of(int units, bool remainder)
{
    int most = remainder ? units / TILE_WASTE : 0;
    Tiling best = {units, 1};
    for (int width = TILE_MOST; width >= TILE_LEAST; width -= TILE_VECTOR) {
        Tiling tiling = {width, (units + width - 1) / width};
        int waste = tiling_room(tiling) - units;
        if (tiling.count == 1 || waste > most)
            continue;
        best = tiling;
        most = waste - 1;
    }
    return best;
}
