/* What a GPU needs of the runtime, as CUDA: kernels by LLVM (--target=nvptx64) call snn_launch(), here with a thread for each
 * item; an entry runs a phase. One block only: several would have to meet in another way behind each launch. The structs are
 * those of snn_launch.h and snn.h: as C, this file compiles if they are.
 *
 *     clang -x cuda --cuda-device-only -nocudainc -nocudalib --cuda-gpu-arch=sm_80 -O2 -S device.cu -o device.s */
typedef struct Launch {
    void (*kernel)(void *context, int first, int last);
    int items, number;
    const unsigned long *given;
} Launch;

typedef struct Context {
    void *net;
    const unsigned long *given;
    int number, place;
} Context;

enum { SAMPLES = -2147483647 - 1, ORDERED = 1, JOINED = 2, SLICES = 8 };

#ifdef __CUDA__
#define DEVICE extern "C" __attribute__((device))
#define ENTRY extern "C" __attribute__((global))

typedef void Phase(void *net, void *pool);

/* All of one item, or sample by sample where launches are joined. The first sample is a place that nobody else has. */
static __attribute__((device)) void launch_item(void *net, const Launch *launches, unsigned long count, int first, int last)
{
    const int step = count > 1 ? 1 : last - first;
    for (int b = first; b < last; b += step)
        for (unsigned long i = 0; i < count; i++) {
            Context context = {net, launches[i].given, launches[i].number, first};
            launches[i].kernel(&context, b, b + step);
        }
}

DEVICE void snn_launch(void *pool, void *net, int rows, const Launch *launches, unsigned long count)
{
    const int thread = __nvvm_read_ptx_sreg_tid_x(), threads = __nvvm_read_ptx_sreg_ntid_x();
    (void)pool;
    for (unsigned long i = 0, joined; i < count; i += joined) {
        const int samples = launches[i].items < 0;
        int ordered = 0;
        for (joined = 0; i + joined < count; joined++) {
            const int items = launches[i + joined].items;
            if (joined > 0 && !(items < 0 && items & JOINED))
                break;
            ordered |= items < 0 && items & ORDERED;
        }
        const int all = ordered ? SLICES : samples ? rows : launches[i].items;
        for (int item = thread; item < all; item += threads)
            launch_item(net, launches + i, joined, ordered ? (int)((long)rows * item / SLICES) : item,
                        ordered ? (int)((long)rows * (item + 1) / SLICES) : item + 1);
        __syncthreads();
    }
}

/* The phase stands in `description`, `at` bytes from its beginning. */
DEVICE const char description[];

ENTRY void snn_phase(void *net, unsigned long at)
{
    (*(Phase *const *)(description + at))(net, 0);
}
#else
#include "snn_launch.h"

#define SAME(own, theirs, member) (offsetof(own, member) == offsetof(theirs, member))

_Static_assert(sizeof(Launch) == sizeof(SnnLaunch) && SAME(Launch, SnnLaunch, items)
                   && SAME(Launch, SnnLaunch, number) && SAME(Launch, SnnLaunch, given),
               "a launch");
_Static_assert(sizeof(Context) == sizeof(SnnContext) && SAME(Context, SnnContext, given)
                   && SAME(Context, SnnContext, number) && SAME(Context, SnnContext, place),
               "what a kernel is called with");
_Static_assert((int)SAMPLES == (int)SNN_SAMPLES && (int)ORDERED == (int)SNN_ORDERED && (int)JOINED == (int)SNN_JOINED
                   && (int)SLICES == (int)SNN_SLICES,
               "items");
#endif
