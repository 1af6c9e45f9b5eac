/* Room in the tables of a generated program: as SNN_MAX_DIMS and SNN_MAX_STATES in runtime/base/snn.h. */
#ifndef SNNC_ROOM_H
#define SNNC_ROOM_H

enum {
    MAX_DIMS = 4,   /* of a stream or parameter */
    MAX_STATES = 16 /* of an optimizer, for each parameter */
};

#endif
