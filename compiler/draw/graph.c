/* What is drawn of a Net. A box is a phrase of the user's text with all the nodes that it made, library text within it
 * included; boxes that follow each other, and nobody else, are one card. */
#include "draw.h"

typedef struct Box {
    int phrase;
    const char *title, *words;
    Shape shape;
    const char *steps; /* of their own, or "" */
    int64_t parameters;
    int card, before; /* before: the box that it goes on from in the same card, or NONE */
    int ins, outs;    /* links */
    int frame;
} Box;

typedef struct Drawer {
    Arena *arena;
    Net *net;
    Graph *graph;
    VEC(Box) boxes;
    VEC(Link) links; /* between boxes */
    int *box_of;     /* by phrase; NONE */
    int *frame_of;   /* by phrase; NONE */
    bool *counted;   /* by parameter */
} Drawer;

static const Phrase *phrase_at(const Drawer *d, int phrase)
{
    return &d->net->phrases.at[phrase];
}

/* The one to which its nodes belong: text of the library stands for what the user wrote to use it. */
static int users_phrase(const Drawer *d, int phrase)
{
    while (phrase_at(d, phrase)->outer != NONE
           && source_is_library(d->net->sources, phrase_at(d, phrase)->span))
        phrase = phrase_at(d, phrase)->outer;
    return phrase;
}

/* ---- boxes ------------------------------------------------------------------------------------------- */

static bool makes_samples(const Net *net, const Node *node)
{
    bool makes = false;
    for (int k = 0; k < node_made_count(node); k++)
        makes = makes || (node_made(node, k) != NONE && net->streams.at[node_made(node, k)].batched);
    return makes;
}

/* One stream, all of it or a part. */
static bool passes_on(const Node *node)
{
    return node->kind == NODE_DELAY || (node->kind == NODE_COPY && node->aux == NONE);
}

/* What only passes on, or looks, is no box; nor is what is the same for all samples. */
static bool is_drawn(const Net *net, const Node *node)
{
    bool passes = passes_on(node) || node->kind == NODE_RANDOM || node->kind == NODE_TARGET;
    return node->phrase != NONE && !node->of_loss && !passes
           && (node->kind == NODE_PREDICT || makes_samples(net, node));
}

/* `(image -> dense(10)) + x` is "(...) + x": the chain has a box of its own. */
static const char *short_words(Arena *arena, const char *words)
{
    enum { MOST = 80 };
    char *text = arena_alloc(arena, strlen(words) + 8), *to = text;
    for (const char *c = words; *c; c++) {
        const char *end = c, *arrow = *c == '(' ? strstr(c, "->") : NULL;
        int depth = 0;
        for (; arrow && *end; end++) {
            depth += (*end == '(') - (*end == ')');
            if (depth == 0)
                break;
        }
        if (arrow && arrow < end && (c == words || strchr(" (+-*/", c[-1]))) {
            memcpy(to, "(...)", 5);
            to += 5;
            c = *end ? end : end - 1;
        } else {
            *to++ = *c;
        }
    }
    *to = '\0';
    return to - text <= MOST ? text : arena_printf(arena, "%.*s...", MOST - 3, text);
}

static const char *box_words(const Drawer *d, const Node *node, int phrase)
{
    if (node->kind == NODE_DATA)
        return arena_printf(d->arena, "data %s", d->net->data.format);
    if (node->kind == NODE_PREDICT)
        return node->class ? "argmax" : "as they are";
    return short_words(d->arena, source_words(d->net->sources, phrase_at(d, phrase)->span));
}

static int add_box(Drawer *d, const Node *node, int phrase)
{
    Box box = {.phrase = phrase,
               .words = box_words(d, node, phrase),
               .steps = "",
               .card = NONE,
               .before = NONE,
               .frame = d->frame_of[phrase]};
    vec_push(d->arena, &d->boxes, box);
    return d->boxes.count - 1;
}

static void count_parameter(Drawer *d, Box *box, ParamId param)
{
    if (param == NONE || d->counted[param] || d->net->params.at[param].kept)
        return;
    d->counted[param] = true;
    box->parameters += shape_size(d->net->params.at[param].shape);
}

/* And those of what is the same for all samples, which it reads. */
static void count_parameters(Drawer *d, Box *box, const Node *node)
{
    count_parameter(d, box, node->weight);
    count_parameter(d, box, node->bias);
    for (int p = 0; p < node->params.count; p++)
        count_parameter(d, box, node->params.at[p]);
    for (int k = 0; k < node_read_count(node); k++) {
        StreamId in = node_read(node, k);
        if (in != NONE && !d->net->streams.at[in].batched)
            count_parameters(d, box, &d->net->nodes.at[d->net->streams.at[in].node]);
    }
}

static void set_made(const Drawer *d, Box *box, StreamId made)
{
    box->shape = d->net->streams.at[made].shape;
    box->steps = own_steps_text(d->net, made);
}

static void fill_box(Drawer *d, Box *box, const Node *node)
{
    const char *binding = phrase_at(d, box->phrase)->binding;
    bool predicts = node->kind == NODE_PREDICT;
    count_parameters(d, box, node);
    box->title = predicts ? binding : box->title;
    for (int k = 0; k < node_made_count(node); k++) {
        if (node_made(node, k) == NONE)
            continue;
        set_made(d, box, node_made(node, k));
        if (strcmp(d->net->streams.at[node_made(node, k)].name, binding) == 0)
            box->title = binding;
    }
    if (predicts)
        set_made(d, box, node->in);
}

/* What went along time as along an axis is a stream of steps again, behind it. */
static bool ends_box(const Drawer *d, const Node *node)
{
    return node->kind == NODE_COPY && node->phrase != NONE && passes_on(node) && copy_in_time(d->net, node)
           && d->box_of[users_phrase(d, node->phrase)] != NONE;
}

static void add_boxes(Drawer *d)
{
    for (int n = 0; n < d->net->backward; n++) {
        const Node *node = &d->net->nodes.at[n];
        if (!is_drawn(d->net, node) && !ends_box(d, node))
            continue;
        int phrase = users_phrase(d, node->phrase);
        /* what is predicted is said apart from what it is made of */
        bool shared = d->box_of[phrase] != NONE && node->kind != NODE_PREDICT;
        if (!shared)
            d->box_of[phrase] = add_box(d, node, phrase);
        fill_box(d, &d->boxes.at[d->box_of[phrase]], node);
    }
}

/* ---- links ------------------------------------------------------------------------------------------- */

static void add_link(Drawer *d, Link link)
{
    bool repeated = d->boxes.at[link.from].frame != NONE && d->boxes.at[link.to].frame != NONE;
    if (link.delay == 0 && (link.from == link.to || (link.from > link.to && repeated)))
        return; /* within a box; or from one time to the next of what is repeated */
    for (int l = 0; l < d->links.count; l++) {
        const Link *other = &d->links.at[l];
        if (other->from == link.from && other->to == link.to && other->delay == link.delay)
            return;
    }
    vec_push(d->arena, &d->links, link);
    d->boxes.at[link.from].outs++;
    d->boxes.at[link.to].ins++;
}

/* From who made the stream, behind what only passes it on; a loop of nothing but that has no end, and nothing in it. */
static void link_from(Drawer *d, StreamId stream, int to, int delay)
{
    const Stream *read = &d->net->streams.at[stream];
    if (!read->batched || read->node == NONE || delay >= d->net->steps)
        return;
    const Node *maker = &d->net->nodes.at[read->node];
    if (passes_on(maker))
        link_from(d, maker->in, to, delay + (maker->kind == NODE_DELAY ? maker->steps : 0));
    else if (is_drawn(d->net, maker))
        add_link(d, (Link){.from = d->box_of[users_phrase(d, maker->phrase)],
                           .to = to,
                           .delay = delay,
                           .spikes = read->kind == STREAM_SPIKES});
}

static void add_links(Drawer *d)
{
    for (int n = 0; n < d->net->backward; n++) {
        const Node *node = &d->net->nodes.at[n];
        if (!is_drawn(d->net, node))
            continue;
        int to = d->box_of[users_phrase(d, node->phrase)];
        for (int k = 0; k < node_read_count(node); k++)
            if (node_read(node, k) != NONE)
                link_from(d, node_read(node, k), to, 0);
    }
}

/* ---- frames ------------------------------------------------------------------------------------------ */

/* Around each phrase that was made more often than the one it stands in. */
static void add_frames(Drawer *d)
{
    for (int p = 0; p < d->net->phrases.count; p++) {
        const Phrase *phrase = phrase_at(d, p);
        int outer = phrase->outer == NONE ? 1 : phrase_at(d, phrase->outer)->times;
        d->frame_of[p] = phrase->outer == NONE ? NONE : d->frame_of[phrase->outer];
        if (phrase->outer == NONE || phrase->times <= outer)
            continue;
        vec_push(d->arena, &d->graph->frames,
                 ((Frame){.outer = d->frame_of[p], .times = phrase->times / outer}));
        d->frame_of[p] = d->graph->frames.count - 1;
    }
}

/* ---- cards ------------------------------------------------------------------------------------------- */

/* Boxes that nothing leads into or out of between them. */
static void join_boxes(Drawer *d)
{
    for (int l = 0; l < d->links.count; l++) {
        const Link *link = &d->links.at[l];
        Box *from = &d->boxes.at[link->from], *to = &d->boxes.at[link->to];
        bool same = phrase_at(d, from->phrase)->binding == phrase_at(d, to->phrase)->binding;
        if (link->delay == 0 && link->from < link->to && from->outs == 1 && to->ins == 1 && same
            && from->frame == to->frame)
            to->before = link->from;
    }
}

static const char *box_facts(const Drawer *d, const Box *box)
{
    const Box *before = box->before == NONE ? NULL : &d->boxes.at[box->before];
    const char *text = "";
    bool same = before && shape_equal(before->shape, box->shape) && strcmp(before->steps, box->steps) == 0;
    if (!same)
        text = arena_printf(d->arena, "%s%s", shape_text(d->arena, box->shape), box->steps);
    if (box->parameters > 0)
        text = arena_printf(d->arena, "%s%s%lld parameter%s", text, *text ? ", " : "",
                            (long long)box->parameters, box->parameters == 1 ? "" : "s");
    return text;
}

static void add_cards(Drawer *d)
{
    for (int k = 0; k < d->boxes.count; k++) {
        Box *box = &d->boxes.at[k];
        box->card = box->before == NONE ? d->graph->cards.count : d->boxes.at[box->before].card;
        if (box->before == NONE)
            vec_push(d->arena, &d->graph->cards, ((Card){.frame = box->frame}));
        Card *card = &d->graph->cards.at[box->card];
        card->title = box->title ? box->title : card->title;
        vec_push(d->arena, &card->lines, ((CardLine){box->words, box_facts(d, box)}));
    }
    for (int l = 0; l < d->links.count; l++) {
        Link link = d->links.at[l];
        int from = d->boxes.at[link.from].card, to = d->boxes.at[link.to].card;
        bool inner = d->boxes.at[link.to].before == link.from && link.delay == 0;
        link.back = link.from >= link.to;
        link.from = from;
        link.to = to;
        if (!inner)
            vec_push(d->arena, &d->graph->links, link);
    }
}

static int *nones(Arena *arena, int count)
{
    int *list = NEW_ARRAY(arena, int, count + 1);
    for (int i = 0; i < count; i++)
        list[i] = NONE;
    return list;
}

Graph *graph_of(Net *net)
{
    Arena *arena = net->arena;
    Drawer d = {.arena = arena,
                .net = net,
                .graph = NEW(arena, Graph),
                .box_of = nones(arena, net->phrases.count),
                .frame_of = nones(arena, net->phrases.count),
                .counted = NEW_ARRAY(arena, bool, net->params.count + 1)};
    d.graph->arena = arena;
    add_frames(&d);
    add_boxes(&d);
    add_links(&d);
    join_boxes(&d);
    add_cards(&d);
    return d.graph;
}
