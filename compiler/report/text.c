/* The report as text: facts, a table, notes. */
#include "report/report.h"

enum { LAYER_WIDTH = 20, LEAST_WIDTH = 6 };

static int width_of(const Column *column)
{
    int width = (int)strlen(column->name);
    return (width > LEAST_WIDTH ? width : LEAST_WIDTH) + 2;
}

static void write_heading(const Account *account, Out *out)
{
    const char *line = arena_printf(account->program->arena, "%-*s", LAYER_WIDTH, "layer");
    for (int c = 0; c < report_column_count; c++)
        if (report_has_column(account, &report_columns[c]))
            line = arena_printf(account->program->arena, "%s%*s", line, width_of(&report_columns[c]),
                                report_columns[c].name);
    out_line(out, "%s", line);
}

static void write_row(const Account *account, const LayerAccount *row, Out *out)
{
    Arena *arena = account->program->arena;
    const char *line = arena_printf(arena, "%-*s", LAYER_WIDTH, report_layer_name(row));
    for (int c = 0; c < report_column_count; c++)
        if (report_has_column(account, &report_columns[c]))
            line = arena_printf(arena, "%s%*s", line, width_of(&report_columns[c]),
                                report_number(arena, report_columns[c].number(account, row)));
    const char *remark = report_layer_remark(account, row);
    out_line(out, "%s%s%s", line, *remark ? "  " : "", remark);
}

void report_text(const Account *account, Out *out)
{
    const Facts facts = report_facts(account);
    const Notes notes = report_notes(account);
    out_line(out, "%s", report_title(account));
    out_blank(out);
    for (int k = 0; k < facts.count; k++)
        out_line(out, "%-33s %s", facts.at[k].name, facts.at[k].value);
    out_blank(out);
    write_heading(account, out);
    for (int l = 0; l < account->layers.count; l++)
        write_row(account, &account->layers.at[l], out);
    for (int k = 0; k < notes.count; k++) {
        out_blank(out);
        out_line(out, "%s", notes.at[k]);
    }
}
