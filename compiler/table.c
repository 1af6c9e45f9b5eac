#include "table.h"

#include <stdint.h>
#include <string.h>

/* FNV-1a. */
static uint32_t hash_bytes(const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * 16777619u;
    return hash ^ hash >> 15;
}

/* The slot of the key, or the empty one where it belongs. */
static TableSlot *slot_of(const Table *table, const void *key, size_t length)
{
    uint32_t mask = (uint32_t)table->capacity - 1, at = hash_bytes(key, length) & mask;
    for (;; at = (at + 1) & mask) {
        TableSlot *slot = &table->slots[at];
        if (slot->key == NULL || (slot->length == length && memcmp(slot->key, key, length) == 0))
            return slot;
    }
}

int table_find(const Table *table, const void *key, size_t length)
{
    if (table->count == 0)
        return TABLE_NONE;
    const TableSlot *slot = slot_of(table, key, length);
    return slot->key == NULL ? TABLE_NONE : slot->value;
}

static void grow(Arena *arena, Table *table)
{
    Table larger = {.count = table->count, .capacity = table->capacity ? 2 * table->capacity : 16};
    larger.slots = NEW_ARRAY(arena, TableSlot, larger.capacity);
    for (int i = 0; i < table->capacity; i++)
        if (table->slots[i].key != NULL)
            *slot_of(&larger, table->slots[i].key, table->slots[i].length) = table->slots[i];
    *table = larger;
}

void table_put(Arena *arena, Table *table, const void *key, size_t length, int value)
{
    if (table->count >= table->capacity / 2)
        grow(arena, table);
    TableSlot *slot = slot_of(table, key, length);
    table->count += slot->key == NULL;
    *slot = (TableSlot){key, length, value};
}

int table_find_name(const Table *table, const char *name)
{
    return table_find(table, name, strlen(name));
}

void table_put_name(Arena *arena, Table *table, const char *name, int value)
{
    table_put(arena, table, name, strlen(name), value);
}
