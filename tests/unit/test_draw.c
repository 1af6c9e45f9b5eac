/* The picture of a Net: what is on it, and that nothing lies on anything else. */
#include "built.h"
#include "draw/draw.h"
#include "snn_drawing.h"

#include <check.h>
#include <stdlib.h>

Suite *draw_suite(void);

static const char deep[] = "model deep {\n"
                           "    data idx\n"
                           "    time 4 steps\n"
                           "    block layer(x) = x -> conv(8, kernel = 3, pad = same) -> batch_norm -> if\n"
                           "    block branch(x) = x -> layer -> layer\n"
                           "    block unit(x) = sew_add(x, branch)\n"
                           "    stem = image -> conv(8, kernel = 4, stride = 4) -> if\n"
                           "    deep = stem -> repeat(5, unit)\n"
                           "    digit = deep -> mean(over = [y, x]) -> dense(10)\n"
                           "    predict argmax(mean(digit))\n"
                           "    train { loss cross_entropy(mean(digit), label) optimizer sgd(lr = 1) }\n"
                           "}\n";

static const char recurrent[] = "model recurrent {\n"
                                "    data idx\n"
                                "    time 4 steps\n"
                                "    first = poisson(image) -> dense(20) -> lif\n"
                                "    hidden = (first -> dense(30)) + (hidden[-2] -> dense(30)) -> lif\n"
                                "    wide = (first[-1] -> concat(hidden)) -> dense(10)\n"
                                "    digit = wide + (hidden[-3] -> dense(10, bias)) -> li\n"
                                "    predict argmax(mean(digit))\n"
                                "}\n";

static const char fewer[] =
    "model fewer {\n"
    "    data idx\n"
    "    time 6 steps\n"
    "    all = poisson(image) -> dense(20) -> lif\n"
    "    few = all -> conv(30, kernel = 3, stride = 2, along = time) -> lif\n"
    "    some = few -> max_pool(3, along = time) -> dense(10, bias) -> dense(4, along = time)\n"
    "    predict argmax(mean(some))\n"
    "}\n";

static Graph *placed(const Built *built)
{
    Graph *graph = graph_of(built->net);
    graph_place(graph);
    return graph;
}

static int card_of(const Graph *graph, const char *title)
{
    int found = NONE;
    for (int c = 0; c < graph->cards.count; c++)
        if (graph->cards.at[c].title && strcmp(graph->cards.at[c].title, title) == 0) {
            ck_assert_int_eq(found, NONE);
            found = c;
        }
    ck_assert_int_ne(found, NONE);
    return found;
}

static int card_with(const Graph *graph, const char *words)
{
    for (int c = 0; c < graph->cards.count; c++)
        for (int k = 0; k < graph->cards.at[c].lines.count; k++)
            if (strcmp(graph->cards.at[c].lines.at[k].words, words) == 0)
                return c;
    ck_abort_msg("no card says %s", words);
    return NONE;
}

static const Link *link_between(const Graph *graph, int from, int to)
{
    for (int l = 0; l < graph->links.count; l++)
        if (graph->links.at[l].from == from && graph->links.at[l].to == to)
            return &graph->links.at[l];
    return NULL;
}

/* No two cards touch, bends included, and all are on the picture; links that lead down do so. */
static void expect_legible(const Graph *graph)
{
    for (int a = 0; a < graph->cards.count; a++) {
        const Card *one = &graph->cards.at[a];
        ck_assert(one->x >= 0 && one->y >= 0);
        ck_assert(one->x + one->width <= graph->width && one->y + one->height <= graph->height);
        for (int b = 0; b < a; b++) {
            const Card *other = &graph->cards.at[b];
            bool beside = one->x >= other->x + other->width || other->x >= one->x + one->width;
            bool below = one->y >= other->y + other->height || other->y >= one->y + one->height;
            ck_assert_msg(beside || below, "cards %d and %d lie on each other", b, a);
        }
    }
    for (int l = 0; l < graph->links.count; l++) {
        const Link *link = &graph->links.at[l];
        const Card *from = &graph->cards.at[link->from], *to = &graph->cards.at[link->to];
        ck_assert(link->back ? from->rank >= to->rank : from->rank < to->rank);
        ck_assert(!link->back || link->lane > to->x + to->width);
        ck_assert(!link->back || link->lane < graph->width);
    }
}

static int64_t number_in(const char *facts)
{
    const char *at = strstr(facts, " parameter");
    while (at && at > facts && at[-1] >= '0' && at[-1] <= '9')
        at--;
    return at ? atoll(at) : 0;
}

/* Each parameter is counted on one card. */
static void expect_all_parameters(const Built *built, const Graph *graph)
{
    int64_t all = 0, shown = 0;
    for (ParamId p = 0; p < built->net->params.count; p++)
        all += built->net->params.at[p].kept ? 0 : shape_size(built->net->params.at[p].shape);
    for (int c = 0; c < graph->cards.count; c++)
        for (int k = 0; k < graph->cards.at[c].lines.count; k++)
            shown += number_in(graph->cards.at[c].lines.at[k].facts);
    ck_assert_int_eq(shown, all);
}

START_TEST(what_is_repeated_is_drawn_once)
{
    Built *built = build_text(deep);
    Graph *graph = placed(built);
    int stem = card_of(graph, "stem"), add = card_of(graph, "deep"), digit = card_of(graph, "digit");
    int branch = card_with(graph, "conv(8, kernel = 3, pad = same)");
    expect_legible(graph);
    expect_all_parameters(built, graph);
    ck_assert_int_eq(graph->frames.count, 1);
    ck_assert_int_eq(graph->frames.at[0].times, 5);
    ck_assert_int_eq(graph->cards.at[branch].frame, 0);
    ck_assert_int_eq(graph->cards.at[branch].lines.count, 6);
    ck_assert_int_eq(graph->cards.at[add].frame, 0);
    ck_assert_int_eq(graph->cards.at[stem].frame, NONE);
    ck_assert(link_between(graph, stem, branch) && link_between(graph, branch, add));
    ck_assert(link_between(graph, stem, add)->bends == 1); /* the residual one passes the branch */
    ck_assert(link_between(graph, add, digit) && !link_between(graph, add, branch));
    built_free(built);
}
END_TEST

START_TEST(delays_are_on_their_links)
{
    Built *built = build_text(recurrent);
    Graph *graph = placed(built);
    int first = card_of(graph, "first"), hidden = card_of(graph, "hidden"), wide = card_of(graph, "wide");
    expect_legible(graph);
    expect_all_parameters(built, graph);
    ck_assert_int_eq(graph->frames.count, 0);
    int back = NONE, later = card_with(graph, "dense(10, bias)");
    for (int l = 0; l < graph->links.count; l++)
        back = graph->links.at[l].back ? l : back;
    ck_assert_int_ne(back, NONE);
    ck_assert_int_eq(graph->links.at[back].from, hidden);
    ck_assert_int_eq(graph->links.at[back].delay, 2);
    ck_assert(graph->links.at[back].spikes);
    ck_assert(link_between(graph, graph->links.at[back].to, hidden) != NULL);
    ck_assert_int_eq(link_between(graph, first, wide)->delay, 1);
    ck_assert_int_eq(link_between(graph, hidden, wide)->delay, 0);
    ck_assert_int_eq(link_between(graph, hidden, later)->delay, 3);
    built_free(built);
}
END_TEST

/* As XML: every tag that opens closes, and no sign of the model's text is taken for one of XML's. */
static void expect_well_formed(const Lines *lines)
{
    const char *open[16];
    int depth = 0;
    for (int i = 0; i < lines->count; i++)
        for (const char *at = strchr(lines->at[i], '<'); at; at = strchr(at + 1, '<')) {
            size_t length = strcspn(at + 1, " >/");
            const char *end = strchr(at, '>');
            ck_assert(end != NULL);
            if (at[1] == '/') {
                length = strcspn(at + 2, ">");
                ck_assert(depth > 0 && strncmp(open[depth - 1] + 1, at + 2, length) == 0);
                depth--;
            } else if (end[-1] != '/') {
                ck_assert(length > 0 && depth < 16);
                open[depth++] = at;
            }
        }
    ck_assert_int_eq(depth, 0);
}

static int lines_with(const Lines *lines, const char *text)
{
    int count = 0;
    for (int i = 0; i < lines->count; i++)
        count += strstr(lines->at[i], text) != NULL;
    return count;
}

static const char *facts_of(const Graph *graph, const char *words)
{
    const Card *card = &graph->cards.at[card_with(graph, words)];
    int k = 0;
    while (strcmp(card->lines.at[k].words, words) != 0)
        k++;
    return card->lines.at[k].facts;
}

/* Also where a stage has all steps as an axis on its way. */
START_TEST(steps_of_their_own_are_told)
{
    Built *built = build_text(fewer);
    Graph *graph = placed(built);
    expect_all_parameters(built, graph);
    ck_assert_str_eq(facts_of(graph, "dense(20)"), "[20], 15680 parameters");
    ck_assert_str_eq(facts_of(graph, "conv(30, kernel = 3, stride = 2, along = time)"),
                     "[30] in 3 steps, 1800 parameters");
    ck_assert_str_eq(facts_of(graph, "max_pool(3, along = time)"), "[30] in 1 step");
    ck_assert_str_eq(facts_of(graph, "dense(10, bias)"), "[10] in 1 step, 310 parameters");
    ck_assert_str_eq(facts_of(graph, "dense(4, along = time)"), "[10] in 4 steps, 4 parameters");
    ck_assert_str_eq(facts_of(graph, "mean(some)"), "[10]");
    built_free(built);
}
END_TEST

START_TEST(the_picture_is_svg_in_both_schemes)
{
    Built *built = build_text("model signs {\n"
                              "    data idx\n"
                              "    time 3 steps\n"
                              "    a = poisson(where(image < 0.5 and image > 0.1, image, 0)) -> dense(10)\n"
                              "    predict argmax(mean(a))\n"
                              "}\n");
    net_draw(built->net);
    const Lines *lines = &built->net->drawing;
    expect_well_formed(lines);
    ck_assert_int_eq(lines_with(lines, "image &lt; 0.5 and image &gt; 0.1"), 2); /* alone, and in poisson() */
    ck_assert_ptr_nonnull(strstr(snn_drawing_style(), "prefers-color-scheme:dark"));
    ck_assert_int_eq(lines_with(lines, "class='title'"), 3);
    ck_assert_int_eq(lines_with(lines, "class='reals'"), 2);
    built_free(built);
}
END_TEST

Suite *draw_suite(void)
{
    Suite *suite = suite_create("draw");
    TCase *tests = tcase_create("picture");
    tcase_add_test(tests, what_is_repeated_is_drawn_once);
    tcase_add_test(tests, delays_are_on_their_links);
    tcase_add_test(tests, steps_of_their_own_are_told);
    tcase_add_test(tests, the_picture_is_svg_in_both_schemes);
    suite_add_tcase(suite, tests);
    return suite;
}
