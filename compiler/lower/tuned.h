/* Numbers that were tuned by measuring, not derived: where one kernel becomes faster than another, and how much of a
 * layer is worked on at a time. Measured by the workloads of tests/bench, on the machine that tests/bench/README.md
 * names (Zen 4, AVX-512, two cores). To measure a crossover again, time programs that were made with --kernels=event and
 * with --kernels=table on both sides of it, as that file says. None of these numbers changes what a network computes,
 * but for the order of some sums. */
#ifndef SNNC_TUNED_H
#define SNNC_TUNED_H

/* ---- tiles: what a kernel works on while it is in a cache ---- */

enum {
    TILE_VECTOR = 16, /* units of a vector of the widest kind: tiles are so many of them */
    TILE_LEAST = 32,  /* units of a tile, */
    TILE_MOST = 64,   /* whose weights, of some hundreds of inputs, stay in the second cache; */
    TILE_NARROW =
        16, /* and so many where the sums of a few steps have to stay in registers that are not of WIDE_LANES */
    TILE_WASTE =
        3, /* for every so many units one at most that is not there is worked on with the last tile: of 100
                         units, 28 more are faster than tiles of 50 */

    CHUNK_ROWS = 800,        /* samples x steps that share one making of tables */
    LOCAL_MOST = 1 << 16,    /* elements of a tile's array of one stream */
    LOCAL_SMALL_MOST = 2048, /* bytes of a kernel's arrays on a small stack */
    LEAST_INPUTS = 16, /* from so many on, gradients are cut by these channels, not by slices of the batch, */
    TOGETHER_MOST = 1 << 17, /* with so many numbers of a few samples at a time */

    POISSON_PART = 2048,      /* units of an encoder at a time: their random bytes stay in the first cache */
    POISSON_SMALL_PART = 128, /* or on a small stack */

    TOGETHER = 32, /* samples that go through a recurrent group in lock-step */
    MOST_SLOTS = 4 /* steps that are kept of a stream which only its group reads; of longer ones, all */
};

/* ---- products of reals ---- */

enum {
    BLOCK = 4,             /* rows whose sums are made together */
    MOST_ROWS = 8,         /* the same, where rows are samples at one step, */
    WIDE_LANES = 16,       /* and vectors are so wide: there are twice as many of them, too */
    STEP_REALS = 16,       /* outputs of a tile within a recurrent group: few for many samples, */
    STEP_SPIKES = 64,      /* many, at best, for the events of one */
    EVENTS_TOGETHER = 4,   /* rows that are added in one go where sums stand in memory */
    APART = 4,             /* products that are made before the first is added */
    LEAST_SUMS = 24,       /* narrower sums are scalars to compilers, and better made in memory */
    TRANSPOSED_LEAST = 64, /* columns from which on weights are transposed */
    TRANSPOSED_WIDTH = 16  /* so many at a time: the numbers of a line of the caches */
};

/* ---- convolutions of reals: maps by either, gradients by the first, since narrow ones read inputs twice as often ---- */

enum {
    WINDOW_MOST = 8,        /* positions of a row, or of some steps, whose sums are made together, */
    WINDOW_WIDTH = 32,      /* of so many channels; */
    WINDOW_GROUP_LEAST = 4, /* where groups have fewer, of all groups side by side; */
    WINDOW_TAPS = 8, /* by up to so many, each is written out where it misses positions of a short row; */
    WINDOW_NARROW_MOST = 6,   /* where vectors are not of WIDE_LANES, registers hold */
    WINDOW_NARROW_WIDTH = 16, /* as many as these */
    WINDOW_CACHED = 1 << 16   /* weights that stay in the second cache with what they are multiplied by */
};

/* ---- convolutions by 3 x 3 taps, with fewer products ---- */

enum {
    WINOGRAD_TOGETHER =
        1 << 17, /* numbers of what is read, spread to planes: so many stay in the second cache */
    WINOGRAD_WEIGHTS = 1 << 19, /* so many are read once for some samples, */
    WINOGRAD_SAMPLES =
        1 << 18, /* of so many numbers: a plane of them and of a block's weights stays in the second cache */
    WINOGRAD_DEPTH =
        128, /* channels that are read by each sum at a time: their weights stay in the first cache */
    WINOGRAD_WIDTH = 64,    /* channels that are spread and gathered at a time, which stay there, too */
    SQUARES_TOGETHER = 8,   /* whose sums are made together at most */
    WINOGRAD_CHANNELS = 32, /* that are read and made: of fewer, to spread and gather takes too long */
    WINOGRAD_PART = 64,     /* channels of a gradient at a time, each spread once for all of the others, */
    WINOGRAD_ITEMS = 4      /* but of those that are read at least so many parts, for threads */
};

/* Products of windows, without those that read nothing, for each of these. */
#define WINOGRAD_GAIN 1.2

/* ---- convolutions of spikes, event by event ---- */

enum {
    PIECE_LEAST = 24,            /* units of a row that a window reads; of fewer, hardly any spike */
    PIECE_CHAINS = 2,            /* events that are added side by side */
    PIECE_TAPS = 9,              /* taps whose gradients are summed together, */
    PIECE_NARROW_TAPS = 3,       /* where vectors are not of WIDE_LANES; */
    PIECE_TOGETHER = 8192,       /* numbers of gradients, of some steps: these stay in the first cache */
    PIECE_WEIGHTS = 1 << 19,     /* gradients of so many are made for some samples at once, */
    PIECE_SAMPLES = 1 << 13,     /* with so many numbers: these stay in the second cache */
    PIECE_ROW_TILES = 2,         /* of WINDOW_WIDTH channels, to which one row of taps adds at a time, */
    PIECE_ROW_WEIGHTS = 6144,    /* whose weights stay in the first cache, */
    PIECE_ROW_UNITS = 1 << 16,   /* and what is read and made at a step in the second one; */
    PIECE_TAP_WEIGHTS = 1 << 16, /* of a tile: for so many, one tap after the other, of some samples, */
    PIECE_TAP_SAMPLES = 1 << 15, /* with so many sums: these stay in the second cache, too; */
    PIECE_PHASES = 9,            /* of positions, each of which has code of its own for gradients; */
    PIECE_POSITIONS = 8          /* outputs of a channel, below which these are sums of hardly anything */
};

/* ---- maxima ---- */

enum {
    POOL_TAPS = 16 /* of a window, by up to so many, that are written out where it has them all */
};

/* ---- convolutions of spikes of few channels ---- */

enum {
    PATTERN_ROWS = 5,  /* of weights, a channel by a tap each, whose sums are in one table; */
    PATTERN_MOST = 25, /* of so many in all, tables of WINDOW_WIDTH channels fit the first cache */
    LOOKUP_MOST =
        1 << 16,         /* patterns of a sample that stay in the second cache while neurons look them up, */
    TALLY_MOST = 1 << 13 /* and numbers of tallies that stay in the first one */
};

/* ---- gradients of convolutions of few channels ---- */

enum {
    PATCH_MOST = 64,      /* rows of weights, a channel by a tap each, */
    PATCH_ROWS = 12,      /* of which the sums of so many are made together, of WINDOW_WIDTH channels; */
    PATCH_NARROW_ROWS = 6 /* where vectors are not of WIDE_LANES, of WINDOW_NARROW_WIDTH */
};

/* ---- convolutions turned round, of neurons that have a gradient ---- */

enum {
    SPARSE_STEPS = 8,       /* steps whose sums are made together, of WINDOW_WIDTH channels; */
    SPARSE_NARROW_STEPS = 4 /* where vectors are not of WIDE_LANES, of WINDOW_NARROW_WIDTH */
};

/* ---- maps along time, and their gradients ---- */

enum {
    STEPS_TOGETHER = 7, /* of which the sums are made together, */
    STEPS_WIDTH = 16,   /* of so many units: registers of AVX2 hold them, too; */
    STEPS_READ = 2      /* of gradients, for so many steps that are read, where vectors are of WIDE_LANES */
};

enum {
    TAPS_WIDTH = 32,  /* outputs whose steps, or weights for all taps (25, say), are in a cache together */
    TAPS_INPUTS = 64, /* inputs whose gradients are summed together, */
    TAPS_TIMES = 4    /* by so many of their spikes at a time */
};

enum {
    NARROW_TAPS = 8,       /* taps that are added, or summed, together: a vector of AVX2; */
    NARROW_WIDTH = 16,     /* outputs whose steps are in a cache together, which half of it holds; */
    NARROW_SUM_WIDTH = 16, /* of a gradient: rows of its steps stay in the first cache, */
    NARROW_INPUTS =
        256, /* inputs whose gradients are summed together, as each reads these rows; in the second cache, */
    NARROW_SAMPLES = 16, /* of so many samples, before these go to what all samples sum; */
    NARROW_LEAST = 16,   /* taps of which so few may be there, */
    NARROW_OUTPUTS = 8   /* of so many outputs */
};

enum {
    FREQUENCY_PART = 4,           /* of a quarter, for whose frequencies a thread makes products; */
    FREQUENCY_PANELS = 4,         /* of STEPS_WIDTH units, for which transforms are read once; */
    FREQUENCY_BATCH = 64,         /* samples whose transforms are in the second cache, */
    FREQUENCY_SAMPLES = 12,       /* so many of which have their sums in registers, of STEPS_WIDTH units, */
    FREQUENCY_NARROW_SAMPLES = 6, /* or so many where vectors are not of WIDE_LANES; */
    FREQUENCY_INPUTS = 12,        /* inputs whose gradients are, */
    FREQUENCY_NARROW_INPUTS = 6,  /* or so many, */
    FREQUENCY_PART_INPUTS = 128,  /* and those whose transforms are in the second cache, */
    FREQUENCY_OUTPUTS = 64,       /* with as many outputs; */
    FREQUENCY_READ = 3,           /* units for which weights are transformed together; */
    WAVES_TOGETHER = 6,           /* waves by which sums are made together; */
    FREQUENCY_GAIN = 2            /* how many times fewer products there have to be */
};

/* ---- tables and events of spikes ---- */

enum {
    LEAST_WEIGHTS = 4096, /* of a layer for which there is a choice: small ones are quick either way */
    /* Inference of whole samples: weights that are more than stay in the second cache are read once for all steps, with the
     * sums of so many outputs at most in registers of AVX2, where a block has so many events in a step. Step by step, these
     * outputs are made one part after the other, but of more than PART_WEIGHTS: whole rows are what processors fetch ahead. */
    BLOCK_WEIGHTS = 131072,
    BLOCK_WIDTH = 80,
    BLOCK_EVENTS = 4,
    PART_WEIGHTS = 1 << 18,
    GROUP = 5,       /* inputs, or steps, of a table */
    UNIT_TABLES = 5, /* that are in use at a time: over units, */
    STEP_TABLES = 5, /* and over steps */
    TABLE_WIDTH = 32 /* outputs: five tables of so many fit the first cache */
};

/* Tables win where more than about this part of the inputs spike: later in maps, whose events only add to registers,
 * than in gradients, whose events add to memory. */
#define TABLE_ACTIVITY_FORWARD 0.16
#define TABLE_ACTIVITY_BACKWARD 0.08

/* Maps along time by frequencies win where more of the inputs are not 0. */
#define FREQUENCY_ACTIVITY 0.06

/* Few taps of each synapse, one input that is not 0 after the other, win over frequencies where no more of them are. */
#define NARROW_ACTIVITY 0.16

/* In convolutions, the kernels of windows win above these. */
#define WINDOW_ACTIVITY_FORWARD 0.55
#define WINDOW_ACTIVITY_BACKWARD 0.6

/* ---- gates: maps back to few neurons ---- */

enum {
    DOT_LANES = 16,      /* sums of a dot product, */
    DOT_MOST_LANES = 64, /* up to so many */
    GATE_LEAST_STEPS = 2
};

/* A dot product takes about two and a half times as long as its part of a whole product. */
#define FEW_NEAR 0.36

/* ---- scans ---- */

enum {
    /* Steps that are unrolled. Each waits for the one before, so a processor must see the next units behind them:
     * with more steps than this it does not look so far ahead. */
    CHUNK_LIMIT = 8,
    UNROLL_BUDGET = 240, /* operations in all: more gain nothing, and gcc takes five times as long */
    SUM_BLOCK = 32,      /* units that are made before they are added to the same number */
    FUNCTION_COST = 16   /* of exp and the like, which are inline code, in operations */
};

/* ---- what is told of a batch ---- */

enum {
    COUNT_STEPS = 16,  /* steps of a unit whose spikes are counted together, */
    COUNT_LEAST = 256, /* where there are so many units */
    WATCH_LEAST = 256  /* units from which on states of chained scans are looked at where they are made */
};

/* ---- chains of kernels, which take samples one by one: see pass/chain.c ---- */

enum {
    SAMPLE_WEIGHTS = 1 << 16, /* of dense layers: each sample reads them all, again and again */
    CHAIN_LEAST = 1 << 15     /* bytes of a sample's array: smaller ones are in a cache in any case */
};

#endif
