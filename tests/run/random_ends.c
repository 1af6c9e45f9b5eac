/* What a random model says last: what it predicts, its metrics, its loss, its optimizers. */
#include "random_writer.h"

#include <string.h>

/* Sums over time in proportion: a saturated softmax has no gradient but rounding. The maximum only where data
 * change over time: a network that settles reaches its maximum again and again, and rounding picks the first. */
static const char *choose_result(Writer *w)
{
    static const char *const of_reals[] = {"mean(out)", "last(out)", "sum(out) * 3 / steps", "max(out)",
                                           "mean(out) + 0.5 * last(out) - max(out) / 3"};
    static const char *const of_spikes[] = {"rate(out)", "mean(out)", "sum(out) / (1 + steps / 3)",
                                            "rate(out) * 4 + last(out)"};
    static const char *const of_some[] = {"mean(out, where = present)", "last(out, where = present)",
                                          "sum(out, where = present) * 3 / steps",
                                          "max(out, where = present) - min(out, where = present)"};
    if (w->lengths && dice_chance(&w->spans, 60))
        return of_some[dice_below(&w->spans, 4)];
    bool spikes = w->streams[w->stream_count - 1].bounded, settles = !w->streams[0].temporal;
    return spikes ? of_spikes[dice_below(&w->dice, 4)] : of_reals[dice_below(&w->dice, settles ? 3 : 5)];
}

/* What the loss does not reach: a layer that nobody reads, or one that only predicts. Returns what predicts. */
static const char *write_unreached(Writer *w, const char *result)
{
    const NamedStream *from = &w->streams[dice_below(&w->ends, w->stream_count)];
    bool spare = dice_chance(&w->ends, 50);
    fprintf(w->out, "    %s = %s -> dense(%d, bias) -> ", spare ? "spare" : "head", from->name, w->classes);
    write_neuron(w->out, &w->ends, spare ? choose_neuron(&w->ends) : choose_readout(&w->ends), w->dt_ms);
    fputs("\n", w->out);
    return spare ? result : "mean(head)";
}

/* The result, and what is left of a stream with other steps than the model's. */
static const char *write_late(Writer *w, const char *result)
{
    const NamedStream *source = &w->streams[dice_below(&w->strides, w->stream_count)];
    if (w->aside || w->deep || !source->temporal || !dice_chance(&w->strides, 15))
        return result;
    write_aside(w, source, w->classes);
    snprintf(w->result, sizeof w->result, "0.7 * (%s) + 0.5 * aside", result);
    return w->result;
}

/* Of the result against the label, or a formula with more than that. */
static void write_loss(Writer *w, const char *loss, const char *result)
{
    static const char *const steps[] = {"mean(cross_entropy(out, label))", "mean(mse(out, label))",
                                        "0.3 * max(mae(out, label))",
                                        "last(cross_entropy(tanh(out), label, 0.2))"};
    const char *activity = w->streams[w->first_layer].name;
    bool formula = dice_chance(&w->axes, 25);
    if (w->label_temporal) {
        const char *present = dice_chance(&w->spans, 50) ? ", where = present" : "";
        fprintf(w->out, "mean(%s(out, label)%s)", loss, present);
        return;
    }
    fprintf(w->out, "%s(%s, label", loss, result);
    fputs(formula && strcmp(loss, "mse") != 0 ? ", smoothing = 0.1)" : ")", w->out);
    if (!formula)
        return;
    if (dice_chance(&w->axes, 60))
        fprintf(w->out, " + 0.5 * %s", steps[dice_below(&w->axes, w->streams[0].temporal ? 4 : 2)]);
    if (dice_chance(&w->axes, 60))
        fprintf(w->out, " + 0.1 * mean(%s ^ 2, over = all)", activity);
    if (dice_chance(&w->axes, 40))
        fprintf(w->out, " + mean(max(mean(%s) - 0.2, 0), over = space)", activity);
}

/* What is compared with the target: per step, if it has some. */
static void write_goal(Writer *w, const char *result)
{
    const char *loss = dice_chance(&w->goals, 60) ? "mse" : "mae";
    if (w->target_temporal)
        fprintf(w->out, "mean(%s(out, target))", loss);
    else
        fprintf(w->out, "%s(%s, target)", loss, result);
}

static void write_metrics(Writer *w, const char *result)
{
    if (w->target) {
        fprintf(w->out, "\n    predict numbers = %s\n    metric off = ", result);
        write_goal(w, result);
    }
    if (dice_chance(&w->goals, 10))
        fprintf(w->out, "\n    metric least = min(min(out, over = c))");
}

/* Further lines of the loss. */
static void write_parts(Writer *w, const char *result)
{
    if (w->target) {
        fprintf(w->out, "\n        loss goal = 0.5 * ");
        write_goal(w, result);
    }
    if (dice_chance(&w->goals, 10))
        fprintf(w->out, "\n        loss quiet = 0.01 * mean(%s ^ 2, over = all)",
                w->streams[w->first_layer].name);
}

void write_results_of(Writer *w, int rows)
{
    const char *result = write_late(w, choose_result(w)), *predicts = result;
    if (dice_chance(&w->ends, 15))
        predicts = write_unreached(w, result);
    if (dice_chance(&w->ends, 90))
        fprintf(w->out, "\n    predict argmax(%s)", w->label_temporal ? "out" : predicts);
    write_metrics(w, result);
    fprintf(w->out, "\n    train {\n        loss ");
    write_loss(w, chance(w, 60) ? "cross_entropy" : "mse", result);
    write_parts(w, result);
    fprintf(w->out, "\n        optimizer ");
    write_optimizer(w->out, &w->dice);
    static const char *const groups[] = {"weights -> adamw(lr = cosine(0.02))",
                                         "weights -> sgd(0.05, momentum = 0.9)",
                                         "weights -> adam(exponential(0.01, gamma = 0.9))"};
    if (dice_chance(&w->inits, 25))
        fprintf(w->out, "\n        optimizer %s", groups[dice_below(&w->inits, 3)]);
    fprintf(w->out, "\n        batch %d\n", rows > 1 ? rows : 2); /* norms need more than one sample */
    if (chance(w, 20))
        fprintf(w->out, "        clip_value %.2g\n", dice_real(&w->dice, 1e-3, 0.1));
    if (dice_chance(&w->ends, 20))
        fprintf(w->out, "        clip_norm %.2g\n", dice_real(&w->ends, 0.1, 2));
    fprintf(w->out, "    }\n}\n");
}
