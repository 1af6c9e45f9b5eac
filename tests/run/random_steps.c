/* What gives a stream another number of steps, neurons and recurrence behind it, and the way back. */
#include "random_writer.h"

enum { MOST_STEPS = 80 };

/* Windows fit in, whatever there is: what would leave nothing is another one. Returns how many steps there are behind. */
static int write_conv(Writer *w, int steps)
{
    static const char *const starts[] = {"", ", bias", ", bias = 0.3", ", edge = replicate"};
    Dice *dice = &w->strides;
    int kernel = dice_between(dice, 1, 3), stride = dice_between(dice, 1, 3),
        dilation = dice_between(dice, 1, 2), reach = dilation * (kernel - 1), padding = reach;
    fprintf(w->out, " -> dense(4)%s -> conv(%d, kernel = %d, stride = %d, along = time",
            dice_chance(dice, 40) ? " -> lif(threshold = 0.3)" : "", 2 * dice_between(dice, 1, 4), kernel,
            stride);
    if (dilation > 1)
        fprintf(w->out, ", dilation = %d", dilation);
    int pad = dice_below(dice, 5);
    if (pad == 0)
        fprintf(w->out, ", pad = %s", dice_chance(dice, 50) ? "same" : "causal");
    else if (pad == 1 && steps > reach) {
        fputs(", pad = valid", w->out);
        padding = 0;
    } else if (pad == 2) {
        padding = 2 * reach;
        fprintf(w->out, ", pad = %d", reach);
    }
    if (dice_chance(dice, 30))
        fputs(", groups = 2", w->out);
    fprintf(w->out, "%s)", starts[dice_below(dice, 4)]);
    return (steps + padding - reach - 1) / stride + 1;
}

static int write_turned(Writer *w, int steps)
{
    Dice *dice = &w->strides;
    int kernel = dice_between(dice, 1, 3), stride = dice_between(dice, 1, 2);
    bool valid = dice_chance(dice, 50);
    fprintf(w->out, " -> dense(3) -> conv_transpose(%d, kernel = %d, stride = %d, along = time%s)",
            dice_between(dice, 1, 4), kernel, stride, valid ? ", pad = valid" : "");
    return (steps - 1) * stride + (valid ? kernel : 1);
}

/* Of spikes: see write_window. */
static int write_pool(Writer *w, int steps)
{
    static const char *const pools[] = {"sum_pool", "avg_pool", "max_pool"};
    Dice *dice = &w->strides;
    int kernel = dice_between(dice, 1, steps < 3 ? steps : 3);
    bool overlap = dice_chance(dice, 40), padded = kernel > 1 && dice_chance(dice, 30);
    if (dice_chance(dice, 70))
        fprintf(w->out, " -> dense(%d) -> lif(threshold = 0.2)", dice_between(dice, 5, 17));
    fprintf(w->out, " -> %s(%d%s%s, along = time)", pools[dice_below(dice, 3)], kernel,
            overlap ? ", stride = 1" : "", padded ? ", pad = 1" : "");
    return (steps + 2 * padded - kernel) / (overlap ? 1 : kernel) + 1;
}

static int write_upsample(Writer *w, int steps)
{
    int factor = dice_between(&w->strides, 2, 3);
    fprintf(w->out, " -> upsample(%d%s, along = time)", factor,
            dice_chance(&w->strides, 50) ? ", linear" : "");
    return steps * factor;
}

static int write_slice(Writer *w, int steps)
{
    int begin = dice_below(&w->strides, steps), end = dice_between(&w->strides, begin + 1, steps);
    fprintf(w->out, " -> slice(%d, %d, over = time)", begin, end);
    return end - begin;
}

static int write_mixed(Writer *w)
{
    int steps = dice_between(&w->strides, 1, 14);
    fprintf(w->out, " -> dense(%d, along = time%s)", steps, dice_chance(&w->strides, 50) ? ", bias" : "");
    return steps;
}

static int write_stage(Writer *w, int steps)
{
    bool room = 3 * steps <= MOST_STEPS;
    switch (dice_below(&w->strides, room ? 7 : 5)) {
    case 0:
    case 1: return write_conv(w, steps);
    case 2: return write_pool(w, steps);
    case 3: return write_slice(w, steps);
    case 4: return write_mixed(w);
    case 5: return write_turned(w, steps);
    default: return write_upsample(w, steps);
    }
}

/* Neurons and what else goes step by step, of as many steps as there are. */
static void write_stepwise(Writer *w, int steps)
{
    static const char *const stages[] = {
        " -> batch_norm(eps = 0.2)",
        " -> batch_norm(per = [time, c], eps = 0.2)",
        " -> lif(tau = 3, threshold = 0.4)",
        " -> dense(5) -> conv(kernel = 2, along = time)",
        " -> li(2.5)",
        " -> dense(same, along = time)",
        " -> sliding_psn(2)",
        " -> psn",
    };
    enum { STAGES = sizeof stages / sizeof *stages };
    Dice *dice = &w->strides;
    if (dice_chance(dice, 60))
        fprintf(w->out, " -> dense(%d)%s", dice_between(dice, 2, 18), stages[dice_below(dice, STAGES)]);
    if (steps > 1 && dice_chance(dice, 25))
        fprintf(w->out, " -> dense(4, delay = %s(max = %d))", dice_chance(dice, 50) ? "random" : "learned",
                steps < 4 ? steps - 1 : 3);
}

static int write_stages(Writer *w, int steps)
{
    for (int k = dice_between(&w->strides, 1, 3); k > 0; k--) {
        steps = write_stage(w, steps);
        write_stepwise(w, steps);
    }
    return steps;
}

void write_detour(Writer *w)
{
    Dice *dice = &w->strides;
    int steps = write_stages(w, w->steps), times = w->steps / steps + (w->steps % steps != 0);
    if (steps == w->steps && dice_chance(dice, 50))
        return;
    if (steps > w->steps && dice_chance(dice, 50))
        fprintf(w->out, " -> slice(%d, %d, over = time)", steps - w->steps, steps);
    else if (steps < w->steps && dice_chance(dice, 50))
        fprintf(w->out, " -> upsample(%d, along = time) -> slice(0, %d, over = time)", times, w->steps);
    else
        fputs(" -> dense(steps, along = time)", w->out);
}

/* A stream of its own, joined to another; a layer with recurrence behind it, of so many units, and what is left of it. */
void write_aside(Writer *w, const NamedStream *source, int size)
{
    static const char *const ends[] = {"mean(behind)", "last(behind)", "rate(behind)", "max(behind -> li(2))",
                                       "mean(behind, where = behind[-1])"};
    Dice *dice = &w->strides;
    fprintf(w->out, "    strided = %s", source->name);
    int steps = write_stages(w, w->steps);
    fprintf(w->out, " -> dense(%d)\n", size);
    if (dice_chance(dice, 40)) {
        fprintf(w->out, "    joined = strided -> concat(%s -> dense(%d), over = time)\n", source->name, size);
        steps += w->steps;
    } else
        fputs("    joined = strided\n", w->out);
    fputs("    behind = joined", w->out);
    if (steps > 1)
        fprintf(w->out, " + 0.4 * (behind[-%d] -> dense(%d))",
                dice_between(dice, 1, steps < 4 ? steps - 1 : 3), size);
    fprintf(w->out, " -> lif(tau = 2, threshold = 0.3)\n    aside = %s\n",
            ends[dice_below(dice, steps > 1 ? 5 : 4)]);
}
