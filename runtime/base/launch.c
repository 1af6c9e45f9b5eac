#include "snn_launch.h"

void snn_launch(SnnPool *pool, void *net, int32_t rows, const SnnLaunch *launches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SnnContext context = {net, launches[i].given, launches[i].number};
        int32_t items = launches[i].items;
        snn_parallel(pool, launches[i].kernel, &context, items == SNN_SAMPLES ? rows : items);
    }
}
