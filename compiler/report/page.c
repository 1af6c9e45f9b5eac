/* The report as a page, and which form a file has. */
#include "report/report.h"

#include "snn_chart.h"
#include "snn_page.h"

#include <stdlib.h>

static void write_facts(const Account *account, FILE *page)
{
    const Facts facts = report_facts(account);
    fputs("<dl>\n", page);
    for (int k = 0; k < facts.count; k++) {
        fprintf(page, "<dt>%s</dt><dd>", facts.at[k].name);
        snn_chart_text(page, facts.at[k].value);
        fputs("</dd>\n", page);
    }
    fputs("</dl>\n", page);
}

/* Cells are coloured by their share of the column. */
static double largest(const Account *account, const Column *column)
{
    double most = 0;
    for (int l = 0; l < account->layers.count; l++) {
        double number = column->number(account, &account->layers.at[l]);
        most = number > most ? number : most;
    }
    return most;
}

static void write_row(const Account *account, const LayerAccount *row, FILE *page)
{
    fputs("<tr><th>", page);
    snn_chart_text(page, report_layer_name(row));
    fputs("</th>", page);
    for (int c = 0; c < report_column_count; c++) {
        const Column *column = &report_columns[c];
        if (!report_has_column(account, column))
            continue;
        double number = column->number(account, row), most = largest(account, column);
        fprintf(page, "<td class=\"share\" style=\"--share:%.3f\">%s</td>", most > 0 ? number / most : 0,
                report_number(account->program->arena, number));
    }
    fprintf(page, "<th>%s</th></tr>\n", report_layer_remark(account, row));
}

static void write_layers(const Account *account, FILE *page)
{
    snn_page_section(page, "Layers", "Darker cells are larger shares of their column.");
    fputs("<div class=\"wide\">\n<table class=\"matrix\">\n<tr><th>layer</th>", page);
    for (int c = 0; c < report_column_count; c++)
        if (report_has_column(account, &report_columns[c]))
            fprintf(page, "<th>%s</th>", report_columns[c].name);
    fputs("<th></th></tr>\n", page);
    for (int l = 0; l < account->layers.count; l++)
        write_row(account, &account->layers.at[l], page);
    fputs("</table>\n</div>\n</section>\n", page);
}

static void write_notes(const Account *account, FILE *page)
{
    const Notes notes = report_notes(account);
    snn_page_section(page, "How to read it", "");
    for (int k = 0; k < notes.count; k++) {
        fputs("<p>", page);
        snn_chart_text(page, notes.at[k]);
        fputs("</p>\n", page);
    }
    fputs("</section>\n", page);
}

static void write_page(const Account *account, FILE *page)
{
    const Program *program = account->program;
    snn_page_begin(page, report_title(account));
    write_facts(account, page);
    snn_page_section(page, "The network", SNN_PAGE_DRAWING);
    fputs("<div class=\"wide\">\n", page);
    for (int i = 0; i < program->drawing.count; i++)
        fprintf(page, "%s\n", program->drawing.at[i]);
    fputs("</div>\n</section>\n", page);
    write_layers(account, page);
    write_notes(account, page);
    snn_page_end(page);
}

/* A file of HTML that needs no other. False without memory. */
static bool report_page(const Account *account, Out *out)
{
    char *text = NULL;
    size_t size = 0;
    FILE *page = open_memstream(&text, &size);
    if (page)
        write_page(account, page);
    bool written = page && !ferror(page);
    written = page && fclose(page) == 0 && written;
    if (written)
        out_raw(out, text, size);
    free(text);
    return written;
}

static bool ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path), size = strlen(ending);
    return length > size && strcmp(path + length - size, ending) == 0;
}

bool report_write(const Account *account, const char *path, Out *out)
{
    if (ends_with(path, ".html"))
        return report_page(account, out);
    (ends_with(path, ".json") ? report_json : report_text)(account, out);
    return true;
}
