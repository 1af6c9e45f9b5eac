/* Bump allocation with one lifetime per arena: nothing is freed alone, everything at once. */
#ifndef SNNC_ARENA_H
#define SNNC_ARENA_H

#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena);

/* Zeroed memory, aligned for any type. Exits with a message when the system has none left. */
void *arena_alloc(Arena *arena, size_t bytes);
/* The same bytes again. */
void *arena_copy(Arena *arena, const void *from, size_t bytes);
char *arena_strndup(Arena *arena, const char *text, size_t length);
char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define NEW(arena, Type) ((Type *)arena_alloc((arena), sizeof(Type)))
#define NEW_ARRAY(arena, Type, count) ((Type *)arena_alloc((arena), sizeof(Type) * (size_t)(count)))

#endif
