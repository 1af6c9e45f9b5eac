/* Connections with a window: over space, where the stream is given a shape first, and over time. */
#include "random_models.h"

typedef struct Extents {
    int count; /* of axes of space */
    int at[3];
} Extents;

/* `name = 2` or `name = [2, 1]`, each from `least` to `most`. */
static void write_numbers(FILE *out, Dice *dice, const char *name, Extents axes, int least, int most)
{
    fprintf(out, ", %s = ", name);
    if (dice_chance(dice, 50)) {
        fprintf(out, "%d", dice_between(dice, least, most));
        return;
    }
    for (int a = 0; a < axes.count; a++)
        fprintf(out, "%s%d", a ? ", " : "[", dice_between(dice, least, most));
    fputs("]", out);
}

/* Bumps by which places learn. A triangle reaches from one to the next if it is 1 wide. */
static void write_bump(FILE *out, Dice *dice)
{
    double width = dice_real(dice, 0.5, 2);
    bool triangle = dice_chance(dice, 30);
    fprintf(out, ", width = %.2g%s%s", width + (triangle ? 0.5 : 0), triangle ? ", bump = triangle" : "",
            dice_chance(dice, 30) ? ", learn_width" : "");
}

/* `places`: of weights in a kernel may be learned. */
static void write_start(FILE *out, Dice *dice, bool places)
{
    static const char *const biases[] = {"", ", bias", ", bias = 0.3", ", bias = uniform(-1, 1)"};
    static const char *const synapses[] = {"few_signs", "ternary(0.2, atan(2))", "short", "long", "tanh"};
    fputs(biases[dice_below(dice, 4)], out);
    if (places && dice_chance(dice, 50)) {
        fprintf(out, ", synapse = spaced(%d", dice_between(dice, 1, 3));
        write_bump(out, dice);
        fputs(")", out);
    } else if (dice_chance(dice, 20))
        fprintf(out, ", synapse = %s", synapses[dice_below(dice, 5)]);
    else if (dice_chance(dice, 20))
        fputs(", init = normal(0.1, 0.5)", out);
}

/* Channels may be whole vectors; fewer where there are many places. Extents are at least 4, so that a kernel of up to 3 fits
 * in, 2 apart with a padding of 1. */
static void write_conv(FILE *out, Dice *dice, Extents axes, int groups)
{
    bool turned = dice_chance(dice, 30), wide = groups == 1 && dice_chance(dice, 30);
    int most = axes.count == 1 ? 3 : axes.count == 2 && !turned ? 2 : 1;
    int channels =
        wide ? 16 * dice_between(dice, 1, most) : groups * dice_between(dice, 1, groups > 1 ? 5 : 3);
    fprintf(out, " -> %s(%d", turned ? "conv_transpose" : "conv", channels);
    write_numbers(out, dice, "kernel", axes, 1, 3);
    if (dice_chance(dice, 50))
        write_numbers(out, dice, "stride", axes, 1, 3);
    if (dice_chance(dice, 30))
        write_numbers(out, dice, "dilation", axes, 1, 2);
    if (dice_chance(dice, 30) && !turned)
        fputs(dice_chance(dice, 50) ? ", pad = same" : ", pad = valid", out);
    else
        fputs(", pad = 1", out);
    if (dice_chance(dice, 30) && !turned)
        fputs(", edge = replicate", out);
    if (groups > 1)
        fprintf(out, ", groups = %d", groups);
    write_start(out, dice, axes.count == 2 && !turned);
    fputs(")", out);
}

/* `keeps`: which leaves 5 positions or more; else it fits wherever there is one. */
static void write_pool(FILE *out, Dice *dice, bool keeps)
{
    static const char *const pools[] = {"sum_pool", "avg_pool", "max_pool"};
    static const char *const windows[] = {"3, stride = 1, pad = 1", "1", "3, stride = 2, pad = 1",
                                          "2, pad = 1", "3, pad = 1"};
    enum { POOLS = sizeof pools / sizeof *pools, WINDOWS = sizeof windows / sizeof *windows };
    fprintf(out, " -> %s(%s)", pools[dice_below(dice, POOLS)],
            windows[dice_below(dice, keeps ? 2 : WINDOWS)]);
}

/* Of spikes, where there are enough of them at a position; and behind it neurons of which a maximum leaves few a gradient. */
void write_window(FILE *out, Dice *dice)
{
    Extents axes = {.count = dice_between(dice, 1, 3)};
    static const char *const names[] = {"z", "y", "x"};
    int groups = dice_chance(dice, 60) ? 1 : dice_between(dice, 2, 3);
    bool channels = groups > 1 || dice_chance(dice, 60);
    fputs(" -> dense([", out);
    for (int a = 0; a < axes.count; a++)
        fprintf(out, "%s%s = %d", a ? ", " : "", names[3 - axes.count + a],
                dice_between(dice, 5, axes.count == 1 ? 8 : 6));
    bool spikes = dice_chance(dice, 50);
    if (channels)
        fprintf(out, ", c = %d",
                groups == 1 && spikes                  ? dice_between(dice, 8, 11)
                : groups == 1 && dice_chance(dice, 20) ? 17
                                                       : groups * dice_between(dice, 1, 3));
    fputs(spikes ? "]) -> lif(threshold = 0.2)" : "])", out);
    if (dice_chance(dice, 20))
        write_pool(out, dice, true);
    write_conv(out, dice, axes, groups);
    if (axes.count == 2 && dice_chance(dice, 20))
        fputs(" -> same_kernels", out);
    if (dice_chance(dice, 30)) {
        fputs(" -> lif(threshold = 0.3)", out);
        write_pool(out, dice, false);
    }
    if (dice_chance(dice, 30))
        fprintf(out, " -> upsample(%d%s)", dice_between(dice, 2, 3), dice_chance(dice, 50) ? ", linear" : "");
}

/* `most` steps at most. */
static void write_delay(FILE *out, Dice *dice, int most)
{
    static const char *const per[] = {"synapse", "inputs", "outputs"};
    fprintf(out, " -> dense(3, delay = ");
    switch (most > 0 ? dice_below(dice, 4) : 0) {
    case 0: fprintf(out, "%d)", dice_between(dice, 0, most)); break;
    case 1:
        fprintf(out, "random(%d, %d, per = %s))", dice_between(dice, 0, 1), most, per[dice_below(dice, 3)]);
        break;
    default:
        fprintf(out, "learned(max = %d, per = %s", dice_between(dice, 1, most), per[dice_below(dice, 3)]);
        write_bump(out, dice);
        fputs("))", out);
    }
}

void write_time_window(FILE *out, Dice *dice, int steps)
{
    static const char *const maps[] = {"dense(steps, along = time", "conv(kernel = 2, along = time",
                                       "conv(3, kernel = 3, dilation = 2, along = time",
                                       "dense(4) -> conv(6, kernel = 2, groups = 2, along = time",
                                       "dense(4) -> conv(4, kernel = 3, groups = 4, along = time"};
    static const char *const neurons[] = {"psn", "masked_psn(2, 0.6)", "masked_psn(1)", "sliding_psn(3)"};
    if (dice_chance(dice, 40)) {
        const char *bias = dice_chance(dice, 60) ? ", bias" : "";
        if (dice_chance(dice, 50)) /* more units: then reals are mixed along time before */
            fprintf(out, " -> dense(%d%s)", dice_between(dice, 14, 20), bias);
        fprintf(out, " -> %s", neurons[dice_below(dice, 4)]);
        return;
    }
    if (dice_chance(dice, 20)) {
        write_delay(out, dice, steps < 3 ? steps - 1 : 2);
        return;
    }
    fprintf(out, " -> %s", maps[dice_below(dice, 5)]);
    write_start(out, dice, false);
    fputs(")", out);
}
