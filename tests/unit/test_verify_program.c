/* The verifier of the Loop IR: buffers, what the runtime is told, launches and what they give. */
#include "loop_example.h"

#include <check.h>

Suite *verify_program_suite(void);

static Arena *arena;

static void same_buffer_name(Example *e)
{
    e->program->buffers.at[1].name = "w";
}
static void buffer_type(Example *e)
{
    e->program->buffers.at[0].type = TYPE_BOOL;
}
static void buffer_dims(Example *e)
{
    e->program->buffers.at[0].dims[0] = 0;
}
static void buffer_padding(Example *e)
{
    e->program->buffers.at[0].padding = 4;
}
static void buffer_rank(Example *e)
{
    e->program->buffers.at[0].ndim = LOOP_MAX_DIMS + 1;
}
static void fixed_buffer(Example *e)
{
    e->program->loss = 3;
}
static void param_buffer(Example *e)
{
    vec_push(arena, &e->program->params, ((LoopParam){.name = "w", .value = -1, .gradient = -1}));
}
static void stream_buffer(Example *e)
{
    vec_push(arena, &e->program->streams, ((LoopStream){.name = "s", .values = 1, .activity = 9}));
}
static void watched_buffer(Example *e)
{
    vec_push(arena, &e->program->streams, ((LoopStream){.name = "s", .values = -1, .activity = -1}));
    vec_push(arena, &e->program->watches, ((LoopWatch){.stream = 0, .values = 9}));
}
static void frozen_states(Example *e)
{
    LoopParam param = {.name = "w", .gradient = -1, .states = 1};
    vec_push(arena, &e->program->params, param);
}
static void same_kernel_name(Example *e)
{
    Kernel copy = *e->kernel;
    vec_push(arena, &e->program->kernels, copy);
}
static void no_items(Example *e)
{
    e->program->phases[PHASE_FORWARD].at[0].items = 0;
}
static void joined_items(Example *e)
{
    e->program->phases[PHASE_FORWARD].at[0].joined = true;
}
static void no_kernel(Example *e)
{
    e->program->phases[PHASE_FORWARD].at[0].kernel = 1;
}
/* The kernel is given two buffers `g` and `h` like w, in whose places its launch gives two others. */
static void give(Example *e, BufferId first, BufferId second)
{
    Launch *launch = &e->program->phases[PHASE_FORWARD].at[0];
    for (const char *name = "g"; *name; name = *name == 'g' ? "h" : "") {
        Buffer given = e->program->buffers.at[e->weights];
        given.name = name;
        given.role = BUFFER_GIVEN;
        vec_push(arena, &e->program->buffers, given);
        vec_push(arena, &e->kernel->given, e->program->buffers.count - 1);
    }
    if (first >= 0) {
        vec_push(arena, &launch->given, first);
        vec_push(arena, &launch->given, second);
    }
}
static void few_given(Example *e)
{
    give(e, -1, -1);
}
static void given_nothing(Example *e)
{
    give(e, 9, e->weights);
}
static void given_own(Example *e)
{
    give(e, e->program->buffers.count, e->weights);
}
static void given_other(Example *e)
{
    give(e, e->spikes, e->weights);
}
static BufferId like_w(Example *e, const char *name)
{
    return loop_buffer(
        e->program, (Buffer){.name = name, .type = TYPE_F32, .role = BUFFER_SCRATCH, .ndim = 1, .dims = {4}});
}
static void given_twice(Example *e)
{
    BufferId v = like_w(e, "v");
    give(e, v, v);
}
static void given_anyway(Example *e)
{
    give(e, like_w(e, "v"), e->weights);
}
static void given_elsewhere(Example *e)
{
    give(e, -1, -1);
    Kernel other = {.name = "other"};
    other.first = loop_var(arena, &other, "first", TYPE_I32);
    other.last = loop_var(arena, &other, "last", TYPE_I32);
    LoopExpr *zero = loop_int(arena, 0);
    loop_store(e->program, &other.body, e->kernel->given.at[0], 1, &zero, loop_float(arena, 0), false);
    vec_push(arena, &e->program->kernels, other);
}
static void given_no_place(Example *e)
{
    vec_push(arena, &e->kernel->given, e->weights);
}
static void given_name(Example *e)
{
    give(e, -1, -1);
    BufferId own = e->kernel->given.at[0];
    e->program->buffers.at[own].name = "w";
    LoopExpr *zero = loop_int(arena, 0);
    loop_store(e->program, &e->kernel->body, own, 1, &zero, loop_float(arena, 0), false);
}
static const BadExample bad_programs[] = {
    {same_buffer_name, "two buffers or kernels are called `w`"},
    {buffer_type, "the buffer `w` holds bool"},
    {buffer_dims, "dimension 0 of the buffer `w` is 0"},
    {buffer_padding, "4 elements of each row of the buffer `w` mean nothing"},
    {buffer_rank, "the buffer `w` has 7 dimensions"},
    {fixed_buffer, "the program refers to buffer 3"},
    {param_buffer, "w refers to buffer -1"},
    {stream_buffer, "s refers to buffer 9"},
    {watched_buffer, "s refers to buffer 9"},
    {frozen_states, "w is frozen, but the optimiser has states of it"},
    {same_kernel_name, "two buffers or kernels are called `k`"},
    {no_items, "`k` is launched with 0 items"},
    {joined_items, "`k` is launched in the order of samples, but not over these"},
    {no_kernel, "kernel 1 is launched"},
    {few_given, "`k` is given 0 buffers, not 2"},
    {given_nothing, "`k` is given buffer 9"},
    {given_own, "`k` is given `g`, which a kernel has"},
    {given_other, "`k` is given `s`, which is not like `g`"},
    {given_twice, "`k` is given `v` twice"},
    {given_anyway, "`k` is given `w`, which it has anyway"},
    {given_elsewhere, "kernel `other`: it is not given `g`"},
    {given_no_place, "kernel `k` cannot be given buffer 0"},
    {given_name, "kernel `k`: it knows two buffers called `w`"},
};

START_TEST(bad_program)
{
    arena = arena_new();
    expect_bad_example(arena, &bad_programs[_i]);
    arena_free(arena);
}
END_TEST

Suite *verify_program_suite(void)
{
    Suite *suite = suite_create("verify_program");
    TCase *tcase = tcase_create("verify_program");
    tcase_add_loop_test(tcase, bad_program, 0, sizeof bad_programs / sizeof *bad_programs);
    suite_add_tcase(suite, tcase);
    return suite;
}
