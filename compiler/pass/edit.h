/* Editing the list of nodes of a Net. Nodes keep their numbers while they are moved, dropped and merged; then
 * edit_finish puts them in their new order, and everything that refers to a node follows. A node stays in its phase. */
#ifndef SNNC_EDIT_H
#define SNNC_EDIT_H

#include "net.h"

/* Of a node in the list. */
typedef struct EditLink {
    int before, next; /* its neighbours; NONE at the ends */
    int phase;        /* 0 forward, 1 backward, 2 update */
    int into;         /* of a node that is gone: the one that took it in, or NONE */
    bool gone;
} EditLink;

typedef struct NetEdit {
    Net *net;
    VEC(EditLink) links; /* by node */
    int first, last;     /* NONE: there are no nodes */
} NetEdit;

NetEdit edit_start(Net *net);
/* What follows a node; NONE at the end. */
int edit_next(const NetEdit *edit, int node);

/* Puts a new forward node before all others. */
void edit_add_first(NetEdit *edit, Node node);
/* The node comes to stand right behind, or before, another one of its phase. */
void edit_move_behind(NetEdit *edit, int node, int other);
void edit_move_before(NetEdit *edit, int node, int other);
/* The node goes; nobody makes its streams any more. */
void edit_drop(NetEdit *edit, int node);
/* The node goes; `into` makes its streams, and stands for it where others refer to it. */
void edit_merge(NetEdit *edit, int node, int into);

void edit_finish(NetEdit *edit);

#endif
