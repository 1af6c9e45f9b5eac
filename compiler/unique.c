#include "unique.h"

#include <stdint.h>

const char *name_stem(const char *name)
{
    const char *stem = name + strspn(name, "_");
    bool digit = *stem >= '0' && *stem <= '9';
    return digit && stem > name ? stem - 1 : stem;
}

static uint32_t hash(const char *text)
{
    uint32_t sum = 2166136261u;
    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * 16777619u;
    return sum;
}

/* The slot of a stem, or the free one where it belongs. */
static int *slot_of(const Unique *unique, const char *stem)
{
    uint32_t mask = (uint32_t)unique->slot_count - 1, at = hash(stem) & mask;
    while (unique->slots[at] && strcmp(unique->names.at[unique->slots[at] - 1].stem, stem) != 0)
        at = (at + 1) & mask;
    return &unique->slots[at];
}

static void grow(Arena *arena, Unique *unique)
{
    unique->slot_count = unique->slot_count ? 2 * unique->slot_count : 16;
    unique->slots = NEW_ARRAY(arena, int, unique->slot_count);
    for (int i = 0; i < unique->names.count; i++)
        *slot_of(unique, unique->names.at[i].stem) = i + 1;
}

/* The index of a name's stem among all that were asked for. */
static int find(Arena *arena, Unique *unique, const char *name)
{
    const char *stem = name_stem(name);
    if (2 * unique->names.count >= unique->slot_count)
        grow(arena, unique);
    int *slot = slot_of(unique, stem);
    if (!*slot) {
        vec_push(arena, &unique->names, ((UniqueName){stem, false, 1}));
        *slot = unique->names.count;
    }
    return *slot - 1;
}

static void change(Arena *arena, Unique *unique, int name, bool taken, int last)
{
    vec_push(arena, &unique->changes, ((UniqueChange){name, unique->names.at[name]}));
    unique->names.at[name].taken = taken;
    unique->names.at[name].last = last;
}

const char *unique_name(Arena *arena, Unique *unique, const char *base)
{
    int first = find(arena, unique, base), found = first, number = unique->names.at[first].last;
    const char *name = base;
    while (unique->names.at[found].taken) {
        name = arena_printf(arena, "%s_%d", base, ++number);
        found = find(arena, unique, name);
    }
    if (found != first)
        change(arena, unique, first, true, number);
    change(arena, unique, found, true, unique->names.at[found].last);
    return name;
}

int unique_mark(const Unique *unique)
{
    return unique->changes.count;
}

void unique_release(Unique *unique, int mark)
{
    while (unique->changes.count > mark) {
        const UniqueChange *last = &unique->changes.at[--unique->changes.count];
        unique->names.at[last->name] = last->before;
    }
}
