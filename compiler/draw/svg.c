/* The picture as SVG. How its classes look is said by whoever shows it, in a page or alone: see snn_drawing.h. */
#include "draw.h"

typedef struct Pen {
    Arena *arena;
    const Graph *graph;
    Lines *lines;
} Pen;

#define draw(pen, ...) vec_push((pen)->arena, (pen)->lines, arena_printf((pen)->arena, __VA_ARGS__))

/* Of text: what XML would take for its own. */
static const char *escaped(Arena *arena, const char *text)
{
    char *copy = arena_alloc(arena, strlen(text) * 6 + 1), *to = copy;
    for (; *text; text++) {
        const char *as = *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '&' ? "&amp;" : NULL;
        if (as) {
            memcpy(to, as, strlen(as));
            to += strlen(as);
        } else if ((unsigned char)*text >= ' ') {
            *to++ = *text;
        }
    }
    *to = '\0';
    return copy;
}

/* ---- cards and frames ---------------------------------------------------------------------------------- */

static void draw_frame(const Pen *pen, const Frame *frame)
{
    if (frame->width == 0)
        return;
    draw(pen, "<rect class='frame' x='%.0f' y='%.0f' width='%.0f' height='%.0f' rx='8'/>", frame->x, frame->y,
         frame->width, frame->height);
    draw(pen, "<text class='label' x='%.0f' y='%.0f'>%d times</text>", frame->x + 8, frame->y + 12,
         frame->times);
}

static void draw_card(const Pen *pen, const Card *card)
{
    double left = card->x + CARD_PADDING, right = card->x + card->width - CARD_PADDING;
    double y = card->y + CARD_PADDING / 2 - 5;
    if (card->lines.count == 0)
        return;
    draw(pen, "<rect class='card' x='%.0f' y='%.0f' width='%.0f' height='%.0f' rx='5'/>", card->x, card->y,
         card->width, card->height);
    if (card->title)
        draw(pen, "<text class='title' x='%.0f' y='%.0f'>%s</text>", left, y += CARD_LINE, card->title);
    for (int k = 0; k < card->lines.count; k++) {
        const CardLine *line = &card->lines.at[k];
        y += CARD_LINE;
        draw(pen, "<text x='%.0f' y='%.0f'>%s</text>", left, y, escaped(pen->arena, line->words));
        if (*line->facts)
            draw(pen, "<text class='facts' x='%.0f' y='%.0f'>%s</text>", right, y,
                 escaped(pen->arena, line->facts));
    }
}

/* ---- links ---------------------------------------------------------------------------------------------- */

/* Where the k-th of `count` links meets the upper or lower edge of a card. */
static double port(const Card *card, int k, int count)
{
    double width = card->lines.count == 0 ? 0 : card->width * 0.5;
    return card->x + card->width / 2 + (count > 1 ? width * (2.0 * k / (count - 1) - 1) / 2 : 0);
}

static const char *link_class(const Pen *pen, const Link *link)
{
    return arena_printf(pen->arena, "%s%s", link->spikes ? "spikes" : "reals",
                        link->delay > 0 ? " late" : "");
}

static void draw_tip(const Pen *pen, const Link *link, double x, double y, bool down)
{
    draw(pen, "<path class='%s tip' d='M%.0f %.0f%s'/>", link->spikes ? "spikes" : "reals", x, y,
         down ? "l-4 -7h8z" : "l7 -4v8z");
}

static void draw_delay(const Pen *pen, const Link *link, double x, double y)
{
    if (link->delay > 0)
        draw(pen, "<text class='label' x='%.0f' y='%.0f'>[-%d]</text>", x + 4, y + 4, link->delay);
}

static double next_x(const Pen *pen, const Link *link)
{
    const Card *next = &pen->graph->cards.at[link->bends > 0 ? link->first : link->to];
    return next->x + next->width / 2;
}

static double previous_x(const Pen *pen, const Link *link)
{
    const Card *previous =
        &pen->graph->cards.at[link->bends > 0 ? link->first + link->bends - 1 : link->from];
    return previous->x + previous->width / 2;
}

/* Among the links that leave (or reach) the same card: which it is from the left, and how many there are. */
static int place_among(const Pen *pen, const Link *link, bool leaving, int *count)
{
    int before = 0;
    *count = 0;
    for (int l = 0; l < pen->graph->links.count; l++) {
        const Link *other = &pen->graph->links.at[l];
        if (other->back || (leaving ? other->from != link->from : other->to != link->to))
            continue;
        double x = leaving ? next_x(pen, other) : previous_x(pen, other);
        double own = leaving ? next_x(pen, link) : previous_x(pen, link);
        before += x < own || (x <= own && other < link);
        ++*count;
    }
    return before;
}

/* From card to card through the bends between: upright where it leaves and where it arrives. */
static void draw_down(const Pen *pen, const Link *link)
{
    const Card *from = &pen->graph->cards.at[link->from], *to = &pen->graph->cards.at[link->to];
    int count, k = place_among(pen, link, true, &count);
    double x = port(from, k, count), y = from->y + from->height;
    k = place_among(pen, link, false, &count);
    double end = port(to, k, count);
    const char *path = arena_printf(pen->arena, "M%.0f %.0f", x, y);
    for (int b = 0; b <= link->bends; b++) {
        const Card *next = b < link->bends ? &pen->graph->cards.at[link->first + b] : to;
        double at = next == to ? end : next->x + next->width / 2, top = next == to ? next->y - 6 : next->y;
        double half = (y + top) / 2;
        path = arena_printf(pen->arena, "%sC%.0f %.0f %.0f %.0f %.0f %.0f", path, x, half, at, half, at, top);
        if (next != to)
            path = arena_printf(pen->arena, "%sV%.0f", path, next->y + next->height);
        x = at;
        y = next->y + next->height;
    }
    draw(pen, "<path class='%s' d='%s'/>", link_class(pen, link), path);
    draw_tip(pen, link, end, to->y, true);
    draw_delay(pen, link, end, to->y - 14);
}

/* From the right side of a card to the right side of one above it, or of itself. */
static void draw_up(const Pen *pen, const Link *link)
{
    const Card *from = &pen->graph->cards.at[link->from], *to = &pen->graph->cards.at[link->to];
    double y = from->y + from->height - 9, top = to->y + 9;
    draw(pen, "<path class='%s' d='M%.0f %.0fH%.0fQ%.0f %.0f %.0f %.0fV%.0fQ%.0f %.0f %.0f %.0fH%.0f'/>",
         link_class(pen, link), from->x + from->width, y, link->lane - 8, link->lane, y, link->lane, y - 8,
         top + 8, link->lane, top, link->lane - 8, top, to->x + to->width + 6);
    draw_tip(pen, link, to->x + to->width, top, false);
    draw_delay(pen, link, link->lane, (y + top) / 2);
}

void net_draw(Net *net)
{
    Graph *graph = graph_of(net);
    Pen pen = {net->arena, graph, &net->drawing};
    graph_place(graph);
    draw(&pen,
         "<svg class='net' viewBox='0 0 %.0f %.0f' width='%.0f' "
         "height='%.0f' role='img'>",
         graph->width, graph->height, graph->width, graph->height);
    draw(&pen, "<title>%s, layer by layer</title>", net->name);
    draw(&pen, "<rect class='page' width='100%%' height='100%%'/>");
    for (int f = 0; f < graph->frames.count; f++)
        draw_frame(&pen, &graph->frames.at[f]);
    for (int l = 0; l < graph->links.count; l++)
        (graph->links.at[l].back ? draw_up : draw_down)(&pen, &graph->links.at[l]);
    for (int c = 0; c < graph->cards.count; c++)
        draw_card(&pen, &graph->cards.at[c]);
    draw(&pen, "</svg>");
}
