#include "paste.h"

#include "embedded.h"

#include <string.h>

Paste paste_begin(Arena *arena, Out *out)
{
    return (Paste){out, NEW_ARRAY(arena, bool, embedded_count + 1)};
}

void paste_defines(Paste *paste)
{
    out_line(paste->out, "#define _POSIX_C_SOURCE 200809L");
    out_line(paste->out, "#ifndef _DEFAULT_SOURCE");
    out_line(paste->out, "#define _DEFAULT_SOURCE /* for madvise */");
    out_line(paste->out, "#endif");
}

void paste_file(Paste *paste, int file)
{
    if (paste->done[file])
        return;
    paste->done[file] = true;
    const Embedded *source = &embedded_files[file];
    out_blank(paste->out);
    out_line(paste->out, "/* ---- begin %s ---- */", source->path);
    for (const char *line = source->text, *next; *line; line = next) {
        size_t length = strcspn(line, "\n");
        next = line + length + (line[length] == '\n');
        int inner = runtime_included(line);
        if (inner >= 0)
            paste_file(paste, inner);
        else
            out_raw(paste->out, line, (size_t)(next - line));
    }
    out_line(paste->out, "/* ---- end %s ---- */", source->path);
}

void paste_sources(Paste *paste, const Parts *parts)
{
    for (int i = 0; i < embedded_count; i++)
        if (parts->files[i] && embedded_files[i].path[strlen(embedded_files[i].path) - 1] == 'c')
            paste_file(paste, i);
}
