#include "snn_launch.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Launches that are joined, or one. */
typedef struct LaunchRun {
    void *net;
    const SnnLaunch *launches;
    size_t count;
    int32_t rows;
    bool ordered;      /* by slices of the samples */
    atomic_uint taken; /* then: places, as bits */
} LaunchRun;

/* The first place that nobody else has: so there are as many as threads, not slices. The first item is a place, too. */
static int32_t launch_take(LaunchRun *run, int32_t first)
{
    unsigned taken = atomic_load(&run->taken), place;
    if (!run->ordered)
        return first;
    do {
        for (place = 0; (taken >> place & 1u) != 0; place++)
            continue;
    } while (!atomic_compare_exchange_weak(&run->taken, &taken, taken | 1u << place));
    return (int32_t)place;
}

static void launch_give(LaunchRun *run, int32_t place)
{
    if (run->ordered)
        atomic_fetch_and(&run->taken, ~(1u << place));
}

static void launch_call(const LaunchRun *run, size_t i, int32_t place, int32_t first, int32_t last)
{
    const SnnLaunch *launch = &run->launches[i];
    SnnContext context = {run->net, launch->given, launch->number, place};
    launch->kernel(&context, first, last);
}

/* Items, or slices of the samples. */
static void launch_items(void *context, int32_t first, int32_t last)
{
    LaunchRun *run = context;
    if (run->ordered) {
        first = (int32_t)((int64_t)run->rows * first / SNN_SLICES);
        last = (int32_t)((int64_t)run->rows * last / SNN_SLICES);
    }
    if (first == last)
        return;
    int32_t place = launch_take(run, first);
    if (run->count == 1)
        launch_call(run, 0, place, first, last);
    for (int32_t b = first; b < last && run->count > 1; b++)
        for (size_t i = 0; i < run->count; i++)
            launch_call(run, i, place, b, b + 1);
    launch_give(run, place);
}

void snn_launch(SnnPool *pool, void *net, int32_t rows, const SnnLaunch *launches, size_t count)
{
    for (size_t i = 0; i < count;) {
        LaunchRun run = {.net = net, .launches = &launches[i], .rows = rows};
        int32_t items = launches[i].items < 0 ? rows : launches[i].items;
        do {
            run.ordered |= launches[i].items < 0 && (launches[i].items & SNN_ORDERED) != 0;
            run.count++;
        } while (++i < count && launches[i].items < 0 && (launches[i].items & SNN_JOINED) != 0);
        snn_parallel(pool, launch_items, &run, run.ordered ? SNN_SLICES : items);
    }
}
