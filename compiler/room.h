/* Room in the tables of a generated program, and what its flags take: as SNN_MAX_DIMS and those behind it in
 * runtime/base/snn.h. */
#ifndef SNNC_ROOM_H
#define SNNC_ROOM_H

enum {
    MAX_AXES = 4,    /* of a stream in space */
    MAX_DIMS = 5,    /* of a parameter: windows, inputs, outputs */
    MAX_STATES = 16, /* of an optimizer, for each parameter */
    MAX_METRICS = 16,
    MAX_BATCH = 1 << 20,
    MAX_EPOCHS = 1000000
};

#endif
