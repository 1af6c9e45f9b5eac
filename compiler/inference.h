/* How inference lies in memory: what a program that only predicts reads of constants, and what its caller owns. Whatever
 * writes it, C or an object, has this layout: an object's header is that of C. */
#ifndef SNNC_INFERENCE_H
#define SNNC_INFERENCE_H

#include "loop.h"

enum { LINE_BYTES = 64 }; /* of a cache, which are those of the widest vectors */

/* An array of a struct, and where it stands there, in bytes. Those of one union follow each other. */
typedef struct InferencePlace {
    BufferId buffer;
    int64_t offset;
    int shared; /* the number of the union that it is in, from 1 on; 0: it stands alone */
} InferencePlace;

typedef VEC(InferencePlace) InferencePlaces;

typedef struct Inference {
    const Program *program;
    const bool *constants; /* by buffer: whether it is read, and known */
    InferencePlaces
        state;        /* whole lines of a cache first, then by size of type: there is no room between them */
    int *in_state;    /* by buffer: its number in `state`; -1: it is not there */
    int shared_count; /* unions of the state, */
    int64_t shared_bytes;   /* where scratch stands in turn, and what they take */
    InferencePlaces output; /* of each prediction in turn: the class, if it says one, then its values */
    int64_t events;         /* where the flags of events stand in the state; */
    int event_count;        /* 0: no list of events is taken */
    int64_t state_bytes;    /* whole words, wherever a compiler aligns them; never 0 */
    int64_t flash_bytes;    /* of constants */
    int units;              /* values of a step, or of a sample whose steps are all the same */
    Type event;             /* of the number of an event: U16 or U32 */
    bool temporal;          /* each step has data of its own */
    bool draws;             /* random numbers: the number of the sample is asked for */
    bool lengths; /* the model asks which steps a sample has: flags of the state, of each or of this one */
} Inference;

/* What a call comes to, as the header has it. */
typedef enum InferenceStatus {
    INFERENCE_OK,
    INFERENCE_BAD_ARGUMENT,
    INFERENCE_OVER,
    INFERENCE_WRONG
} InferenceStatus;

/* Of a program whose constants are known (Buffer.values) and which has an input; in the arena. */
const Inference *inference_of(Arena *arena, const Program *program);
/* In the state; NULL: it does not stand there. */
const InferencePlace *inference_place(const Inference *layout, BufferId buffer);
/* Whether each row of the constant is whole lines, which vectors read best where it begins with one. */
bool inference_has_lines(const Buffer *constant);
/* Where it stands in the output, in bytes; -1: it does not. */
int64_t inference_output(const Inference *layout, BufferId buffer);
/* What a compiler of C is told, with which it gives the same results as others. */
const char *inference_c_options(const Program *program);
/* NULL, or why nothing can be written of the program under this name, which all that is written begins with; of NULL, nothing is
 * named so. In the arena. */
const char *inference_refusal(Arena *arena, const Program *program, const char *name);

#endif
