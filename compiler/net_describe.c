/* The model as lines of text, for checkpoints: whoever goes on with weights can be told what differs. */
#include "net.h"

#include "infix.h"

#include <string.h>

static void add(Net *net, Lines *lines, const char *text)
{
    vec_push(net->arena, lines, text);
}

static const char *number(const Net *net, double value)
{
    return infix_number(net->arena, value, "").text;
}

static bool has_line(const Lines *lines, const char *text)
{
    for (int i = 0; i < lines->count; i++)
        if (strcmp(lines->at[i], text) == 0)
            return true;
    return false;
}

/* What the scan is called in the description: its first stream. */
static const char *scan_name(const Net *net, const Node *scan)
{
    return net->streams.at[scan->outs.at[0].stream].name;
}

static const char *joined(Arena *arena, const Lines *lines)
{
    size_t length = 0, end = 0;
    for (int i = 0; i < lines->count; i++)
        length += strlen(lines->at[i]) + 1;
    char *text = NEW_ARRAY(arena, char, length + 1);
    for (int i = 0; i < lines->count; i++) {
        size_t size = strlen(lines->at[i]);
        memcpy(text + end, lines->at[i], size);
        text[end + size] = '\n';
        end += size + 1;
    }
    return text;
}

/* An earlier scan with the same equations, slopes included, by `scans`, which learns of this one; or NULL. */
static const Node *same_before(const Net *net, int index, const Lines *equations, Table *scans)
{
    const char *text = joined(net->arena, equations);
    int before = table_find_name(scans, text);
    if (before != TABLE_NONE)
        return &net->nodes.at[before];
    table_put_name(net->arena, scans, text, index);
    return NULL;
}

/* The equations, those of the slopes apart: results do not depend on them. */
static void describe_scan(Net *net, int index, Table *scans, Lines *text)
{
    const Node *scan = &net->nodes.at[index];
    const Lines all = net_equations(net, scan, EQUATION_SLOPES);
    const Node *before = same_before(net, index, &all, scans);
    const char *name = scan_name(net, scan), *head = net_node_text(net, scan);
    if (before) {
        add(net, text, arena_printf(net->arena, "%s, as %s", head, scan_name(net, before)));
        return;
    }
    Lines values = net_equations(net, scan, EQUATION_VALUES);
    add(net, text, head);
    for (int i = 0; i < values.count; i++)
        add(net, text, arena_printf(net->arena, "%s: %s", name, values.at[i]));
    for (int i = 0; i < all.count; i++)
        if (!has_line(&values, all.at[i]))
            add(net, &net->training_text, arena_printf(net->arena, "%s: %s", name, all.at[i]));
}

static void describe_nodes(Net *net)
{
    Table scans = {0};
    for (int n = 0; n < net->nodes.count; n++) {
        const Node *node = &net->nodes.at[n];
        bool training = node->kind == NODE_LOSS || node->kind == NODE_METRIC || node->of_loss;
        Lines *text = training ? &net->training_text : &net->network_text;
        if (node->kind == NODE_SCAN)
            describe_scan(net, n, &scans, text);
        else if (node->kind != NODE_ACTIVITY)
            add(net, text, net_node_text(net, node));
    }
}

static void describe_init(Net *net, const Param *param)
{
    Lines equations = net_equations(net, param->init, EQUATION_ALL);
    for (int i = 0; i + 1 < equations.count; i++)
        add(net, &net->training_text, arena_printf(net->arena, "param %s: %s", param->name, equations.at[i]));
    add(net, &net->training_text,
        arena_printf(net->arena, "param %s = %s", param->name, net_init_text(net, param)));
    if (param->clamped)
        add(net, &net->training_text,
            arena_printf(net->arena, "param %s: clamped to %s .. %s", param->name, number(net, param->low),
                         number(net, param->high)));
}

static void describe_params(Net *net)
{
    for (ParamId p = 0; p < net->params.count; p++) {
        const Param *param = &net->params.at[p];
        add(net, &net->network_text,
            arena_printf(net->arena, "param %s: %s", param->name, shape_text(net->arena, param->shape)));
        describe_init(net, param);
    }
}

/* Its equations alone. */
static void describe_scalar(Net *net, Lines *lines, int scalar)
{
    Node alone = net->schedule;
    alone.outs.at = &net->schedule.outs.at[scalar];
    alone.outs.count = 1;
    const Lines equations = net_equations(net, &alone, EQUATION_ALL);
    for (int i = 0; i < equations.count; i++)
        add(net, lines, arena_printf(net->arena, "%s: %s", net->scalars.at[scalar].name, equations.at[i]));
}

static void describe_group(Net *net, const ParamGroup *group)
{
    Lines equations = net_equations(net, &group->optimizer, EQUATION_ALL);
    for (int i = 0; i < equations.count; i++)
        add(net, &net->training_text, arena_printf(net->arena, "%s: %s", group->name, equations.at[i]));
    for (ParamId p = 0; p < net->params.count; p++)
        if (net->params.at[p].group == group->name)
            add(net, &net->training_text,
                arena_printf(net->arena, "param %s: of %s", net->params.at[p].name, group->name));
    if (group->rate != NONE)
        describe_scalar(net, &net->training_text, group->rate);
}

static bool is_rate(const Net *net, int scalar)
{
    bool is = scalar == net->training.rate;
    for (int g = 0; g < net->groups.count; g++)
        is = is || scalar == net->groups.at[g].rate;
    return is;
}

static void describe_training(Net *net)
{
    const Training *training = &net->training;
    Lines equations = net_equations(net, &net->optimizer, EQUATION_ALL);
    for (int i = 0; i < equations.count; i++)
        add(net, &net->training_text,
            arena_printf(net->arena, "%s: %s", training->optimizer, equations.at[i]));
    if (training->lr > 0)
        add(net, &net->training_text, arena_printf(net->arena, "lr: %s", number(net, training->lr)));
    if (training->rate != NONE)
        describe_scalar(net, &net->training_text, training->rate);
    for (int g = 0; g < net->groups.count; g++)
        describe_group(net, &net->groups.at[g]);
    if (training->clip_norm > 0)
        add(net, &net->training_text,
            arena_printf(net->arena, "clip_norm %s", number(net, training->clip_norm)));
}

void net_describe(Net *net)
{
    const char *text = arena_printf(net->arena, "%d time steps", net->steps);
    if (net->data.classes > 0)
        text = arena_printf(net->arena, "%s, %d classes%s", text, net->data.classes,
                            net->data.label_temporal ? " at each step" : "");
    if (net->data.target.ndim > 0)
        text = arena_printf(net->arena, "%s, targets %s", text, shape_text(net->arena, net->data.target));
    add(net, &net->network_text, text);
    for (int i = 0; i < net->data.settings.count; i++)
        add(net, &net->network_text,
            arena_printf(net->arena, "data %s: %s", net->data.format, net->data.settings.at[i]));
    describe_params(net);
    for (int k = 0; k < net->scalars.count; k++)
        if (!is_rate(net, k))
            describe_scalar(net, &net->network_text, k);
    describe_nodes(net);
    if (net->training.present)
        describe_training(net);
}
