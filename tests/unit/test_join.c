/* Neurons of inference that are made where registers hold their sums: which of them are, and which are not. */
#include "pipeline.h"

#include <check.h>

Suite *join_suite(void);

#define MODEL(layers)                                                                        \
    "model m { data idx(shape = [6], classes = 2, temporal, spikes)\n time 5 steps\n" layers \
    "\n predict argmax(mean(o)) }"
#define OUTPUT "\n o = h -> dense(2) -> lif()"

static Compilation *compiled(Arena *arena, const char *text, Without without)
{
    Compilation *c = compilation_new(arena, stderr);
    c->text = source_add(&c->sources, "model.snn", text, (uint32_t)strlen(text));
    c->lower.infer = true;
    c->lower.kernels = KERNELS_EVENT;
    c->lower.without = without;
    ck_assert(compile(c, "memory"));
    return c;
}

/* The kernels of a step that make neurons alone, with a blank before each. */
static const char *scans_of(Arena *arena, const Program *program)
{
    const Launches *steps = &program->phases[PHASE_STEP];
    const char *names = "";
    for (int i = 0; i < steps->count; i++) {
        const char *name = program->kernels.at[steps->at[i].kernel].name;
        if (strncmp(name, "scan", 4) == 0)
            names = arena_printf(arena, "%s %s", names, name);
    }
    return names;
}

static const struct {
    const char *text, *left;
} models[] = {
    /* part by part */
    {MODEL("h = image -> dense(160) -> lif()" OUTPUT), ""},
    {MODEL("h = image -> dense(160) -> lif()" OUTPUT), ""},
    {MODEL("h = image -> dense(160, bias) -> lif(tau = 3)\n g = h -> dense(128) -> lif()\n o = g -> dense(2) "
           "-> lif()"),
     ""},
    /* the last sums that they need */
    {MODEL("h = (image -> dense(160)) + (h[-1] -> dense(160)) -> lif()" OUTPUT), ""},
    /* no whole vectors */
    {MODEL("h = image -> dense(150) -> lif()" OUTPUT), " scan_h"},
    /* what vectors have no instruction for */
    {MODEL("h = exp(image -> dense(160)) -> lif()" OUTPUT), " scan_h"},
    /* other sums come between */
    {MODEL(
         "f = image -> dense(160)\n g = image -> dense(128) -> lif()\n h = f -> lif()\n o = (h -> dense(2)) "
         "+ (g -> dense(2)) -> lif()"),
     " scan_h"},
};

START_TEST(neurons_are_made_with_their_sums)
{
    Arena *arena = arena_new();
    Compilation *c = compiled(arena, models[_i].text, 0);
    ck_assert_str_eq(scans_of(arena, c->program), models[_i].left);
    arena_free(arena);
}
END_TEST

START_TEST(neurons_stay_where_they_shall)
{
    Arena *arena = arena_new();
    Compilation *c = compiled(arena, models[0].text, WITHOUT(JOIN));
    ck_assert_str_eq(scans_of(arena, c->program), " scan_h");
    arena_free(arena);
}
END_TEST

START_TEST(sums_are_in_registers)
{
    Arena *arena = arena_new();
    const Program *program = compiled(arena, models[1].text, 0)->program;
    int held = 0;
    for (BufferId b = 0; b < program->buffers.count; b++)
        held += program->buffers.at[b].registers;
    ck_assert_int_gt(held, 0);
    arena_free(arena);
}
END_TEST

Suite *join_suite(void)
{
    Suite *suite = suite_create("join");
    TCase *tcase = tcase_create("join");
    tcase_add_loop_test(tcase, neurons_are_made_with_their_sums, 0, sizeof models / sizeof *models);
    tcase_add_test(tcase, neurons_stay_where_they_shall);
    tcase_add_test(tcase, sums_are_in_registers);
    suite_add_tcase(suite, tcase);
    return suite;
}
