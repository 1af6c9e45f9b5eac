#include "unique.h"

#include <string.h>

const char *name_stem(const char *name)
{
    const char *stem = name + strspn(name, "_");
    bool digit = *stem >= '0' && *stem <= '9';
    return digit && stem > name ? stem - 1 : stem;
}

/* The index of a name's stem among all that were asked for. */
static int find(Arena *arena, Unique *unique, const char *name)
{
    const char *stem = name_stem(name);
    int index = table_find_name(&unique->stems, stem);
    if (index == TABLE_NONE) {
        index = unique->names.count;
        vec_push(arena, &unique->names, ((UniqueName){false, 1}));
        table_put_name(arena, &unique->stems, stem, index);
    }
    return index;
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
