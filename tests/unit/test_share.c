/* Kernels that are equal up to buffers and names become one, and the program still computes the same. */
#include "agree.h"
#include "passes.h"
#include "run.h"

#include <check.h>

Suite *share_suite(void);

static Arena *arena;
static Program *program;

static void setup(void)
{
    arena = arena_new();
    program = program_new(arena, "test");
}

static void teardown(void)
{
    arena_free(arena);
}

static BufferId buffer(const char *name, BufferRole role, int size)
{
    return loop_buffer(
        program,
        (Buffer){.name = name, .type = TYPE_F32, .role = role, .ndim = 1, .dims = {size}, .param = -1});
}

/* for `name` in first .. last { to[name] = from[name] + number } */
static void kernel(const char *name, BufferId to, BufferId from, double number)
{
    vec_push(arena, &program->kernels, ((Kernel){.name = name, .about = name}));
    Kernel *made = &program->kernels.at[program->kernels.count - 1];
    made->first = loop_var(arena, made, "first", TYPE_I32);
    made->last = loop_var(arena, made, "last", TYPE_I32);
    LoopStmt *loop = loop_for(arena, &made->body, loop_var(arena, made, name, TYPE_I32),
                              loop_ref(arena, made, made->first), loop_ref(arena, made, made->last));
    LoopExpr *i = loop_ref(arena, made, loop->var);
    LoopExpr *sum = loop_op(arena, OP_ADD, loop_load(program, from, 1, &i), loop_float(arena, number), NULL);
    loop_store(program, &loop->body, to, 1, &i, sum, false);
    Launch launch = {
        .kernel = program->kernels.count - 1, .about = name, .items = program->buffers.at[to].dims[0]};
    vec_push(arena, &program->phases[PHASE_FORWARD], launch);
}

static const Launch *launch(int i)
{
    return &program->phases[PHASE_FORWARD].at[i];
}

static void expect_given(int i, BufferId first, BufferId second)
{
    ck_assert_int_eq(launch(i)->given.count, 2);
    ck_assert_int_eq(launch(i)->given.at[0], first);
    ck_assert_int_eq(launch(i)->given.at[1], second);
}

START_TEST(equal_kernels_are_one)
{
    BufferId a = buffer("a", BUFFER_SCRATCH, 3), b = buffer("b", BUFFER_SCRATCH, 3);
    BufferId c = buffer("c", BUFFER_SCRATCH, 3), d = buffer("d", BUFFER_SCRATCH, 3);
    kernel("first_pair", a, b, 1);
    kernel("second_pair", c, d, 1);
    kernel("back", b, a, 1);
    share_kernels(program);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    ck_assert_int_eq(program->kernels.count, 1);
    ck_assert_str_eq(program->kernels.at[0].name, "first_pair");
    ck_assert_int_eq(program->phases[PHASE_FORWARD].count, 3);
    expect_given(0, a, b);
    expect_given(1, c, d);
    expect_given(2, b, a);
    ck_assert_str_eq(launch(1)->about, "second_pair");
}
END_TEST

START_TEST(what_all_work_on_is_not_given)
{
    BufferId a = buffer("a", BUFFER_SCRATCH, 3), b = buffer("b", BUFFER_SCRATCH, 3);
    BufferId c = buffer("c", BUFFER_SCRATCH, 3);
    kernel("to_b", b, a, 1);
    kernel("to_c", c, a, 1);
    share_kernels(program);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    ck_assert_int_eq(program->kernels.count, 1);
    ck_assert_int_eq(launch(0)->given.count, 1);
    ck_assert_int_eq(launch(1)->given.at[0], c);
}
END_TEST

/* Each differs from the first in one respect. */
START_TEST(others_stay_apart)
{
    BufferId a = buffer("a", BUFFER_SCRATCH, 3), b = buffer("b", BUFFER_SCRATCH, 3);
    BufferId own = buffer("own", BUFFER_LOCAL, 3);
    kernel("plain", a, b, 1);
    kernel("other_number", a, b, 2);
    kernel("one_buffer", a, a, 1);
    kernel("own_array", own, b, 1);
    share_kernels(program);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    ck_assert_int_eq(program->kernels.count, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(launch(i)->kernel, i);
        ck_assert_int_eq(launch(i)->given.count, 0);
    }
}
END_TEST

/* The first has room for the longest. */
START_TEST(rows_may_be_more_or_less)
{
    BufferId a = buffer("a", BUFFER_SCRATCH, 3), b = buffer("b", BUFFER_SCRATCH, 3);
    BufferId c = buffer("c", BUFFER_SCRATCH, 5), d = buffer("d", BUFFER_SCRATCH, 5);
    kernel("three", a, b, 1);
    kernel("five", c, d, 1);
    share_kernels(program);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    ck_assert_int_eq(program->kernels.count, 1);
    ck_assert_int_eq(program->buffers.at[program->kernels.at[0].given.at[0]].dims[0], 5);
    ck_assert_int_eq(launch(1)->items, 5);
    expect_given(0, a, b);
    expect_given(1, c, d);
}
END_TEST

/* The kernel, whose last launch this is, is given b for `to`. */
static void give(BufferId b)
{
    Kernel *made = &program->kernels.at[program->kernels.count - 1];
    Launch *last = &program->phases[PHASE_FORWARD].at[program->phases[PHASE_FORWARD].count - 1];
    LoopStmt *store = made->body.at[0]->body.at[0];
    BufferId given = loop_given_buffer(program, b);
    program->buffers.at[given].ndim = 1;
    program->buffers.at[given].dims[0] = (int)buffer_elements(&program->buffers.at[b]);
    store->buffer = given;
    vec_push(arena, &made->given, given);
    vec_push(arena, &last->given, b);
}

/* A matrix and a row: in one kernel that goes through their elements. */
START_TEST(what_is_given_stays_given)
{
    BufferId a = buffer("a", BUFFER_SCRATCH, 6), row = buffer("row", BUFFER_SCRATCH, 4);
    BufferId matrix = loop_buffer(program, (Buffer){.name = "matrix",
                                                    .type = TYPE_F32,
                                                    .role = BUFFER_SCRATCH,
                                                    .ndim = 2,
                                                    .dims = {2, 3},
                                                    .param = -1});
    kernel("of_row", row, a, 1);
    give(row);
    kernel("of_matrix", a, a, 1);
    give(matrix);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    share_kernels(program);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    ck_assert_int_eq(program->kernels.count, 1);
    ck_assert_int_eq(launch(0)->given.count, 1);
    ck_assert_int_eq(launch(0)->given.at[0], row);
    ck_assert_int_eq(launch(1)->given.at[0], matrix);
    program->buffers.at[program->kernels.at[0].given.at[0]].dims[0] = 5;
    ck_assert_pstr_eq(loop_verify(program), "`of_row` is given `matrix`, which is not like `row`");
}
END_TEST

/* ---- a model ---- */

static const char deep[] = "model deep {\n"
                           "    data idx(shape = [12], classes = 3)\n"
                           "    time 5 steps\n"
                           "    x = poisson(image)\n"
                           "    a = x -> dense(12) -> lif(threshold = 0.2)\n"
                           "    b = a -> dense(12) -> lif(threshold = 0.2)\n"
                           "    c = b -> dense(12) -> lif(threshold = 0.2)\n"
                           "    d = c -> dense(12) -> lif(threshold = 0.2)\n"
                           "    o = d -> dense(3) -> li\n"
                           "    predict argmax(sum(o))\n"
                           "    train { loss cross_entropy(sum(o), label) }\n"
                           "}\n";

static int launches(const Program *of)
{
    int count = 0;
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        count += of->phases[phase].count;
    return count;
}

START_TEST(a_deep_model_has_few_kernels)
{
    Compilation *apart = compiled_without(arena, deep, WITHOUT(SHARE));
    Compilation *shared = compiled_without(arena, deep, 0);
    ck_assert_int_eq(launches(apart->program), apart->program->kernels.count);
    ck_assert_int_eq(launches(shared->program), launches(apart->program));
    ck_assert_int_lt(3 * shared->program->kernels.count, 2 * apart->program->kernels.count);
    expect_agreement(apart, shared);
}
END_TEST

Suite *share_suite(void)
{
    Suite *suite = suite_create("share");
    TCase *tcase = tcase_create("share");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, equal_kernels_are_one);
    tcase_add_test(tcase, what_all_work_on_is_not_given);
    tcase_add_test(tcase, others_stay_apart);
    tcase_add_test(tcase, rows_may_be_more_or_less);
    tcase_add_test(tcase, what_is_given_stays_given);
    tcase_add_test(tcase, a_deep_model_has_few_kernels);
    suite_add_tcase(suite, tcase);
    return suite;
}
