#include "intern.h"

#include <string.h>

#define NAME(id, text) const char name_##id[] = text;
#include "names.def"
#undef NAME

static void add(Arena *arena, Interned *names, const char *text)
{
    table_put_name(arena, &names->numbers, text, names->texts.count);
    vec_push(arena, &names->texts, text);
}

static void add_language(Arena *arena, Interned *names)
{
#define NAME(id, text) add(arena, names, name_##id);
#include "names.def"
#undef NAME
}

const char *intern(Arena *arena, Interned *names, const char *text, size_t length)
{
    if (names->texts.count == 0)
        add_language(arena, names);
    int number = table_find(&names->numbers, text, length);
    if (number != TABLE_NONE)
        return names->texts.at[number];
    const char *name = arena_strndup(arena, text, length);
    add(arena, names, name);
    return name;
}
