#include "golden.h"

#include <check.h>
#include <stdlib.h>

#define FOLDER "tests/golden/torch/"

/* ---- files ---- */

static char *read_text(Arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot read %s (the tests run in the project's folder)", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    ck_assert_msg(size > 0, "%s is empty", path);
    rewind(file);
    char *text = arena_alloc(arena, (size_t)size + 1);
    ck_assert_uint_eq(fread(text, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    return text;
}

/* `### NAME`, then lines of a model up to the next such line. */
static void read_cases(Golden *golden, const char *path)
{
    char *at = read_text(golden->arena, path);
    ck_assert_msg(strncmp(at, "### ", 4) == 0, "%s does not start with a case", path);
    while (at) {
        char *name = at + 4, *end = strchr(name, '\n');
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        at = strstr(end + 1, "\n### ");
        if (at)
            *at++ = '\0';
        vec_push(golden->arena, &golden->cases, ((GoldenText){name, end + 1}));
    }
}

/* `NAME: CALL` */
static void read_optimizers(Golden *golden)
{
    char *at = read_text(golden->arena, FOLDER "optimizers.txt");
    while (*at) {
        char *colon = strstr(at, ": "), *end = strchr(at, '\n');
        ck_assert_msg(colon && end && colon < end, "optimizers.txt: a line is not `NAME: CALL`");
        *colon = *end = '\0';
        vec_push(golden->arena, &golden->optimizers, ((GoldenText){at, colon + 2}));
        at = end + 1;
    }
}

static Golden *open_files(const char *cases, const char *arrays)
{
    Arena *arena = arena_new();
    Golden *golden = NEW(arena, Golden);
    golden->arena = arena;
    read_cases(golden, cases);
    SnnError error = {""};
    golden->arrays = snn_tensors_open(arrays, &error);
    ck_assert_msg(golden->arrays != NULL, "%s", error.text);
    return golden;
}

Golden *golden_open(void)
{
    Golden *golden = open_files(FOLDER "models.txt", FOLDER "golden.safetensors");
    read_optimizers(golden);
    return golden;
}

Golden *golden_open_maps(void)
{
    return open_files(FOLDER "maps.txt", FOLDER "maps.safetensors");
}

Golden *golden_open_parallel(void)
{
    return open_files(FOLDER "parallel.txt", FOLDER "parallel.safetensors");
}

Golden *golden_open_norms(void)
{
    return open_files(FOLDER "norms.txt", FOLDER "norms.safetensors");
}

Golden *golden_open_delays(void)
{
    return open_files(FOLDER "delays.txt", FOLDER "delays.safetensors");
}

Golden *golden_open_spacings(void)
{
    return open_files(FOLDER "spacings.txt", FOLDER "spacings.safetensors");
}

Golden *golden_open_mixed(void)
{
    return open_files(FOLDER "mixed.txt", FOLDER "mixed.safetensors");
}

Golden *golden_open_steps(void)
{
    return open_files(FOLDER "steps.txt", FOLDER "steps.safetensors");
}

void golden_close(Golden *golden)
{
    snn_tensors_close(golden->arrays);
    arena_free(golden->arena);
}

/* ---- arrays ---- */

const SnnTensor *golden_array(const Golden *golden, const char *of, const char *prefix, const char *name)
{
    char full[200];
    snprintf(full, sizeof full, "%s/%s%s", of, prefix, name);
    const SnnTensor *array = snn_tensors_find(golden->arrays, full);
    ck_assert_msg(array != NULL, "nothing is recorded of `%s`", full);
    return array;
}

static double gradient_element(const SnnTensor *array, const LoopParam *param, size_t k)
{
    if (!param->matrix)
        return golden_number(array, k);
    size_t columns = (size_t)array->dims[0], inputs = (size_t)array->dims[1];
    size_t rows = (size_t)snn_tensor_elements(array) / columns, taps = rows / inputs, row = k / columns;
    return golden_number(array, k % columns * rows + row % inputs * taps + row / inputs);
}

double *golden_gradient(const Golden *golden, const char *of, const LoopParam *param)
{
    const SnnTensor *array = golden_array(golden, of, "grad.", param->name);
    size_t count = (size_t)snn_tensor_elements(array), expected = 1;
    for (int d = 0; d < param->ndim; d++)
        expected *= (size_t)param->dims[d];
    ck_assert_msg(count == expected, "%s: another size than `%s`", array->name, param->name);
    double *numbers = NEW_ARRAY(golden->arena, double, count + 1);
    for (size_t k = 0; k < count; k++)
        numbers[k] = gradient_element(array, param, k);
    return numbers;
}

double golden_number(const SnnTensor *array, size_t index)
{
    float real;
    int32_t integer;
    ck_assert_msg(array->dtype == SNN_F32 || array->dtype == SNN_I32, "%s: neither F32 nor I32", array->name);
    memcpy(&real, array->data + 4 * index, sizeof real);
    memcpy(&integer, array->data + 4 * index, sizeof integer);
    return array->dtype == SNN_F32 ? (double)real : integer;
}

/* ---- compiling and filling ---- */

Compilation *golden_compilation(Arena *arena, const GoldenText *golden)
{
    Compilation *c = compilation_new(arena, stderr);
    c->diag.no_warnings = true; /* definitions are shared: no model uses all of them */
    c->text = source_add(&c->sources, arena_printf(arena, "%s.snn", golden->name), golden->text,
                         (uint32_t)strlen(golden->text));
    return c;
}

Program *golden_program(Compilation *c, const char *name)
{
    ck_assert_msg(compile(c, NULL), "%s: does not compile: see the messages on standard error", name);
    return c->program;
}

static void fill(Interp *interp, BufferId id, const SnnTensor *array)
{
    size_t count = interp_count(interp, id);
    ck_assert_msg((size_t)snn_tensor_elements(array) == count, "%s: another size than the network's",
                  array->name);
    for (size_t k = 0; k < count; k++)
        interp->buffers[id][k] = golden_number(array, k);
}

/* Recorded as [outputs][inputs][taps...], used as [taps...][inputs][outputs]. */
static void fill_matrix(Interp *interp, BufferId id, const SnnTensor *array)
{
    const Buffer *buffer = &interp->program->buffers.at[id];
    size_t rows = (size_t)buffer->dims[0], columns = (size_t)buffer->dims[1];
    size_t inputs = (size_t)array->dims[1], taps = rows / inputs;
    ck_assert_msg((size_t)array->dims[0] == columns && (size_t)snn_tensor_elements(array) == rows * columns
                      && rows % inputs == 0,
                  "%s: another shape than the network's", array->name);
    for (size_t j = 0; j < columns; j++)
        for (size_t at = 0; at < rows; at++)
            interp->buffers[id][snn_line_of(at, rows, taps) * columns + j] =
                golden_number(array, j * rows + at);
}

Interp *golden_batch(const Golden *golden, const char *name, const Program *program, Precision precision)
{
    const SnnTensor *label = golden_array(golden, name, "", "label");
    Interp *interp = interp_new(program, (int)snn_tensor_elements(label), precision);
    ck_assert_ptr_nonnull(interp);
    fill(interp, program->label, label);
    if (program->target >= 0)
        fill(interp, program->target, golden_array(golden, name, "", "target"));
    fill(interp, program->input, golden_array(golden, name, "", "input"));
    for (int b = 0; b < interp->rows; b++)
        interp->buffers[program->sample][b] = b;
    for (int p = 0; p < program->params.count; p++) {
        const LoopParam *param = &program->params.at[p];
        const SnnTensor *array = golden_array(golden, name, "", param->name);
        (param->matrix ? fill_matrix : fill)(interp, param->value, array);
    }
    return interp;
}
