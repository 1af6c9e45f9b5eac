/* The elementary functions of a generated program, in loops as kernels have them, against the interpreter's: all bits
 * agree. Only what is NaN in both may differ.
 *
 *     cc -DGENERATED='"every.c"' ... functions.c libsnnc.a libsnn_rt.a -o functions */
#define main generated_main
int generated_main(int argc, char **argv);
#include GENERATED
#undef main
#include "embedded.h"
#include "interp.h"

#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 40000 };

typedef void Loop(const float *restrict x, const float *restrict y, float *restrict result);

#define LOOP(name, value)                                                                             \
    static void loop_##name(const float *restrict x, const float *restrict y, float *restrict result) \
    {                                                                                                 \
        (void)y;                                                                                      \
        for (int i = 0; i < COUNT; i++)                                                               \
            result[i] = value;                                                                        \
    }

/* clang-format off */
LOOP(exp,     snn_expf(x[i]))
LOOP(expm1,   snn_expm1f(x[i]))
LOOP(log,     snn_logf(x[i]))
LOOP(sigmoid, snn_sigmoidf(x[i]))
LOOP(tanh,    snn_tanhf(x[i]))
LOOP(atan,    snn_atanf(x[i]))
LOOP(erf,     snn_erff(x[i]))
LOOP(sin,     snn_sinf(x[i]))
LOOP(cos,     snn_cosf(x[i]))
LOOP(floor,   snn_floorf(x[i]))
LOOP(pow,     snn_powf(x[i], y[i]))

static const struct {
    const char *name;
    Loop *loop;
} functions[] = {
    {"exp", loop_exp}, {"expm1", loop_expm1}, {"log", loop_log}, {"sigmoid", loop_sigmoid},
    {"tanh", loop_tanh}, {"atan", loop_atan}, {"erf", loop_erf}, {"pow", loop_pow},
    {"sin", loop_sin}, {"cos", loop_cos}, {"floor", loop_floor},
};
/* clang-format on */
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

/* Half of the numbers are of any size, the other half between -4 and 4; for powers, so are the exponents. */
static void fill(float *x, float *y)
{
    static const float edges[] = {0, -0.0f, INFINITY, -INFINITY, NAN, 1, -1, 0x1p-149f, -0x1p-149f, 2, -3};
    const int count = sizeof edges / sizeof edges[0];
    for (int i = 0; i < COUNT; i++) {
        uint32_t a = (uint32_t)i * 2654435769u, b = (uint32_t)i * 3242174889u + 12345u;
        x[i] = i & 1 ? snn_from_bits(a) : ((float)(a >> 8) * 0x1p-24f - 0.5f) * 8.0f;
        y[i] = i & 2 ? snn_from_bits(b) : ((float)(b >> 8) * 0x1p-24f - 0.5f) * 8.0f;
    }
    for (int i = 0; i < count * count; i++) {
        x[i] = edges[i / count];
        y[i] = edges[i % count];
    }
}

static Interp *interpreter(Arena *arena)
{
    Program *program = program_new(arena, "functions");
    const char *text = embedded_find("library/functions.loop")->text;
    return loop_read(arena, text, &program->functions) ? NULL : interp_new(program, 1, PRECISION_SINGLE);
}

static bool agrees(Interp *interp, int f, const float *x, const float *y, float *found)
{
    int function = loop_function(&interp->program->functions, functions[f].name);
    functions[f].loop(x, y, found);
    for (int i = 0; i < COUNT; i++) {
        float wanted = (float)interp_call(interp, function, (double[]){(double)x[i], (double)y[i]});
        if (snn_bits(wanted) != snn_bits(found[i]) && (wanted == wanted || found[i] == found[i])) {
            fprintf(stderr, "functions: %s(%a, %a) is %a here, and %a in the interpreter\n",
                    functions[f].name, (double)x[i], (double)y[i], (double)found[i], (double)wanted);
            return false;
        }
    }
    return true;
}

int main(void)
{
    static float x[COUNT], y[COUNT], found[COUNT];
    Arena *arena = arena_new();
    Interp *interp = interpreter(arena);
    bool good = interp != NULL;
    fill(x, y);
    for (int f = 0; f < FUNCTIONS && good; f++)
        good = agrees(interp, f, x, y, found);
    if (interp)
        interp_free(interp);
    arena_free(arena);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
