/* The frame of a page, and how it looks. */
#include "snn_page.h"
#include "snn_chart.h"
#include "snn_drawing.h"

static const char *const page_style[] = {
    ":root{color-scheme:light dark;--ink:#1d2733;--dim:#5f6b7a;--page:#fff;--edge:#dbe1e7;--accent:#0b6bcb;",
    "--right:#2a9d5c;--wrong:#d1495b;--c0:#0b6bcb;--c1:#d9730d;--c2:#2a9d5c;--c3:#8e44ad;--c4:#c2185b;--c5:#"
    "00838f;",
    "--c6:#6d7b1c;--c7:#5f6b7a}",
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e9ef;--dim:#9aa7b5;--page:#10151b;--edge:#2c3641;",
    "--accent:#5eb1ff;--right:#4cc38a;--wrong:#ff7b8a;--c0:#5eb1ff;--c1:#ffab5e;--c2:#4cc38a;--c3:#c792ea;",
    "--c4:#ff7eb6;--c5:#4dd0e1;--c6:#c5d86d;--c7:#9aa7b5}}",
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:1160px;",
    "margin:2em auto;padding:0 1em}h1{margin-bottom:0}h2{margin-top:2em;border-bottom:1px solid var(--edge)}",
    "p,dt,figcaption,.legend{color:var(--dim)}.charts{display:flex;flex-wrap:wrap;gap:1em}figure{margin:0;"
    "width:360px}",
    "figcaption{font-size:13px}.chart{width:360px}.net{max-width:100%;height:auto}.wide{width:100%;overflow-"
    "x:auto}",
    "dl{display:grid;grid-template-columns:max-content auto;gap:0 1em}dd{margin:0}",
    ".chart text{font:11px system-ui,sans-serif;fill:var(--dim)}.chart .left{text-anchor:end}",
    ".chart .below{text-anchor:middle}.grid{stroke:var(--edge);fill:none}.line{fill:none;stroke-width:2}",
    ".bars{fill:var(--accent);fill-opacity:.55}.before{fill:none;stroke:var(--c1);stroke-width:1.5}",
    ".raster{width:360px}.spike{stroke:var(--accent);stroke-width:1.6;fill:none}.legend{font-size:13px;"
    "margin:0}",
    ".key{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .8em;border-radius:2px}",
    ".matrix{border-collapse:collapse;font-size:13px}.matrix td,.matrix th{padding:.25em "
    ".5em;text-align:right;",
    "border:1px solid var(--edge)}.matrix th,.matrix .sum{color:var(--dim);font-weight:normal}",
    ".right{background:color-mix(in srgb,var(--right) calc(var(--share)*100%),transparent)}",
    ".wrong{background:color-mix(in srgb,var(--wrong) calc(20% + var(--share)*80%),transparent)}",
    ".much{color:var(--page)}",
    ".share{background:color-mix(in srgb,var(--accent) calc(var(--share)*60%),transparent)}",
};

static void page_colours(FILE *page)
{
    for (int i = 0; i < SNN_CHART_COLOURS; i++)
        fprintf(page,
                ".line.colour%d{stroke:var(--c%d)}.point.colour%d,.key.colour%d{fill:var(--c%d);background:"
                "var(--c%d)}\n",
                i, i, i, i, i, i);
}

void snn_page_begin(FILE *page, const char *title)
{
    fputs(SNN_PAGE_BEGIN "<head>\n<meta charset=\"utf-8\"/>\n"
                         "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>",
          page);
    snn_chart_text(page, title);
    fputs("</title>\n<style>\n", page);
    for (size_t i = 0; i < sizeof page_style / sizeof page_style[0]; i++)
        fprintf(page, "%s\n", page_style[i]);
    page_colours(page);
    fputs(snn_drawing_style(), page);
    fputs("</style>\n</head>\n<body>\n<h1>", page);
    snn_chart_text(page, title);
    fputs("</h1>\n", page);
}

void snn_page_section(FILE *page, const char *title, const char *about)
{
    fprintf(page, "<section>\n<h2>%s</h2>\n<p>%s</p>\n", title, about);
}

void snn_page_end(FILE *page)
{
    fputs("</body>\n</html>\n", page);
}
