/* The one way in which a failure gets its sentence. */
#include "snn_error.h"

#include <stdarg.h>
#include <stdio.h>

bool snn_fail(SnnError *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return false;
}
