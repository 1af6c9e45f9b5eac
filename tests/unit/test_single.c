/* What compilers are told of the loops of inference, whose arrays are all in one struct. */
#include "loop.h"
#include "passes.h"

#include <check.h>

Suite *single_suite(void);

static BufferId array(Program *program, const char *name, Type type)
{
    return loop_buffer(
        program,
        (Buffer){.name = name, .type = type, .role = BUFFER_SCRATCH, .ndim = 1, .dims = {100}, .param = -1});
}

/* Whether it is still said of a loop of so many turns, which copies an array of this type to one of bytes, or one of bytes to itself, that
 * they are independent. */
static bool is_told(int turns, Type type, bool itself)
{
    Arena *arena = arena_new();
    Program *program = program_new(arena, "m");
    BufferId to = array(program, "to", TYPE_U8), from = itself ? to : array(program, "from", type);
    vec_push(arena, &program->kernels, ((Kernel){.name = "k", .about = "a test"}));
    vec_push(arena, &program->phases[PHASE_STEP], ((Launch){.about = "a test", .items = 1}));
    Kernel *kernel = &program->kernels.at[0];
    kernel->first = loop_var(arena, kernel, "first", TYPE_I32);
    kernel->last = loop_var(arena, kernel, "last", TYPE_I32);
    LoopStmt *loop = loop_for(arena, &kernel->body, loop_var(arena, kernel, "n", TYPE_I32),
                              loop_int(arena, 0), loop_int(arena, turns));
    LoopExpr *n = loop_ref(arena, kernel, loop->var);
    loop->independent = true;
    loop_store(program, &loop->body, to, 1, &n, loop_load(program, from, 1, &n), false);
    single_sample(program);
    bool told = kernel->body.at[0]->independent;
    arena_free(arena);
    return told;
}

START_TEST(of_several_arrays_unless_turns_are_few)
{
    ck_assert(is_told(32, TYPE_U8, false));
    ck_assert(is_told(100, TYPE_U8, false));
    ck_assert(!is_told(10, TYPE_U8, false));
    ck_assert(!is_told(100, TYPE_U8, true));
}
END_TEST

START_TEST(of_elements_of_several_sizes)
{
    ck_assert(is_told(10, TYPE_U16, false));
    ck_assert(is_told(10, TYPE_F32, false));
}
END_TEST

Suite *single_suite(void)
{
    Suite *suite = suite_create("single");
    TCase *tcase = tcase_create("told");
    tcase_add_test(tcase, of_several_arrays_unless_turns_are_few);
    tcase_add_test(tcase, of_elements_of_several_sizes);
    suite_add_tcase(suite, tcase);
    return suite;
}
