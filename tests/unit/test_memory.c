/* Buffers that are not alive at the same time share their place, and nothing that is still needed is overwritten. */
#include "agree.h"
#include "passes.h"
#include "run.h"

#include <check.h>
#include <math.h>

Suite *memory_suite(void);

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

/* A launch of a kernel that stores what `from` holds to `to`. */
static void copy_in(Phase phase, BufferId to, BufferId from, bool add)
{
    const char *name = loop_name(program, "copy");
    vec_push(arena, &program->kernels, ((Kernel){.name = name, .about = name}));
    Kernel *made = &program->kernels.at[program->kernels.count - 1];
    made->first = loop_var(arena, made, "first", TYPE_I32);
    made->last = loop_var(arena, made, "last", TYPE_I32);
    LoopExpr *zero = loop_int(arena, 0);
    loop_store(program, &made->body, to, 1, &zero, loop_load(program, from, 1, &zero), add);
    Launch launch = {.kernel = program->kernels.count - 1, .about = name, .items = 1};
    vec_push(arena, &program->phases[phase], launch);
}

static void copy(BufferId to, BufferId from, bool add)
{
    copy_in(PHASE_FORWARD, to, from, add);
}

static int place(BufferId id)
{
    return program->buffers.at[id].place;
}

START_TEST(a_place_is_taken_when_it_is_free)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), out = buffer("out", BUFFER_OUTPUT, 4);
    BufferId a = buffer("a", BUFFER_SCRATCH, 2), b = buffer("b", BUFFER_SCRATCH, 4);
    BufferId c = buffer("c", BUFFER_SCRATCH, 3), d = buffer("d", BUFFER_STREAM, 8);
    copy(a, in, false);
    copy(b, a, false); /* a is read, b made: not in one place */
    copy(c, b, false); /* a is gone */
    copy(d, c, false); /* b is gone, too: the largest has room for it */
    copy(out, d, false);
    place_buffers(program, false);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    ck_assert_int_eq(place(a), c);
    ck_assert_int_eq(place(b), d);
    ck_assert_int_eq(place(c), c);
    ck_assert_int_eq(place(d), d);
    ck_assert_int_eq(place(in), in);
    ck_assert_int_eq(place(out), out);
    const LoopRoom *rooms = loop_rooms(arena, program);
    ck_assert_int_eq(rooms[c].whole, 12);
    ck_assert_int_eq(rooms[d].whole, 32);
    ck_assert_int_eq(room_bytes(rooms[a], 8), 0);
}
END_TEST

/* Memory is short where `big` is there, while w waits to be read backward. */
static void wait_for_the_backward_phase(BufferId from, BufferId w, BufferId changed)
{
    BufferId out = buffer("out", BUFFER_OUTPUT, 4), x = buffer("x", BUFFER_SCRATCH, 4);
    BufferId big = buffer("big", BUFFER_SCRATCH, 64), y = buffer("y", BUFFER_SCRATCH, 4);
    copy(w, from, false);
    program->phases[PHASE_FORWARD].at[0].quick = true;
    copy(x, w, false);
    copy(big, x, false);
    copy(y, big, false);
    copy(changed, y, false);
    copy_in(PHASE_BACKWARD, out, y, false);
    copy_in(PHASE_BACKWARD, out, w, true);
    make_again(program, 1);
    place_buffers(program, false);
    ck_assert_pstr_eq(loop_verify(program), NULL);
}

START_TEST(what_waits_is_made_again)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), w = buffer("w", BUFFER_SCRATCH, 8);
    wait_for_the_backward_phase(in, w, buffer("else", BUFFER_SCRATCH, 4));
    const Launches *backward = &program->phases[PHASE_BACKWARD];
    ck_assert_int_eq(backward->count, 3);
    ck_assert(!backward->at[0].again && backward->at[1].again && !backward->at[2].again);
    ck_assert_int_eq(backward->at[1].kernel, program->phases[PHASE_FORWARD].at[0].kernel);
    ck_assert_int_eq(place(w), loop_find(program, "big"));
    Interp *interp = interp_new(program, 1, PRECISION_SINGLE);
    ck_assert_ptr_nonnull(interp);
    interp->buffers[in][0] = 7;
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    ck_assert(interp->buffers[loop_find(program, "out")][0] == 14);
    interp_free(interp);
}
END_TEST

/* What it is made of is not what it was, or is gone. */
START_TEST(what_would_be_another_is_kept)
{
    BufferId old = buffer("old", BUFFER_SCRATCH, 4), w = buffer("w", BUFFER_SCRATCH, 8);
    wait_for_the_backward_phase(old, w, old);
    ck_assert_int_eq(program->phases[PHASE_BACKWARD].count, 2);
    ck_assert_int_eq(place(w), w);
}
END_TEST

/* What samples have shares a place with what is made once, which needs more of it in small batches. */
START_TEST(samples_share_with_what_is_made_once)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), out = buffer("out", BUFFER_OUTPUT, 4);
    BufferId each = buffer("each", BUFFER_STREAM, 3), b = buffer("b", BUFFER_SCRATCH, 4);
    BufferId whole = buffer("whole", BUFFER_SCRATCH, 20);
    program->buffers.at[each].per_sample = true;
    program->batch = 8;
    LoopExpr *place_of_first[2] = {loop_int(arena, 0), loop_int(arena, 0)};
    copy(b, in, false);
    loop_store(program, &program->kernels.at[0].body, each, 2, place_of_first, loop_float(arena, 1), false);
    copy(b, in, false);
    copy(whole, b, false);
    copy(out, whole, false);
    place_buffers(program, false);
    ck_assert_int_eq(place(whole), each);
    LoopRoom room = loop_rooms(arena, program)[each];
    ck_assert_int_eq(room_bytes(room, 8), 96);
    ck_assert_int_eq(room_bytes(room, 2), 80);
    program->buffers.at[whole].place = whole;
    place_buffers(program, true);
    ck_assert_int_eq(place(whole), whole);
}
END_TEST

/* Of two that are born together, the larger one takes the place that is large enough, whichever was declared first. */
START_TEST(the_larger_chooses_first)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), out = buffer("out", BUFFER_OUTPUT, 4);
    BufferId a = buffer("a", BUFFER_SCRATCH, 8), b = buffer("b", BUFFER_SCRATCH, 2);
    BufferId small = buffer("small", BUFFER_SCRATCH, 2), large = buffer("large", BUFFER_SCRATCH, 8);
    copy(a, in, false);
    copy(b, a, false);
    copy(small, b, false); /* a is gone */
    LoopExpr *zero = loop_int(arena, 0);
    loop_store(program, &program->kernels.at[2].body, large, 1, &zero, loop_load(program, in, 1, &zero),
               false);
    copy(out, small, false);
    copy(out, large, false);
    place_buffers(program, false);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    ck_assert_int_eq(place(large), place(a));
    ck_assert_int_eq(place(small), small);
}
END_TEST

/* Kept, read before it is stored, added to, watched by the runtime: each might have the place of a. */
START_TEST(what_is_needed_later_stays)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), a = buffer("a", BUFFER_SCRATCH, 4);
    BufferId kept = buffer("kept", BUFFER_STREAM, 4), old = buffer("old", BUFFER_SCRATCH, 4);
    BufferId sum = buffer("sum", BUFFER_SCRATCH, 4), seen = buffer("seen", BUFFER_STREAM, 4);
    BufferId last = buffer("last", BUFFER_SCRATCH, 4), end = buffer("end", BUFFER_SCRATCH, 4);
    program->buffers.at[kept].keep = true;
    vec_push(arena, &program->streams, ((LoopStream){.name = "seen", .values = seen, .activity = -1}));
    copy(a, in, false);
    copy(kept, in, false);
    copy(a, old, false);
    copy(sum, in, true);
    copy(seen, in, false);
    copy(last, in, false);
    copy(end, in, false);
    place_buffers(program, false);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    ck_assert_int_eq(place(kept), kept);
    ck_assert_int_eq(place(old), old);
    ck_assert_int_eq(place(sum), sum);
    ck_assert_int_eq(place(a), seen);
    ck_assert_int_eq(place(last), end); /* until the end of the phase, seen has its own place */
    ck_assert_int_eq(place(end), end);
}
END_TEST

/* Batches follow each other: each reads what was made before the first. */
START_TEST(what_is_made_once_stays)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), out = buffer("out", BUFFER_OUTPUT, 4);
    BufferId once = buffer("once", BUFFER_SCRATCH, 4), table = buffer("table", BUFFER_SCRATCH, 4);
    BufferId a = buffer("a", BUFFER_SCRATCH, 4), b = buffer("b", BUFFER_SCRATCH, 4);
    copy_in(PHASE_INIT, once, in, false);
    copy_in(PHASE_INIT, table, once, false);
    copy(a, table, false);
    copy(out, a, false);
    copy(b, in, false);
    place_buffers(program, false);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    ck_assert_int_eq(place(table), table);
    ck_assert_int_eq(place(a), place(once));
    ck_assert_int_eq(place(b), place(once));
}
END_TEST

/* What a kernel leaves of a buffer that it makes is no number, whatever stood there before. */
START_TEST(a_part_that_is_not_stored_has_no_meaning)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), out = buffer("out", BUFFER_OUTPUT, 2);
    BufferId a = buffer("a", BUFFER_SCRATCH, 4), b = buffer("b", BUFFER_SCRATCH, 4);
    copy(a, in, false);
    copy(out, a, false);
    copy(b, in, false);
    copy(out, b, false);
    LoopExpr *one = loop_int(arena, 1);
    loop_store(program, &program->kernels.at[3].body, out, 1, &one, loop_load(program, b, 1, &one), false);
    place_buffers(program, false);
    ck_assert_int_eq(place(b), place(a));
    Interp *interp = interp_new(program, 1, PRECISION_SINGLE);
    ck_assert_ptr_nonnull(interp);
    interp->buffers[in][0] = interp->buffers[a][1] = 7;
    interp_run(interp, PHASE_FORWARD);
    ck_assert(interp->buffers[out][0] == 7 && isnan(interp->buffers[out][1]));
    interp_free(interp);
}
END_TEST

/* Rows of two elements, the second of which is padding: nor has the first one of another row a meaning. */
START_TEST(a_row_that_is_not_stored_has_no_meaning)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), out = buffer("out", BUFFER_OUTPUT, 2);
    BufferId a = loop_buffer(program, (Buffer){.name = "a",
                                               .type = TYPE_F32,
                                               .role = BUFFER_SCRATCH,
                                               .ndim = 2,
                                               .dims = {2, 2},
                                               .padding = 1,
                                               .param = -1});
    LoopExpr *zero = loop_int(arena, 0), *one = loop_int(arena, 1);
    copy(out, in, false);
    copy(out, in, false);
    loop_store(program, &program->kernels.at[0].body, a, 2, (LoopExpr *[]){zero, zero},
               loop_load(program, in, 1, &zero), false);
    loop_store(program, &program->kernels.at[1].body, out, 1, &one,
               loop_load(program, a, 2, (LoopExpr *[]){one, zero}), false);
    Interp *interp = interp_new(program, 1, PRECISION_SINGLE);
    ck_assert_ptr_nonnull(interp);
    interp_run(interp, PHASE_FORWARD);
    ck_assert(isnan(interp->buffers[out][1]));
    interp_free(interp);
}
END_TEST

START_TEST(the_verifier_sees_who_meets)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), out = buffer("out", BUFFER_OUTPUT, 4);
    BufferId a = buffer("a", BUFFER_SCRATCH, 4), b = buffer("b", BUFFER_SCRATCH, 4);
    copy(a, in, false);
    copy(b, a, false);
    copy(out, b, false);
    program->buffers.at[b].place = a;
    ck_assert_str_eq(loop_verify(program), "`a` and `b` stand in one place at the same time");
    program->buffers.at[b].place = out;
    ck_assert_str_eq(loop_verify(program), "`b` cannot stand in the place of `out`");
    program->buffers.at[b].place = 9;
    ck_assert_str_eq(loop_verify(program), "`b` stands in place 9, which is none");
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
                           "    o = c -> dense(3) -> li\n"
                           "    predict argmax(sum(o))\n"
                           "    train { loss cross_entropy(sum(o), label) }\n"
                           "}\n";

static int64_t bytes(const Program *of)
{
    const LoopRoom *rooms = loop_rooms(arena, of);
    int64_t sum = 0;
    for (BufferId b = 0; b < of->buffers.count; b++)
        sum += room_bytes(rooms[b], of->batch);
    return sum;
}

START_TEST(a_model_takes_less_and_computes_the_same)
{
    Compilation *apart = compiled_without(arena, deep, WITHOUT(MEMORY));
    Compilation *shared = compiled_without(arena, deep, 0);
    ck_assert_int_lt(bytes(shared->program), bytes(apart->program));
    expect_agreement(apart, shared);
}
END_TEST

/* All that the gradient of the first weights holds. */
static double gradient_of(const Program *of)
{
    RunOptions options = {.rows = 3, .seed = 6, .precision = PRECISION_DOUBLE};
    Interp *interp = run_prepare(of, &options, 3);
    ck_assert_ptr_nonnull(interp);
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
    double sum = 0;
    BufferId gradient = of->params.at[0].gradient;
    for (size_t k = 0; k < interp_count(interp, gradient); k++)
        sum += fabs(interp->buffers[gradient][k]);
    interp_free(interp);
    return sum;
}

/* A step runs again and again: what is made before the first one stays, what each makes for itself does not. */
START_TEST(what_is_made_before_steps_stays)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), out = buffer("out", BUFFER_OUTPUT, 4);
    BufferId begun = buffer("begun", BUFFER_SCRATCH, 4), kept = buffer("kept", BUFFER_SCRATCH, 4);
    BufferId a = buffer("a", BUFFER_SCRATCH, 4), b = buffer("b", BUFFER_SCRATCH, 4);
    BufferId c = buffer("c", BUFFER_SCRATCH, 4);
    copy_in(PHASE_BEGIN, begun, in, false);
    copy_in(PHASE_STEP, a, begun, false);
    copy_in(PHASE_STEP, kept, a, true);
    copy_in(PHASE_STEP, b, kept, false);
    copy_in(PHASE_STEP, c, b, false);
    copy_in(PHASE_RESULT, out, c, false);
    place_buffers(program, false);
    ck_assert_pstr_eq(loop_verify(program), NULL);
    ck_assert_int_eq(place(begun), begun);
    ck_assert_int_eq(place(kept), kept);
    ck_assert_int_eq(place(a), place(c));
}
END_TEST

START_TEST(types_stand_apart_where_they_have_to)
{
    BufferId in = buffer("in", BUFFER_INPUT, 4), out = buffer("out", BUFFER_OUTPUT, 4);
    BufferId a = buffer("a", BUFFER_SCRATCH, 4), b = buffer("b", BUFFER_SCRATCH, 4);
    BufferId c = buffer("c", BUFFER_SCRATCH, 4), d = buffer("d", BUFFER_SCRATCH, 4);
    program->buffers.at[c].type = TYPE_U32;
    copy(a, in, false);
    copy(b, a, false);
    copy(c, b, false);
    copy(d, c, false);
    copy(out, d, false);
    place_buffers(program, true);
    ck_assert_int_eq(place(c), c);
    ck_assert_int_eq(place(d), place(b));
}
END_TEST

/* The interpreter uses the places: a life that is too short shows. */
START_TEST(a_wrong_place_changes_the_results)
{
    Program *wrong = compiled_without(arena, deep, 0)->program;
    BufferId first = loop_find(wrong, "a_v_then_g_a_dense"), second = loop_find(wrong, "b_v_then_g_b_dense");
    ck_assert(first >= 0 && second >= 0);
    double right = gradient_of(wrong);
    ck_assert_double_eq(gradient_of(wrong), right);
    wrong->buffers.at[second].place = wrong->buffers.at[first].place;
    ck_assert_double_ne(gradient_of(wrong), right);
}
END_TEST

Suite *memory_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_larger_chooses_first);
    tcase_add_test(tcase, a_place_is_taken_when_it_is_free);
    tcase_add_test(tcase, what_waits_is_made_again);
    tcase_add_test(tcase, what_would_be_another_is_kept);
    tcase_add_test(tcase, samples_share_with_what_is_made_once);
    tcase_add_test(tcase, what_is_needed_later_stays);
    tcase_add_test(tcase, what_is_made_once_stays);
    tcase_add_test(tcase, a_part_that_is_not_stored_has_no_meaning);
    tcase_add_test(tcase, a_row_that_is_not_stored_has_no_meaning);
    tcase_add_test(tcase, what_is_made_before_steps_stays);
    tcase_add_test(tcase, types_stand_apart_where_they_have_to);
    tcase_add_test(tcase, the_verifier_sees_who_meets);
    tcase_add_test(tcase, a_model_takes_less_and_computes_the_same);
    tcase_add_test(tcase, a_wrong_place_changes_the_results);
    suite_add_tcase(suite, tcase);
    return suite;
}
