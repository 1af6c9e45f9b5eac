/* The Net as a picture: what `build` made, as the model's text has it. Cards hold the stages that follow each other; links
 * lead from card to card; a frame is around what `repeat` applies several times, which is drawn once.
 *
 *   graph.c   cards, links and frames of a Net
 *   layout.c  where each of them stands
 *   svg.c     how they are drawn */
#ifndef SNNC_DRAW_H
#define SNNC_DRAW_H

#include "../net.h"

/* A stage: what the model says, and what comes of it. */
typedef struct CardLine {
    const char *words; /* "dense(200)" */
    const char *facts; /* "[200], 156800 parameters" */
} CardLine;

typedef struct Card {
    const char *title;   /* the stream of the model that it ends with; NULL: it has no name */
    VEC(CardLine) lines; /* none: a bend, where a link passes by */
    int frame;           /* the innermost that it is in, or NONE */
    int rank;            /* from the top */
    double order;        /* in its rank, from the left */
    double x, y;         /* of its upper left corner */
    double width, height;
} Card;

typedef struct Link {
    int from, to;     /* cards */
    int delay;        /* steps */
    bool spikes;      /* that it carries */
    bool back;        /* it leads up, or to its own card */
    int first, bends; /* cards that it passes by, one a rank between */
    double lane;      /* back: the lane beside the picture instead */
} Link;

typedef struct Frame {
    int outer; /* or NONE */
    int times;
    double x, y, width, height;
} Frame;

typedef struct Graph {
    Arena *arena;
    VEC(Card) cards; /* in the order of the model, then bends */
    VEC(Link) links;
    VEC(Frame) frames; /* each after its outer one */
    double width, height;
} Graph;

enum {
    CARD_LINE = 18,    /* height of a line of text */
    CARD_PADDING = 10, /* around it */
    CARD_LETTER = 725, /* width of a letter, in hundredths */
    FRAME_PADDING = 10,
    FRAME_TITLE = 16
};

Graph *graph_of(Net *net);
/* Sets where all of it stands. */
void graph_place(Graph *graph);

#endif
