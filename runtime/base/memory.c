/* Buffers of the network: zeroed and aligned for the widest vectors. */
#include "snn_memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* -DSNN_SMALL_PAGES: each buffer by itself, from calloc. Address sanitizers watch the bounds of such memory. */
#if defined(__SANITIZE_ADDRESS__)
#define SNN_SMALL_PAGES
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SNN_SMALL_PAGES
#endif
#endif

/* The system hands out pages that are zero already, when they are touched first: buffers that are made for
 * the worst case cost what is used of them. In front of the aligned memory stands where it came from. */
void *snn_alloc(size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX - 2 * SNN_ALIGN) / size)
        return NULL;
    char *memory = calloc(count * size + 2 * SNN_ALIGN, 1);
    if (memory == NULL)
        return NULL;
    char *aligned = memory + 2 * SNN_ALIGN - (uintptr_t)memory % SNN_ALIGN;
    memcpy(aligned - sizeof memory, &memory, sizeof memory);
    return aligned;
}

void snn_free(void *memory)
{
    char *from;
    if (memory == NULL)
        return;
    memcpy(&from, (char *)memory - sizeof from, sizeof from);
    free(from);
}

/* ---- memory that is taken piece by piece ---------------------------------------------------------- */

typedef struct SnnBlock {
    struct SnnBlock *next;
    void *from; /* what the system gave, and how much */
    size_t size;
} SnnBlock;

enum { MEMORY_HUGE_PAGE = 2 << 20, MEMORY_BLOCK = 16 << 20 };

#if defined(MADV_HUGEPAGE) && !defined(SNN_SMALL_PAGES)
enum { MEMORY_PAGE = MEMORY_HUGE_PAGE, MEMORY_TOGETHER = true };

/* Kernels go through their buffers row by row, in an order that spikes decide. With pages of 4 KiB the processor
 * would look up a page for nearly every row. The system maps what nobody touches to nothing, so blocks are large. */
static void *memory_block(size_t bytes, void **from, size_t *size)
{
    *size = (bytes > MEMORY_BLOCK ? bytes : MEMORY_BLOCK) + 2 * (size_t)MEMORY_HUGE_PAGE;
    *from = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (*from == MAP_FAILED)
        return NULL;
    size_t skipped = MEMORY_HUGE_PAGE - (uintptr_t)*from % MEMORY_HUGE_PAGE;
    madvise((char *)*from + skipped, *size - skipped, MADV_HUGEPAGE); /* a wish: slower if it fails */
    return (char *)*from + skipped;
}

static void memory_give_back(void *from, size_t size)
{
    munmap(from, size);
}
#else
enum { MEMORY_PAGE = 4 << 10, MEMORY_TOGETHER = false };

static void *memory_block(size_t bytes, void **from, size_t *size)
{
    *size = bytes;
    return *from = snn_alloc(1, bytes);
}

static void memory_give_back(void *from, size_t size)
{
    (void)size;
    snn_free(from);
}
#endif

size_t snn_memory_bytes(const SnnMemory *memory)
{
    size_t used = memory->blocks == NULL ? 0 : (size_t)(memory->at - (char *)memory->blocks);
    return memory->full + (used + MEMORY_PAGE - 1) / MEMORY_PAGE * MEMORY_PAGE;
}

static bool memory_grow(SnnMemory *memory, size_t bytes)
{
    void *from;
    size_t size, header = (sizeof(SnnBlock) + SNN_ALIGN - 1) / SNN_ALIGN * SNN_ALIGN;
    SnnBlock *block = memory_block(header + bytes, &from, &size);
    if (block == NULL)
        return false;
    memory->full = snn_memory_bytes(memory);
    *block = (SnnBlock){memory->blocks, from, size};
    memory->blocks = block;
    memory->at = (char *)block + header;
    memory->left = size - (size_t)(memory->at - (char *)from);
    return true;
}

static size_t memory_aligned(size_t bytes)
{
    return bytes / SNN_ALIGN * SNN_ALIGN + SNN_ALIGN;
}

void *snn_take(SnnMemory *memory, size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX / 2 - MEMORY_BLOCK) / size)
        return NULL;
    size_t bytes = memory_aligned(count * size);
    if (bytes > memory->left && !memory_grow(memory, bytes))
        return NULL;
    void *taken = memory->at;
    memory->at += bytes;
    memory->left -= bytes;
    return taken;
}

void snn_release(SnnMemory *memory)
{
    while (memory->blocks != NULL) {
        SnnBlock block = *memory->blocks;
        memory_give_back(block.from, block.size);
        memory->blocks = block.next;
    }
    *memory = (SnnMemory){0};
}

/* ---- buffers of a net ------------------------------------------------------------------------------ */

static void *memory_at(const void *net, size_t at)
{
    void *pointer;
    memcpy(&pointer, (const char *)net + at, sizeof pointer);
    return pointer;
}

static void memory_set(void *net, size_t at, void *pointer)
{
    memcpy((char *)net + at, &pointer, sizeof pointer);
}

size_t snn_buffer_bytes(const SnnBuffer *buffer, size_t rows)
{
    if (buffer->each_sample != 0 && rows > SIZE_MAX / buffer->each_sample)
        return SIZE_MAX;
    size_t bytes = rows * buffer->each_sample;
    return bytes > buffer->whole ? bytes : buffer->whole;
}

static bool memory_is_own(const SnnBuffer *buffer)
{
    return buffer->each_sample != 0 || buffer->whole != 0;
}

/* One block for all: each for itself would end somewhere in a huge page, of which the rest is lost. */
static bool memory_reserve(SnnMemory *memory, size_t rows, const SnnBuffer *buffers, size_t count)
{
    size_t all = 0;
    for (size_t i = 0; i < count; i++) {
        size_t bytes =
            memory_is_own(&buffers[i]) && !buffers[i].sparse ? snn_buffer_bytes(&buffers[i], rows) : 0;
        if (bytes >= SIZE_MAX / 2 - all)
            return false;
        all += memory_aligned(bytes);
    }
    return !MEMORY_TOGETHER || all <= memory->left || memory_grow(memory, all);
}

bool snn_open_buffers(void *net, SnnMemory *memory, size_t rows, const SnnBuffer *buffers, size_t count)
{
    bool complete = memory_reserve(memory, rows, buffers, count);
    for (size_t i = 0; i < count; i++) {
        if (!memory_is_own(&buffers[i]))
            continue;
        size_t bytes = snn_buffer_bytes(&buffers[i], rows);
        void *pointer = buffers[i].sparse ? snn_alloc(1, bytes) : snn_take(memory, 1, bytes);
        memory_set(net, buffers[i].at, pointer);
        complete = complete && pointer != NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!memory_is_own(&buffers[i]))
            memory_set(net, buffers[i].at, memory_at(net, buffers[i].place));
    return complete;
}

void snn_close_buffers(void *net, SnnMemory *memory, const SnnBuffer *buffers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (buffers[i].sparse)
            snn_free(memory_at(net, buffers[i].at));
    snn_release(memory);
}
