/* What inference compares with, wherever it runs: samples, and what the interpreter predicts of them. */
#include "infer.h"

#include <string.h>

static int vector_count(const Infer *infer)
{
    return infer->program->vectors.count;
}

/* One array of all vectors, as a buffer that nobody but the test has; the dimensions of one, and its values. */
static Buffer array_of(const Infer *infer, const char *name, Type type, int ndim, const int *dims)
{
    Buffer array = {.name = arena_printf(infer->arena, "%s_test_%s", infer->name, name),
                    .type = type,
                    .ndim = ndim + 1,
                    .dims = {vector_count(infer)}};
    memcpy(array.dims + 1, dims, sizeof *dims * (size_t)ndim);
    return array;
}

static uint32_t bits_of(double value)
{
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    return bits;
}

static void write_inputs(const Infer *infer, Out *out)
{
    int dims[2] = {infer->program->steps, infer->layout->units}, first = !infer->layout->temporal;
    Buffer array = array_of(infer, "in", infer_input(infer)->type, 2 - first, dims + first);
    size_t size = (size_t)(buffer_elements(&array) / vector_count(infer));
    double *values = NEW_ARRAY(infer->arena, double, size *(size_t)vector_count(infer) + 1);
    for (int v = 0; v < vector_count(infer); v++)
        memcpy(values + (size_t)v * size, infer->program->vectors.at[v].input, size * sizeof *values);
    array.values = values;
    infer_array(infer, &array, "static ", out);
}

/* Of each vector `size` results, from number `first` on, as they are or as bits; `ndim` 0: one number. */
static void write_results(const Infer *infer, const char *name, Type type, int ndim, int first, int size,
                          Out *out)
{
    Buffer array = array_of(infer, name, type, ndim, &size);
    double *values = NEW_ARRAY(infer->arena, double, size *vector_count(infer) + 1);
    for (int v = 0; v < vector_count(infer); v++)
        for (int k = 0; k < size; k++) {
            double value = infer->program->vectors.at[v].results[first + k];
            values[v * size + k] = type == TYPE_U32 ? bits_of(value) : value;
        }
    array.values = values;
    infer_array(infer, &array, "static ", out);
}

static const char *member_of(const Infer *infer, BufferId id)
{
    return c_buffer(infer->arena, &infer->source->buffers.at[id]);
}

/* Reals as their bits. */
static Type result_type(const Infer *infer)
{
    return infer->program->whole_numbers ? TYPE_I32 : TYPE_U32;
}

static void write_expected(const Infer *infer, Out *out)
{
    int first = 0;
    for (int p = 0; p < infer->program->predictions.count; p++) {
        const LoopPrediction *prediction = &infer->program->predictions.at[p];
        if (prediction->predicted >= 0)
            write_results(infer, member_of(infer, prediction->predicted), TYPE_I32, 0, first, 1, out);
        write_results(infer, member_of(infer, prediction->values), result_type(infer), 1, first + 1,
                      prediction->size, out);
        first += 1 + prediction->size;
    }
}

static void refuse_unless_equal(const Infer *infer, const char *made, const char *expected, Out *out)
{
    out_line(out, "if (%s != %s)", made, expected);
    out_indent(out, 1);
    out_line(out, "return %s_WRONG;", infer->upper);
    out_indent(out, -1);
}

static void write_comparison(const Infer *infer, const LoopPrediction *prediction, Out *out)
{
    Arena *arena = infer->arena;
    const char *values = member_of(infer, prediction->values);
    if (prediction->predicted >= 0) {
        const char *class = member_of(infer, prediction->predicted);
        refuse_unless_equal(infer, arena_printf(arena, "out.%s", class),
                            arena_printf(arena, "%s_test_%s[v]", infer->name, class), out);
    }
    out_open(out, "for (int32_t k = 0; k < %d; k++)", prediction->size);
    refuse_unless_equal(
        infer,
        arena_printf(arena, infer->program->whole_numbers ? "out.%s[k]" : "snn_bits(out.%s[k])", values),
        arena_printf(arena, "%s_test_%s[v][k]", infer->name, values), out);
    out_close(out, "");
}

static void write_function(const Infer *infer, Out *out)
{
    const char *name = infer->name, *upper = infer->upper;
    out_blank(out);
    out_line(out, "%s_status %s_selftest(%s_state *state)", name, name, name);
    out_open(out, "%s", "");
    out_line(out, "%s_output out;", name);
    out_line(out, "if (state == NULL)");
    out_indent(out, 1);
    out_line(out, "return %s_BAD_ARGUMENT;", upper);
    out_indent(out, -1);
    out_open(out, "for (int32_t v = 0; v < %d; v++)", vector_count(infer));
    out_line(out, "if (%s_run(state%s, %s_test_in[v], &out) != %s_OK)", name,
             infer->layout->draws ? arena_printf(infer->arena, ", %s_test_sample[v]", name) : "", name,
             upper);
    out_indent(out, 1);
    out_line(out, "return %s_WRONG;", upper);
    out_indent(out, -1);
    for (int p = 0; p < infer->program->predictions.count; p++)
        write_comparison(infer, &infer->program->predictions.at[p], out);
    out_close(out, "");
    out_line(out, "return %s_OK;", upper);
    out_close(out, "");
}

static void write_samples(const Infer *infer, Out *out)
{
    const int none = 0;
    Buffer array = array_of(infer, "sample", TYPE_I32, 0, &none);
    double *values = NEW_ARRAY(infer->arena, double, vector_count(infer) + 1);
    for (int v = 0; v < vector_count(infer); v++)
        values[v] = infer->program->vectors.at[v].sample;
    array.values = values;
    infer_array(infer, &array, "static ", out);
}

void infer_selftest_declared(const Infer *infer, Out *out)
{
    if (vector_count(infer) == 0)
        return;
    out_blank(out);
    out_line(out, "#ifdef %s_SELFTEST", infer->upper);
    out_line(out, "/**");
    out_line(
        out,
        " * Runs %d random sample%s, and compares what is predicted with what it has to be, bit for bit.",
        vector_count(infer), vector_count(infer) == 1 ? "" : "s");
    out_line(out, " * @param state whatever it holds; afterwards, reset it first");
    out_line(out, " * @return %s_OK, or %s_WRONG: this compiler or processor computes something else",
             infer->upper, infer->upper);
    out_line(out, " */");
    out_line(out, "%s_status %s_selftest(%s_state *state);", infer->name, infer->name, infer->name);
    out_line(out, "#endif");
}

void infer_selftest(const Infer *infer, Out *out)
{
    if (vector_count(infer) == 0)
        return;
    out_blank(out);
    out_line(out, "#ifdef %s_SELFTEST", infer->upper);
    if (infer->layout->draws)
        write_samples(infer, out);
    write_inputs(infer, out);
    write_expected(infer, out);
    write_function(infer, out);
    out_line(out, "#endif");
}
