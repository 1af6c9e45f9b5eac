#include "edit.h"

static EditLink *link_at(const NetEdit *edit, int node)
{
    return &edit->links.at[node];
}

/* Who says which node follows `node`, and which precedes it; of NONE it is the list itself. */
static int *next_of(NetEdit *edit, int node)
{
    return node == NONE ? &edit->first : &link_at(edit, node)->next;
}

static int *before_of(NetEdit *edit, int node)
{
    return node == NONE ? &edit->last : &link_at(edit, node)->before;
}

static void take_out(NetEdit *edit, int node)
{
    EditLink *link = link_at(edit, node);
    *next_of(edit, link->before) = link->next;
    *before_of(edit, link->next) = link->before;
}

static void put_between(NetEdit *edit, int node, int before, int next)
{
    EditLink *link = link_at(edit, node);
    link->before = before;
    link->next = next;
    *next_of(edit, before) = *before_of(edit, next) = node;
}

NetEdit edit_start(Net *net)
{
    NetEdit edit = {.net = net, .first = NONE, .last = NONE};
    for (int n = 0; n < net->nodes.count; n++) {
        int phase = (n >= net->backward) + (n >= net->updates);
        vec_push(net->arena, &edit.links, ((EditLink){.phase = phase, .into = NONE}));
        put_between(&edit, n, edit.last, NONE);
    }
    return edit;
}

int edit_next(const NetEdit *edit, int node)
{
    return link_at(edit, node)->next;
}

void edit_add_first(NetEdit *edit, Node node)
{
    int id = net_add(edit->net, node);
    vec_push(edit->net->arena, &edit->links, ((EditLink){.into = NONE}));
    put_between(edit, id, NONE, edit->first);
}

void edit_move_behind(NetEdit *edit, int node, int other)
{
    take_out(edit, node);
    put_between(edit, node, other, edit_next(edit, other));
}

void edit_move_before(NetEdit *edit, int node, int other)
{
    take_out(edit, node);
    put_between(edit, node, link_at(edit, other)->before, other);
}

/* The streams that say that `node` makes them are made by `maker`. */
static void hand_over(Net *net, int node, int maker)
{
    for (int k = 0; k < node_made_count(&net->nodes.at[node]); k++) {
        StreamId stream = node_made(&net->nodes.at[node], k);
        if (stream != NONE && net->streams.at[stream].node == node)
            net->streams.at[stream].node = maker;
    }
}

void edit_drop(NetEdit *edit, int node)
{
    edit_merge(edit, node, NONE);
}

void edit_merge(NetEdit *edit, int node, int into)
{
    hand_over(edit->net, node, into);
    take_out(edit, node);
    link_at(edit, node)->gone = true;
    link_at(edit, node)->into = into;
}

/* to[n]: the new number of node n, or of what took it in; NONE if it is gone. */
static int *new_numbers(NetEdit *edit)
{
    int *to = NEW_ARRAY(edit->net->arena, int, edit->links.count + 1), count = 0;
    for (int n = edit->first; n != NONE; n = edit_next(edit, n))
        to[n] = count++;
    for (int n = 0; n < edit->links.count; n++) {
        int heir = n;
        while (heir != NONE && link_at(edit, heir)->gone)
            heir = link_at(edit, heir)->into;
        to[n] = heir == NONE ? NONE : to[heir];
        link_at(edit, n)->into = heir; /* so that long chains are followed once */
    }
    return to;
}

void edit_finish(NetEdit *edit)
{
    Net *net = edit->net;
    const int *to = new_numbers(edit);
    const Node *old = net->nodes.at;
    net->nodes.at = NEW_ARRAY(net->arena, Node, net->nodes.capacity + 1);
    net->nodes.count = net->backward = net->updates = 0;
    for (int n = edit->first; n != NONE; n = edit_next(edit, n)) {
        Node node = old[n];
        node.forward = node.forward == NONE ? NONE : to[node.forward];
        vec_push(net->arena, &net->nodes, node);
        net->backward += link_at(edit, n)->phase < 1;
        net->updates += link_at(edit, n)->phase < 2;
    }
    for (StreamId s = 0; s < net->streams.count; s++)
        if (net->streams.at[s].node != NONE)
            net->streams.at[s].node = to[net->streams.at[s].node];
}
