/* What all nodes ask of the pass: see quantize.h. */
#include "quantize.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define COARSE 0.1

void quantize_refuse(Quantizer *quantizer, Span span, const char *format, ...)
{
    char text[600];
    va_list arguments;
    if (quantizer->error)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    Arena *arena = quantizer->net->arena;
    Place place = source_place(quantizer->net->sources, span.lo);
    quantizer->error = place.source ? arena_printf(arena, "%s:%d: %s", place.source->path, place.line, text)
                                    : arena_printf(arena, "%s", text);
}

/* What a buffer of constants holds, in the arena. */
static const double *values_of(Arena *arena, const Buffer *buffer)
{
    int row = buffer->ndim > 0 ? buffer->dims[buffer->ndim - 1] : 1;
    int64_t rows = buffer_elements(buffer) / row;
    int kept = row - buffer->padding;
    double *values = NEW_ARRAY(arena, double, rows *kept + 1);
    for (int64_t r = 0; r < rows; r++)
        memcpy(values + r * kept, buffer->values + r * row, sizeof *values * (size_t)kept);
    return values;
}

const double *quantize_stored(const Quantizer *quantizer, const char *name)
{
    const Program *floats = quantizer->floats;
    BufferId buffer = loop_find(floats, name);
    return buffer < 0 || !floats->buffers.at[buffer].values
               ? NULL
               : values_of(quantizer->net->arena, &floats->buffers.at[buffer]);
}

const double *quantize_param_values(const Quantizer *quantizer, ParamId param)
{
    const Program *floats = quantizer->floats;
    return values_of(quantizer->net->arena, &floats->buffers.at[floats->params.at[param].value]);
}

ParamId quantize_add_param(Quantizer *quantizer, const char *name, Shape shape, bool matrix,
                           const double *values, Span span)
{
    Net *net = quantizer->net;
    Param param = {.name = unique_name(net->arena, &quantizer->names, name),
                   .shape = shape,
                   .frozen = true,
                   .matrix = matrix,
                   .values = values,
                   .span = span};
    vec_push(net->arena, &quantizer->params, param);
    return quantizer->params.count - 1;
}

double quantize_most(const Quantizer *quantizer, StreamId stream)
{
    const Quantity *quantity = &quantizer->streams[stream];
    return range_most(quantity->range) * quantity->unit;
}

double quantize_limit(const Quantizer *quantizer, StreamId stream, double most)
{
    const Quantity *quantity = &quantizer->streams[stream];
    if (!quantizer->seen || (quantity->unit == 1 && !quantity->units)) /* counts are what they are */
        return INFINITY;
    StreamId origin = quantize_origin(quantizer, stream);
    BufferId buffer = loop_find(quantizer->floats, quantizer->net->streams.at[origin].name);
    double limit = buffer >= 0 ? SEEN_TIMES * quantizer->seen[buffer] : 0;
    return limit > 0 && most >= LEAST_GAIN * limit ? limit : INFINITY;
}

static void note(Quantizer *quantizer, const char *text)
{
    vec_push(quantizer->net->arena, &quantizer->net->notes, text);
}

void quantize_held(Quantizer *quantizer, StreamId stream, double limit, double most)
{
    Net *net = quantizer->net;
    StreamId origin = quantize_origin(quantizer, stream);
    if (!quantizer->streams[origin].held)
        note(quantizer, arena_printf(net->arena,
                                     "`%s` is held within %.4g, %d times what samples of the training set "
                                     "come to; it might come to %.4g",
                                     net->streams.at[origin].name, limit, SEEN_TIMES, most));
    quantizer->streams[origin].held = true;
}

void quantize_coarse(Quantizer *quantizer, StreamId stream, double most)
{
    Net *net = quantizer->net;
    if (!quantizer->seen && quantizer->streams[stream].unit > COARSE)
        note(quantizer,
             arena_printf(net->arena,
                          "`%s` has steps of %.2g, since it might come to %.4g: --data DIR finds out how "
                          "far it goes",
                          net->streams.at[quantize_origin(quantizer, stream)].name,
                          quantizer->streams[stream].unit, most));
}
