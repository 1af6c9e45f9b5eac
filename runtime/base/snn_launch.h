/* What a phase of the network is: kernels, run one after the other. */
#ifndef SNN_LAUNCH_H
#define SNN_LAUNCH_H

#include "snn_threads.h"

#include <stddef.h>
#include <string.h>

#ifndef SNN_INLINE
#define SNN_INLINE static inline __attribute__((unused)) /* a program uses only some of them */
#endif

enum {
    SNN_SAMPLES = INT32_MIN, /* items: those of the batch, and with | */
    SNN_ORDERED =
        1, /* not at the same time if they are of one slice, but in their order: of `rows` samples, slice s begins with
                        number rows * s / SNN_SLICES */
    SNN_JOINED = 2, /* each goes through this launch right after the one before */
    SNN_SLICES = 8
};

typedef struct SnnLaunch {
    SnnKernel *kernel; /* its context is an SnnContext */
    int32_t items;     /* or SNN_SAMPLES */
    int32_t number;    /* that the kernel is given, if it asks for one */
    /* Where in the net the pointers stand to the buffers that the kernel is given: several launches may be of one
     * kernel. NULL: it is given none. */
    const size_t *given;
} SnnLaunch;

/* What a kernel is called with. */
typedef struct SnnContext {
    void *net;
    const size_t *given;
    int32_t number;
    int32_t place; /* see snn_place() */
} SnnContext;

SNN_INLINE const void *snn_net(const void *context)
{
    const SnnContext *called = context;
    return called->net;
}

SNN_INLINE int32_t snn_number(const void *context)
{
    const SnnContext *called = context;
    return called->number;
}

/* Where the kernel keeps what is its own: a number less than that of its items, different for all that run now. */
SNN_INLINE int32_t snn_place(const void *context)
{
    const SnnContext *called = context;
    return called->place;
}

/* Buffer number k of those that the kernel is given. */
SNN_INLINE void *snn_given(const void *context, int k)
{
    const SnnContext *called = context;
    void *buffer;
    memcpy(&buffer, (const char *)called->net + called->given[k], sizeof buffer);
    return buffer;
}

/* One launch after the other, for `rows` samples. */
void snn_launch(SnnPool *pool, void *net, int32_t rows, const SnnLaunch *launches, size_t count);

#endif
