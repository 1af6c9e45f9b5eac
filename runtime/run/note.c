/* Lines for the user, beside results. */
#include "snn_note.h"

#include <stdarg.h>
#include <string.h>

/* The last part of the name under which the program was called: what messages begin with. */
static const char *note_short_name(const char *program)
{
    const char *slash = strrchr(program, '/');
    return slash == NULL ? program : slash + 1;
}

void snn_note(const SnnOptions *options, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "%s: ", note_short_name(options->program));
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}
