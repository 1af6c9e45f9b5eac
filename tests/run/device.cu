/* What a GPU needs of the runtime, as CUDA: kernels by LLVM (--target=nvptx64) call snn_launch(), here with a thread for each
 * item; an entry runs a phase. One block only: several would have to meet in another way behind each launch. The structs are
 * those of snn_launch.h and snn.h.
 *
 *     clang -x cuda --cuda-device-only -nocudainc -nocudalib --cuda-gpu-arch=sm_80 -O2 -S device.cu -o device.s */
#define DEVICE extern "C" __attribute__((device))
#define ENTRY extern "C" __attribute__((global))

typedef struct Launch {
    void (*kernel)(void *context, int first, int last);
    int items, number;
    const unsigned long *given;
} Launch;

typedef struct Context {
    void *net;
    const unsigned long *given;
    int number;
} Context;

enum { SAMPLES = -1 };

typedef void Phase(void *net, void *pool);

DEVICE void snn_launch(void *pool, void *net, int rows, const Launch *launches, unsigned long count)
{
    const int thread = __nvvm_read_ptx_sreg_tid_x(), threads = __nvvm_read_ptx_sreg_ntid_x();
    (void)pool;
    for (unsigned long i = 0; i < count; i++) {
        const int items = launches[i].items == SAMPLES ? rows : launches[i].items;
        Context context = {net, launches[i].given, launches[i].number};
        for (int item = thread; item < items; item += threads)
            launches[i].kernel(&context, item, item + 1);
        __syncthreads();
    }
}

/* The phase stands in `description`, `at` bytes from its beginning. */
DEVICE const char description[];

ENTRY void snn_phase(void *net, unsigned long at)
{
    (*(Phase *const *)(description + at))(net, 0);
}
