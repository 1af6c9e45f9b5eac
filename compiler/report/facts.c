#include "report/report.h"

#include <math.h>

/* ---- columns ------------------------------------------------------------------------------------------- */

static double units(const Account *account, const LayerAccount *row)
{
    (void)account;
    return row->layer ? row->layer->units : 0;
}

static double parameters(const Account *account, const LayerAccount *row)
{
    (void)account;
    return row->layer ? (double)row->layer->parameters : 0;
}

static double flash(const Account *account, const LayerAccount *row)
{
    (void)account;
    return (double)row->flash;
}

static double ram(const Account *account, const LayerAccount *row)
{
    (void)account;
    return (double)row->ram;
}

static double stack(const Account *account, const LayerAccount *row)
{
    (void)account;
    return (double)row->stack;
}

static double worst_operations(const Account *account, const LayerAccount *row)
{
    (void)account;
    return cost_operations(&row->worst);
}

static double expected_operations(const Account *account, const LayerAccount *row)
{
    (void)account;
    return cost_operations(&row->expected);
}

static double synapses(const Account *account, const LayerAccount *row)
{
    return cost_synapses(account->rates ? &row->expected : &row->worst);
}

static double bytes_moved(const Account *account, const LayerAccount *row)
{
    return cost_bytes(account->rates ? &row->expected : &row->worst);
}

static double energy(const Account *account, const LayerAccount *row)
{
    return cost_energy(account->rates ? &row->expected : &row->worst) / 1000;
}

const Column report_columns[] = {
    {"units", "units", false, units},
    {"parameters", "parameters", false, parameters},
    {"flash", "flash_bytes", false, flash},
    {"RAM", "ram_bytes", false, ram},
    {"stack", "stack_bytes", false, stack},
    {"worst ops", "worst_operations", false, worst_operations},
    {"expected ops", "expected_operations", true, expected_operations},
    {"synaptic", "synaptic_operations", false, synapses},
    {"bytes moved", "bytes_moved", false, bytes_moved},
    {"nJ", "nanojoules", false, energy},
};
const int report_column_count = sizeof report_columns / sizeof *report_columns;

bool report_has_column(const Account *account, const Column *column)
{
    return account->rates || !column->of_rates;
}

const char *report_number(Arena *arena, double number)
{
    bool whole = number >= 1000 || floor(number) == number;
    return arena_printf(arena, whole ? "%.0f" : "%.3g", number);
}

const char *report_layer_name(const LayerAccount *row)
{
    return row->layer ? row->layer->name : "(all)";
}

const char *report_layer_remark(const Account *account, const LayerAccount *row)
{
    bool once = row->layer && !row->layer->each_step && !account->program->whole_why;
    return once ? "once a sample" : "";
}

const char *report_title(const Account *account)
{
    return arena_printf(account->program->arena, "%s: inference of %s", account->program->name,
                        account->program->source);
}

/* ---- facts --------------------------------------------------------------------------------------------- */

#define fact(facts, name, ...) vec_push(arena, (facts), ((Fact){(name), arena_printf(arena, __VA_ARGS__)}))

/* "below 0.12 spikes a unit and step" */
static const char *below_text(Arena *arena, double rate)
{
    if (rate <= 0)
        return "at no rate: its neurons alone need more";
    return rate >= 1 ? "at any rate" : arena_printf(arena, "below %.3g spikes a unit and step", rate);
}

static void add_work_facts(const Account *account, Facts *facts)
{
    Arena *arena = account->program->arena;
    const Cost *worst = &account->worst, *expected = &account->expected;
    fact(facts, "operations a sample, at most", "%.0f, %.0f of them synaptic", cost_operations(worst),
         cost_synapses(worst));
    if (account->rates)
        fact(facts, "operations a sample, expected", "%.0f, %.0f of them synaptic", cost_operations(expected),
             cost_synapses(expected));
    const Cost *shown = account->rates ? expected : worst;
    fact(facts, account->rates ? "memory traffic a sample" : "memory traffic a sample, at most",
         "%.0f bytes of constants, %.0f of state", shown->constant_bytes, shown->state_bytes);
    fact(facts, account->rates ? "energy a sample" : "energy a sample, at most",
         "%s nJ: %s of arithmetic, %s of memories", report_number(arena, cost_energy(shown) / 1000),
         report_number(arena, shown->arithmetic / 1000), report_number(arena, shown->memory / 1000));
}

static void add_dense_facts(const Account *account, Facts *facts)
{
    Arena *arena = account->program->arena;
    fact(facts, "the same, dense at each step", "%s nJ; spikes need less %s",
         report_number(arena, cost_energy(&account->every_step) / 1000),
         below_text(arena, account->below_every_step));
    fact(facts, "a rectifier network, once", "%s nJ; spikes need less %s",
         report_number(arena, cost_energy(&account->once) / 1000), below_text(arena, account->below_once));
}

static void add_rates(const Account *account, Facts *facts)
{
    Arena *arena = account->program->arena;
    const char *text = "";
    for (int k = 0; account->rates && k < account->rates->list.count; k++)
        text = arena_printf(arena, "%s%s%s %.3g", text, k ? ", " : "", account->rates->list.at[k].stream,
                            account->rates->list.at[k].rate);
    if (account->rates)
        fact(facts, "rates", "%s (%s)", text, account->rates->path);
    else
        fact(facts, "rates", "none were given: the worst case only");
}

/* What the other form would take. */
static void add_delays(const Account *account, Facts *facts)
{
    const DelayAccount *delays = &account->delays;
    Arena *arena = account->program->arena;
    long long tables = (long long)delays->table_bytes, code = (long long)delays->code_bytes;
    if (delays->synapses == 0)
        return;
    const char *synapses = arena_printf(arena, "%lld synapses", (long long)delays->synapses);
    if (delays->as_code)
        fact(facts, "delays",
             "%s as code, of about %lld bytes; as tables (--delays=tables) %lld bytes of constants", synapses,
             code, tables);
    else
        fact(facts, "delays",
             "%s as tables of %lld bytes; as code (--delays=code), which is faster, about %lld bytes",
             synapses, tables, code);
}

static void add_measured(const Account *account, Facts *facts)
{
    const Program *program = account->program;
    Arena *arena = program->arena;
    for (int i = 0; i < program->notes.count; i++)
        fact(facts, "note", "%s", program->notes.at[i]);
    if (program->accuracy.folder)
        fact(facts, "accuracy", "%s", report_accuracy(arena, program));
}

const char *report_accuracy(Arena *arena, const Program *program)
{
    const LoopAccuracy *accuracy = &program->accuracy;
    double all = accuracy->samples;
    const char *floats = arena_printf(arena, "%.4f in floats", accuracy->floats / all);
    const char *whole =
        program->whole_numbers
            ? arena_printf(arena, ", %.4f in whole numbers, which take %d of them for another class",
                           accuracy->whole / all, accuracy->samples - accuracy->alike)
            : "";
    return arena_printf(arena, "%s%s; %d of the %d test samples in %s", floats, whole, accuracy->samples,
                        accuracy->of, accuracy->folder);
}

Facts report_facts(const Account *account)
{
    const Program *program = account->program;
    Arena *arena = program->arena;
    Facts facts = {0};
    fact(&facts, "weights", "%016llx", (unsigned long long)program->weights_hash);
    if (program->dt > 0)
        fact(&facts, "steps of a sample", "%d of %g ms", program->steps, program->dt);
    else
        fact(&facts, "steps of a sample", "%d", program->steps);
    fact(&facts, "flash", "%lld bytes of constants, beside the code", (long long)account->flash);
    fact(&facts, "RAM", "%lld bytes of state", (long long)account->ram);
    fact(&facts, "stack", "at most %lld bytes", (long long)account->stack);
    add_delays(account, &facts);
    add_measured(account, &facts);
    add_rates(account, &facts);
    add_work_facts(account, &facts);
    add_dense_facts(account, &facts);
    return facts;
}

/* ---- notes --------------------------------------------------------------------------------------------- */

#define NEARLY_SILENT 0.001

static void note_rates(const Account *account, Notes *notes)
{
    Arena *arena = account->program->arena;
    for (int k = 0; k < account->unknown.count; k++)
        vec_push(
            arena, notes,
            arena_printf(arena,
                         "No rate of `%s` is known: it is taken to spike always. `test --rates FILE` of the "
                         "trainer measures it.",
                         account->unknown.at[k]));
    for (int l = 0; l < account->layers.count; l++) {
        const LayerAccount *row = &account->layers.at[l];
        if (row->layer && row->rate >= 0 && row->rate < NEARLY_SILENT)
            vec_push(arena, notes,
                     arena_printf(arena, "`%s` is nearly silent: %.2g spikes a unit and step.",
                                  row->layer->name, row->rate));
    }
}

Notes report_notes(const Account *account)
{
    static const char *const always[] = {
        "A spike adds a weight to a sum: the weight is read, the sum is read and stored. A number multiplies "
        "it first. What is dense reads each weight and each input, and holds sums in registers.",
        "Neurons and formulas count operation by operation, an elementary function as one multiplication, "
        "and read and store their states and streams; random numbers, loops and addresses count nothing.",
        "Energy is that of 45 nm at 0.9 V (Horowitz, ISSCC 2014): a float multiplied and added takes 4.6 pJ, "
        "added 0.9 pJ, an 8-bit number 0.3 and 0.1 pJ; 64 bits from 8 KiB of memory take 10 pJ, from 32 KiB "
        "20, from 1 MiB 100, from more 1300. Constants and state are each one memory. A processor takes "
        "more, for its instructions.",
    };
    Arena *arena = account->program->arena;
    Notes notes = {0};
    vec_push(arena, &notes,
             account->program->whole_why ? "Layers are of a whole sample."
                                         : "Layers are of one step, but those that run once a sample.");
    note_rates(account, &notes);
    for (size_t k = 0; k < sizeof always / sizeof *always; k++)
        vec_push(arena, &notes, always[k]);
    return notes;
}
