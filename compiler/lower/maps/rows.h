/* What kernels of linear maps have in common. */
#ifndef SNNC_ROWS_H
#define SNNC_ROWS_H

#include "lower/maps/linear.h"

/* A comment that tells a reader of the kernel what follows: rows of the weights, or their gradient, and how. */
void note_map(Lower *lower, const Linear *map, LoopBlock *into, const char *how);
void note_gradient(Lower *lower, const Linear *gradient, LoopBlock *into, const char *how);
/* What unit j of the site starts from: the bias or 0. */
LoopExpr *map_start(Lower *lower, const Node *map, Site site, LoopExpr *j);

/* Of kernels that follow events position by position: the lists of these, and the choice between them and windows; with weights by
 * tiles; where the site's sample goes by them, or by windows. */
void piece_lists_prepare(Lower *lower, const Linear *linear);
void piece_map_prepare(Lower *lower, Linear *linear);
LoopBlock *piece_branch(Lower *lower, const Linear *linear, Site site, bool chosen);

/* Where the share of slice number `item` begins, of so many that LOOP_SLICES go through. */
LoopExpr *slice_begin(Lower *lower, int all, LoopExpr *item);

/* Sums of a few rows of a map's outputs: in registers or, if narrow, where they belong. */
typedef struct Rows {
    const Linear *map;
    LoopExpr *first; /* step of the first row, or its sample; NULL: the site's one */
    int count, width;
    bool in_place;
    bool samples; /* rows are samples, not steps */
} Rows;

/* The site of row r. */
Site row_site(Lower *lower, const Rows *rows, Site site, int r, LoopBlock *into);
void emit_sums_start(Lower *lower, const Rows *rows, Site site);
/* Adds the value to row r. */
void emit_sum(Lower *lower, const Rows *rows, Site site, int r, LoopExpr *j, LoopExpr *value);
/* Adds x * w to row r. */
void emit_sum_product(Lower *lower, const Rows *rows, Site site, int r, LoopExpr *j, LoopExpr *x,
                      LoopExpr *w);
void emit_sums_end(Lower *lower, const Rows *rows, Site site);

#endif
