#include "backend.h"

#include "abi.h"

#include <dlfcn.h>
#include <limits.h>
#include <unistd.h>

#define FORM(ending, backend)
#define LINKED(name, ending, options)

#define BACKEND(name) extern const Backend backend_##name;
#define LOADED(name, needs)
#include "backends.def"
#undef BACKEND
#undef LOADED

/* A row of the table: what is part of snnc, or is loaded. */
typedef struct Known {
    const char *name;
    const Backend *backend;
    const char *needs;
} Known;

static const Known known[] = {
#define BACKEND(name) {#name, &backend_##name, NULL},
#define LOADED(name, needs) {#name, NULL, needs},
#include "backends.def"
#undef BACKEND
#undef LOADED
#undef FORM
#undef LINKED
};
enum { KNOWN = sizeof known / sizeof *known };

static const Form forms[] = {
#define BACKEND(name)
#define LOADED(name, needs)
#define FORM(ending, backend) {#ending, #ending, #backend, NULL},
#define LINKED(name, ending, options) {#name, ending, NULL, options},
#include "backends.def"
#undef BACKEND
#undef LOADED
#undef FORM
#undef LINKED
};
enum { FORMS = sizeof forms / sizeof *forms };

const Form *form_named(const char *name)
{
    for (int i = 0; i < FORMS; i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

const Form *form_of_ending(const char *ending)
{
    for (int i = 0; i < FORMS; i++)
        if (strcmp(forms[i].ending, ending) == 0)
            return &forms[i];
    return NULL;
}

const char *form_names(Arena *arena)
{
    const char *list = forms[0].name;
    for (int i = 1; i < FORMS; i++)
        list = arena_printf(arena, "%s, %s", list, forms[i].name);
    return list;
}

const char *form_endings(Arena *arena)
{
    const char *list = "";
    for (int i = 0; i < FORMS; i++)
        if (*forms[i].ending)
            list = arena_printf(arena, "%s%s.%s", list, *list ? ", " : "", forms[i].ending);
    return list;
}

const char *own_file(Arena *arena, const char *name)
{
    static const char *const folders[] = {"", "../lib/snnc/"}; /* from snnc: as it was built, or installed */
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; slash && i < sizeof folders / sizeof *folders; i++) {
        const char *file = arena_printf(arena, "%.*s%s%s", (int)(slash + 1 - path), path, folders[i], name);
        if (access(file, R_OK) == 0)
            return file;
    }
    return NULL;
}

/* It stays loaded, and is what this snnc was built with. */
static const Backend *load(Arena *arena, const Known *row, const char **error)
{
    const char *name = arena_printf(arena, "snnc-%s.so", row->name), *path = own_file(arena, name);
    if (!path) {
        *error = arena_printf(arena,
                              "%s is missing, which belongs beside snnc or in ../lib/snnc: build snnc where "
                              "there is %s, or install it again",
                              name, row->needs);
        return NULL;
    }
    void *file = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    const char *abi = file ? dlsym(file, arena_printf(arena, "abi_of_%s", row->name)) : "";
    const Backend *found = file ? dlsym(file, arena_printf(arena, "backend_%s", row->name)) : NULL;
    if (!file)
        *error = arena_printf(arena, "cannot load the %s backend, which needs %s: %s", row->name, row->needs,
                              dlerror());
    else if (!abi || strcmp(abi, BACKEND_ABI) != 0 || !found)
        *error = arena_printf(arena, "%s is of another snnc: build or install both together", path);
    return *error ? NULL : found;
}

static const Known *find_known(const char *name)
{
    for (int i = 0; i < KNOWN; i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    return NULL;
}

bool backend_is_known(const char *name)
{
    return find_known(name) != NULL;
}

const char *backend_names(Arena *arena)
{
    const char *list = known[0].name;
    for (int i = 1; i < KNOWN; i++)
        list = arena_printf(arena, "%s, %s", list, known[i].name);
    return list;
}

const Backend *backend_find(Arena *arena, const char *name, const char **error)
{
    const Known *row = find_known(name);
    return row->backend ? row->backend : load(arena, row, error);
}
