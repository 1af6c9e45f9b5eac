/* Fourier transforms of streams along time, for maps that mix all units: see spectrum.c. */
#ifndef SNNC_SPECTRUM_H
#define SNNC_SPECTRUM_H

#include "lower/maps/taps.h"

/* Buffers have a cosine, or what goes with it, of each frequency, and behind them all sines. */
typedef struct Spectrum {
    const Taps *taps;
    StreamId stream;
    int period, count; /* n; frequencies */
    int units, room;   /* of the stream; whole tiles of STEPS_WIDTH */
    BufferId waves;    /* [steps][2 count] */
    BufferId sums;     /* of the stream's values: [batch][2 count][room] */
} Spectrum;

/* Kernels that make them, unless they are there already, in batches in which the node of `taps`, or another one, may read them.
 * `taps` outlives it. */
Spectrum spectrum_of(Lower *lower, const Taps *taps, StreamId stream);
LoopExpr *sine_of(Lower *lower, const Spectrum *spectrum, LoopExpr *f);
/* 1 / n for frequency 0, else 2 / n. */
LoopExpr *frequency_share(Lower *lower, const Spectrum *spectrum, LoopExpr *f);

/* Sums over `read` rows of a tile, by waves: one for each wave that is made, or back, for each step. */
typedef struct Waved Waved;
struct Waved {
    const Spectrum *spectrum;
    BufferId rows; /* [read][STEPS_WIDTH] */
    int read, made;
    bool back;
    Site site;
    LoopExpr *j0, *width; /* the tile's first unit, and how many there are */
    void (*store)(Lower *lower, const Waved *waved, LoopBlock *into, LoopExpr *made, LoopExpr *unit,
                  LoopExpr *value);
};

BufferId waved_rows(Lower *lower, const char *name, int read);
/* Zeros behind the last unit of a tile. */
void pad_rows(Lower *lower, LoopBlock *into, const Waved *waved);
void emit_waved(Lower *lower, const Waved *waved, LoopBlock *into);

#endif
