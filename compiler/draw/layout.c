/* Where cards stand: in ranks, each below those that lead to it; in a rank beside those that they are linked with; links
 * over several ranks bend where they pass one, and those that lead up run beside the picture. */
#include "draw.h"

#include <math.h>

enum {
    GAP = 24,      /* between cards of a rank */
    RANK_GAP = 44, /* between ranks: links and frames */
    BEND = 12,     /* width of a bend */
    LANE = 14,     /* between links that lead up */
    MARGIN = 16,
    SWEEPS = 8
};

typedef VEC(int) Numbers;

typedef struct Layout {
    Graph *graph;
    Numbers *ranks;         /* cards of each, from the left */
    Numbers *above, *below; /* by card: those that are linked with it */
    int count;              /* of ranks */
} Layout;

static Card *card_at(const Layout *layout, int card)
{
    return &layout->graph->cards.at[card];
}

/* ---- sizes and ranks --------------------------------------------------------------------------------- */

static void measure(Card *card)
{
    size_t letters = card->title ? strlen(card->title) : 0;
    for (int k = 0; k < card->lines.count; k++) {
        const CardLine *line = &card->lines.at[k];
        size_t own = strlen(line->words) + (*line->facts ? strlen(line->facts) + 3 : 0);
        letters = own > letters ? own : letters;
    }
    card->width = (double)letters * CARD_LETTER / 100 + 2 * CARD_PADDING;
    card->height = (card->lines.count + (card->title ? 1 : 0)) * CARD_LINE + CARD_PADDING;
}

/* Links lead to later cards of the model, but for those that lead back. */
static void rank_cards(const Graph *graph)
{
    for (int c = 0; c < graph->cards.count; c++)
        for (int l = 0; l < graph->links.count; l++) {
            const Link *link = &graph->links.at[l];
            Card *to = &graph->cards.at[link->to];
            int rank = graph->cards.at[link->from].rank + 1;
            if (link->from == c && !link->back && to->rank < rank)
                to->rank = rank;
        }
}

/* What only links that lead back reach stands no higher than it must. */
static void lower_first_cards(const Graph *graph)
{
    for (int c = 0; c < graph->cards.count; c++) {
        int lowest = graph->cards.count;
        for (int l = 0; l < graph->links.count && graph->cards.at[c].rank == 0; l++) {
            const Link *link = &graph->links.at[l];
            if (link->from == c && !link->back && graph->cards.at[link->to].rank < lowest)
                lowest = graph->cards.at[link->to].rank;
        }
        if (lowest < graph->cards.count && lowest > 0)
            graph->cards.at[c].rank = lowest - 1;
    }
}

/* A card for each rank that the link passes. */
static void add_bends(Graph *graph)
{
    for (int l = 0; l < graph->links.count; l++) {
        Link *link = &graph->links.at[l];
        Card from = graph->cards.at[link->from], to = graph->cards.at[link->to];
        link->first = graph->cards.count;
        link->bends = link->back ? 0 : to.rank - from.rank - 1;
        int frame = from.frame == to.frame ? from.frame : NONE;
        for (int k = 0; k < link->bends; k++)
            vec_push(graph->arena, &graph->cards,
                     ((Card){.frame = frame, .rank = from.rank + 1 + k, .width = BEND}));
    }
}

static void connect(const Layout *layout, int from, int to)
{
    vec_push(layout->graph->arena, &layout->below[from], to);
    vec_push(layout->graph->arena, &layout->above[to], from);
}

static void connect_link(const Layout *layout, const Link *link)
{
    int from = link->from;
    for (int k = 0; k < link->bends; k++) {
        connect(layout, from, link->first + k);
        from = link->first + k;
    }
    if (!link->back)
        connect(layout, from, link->to);
}

static void fill_ranks(Layout *layout)
{
    Graph *graph = layout->graph;
    for (int c = 0; c < graph->cards.count; c++)
        layout->count =
            graph->cards.at[c].rank >= layout->count ? graph->cards.at[c].rank + 1 : layout->count;
    layout->ranks = NEW_ARRAY(graph->arena, Numbers, layout->count + 1);
    for (int c = 0; c < graph->cards.count; c++) {
        Numbers *rank = &layout->ranks[graph->cards.at[c].rank];
        graph->cards.at[c].order = rank->count;
        vec_push(graph->arena, rank, c);
    }
}

/* ---- from left to right ------------------------------------------------------------------------------- */

static double middle(const Card *card)
{
    return card->x + card->width / 2;
}

/* The mean of what its neighbours have; what it has itself where it has none. */
static double mean_of(const Layout *layout, const Numbers *cards, double own,
                      double (*value)(const Card *card))
{
    double sum = 0;
    for (int k = 0; k < cards->count; k++)
        sum += value(card_at(layout, cards->at[k]));
    return cards->count > 0 ? sum / cards->count : own;
}

static double order_of(const Card *card)
{
    return card->order;
}

/* Insertion, so that equals stay in their order. */
static void sort_rank(const Layout *layout, const Numbers *rank)
{
    for (int i = 1; i < rank->count; i++) {
        int card = rank->at[i], k = i;
        for (; k > 0 && card_at(layout, rank->at[k - 1])->order > card_at(layout, card)->order; k--)
            rank->at[k] = rank->at[k - 1];
        rank->at[k] = card;
    }
    for (int i = 0; i < rank->count; i++)
        card_at(layout, rank->at[i])->order = i;
}

/* Down, each card goes to where those above it are; up the same. */
static void order_ranks(const Layout *layout)
{
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (int k = 0; k < layout->count; k++) {
            const Numbers *rank = &layout->ranks[sweep % 2 == 0 ? k : layout->count - 1 - k];
            const Numbers *beside = sweep % 2 == 0 ? layout->above : layout->below;
            for (int i = 0; i < rank->count; i++) {
                Card *card = card_at(layout, rank->at[i]);
                card->order = mean_of(layout, &beside[rank->at[i]], card->order, order_of);
            }
            sort_rank(layout, rank);
        }
}

/* Room between two cards of a rank: also for the edges of frames that only one is in. */
static double room(const Card *left, const Card *right)
{
    return GAP + (left->frame != right->frame ? 2 * FRAME_PADDING : 0);
}

/* Each card where its neighbours want it, as far as those on its left allow; then all of them together. */
static void place_rank(const Layout *layout, const Numbers *rank)
{
    double moved = 0;
    const Card *left = NULL;
    for (int i = 0; i < rank->count; i++) {
        Card *card = card_at(layout, rank->at[i]);
        double above = mean_of(layout, &layout->above[rank->at[i]], middle(card), middle);
        double below = mean_of(layout, &layout->below[rank->at[i]], above, middle);
        double wanted = (above + below) / 2 - card->width / 2;
        double least = left ? left->x + left->width + room(left, card) : wanted;
        card->x = wanted > least ? wanted : least;
        moved += card->x - wanted;
        left = card;
    }
    for (int i = 0; i < rank->count; i++)
        card_at(layout, rank->at[i])->x -= moved / rank->count;
}

static void place_across(const Layout *layout)
{
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (int k = 0; k < layout->count; k++)
            place_rank(layout, &layout->ranks[sweep % 2 == 0 ? k : layout->count - 1 - k]);
    double least = 0;
    for (int c = 0; c < layout->graph->cards.count; c++)
        least = c == 0 || card_at(layout, c)->x < least ? card_at(layout, c)->x : least;
    for (int c = 0; c < layout->graph->cards.count; c++)
        card_at(layout, c)->x = floor(card_at(layout, c)->x + MARGIN + 2 * FRAME_PADDING - least + 0.5);
}

/* ---- from top to bottom -------------------------------------------------------------------------------- */

static void place_down(const Layout *layout)
{
    double y = MARGIN + 2 * FRAME_PADDING;
    for (int k = 0; k < layout->count; k++) {
        const Numbers *rank = &layout->ranks[k];
        double height = 0;
        for (int i = 0; i < rank->count; i++) {
            Card *card = card_at(layout, rank->at[i]);
            card->y = y;
            height = card->height > height ? card->height : height;
        }
        for (int i = 0; i < rank->count; i++) /* a bend passes the whole rank */
            if (card_at(layout, rank->at[i])->lines.count == 0)
                card_at(layout, rank->at[i])->height = height;
        y += height + RANK_GAP;
    }
    layout->graph->height = y - RANK_GAP + MARGIN + FRAME_PADDING;
}

/* ---- frames and lanes ---------------------------------------------------------------------------------- */

static void enclose(Frame *frame, double x, double y, double right, double bottom)
{
    double old_right = frame->x + frame->width, old_bottom = frame->y + frame->height;
    bool empty = frame->width == 0;
    frame->x = empty || x < frame->x ? x : frame->x;
    frame->y = empty || y < frame->y ? y : frame->y;
    frame->width = (empty || right > old_right ? right : old_right) - frame->x;
    frame->height = (empty || bottom > old_bottom ? bottom : old_bottom) - frame->y;
}

/* From the inner to the outer: each has what it encloses with some room. */
static void place_frames(const Layout *layout)
{
    Graph *graph = layout->graph;
    for (int c = 0; c < graph->cards.count; c++) {
        const Card *card = card_at(layout, c);
        if (card->frame != NONE)
            enclose(&graph->frames.at[card->frame], card->x, card->y, card->x + card->width,
                    card->y + card->height);
    }
    for (int f = graph->frames.count - 1; f >= 0; f--) {
        Frame *frame = &graph->frames.at[f];
        if (frame->width == 0)
            continue;
        enclose(frame, frame->x - FRAME_PADDING, frame->y - FRAME_TITLE,
                frame->x + frame->width + FRAME_PADDING, frame->y + frame->height + FRAME_PADDING);
        if (frame->outer != NONE)
            enclose(&graph->frames.at[frame->outer], frame->x, frame->y, frame->x + frame->width,
                    frame->y + frame->height);
    }
}

/* Right of all that stands between its ends, and of other lanes there. */
static void place_lane(const Layout *layout, int number)
{
    Graph *graph = layout->graph;
    Link *link = &graph->links.at[number];
    int top = graph->cards.at[link->to].rank, bottom = graph->cards.at[link->from].rank;
    for (int c = 0; c < graph->cards.count; c++) {
        const Card *card = card_at(layout, c);
        double right = card->x + card->width + (card->frame == NONE ? 0 : 2 * FRAME_PADDING) + LANE;
        if (card->rank >= top && card->rank <= bottom && right > link->lane)
            link->lane = right;
    }
    for (int l = 0; l < number; l++) {
        const Link *other = &graph->links.at[l];
        bool apart = !other->back || graph->cards.at[other->to].rank > bottom
                     || graph->cards.at[other->from].rank < top;
        if (!apart && other->lane + LANE > link->lane)
            link->lane = other->lane + LANE;
    }
}

static void place_lanes(const Layout *layout)
{
    enum { LABEL = 40 };
    Graph *graph = layout->graph;
    for (int c = 0; c < graph->cards.count; c++) {
        double right = card_at(layout, c)->x + card_at(layout, c)->width;
        graph->width = right > graph->width ? right : graph->width;
    }
    for (int f = 0; f < graph->frames.count; f++) {
        double right = graph->frames.at[f].x + graph->frames.at[f].width;
        graph->width = right > graph->width ? right : graph->width;
    }
    for (int l = 0; l < graph->links.count; l++) {
        if (!graph->links.at[l].back)
            continue;
        place_lane(layout, l);
        double right = graph->links.at[l].lane + LABEL;
        graph->width = right > graph->width ? right : graph->width;
    }
    graph->width += MARGIN;
}

void graph_place(Graph *graph)
{
    Layout layout = {.graph = graph};
    for (int c = 0; c < graph->cards.count; c++)
        measure(&graph->cards.at[c]);
    rank_cards(graph);
    lower_first_cards(graph);
    add_bends(graph);
    layout.above = NEW_ARRAY(graph->arena, Numbers, graph->cards.count + 1);
    layout.below = NEW_ARRAY(graph->arena, Numbers, graph->cards.count + 1);
    for (int l = 0; l < graph->links.count; l++)
        connect_link(&layout, &graph->links.at[l]);
    fill_ranks(&layout);
    order_ranks(&layout);
    place_across(&layout);
    place_down(&layout);
    place_frames(&layout);
    place_lanes(&layout);
}
