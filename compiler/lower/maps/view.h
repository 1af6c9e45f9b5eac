/* Windows as seen from what is made: of a map its outputs, of a transposed map what are the map's inputs. Either way each
 * position that is made reads some positions at even distances, by some of the taps. */
#ifndef SNNC_VIEW_H
#define SNNC_VIEW_H

#include "lower/maps/linear.h"

/* One axis. Positions first + q * step are made, q = 0 .. count-1. Position q reads q * stride + m * dilation + base, by tap
 * tap + m * tap_step, m = 0 .. taps-1; outside of 0 .. in-1 there are zeros. */
typedef struct View {
    LoopExpr *first, *count;
    int step, stride, dilation, tap_step;
    LoopExpr *base, *taps, *tap;
    int in, out;               /* extents of what is read, and of what is made */
    int most_count, most_taps; /* of all phases */
} View;

/* The transpose of a map with a stride has a view for each remainder: as many. */
int view_phases(const MapAxis *axis, bool transposed);
/* The view for such a remainder, a number or a variable. */
View view_of(Lower *lower, const MapAxis *axis, bool transposed, LoopExpr *phase);

/* The taps m = *from .. *to-1 by which position q reads what is there. */
void view_taps(Lower *lower, LoopBlock *into, const View *view, LoopExpr *q, LoopExpr **from, LoopExpr **to);
/* The position that q reads by tap m. */
LoopExpr *view_read(Lower *lower, const View *view, LoopExpr *q, LoopExpr *m);
/* The number of tap m. */
LoopExpr *view_tap(Lower *lower, const View *view, LoopExpr *m);
/* Whether all of it is numbers: it is the same for all remainders. */
bool view_is_fixed(const View *view);
/* Of one that is: positions *first .. *end-1 read what is there by tap m; none: both are 0. */
void view_positions(const View *view, int m, int *first, int *end);
/* And taps *from .. *to-1 are those by which any position does. */
void view_met(Lower *lower, const View *view, LoopExpr **from, LoopExpr **to);
/* Positions from the lowest that any q reads, which is `lowest`, to the highest. */
int view_extent(const View *view);
LoopExpr *view_lowest(Lower *lower, const View *view);

/* Outputs *from .. *to-1 of the map read inputs that are there by tap k. */
void tap_outputs(Lower *lower, LoopBlock *into, const MapAxis *axis, LoopExpr *k, LoopExpr **from,
                 LoopExpr **to);

/* a * factor + b */
LoopExpr *scaled_plus(Lower *lower, LoopExpr *a, int factor, LoopExpr *b);
/* `low` at least, `high` at most. */
LoopExpr *clamped(Lower *lower, LoopExpr *a, LoopExpr *low, LoopExpr *high);

/* Numbers from .. to-1. */
typedef struct Range {
    int from, to;
} Range;

/* Of the range in parts of `size`, the last of which may be smaller, part number `part`: *from .. *to-1. */
void range_part(Lower *lower, LoopBlock *into, LoopExpr *part, int size, Range all, LoopExpr **from,
                LoopExpr **to);

/* Parts of at most `most`, of two sizes that differ by one: `large` parts of `size`, then `small` ones of size - 1. */
typedef struct Parts {
    int size, large, small;
} Parts;

Parts even_parts(int total, int most);

#endif
