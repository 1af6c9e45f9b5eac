/* Fourier transforms of streams along time, for maps that mix all units: see spectrum.c. */
#ifndef SNNC_SPECTRUM_H
#define SNNC_SPECTRUM_H

#include "lower/maps/taps.h"

/* Buffers have a cosine, or what goes with it, of each frequency, and behind them all sines. */
typedef struct Spectrum {
    const Taps *taps;
    StreamId stream;
    int quarter;     /* of the period n = 4 quarter */
    int count;       /* frequencies: 0 .. 2 quarter */
    int places;      /* steps, taps or frequencies that waves are for */
    int units, room; /* of the stream; whole tiles of STEPS_WIDTH */
    BufferId waves;  /* cosines, then sines, of 2 pi a q / n: [2 places][quarter + 1] */
    BufferId sums;   /* of the stream's values: [batch][2 count][room] */
} Spectrum;

/* Kernels that make them, unless they are there already, in batches in which the node of `taps`, or another one, may read them.
 * `taps` outlives it. */
Spectrum spectrum_of(Lower *lower, const Taps *taps, StreamId stream);
LoopExpr *sine_of(Lower *lower, const Spectrum *spectrum, LoopExpr *f);
/* The frequency that half the period mirrors f to. */
LoopExpr *mirrored(Lower *lower, const Spectrum *spectrum, LoopExpr *f);
/* 1 / n for the frequencies 0 and 2 quarter, else 2 / n. */
LoopExpr *frequency_share(Lower *lower, const Spectrum *spectrum, LoopExpr *f);
/* The cosine and the sine of place a, at a frequency q of the first quarter. */
void waves_at(Lower *lower, const Spectrum *spectrum, LoopExpr *a, LoopExpr *q, LoopExpr *wave[2]);

/* Sums of a tile by waves: of steps, for each frequency, or back, of frequencies, for each step. */
typedef struct Waved Waved;
struct Waved {
    const Spectrum *spectrum;
    BufferId rows; /* what is read: [steps], or back [2 count], by [STEPS_WIDTH]; it is written over */
    BufferId made; /* back: [4 quarter + 1][STEPS_WIDTH] */
    int steps;     /* that are read, or made */
    bool back;
    Site site;
    LoopExpr *j0, *width; /* the tile's first unit, and how many there are */
    void (*store)(Lower *lower, const Waved *waved, LoopBlock *into, LoopExpr *made, LoopExpr *unit,
                  LoopExpr *value);
};

/* Adds its buffers. */
void waved_buffers(Lower *lower, Waved *waved, const char *name);
/* Zeros behind the last unit of a tile. */
void pad_rows(Lower *lower, LoopBlock *into, const Waved *waved);
void emit_waved(Lower *lower, const Waved *waved, LoopBlock *into);

#endif
