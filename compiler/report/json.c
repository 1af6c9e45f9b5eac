/* The report as one object of JSON. */
#include "report/report.h"

/* With escapes, between quotes. */
static const char *quoted(Arena *arena, const char *text)
{
    const char *all = "\"";
    for (; *text; text++)
        all = arena_printf(arena,
                           *text == '"' || *text == '\\' ? "%s\\%c"
                           : (unsigned char)*text < ' '  ? "%s\\u%04x"
                                                         : "%s%c",
                           all, *text);
    return arena_printf(arena, "%s\"", all);
}

static void write_cost(const char *name, const Cost *cost, const char *after, Out *out)
{
    out_line(out,
             "\"%s\": {\"operations\": %.10g, \"synaptic_operations\": %.10g, \"constant_bytes\": %.10g, "
             "\"state_bytes\": %.10g, \"nanojoules\": %.10g}%s",
             name, cost_operations(cost), cost_synapses(cost), cost->constant_bytes, cost->state_bytes,
             cost_energy(cost) / 1000, after);
}

static void write_layer(const Account *account, const LayerAccount *row, bool last, Out *out)
{
    Arena *arena = account->program->arena;
    const char *rate = row->rate >= 0 ? arena_printf(arena, "%.10g", row->rate) : "null";
    out_open(out, "%s", "");
    out_line(out, "\"name\": %s,", row->layer ? quoted(arena, row->layer->name) : "null");
    out_line(out, "\"words\": %s,", row->layer ? quoted(arena, row->layer->about) : "null");
    out_line(out, "\"each_step\": %s,", row->layer && row->layer->each_step ? "true" : "false");
    out_line(out, "\"rate\": %s,", rate);
    for (int c = 0; c < report_column_count; c++)
        if (report_has_column(account, &report_columns[c]))
            out_line(out, "\"%s\": %.10g%s", report_columns[c].key, report_columns[c].number(account, row),
                     c + 1 < report_column_count ? "," : "");
    out_close(out, last ? "" : ",");
}

static void write_delays(const Account *account, Out *out)
{
    const DelayAccount *delays = &account->delays;
    if (delays->synapses > 0)
        out_line(out,
                 "\"delays\": {\"synapses\": %lld, \"as_code\": %s, \"table_bytes\": %lld, \"code_bytes\": "
                 "%lld},",
                 (long long)delays->synapses, delays->as_code ? "true" : "false",
                 (long long)delays->table_bytes, (long long)delays->code_bytes);
}

static void write_measured(const Program *program, Out *out)
{
    const LoopAccuracy *accuracy = &program->accuracy;
    double all = accuracy->samples;
    const char *whole = program->whole_numbers
                            ? arena_printf(program->arena, ", \"whole_numbers\": %.10g, \"alike\": %.10g",
                                           accuracy->whole / all, accuracy->alike / all)
                            : "";
    for (int i = 0; i < program->notes.count; i++)
        out_line(out, "%s%s%s", i == 0 ? "\"notes\": [" : "", quoted(program->arena, program->notes.at[i]),
                 i + 1 < program->notes.count ? "," : "],");
    if (accuracy->folder)
        out_line(out, "\"accuracy\": {\"samples\": %d, \"of\": %d, \"floats\": %.10g%s},", accuracy->samples,
                 accuracy->of, accuracy->floats / all, whole);
}

void report_json(const Account *account, Out *out)
{
    const Program *program = account->program;
    out_open(out, "%s", "");
    out_line(out, "\"model\": %s,", quoted(program->arena, program->name));
    out_line(out, "\"weights\": \"%016llx\",", (unsigned long long)program->weights_hash);
    out_line(out, "\"steps\": %d,", program->steps);
    out_line(out, "\"flash_bytes\": %lld,", (long long)account->flash);
    out_line(out, "\"ram_bytes\": %lld,", (long long)account->ram);
    out_line(out, "\"stack_bytes\": %lld,", (long long)account->stack);
    write_delays(account, out);
    write_measured(program, out);
    write_cost("worst", &account->worst, ",", out);
    if (account->rates)
        write_cost("expected", &account->expected, ",", out);
    write_cost("dense_at_each_step", &account->every_step, ",", out);
    write_cost("rectifiers_once", &account->once, ",", out);
    out_line(out, "\"less_than_dense_at_each_step_below\": %.10g,", account->below_every_step);
    out_line(out, "\"less_than_rectifiers_once_below\": %.10g,", account->below_once);
    out_line(out, "\"layers\": [");
    out_indent(out, 1);
    for (int l = 0; l < account->layers.count; l++)
        write_layer(account, &account->layers.at[l], l + 1 == account->layers.count, out);
    out_indent(out, -1);
    out_line(out, "]");
    out_close(out, "");
}
