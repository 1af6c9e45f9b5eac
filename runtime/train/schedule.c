/* How the learning rate goes. */
#include "snn_schedule.h"

#include <math.h>

#define SCHEDULE_PI 3.14159265358979323846

/* Half a cosine wave from `from` (at 0) to `to` (at 1). */
static double schedule_anneal(double from, double to, double at)
{
    return to + (from - to) / 2.0 * (1.0 + cos(SCHEDULE_PI * at));
}

/* torch.optim.lr_scheduler.OneCycleLR with its defaults: pct_start 0.3, div_factor 25,
 * final_div_factor 1e4. */
static double schedule_one_cycle(double top, double at, double total)
{
    double first = top / 25.0, last = first / 1e4, peak = 0.3 * total - 1.0, end = total - 1.0;
    if (at <= peak)
        return schedule_anneal(first, top, at / peak);
    return schedule_anneal(top, last, at < end ? (at - peak) / (end - peak) : 1.0);
}

float snn_learning_rate(const SnnSchedule *schedule, int epoch, int epochs, int batch, int batches)
{
    double lr = (double)schedule->lr, at = epoch, total = epochs;
    if (schedule->per_batch) {
        at = (double)epoch * batches + batch;
        total = (double)epochs * batches;
    }
    switch (schedule->kind) {
    case SNN_CONSTANT: break;
    case SNN_STEP: lr *= pow((double)schedule->gamma, floor((double)epoch / schedule->every)); break;
    case SNN_COSINE: lr *= (1.0 + cos(SCHEDULE_PI * (at < total ? at / total : 1.0))) / 2.0; break;
    case SNN_ONE_CYCLE: lr = schedule_one_cycle(lr, at, total); break;
    }
    return (float)lr;
}
