/* Hash tables from keys to numbers, in an arena: names to positions in a list, first of all. Iterating is
 * not possible, so nothing that is printed depends on the order of a table. */
#ifndef SNNC_TABLE_H
#define SNNC_TABLE_H

#include "arena.h"

#include <stddef.h>

enum { TABLE_NONE = -1 };

typedef struct TableSlot {
    const void *key; /* NULL: empty */
    size_t length;
    int value;
} TableSlot;

/* Zero: empty. Copies of a table must not be added to both. */
typedef struct Table {
    TableSlot *slots;
    int count, capacity; /* capacity: 0 or a power of 2 */
} Table;

/* Keys are bytes; they are not copied. TABLE_NONE where there is none. */
int table_find(const Table *table, const void *key, size_t length);
/* Puts the value there, in place of an older one. */
void table_put(Arena *arena, Table *table, const void *key, size_t length, int value);

int table_find_name(const Table *table, const char *name);
void table_put_name(Arena *arena, Table *table, const char *name, int value);

#endif
