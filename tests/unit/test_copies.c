/* Arrays of inference that are copies of others: which of them are dropped, and which are not. */
#include "pipeline.h"

#include <check.h>

Suite *copies_suite(void);

#define MODEL(layers)                                                                        \
    "model m { data idx(shape = [6], classes = 2, temporal, spikes)\n time 5 steps\n" layers \
    "\n predict argmax(mean(o)) }"
#define OUTPUT "\n o = h -> dense(2) -> li()"

/* The kernels of a step that keep a stream, or give it back late, with a blank before each. */
static const char *copies_of(Arena *arena, const char *text, Without without)
{
    Compilation *c = compilation_new(arena, stderr);
    c->text = source_add(&c->sources, "model.snn", text, (uint32_t)strlen(text));
    c->lower.infer = true;
    c->lower.kernels = KERNELS_EVENT;
    c->lower.without = without;
    ck_assert(compile(c, "memory"));
    const Launches *steps = &c->program->phases[PHASE_STEP];
    const char *names = "";
    for (int i = 0; i < steps->count; i++) {
        const char *name = c->program->kernels.at[steps->at[i].kernel].name;
        if (strncmp(name, "recall", 6) == 0 || strncmp(name, "remember", 8) == 0)
            names = arena_printf(arena, "%s %s", names, name);
    }
    return names;
}

static const struct {
    const char *text, *left;
} models[] = {
    /* read before it is made anew */
    {MODEL("h = (image -> dense(3)) + (h[-1] -> dense(3)) -> lif()" OUTPUT), ""},
    {MODEL("h = (image -> dense(3)) + (h[-1] -> dense(3)) -> lif()\n g = h -> dense(4) -> lif()\n"
           "o = g -> dense(2) -> li()"),
     ""},
    /* needed as it was once it is made anew: it is kept apart, and read there */
    {MODEL("h = image -> dense(3) -> lif()\n o = (h -> dense(2)) + (h[-1] -> dense(2)) -> li()"),
     " remember_h"},
    /* the list of its events is made before: so is all that is needed */
    {MODEL("h = (image -> dense(3)) + (h[-1] -> dense(3)) -> lif()\n"
           "o = (h -> dense(2)) + (h[-1] -> dense(2)) -> li()"),
     ""},
    /* a step keeps one of several */
    {MODEL("h = (image -> dense(3)) + (h[-2] -> dense(3)) -> lif()" OUTPUT), " recall_h_delay remember_h"},
};

START_TEST(copies_are_dropped_where_nobody_needs_both)
{
    Arena *arena = arena_new();
    ck_assert_str_eq(copies_of(arena, models[_i].text, 0), models[_i].left);
    arena_free(arena);
}
END_TEST

START_TEST(copies_stay_where_they_shall)
{
    Arena *arena = arena_new();
    ck_assert_str_eq(copies_of(arena, models[0].text, WITHOUT(COPIES)), " recall_h_delay remember_h");
    arena_free(arena);
}
END_TEST

Suite *copies_suite(void)
{
    Suite *suite = suite_create("copies");
    TCase *tcase = tcase_create("copies");
    tcase_add_loop_test(tcase, copies_are_dropped_where_nobody_needs_both, 0, sizeof models / sizeof *models);
    tcase_add_test(tcase, copies_stay_where_they_shall);
    suite_add_tcase(suite, tcase);
    return suite;
}
