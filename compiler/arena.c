#include "arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024 };

typedef struct Block Block;

struct Block {
    Block *previous;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct Arena {
    Block *newest;
};

static void out_of_memory(void)
{
    fprintf(stderr, "snnc: out of memory\n");
    exit(EXIT_FAILURE);
}

Arena *arena_new(void)
{
    Arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        out_of_memory();
    return arena;
}

void arena_free(Arena *arena)
{
    if (arena == NULL)
        return;
    for (Block *block = arena->newest; block != NULL;) {
        Block *previous = block->previous;
        free(block);
        block = previous;
    }
    free(arena);
}

static Block *block_new(Block *previous, size_t size)
{
    Block *block = size > SIZE_MAX - sizeof(Block) ? NULL : calloc(1, sizeof(Block) + size);
    if (block == NULL)
        out_of_memory();
    block->previous = previous;
    block->size = size;
    return block;
}

void *arena_alloc(Arena *arena, size_t bytes)
{
    size_t align = alignof(max_align_t);
    if (bytes > SIZE_MAX - align)
        out_of_memory();
    bytes = bytes == 0 ? align : (bytes + align - 1) / align * align;
    Block *block = arena->newest;
    if (block == NULL || block->size - block->used < bytes) {
        block = block_new(arena->newest, bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES);
        arena->newest = block;
    }
    void *memory = block->bytes + block->used;
    block->used += bytes;
    return memory;
}

void *arena_copy(Arena *arena, const void *from, size_t bytes)
{
    void *copy = arena_alloc(arena, bytes);
    if (bytes > 0)
        memcpy(copy, from, bytes);
    return copy;
}

char *arena_strndup(Arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    if (length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *arena_printf(Arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        length = 0;
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
