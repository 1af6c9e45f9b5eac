#include "parts.h"

#include "embedded.h"

static const struct {
    const char *header, *library;
} libraries[] = {
    {"math.h", "-lm"},
    {"pthread.h", "-lpthread"},
    {"zlib.h", "-lz"},
};
enum { LIBRARIES = sizeof libraries / sizeof *libraries };
_Static_assert((int)LIBRARIES < (int)MOST_LIBRARIES, "behind the last library stands NULL");

typedef struct Search {
    Arena *arena;
    bool *files;
    bool linked[LIBRARIES];
} Search;

const char *need_header(Need need)
{
#define NEED(name, header) header,
    static const char *const headers[] = {
#include "needs.def"
    };
#undef NEED
    return headers[need];
}

int runtime_file(const char *name, size_t length)
{
    static const char folder[] = "runtime/";
    for (int i = 0; i < embedded_count; i++) {
        const char *path = embedded_files[i].path, *base = strrchr(path, '/') + 1;
        if (strncmp(path, folder, sizeof folder - 1) == 0 && strlen(base) == length
            && strncmp(base, name, length) == 0)
            return i;
    }
    return -1;
}

/* What stands behind `before` in the line; NULL for another line. */
static const char *included(const char *line, const char *before)
{
    size_t length = strlen(before);
    return strncmp(line, before, length) == 0 ? line + length : NULL;
}

int runtime_included(const char *line)
{
    const char *name = included(line, "#include \"");
    return name ? runtime_file(name, strcspn(name, "\"")) : -1;
}

static void add_library(Search *search, const char *line)
{
    const char *name = included(line, "#include <");
    for (int i = 0; name && i < LIBRARIES; i++)
        if (strncmp(name, libraries[i].header, strlen(libraries[i].header)) == 0)
            search->linked[i] = true;
}

/* Of a header "runtime/base/snn_error.h": "error.c" there. */
static int source_of(Arena *arena, int header)
{
    static const char prefix[] = "snn_";
    const char *path = embedded_files[header].path, *base = strrchr(path, '/') + 1;
    size_t length = strlen(base);
    if (strncmp(base, prefix, sizeof prefix - 1) != 0 || base[length - 1] != 'h')
        return -1;
    const char *source = arena_printf(arena, "%.*s%.*sc", (int)(base - path), path,
                                      (int)(length - sizeof prefix), base + sizeof prefix - 1);
    const Embedded *found = embedded_find(source);
    return found ? (int)(found - embedded_files) : -1;
}

static void add_file(Search *search, int file)
{
    if (file < 0 || search->files[file])
        return;
    search->files[file] = true;
    for (const char *line = embedded_files[file].text; *line;
         line += strcspn(line, "\n"), line += *line != '\0') {
        add_library(search, line);
        add_file(search, runtime_included(line));
    }
    add_file(search, source_of(search->arena, file));
}

static void add_named(Search *search, const char *name)
{
    add_file(search, runtime_file(name, strlen(name)));
}

Parts parts_of(Arena *arena, const Program *program)
{
    Search search = {.arena = arena, .files = NEW_ARRAY(arena, bool, embedded_count + 1)};
    add_named(&search, "snn.h");
    for (Need need = 0; need < NEED_COUNT; need++)
        if (program_needs(program, need))
            add_named(&search, need_header(need));
    Parts parts = {.files = search.files};
    for (int i = 0, count = 0; i < LIBRARIES; i++)
        if (search.linked[i])
            parts.libraries[count++] = libraries[i].library;
    return parts;
}

const char *parts_libraries(Arena *arena, const Parts *parts, const TargetRow *target)
{
    const char *text = "";
    for (int i = 0; parts->libraries[i]; i++)
        if (target_has_library(target, parts->libraries[i]))
            text = arena_printf(arena, "%s %s", text, parts->libraries[i]);
    return text;
}
