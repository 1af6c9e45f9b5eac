/* The heads of loops in C: bounds may be any expression. */
#include "backend.h"
#include "loop_example.h"

#include <check.h>
#include <string.h>

Suite *heads_suite(void);

extern const Backend backend_c;

static Arena *arena;
static Example example;

static void begin(void)
{
    arena = arena_new();
    example = loop_example(arena);
    example.program->source = "m.snn";
    example.program->optimizer = "sgd";
}

static void end(void)
{
    arena_free(arena);
}

/* The least of a bound and 3. */
static LoopExpr *least(LoopExpr *bound)
{
    LoopExpr *three = loop_int(arena, 3);
    return loop_op(arena, OP_SELECT, loop_op(arena, OP_LT, bound, three, NULL), bound, three);
}

static void expect_head(const char *head)
{
    const char *error = NULL;
    const BackendOptions options = {.version = "0", .command = "", .runtime = false};
    Out *out = out_new(arena);
    backend_c.emit(example.program, &options, out, &error);
    ck_assert_pstr_eq(error, NULL);
    ck_assert_msg(strstr(out_text(out), head) != NULL, "`%s` is not in:\n%s", head, out_text(out));
}

START_TEST(up_to_a_choice)
{
    example.items->to = least(example.items->to);
    expect_head("for (int32_t n = first; n < (last < 3 ? last : 3); n++) {");
}
END_TEST

START_TEST(down_to_a_choice)
{
    example.items->from = least(example.items->from);
    example.items->down = true;
    expect_head("for (int32_t n = last - 1; n >= (first < 3 ? first : 3); n--) {");
}
END_TEST

START_TEST(sums_need_no_parentheses)
{
    example.items->to = loop_op(arena, OP_ADD, example.items->to, loop_int(arena, 1), NULL);
    expect_head("for (int32_t n = first; n < last + 1; n++) {");
}
END_TEST

START_TEST(flags_up_to_a_choice)
{
    LoopExpr *place[3] = {loop_int(arena, 0), loop_int(arena, 0), example_var(&example, example.n)};
    example.items->to = least(example.items->to);
    example.items->value = loop_load(example.program, example.spikes, 3, place);
    expect_head("n < (last < 3 ? last : 3); n = snn_next(");
}
END_TEST

Suite *heads_suite(void)
{
    Suite *suite = suite_create("heads");
    TCase *tcase = tcase_create("c");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, up_to_a_choice);
    tcase_add_test(tcase, down_to_a_choice);
    tcase_add_test(tcase, sums_need_no_parentheses);
    tcase_add_test(tcase, flags_up_to_a_choice);
    suite_add_tcase(suite, tcase);
    return suite;
}
