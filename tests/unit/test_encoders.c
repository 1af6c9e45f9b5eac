/* Encoders make what NumPy makes of the same numbers: tests/golden/encoders. */
#include "golden.h"

#include <check.h>
#include <math.h>
#include <stdio.h>

Suite *encoders_suite(void);

#define ENCODERS_FILE "tests/golden/encoders/encoders.txt"
enum { CASES = 10, MOST = 1000 };

typedef struct Encoder {
    char stream[200], shape[40];
    int given, made; /* numbers of the data, and of what comes of them, both step by step */
    double data[MOST], expected[MOST];
} Encoder;

static void read_numbers(FILE *file, double *numbers, int count)
{
    ck_assert_int_le(count, MOST);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(fscanf(file, "%lf", &numbers[i]), 1);
}

static Encoder read_case(int number)
{
    Encoder encoder;
    FILE *file = fopen(ENCODERS_FILE, "r");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i <= number; i++) {
        int found = fscanf(file, " ### %199[^\n] %39[^\n] %d %d", encoder.stream, encoder.shape,
                           &encoder.given, &encoder.made);
        ck_assert_int_eq(found, 4);
        read_numbers(file, encoder.data, encoder.given);
        read_numbers(file, encoder.expected, encoder.made);
    }
    char behind;
    ck_assert_msg(number + 1 < CASES || fscanf(file, " %c", &behind) == EOF, "more cases than are compared");
    fclose(file);
    return encoder;
}

/* One sample, number 0 of epoch 3, seed 7. */
static Interp *encoded(const Program *program, const Encoder *encoder)
{
    Interp *interp = interp_new(program, 1, PRECISION_SINGLE);
    ck_assert_ptr_nonnull(interp);
    interp->seed = 7;
    interp->epoch = 3;
    ck_assert_uint_eq(interp_count(interp, program->input), (size_t)encoder->given);
    for (int k = 0; k < encoder->given; k++)
        *interp_at(interp, program->input, (size_t)k) = encoder->data[k];
    interp_run(interp, PHASE_FORWARD);
    return interp;
}

/* `s`, or the equation of a block that it comes of. */
static BufferId made_by(const Interp *interp)
{
    BufferId buffer = loop_find(interp->program, "s");
    if (buffer < 0)
        buffer = loop_find(interp->program, "s_spikes");
    ck_assert_int_ge(buffer, 0);
    return buffer;
}

/* Spikes are equal; numbers are of single precision. */
START_TEST(numpy_makes_the_same)
{
    Arena *arena = arena_new();
    Encoder encoder = read_case(_i);
    GoldenText model = {encoder.stream, arena_printf(arena,
                                                     "model encoded {\n"
                                                     "    data idx(shape = %s, classes = 2)\n"
                                                     "    time 12 steps of 5 ms\n"
                                                     "    s = %s\n"
                                                     "    o = s -> flatten -> dense(2) -> li\n"
                                                     "    predict argmax(max(o))\n"
                                                     "}\n",
                                                     encoder.shape, encoder.stream)};
    Interp *interp = encoded(golden_program(golden_compilation(arena, &model), model.name), &encoder);
    BufferId buffer = made_by(interp);
    for (int k = 0; k < encoder.made; k++) {
        double found = *interp_at(interp, buffer, (size_t)k);
        ck_assert_msg(fabs(found - encoder.expected[k]) < 1e-6, "%s: number %d is %.9g, not %.9g",
                      encoder.stream, k, found, encoder.expected[k]);
    }
    interp_free(interp);
    arena_free(arena);
}
END_TEST

Suite *encoders_suite(void)
{
    Suite *suite = suite_create("encoders");
    TCase *tcase = tcase_create("encoders");
    tcase_add_loop_test(tcase, numpy_makes_the_same, 0, CASES);
    suite_add_tcase(suite, tcase);
    return suite;
}
