/* `report`: the page, and where it goes. */
#include "snn_report.h"
#include "snn_chart.h"
#include "snn_curves.h"
#include "snn_drawing.h"
#include "snn_health.h"
#include "snn_output.h"
#include "snn_param.h"
#include "snn_predictor.h"
#include "snn_raster.h"
#include "snn_spread.h"
#include "snn_tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPORT_BEGIN "<!DOCTYPE html>\n<html lang=\"en\" data-snnc=\"report\">\n"

static const char *const report_style[] = {
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
};

static void report_colours(FILE *page)
{
    for (int i = 0; i < SNN_CHART_COLOURS; i++)
        fprintf(page,
                ".line.colour%d{stroke:var(--c%d)}.point.colour%d,.key.colour%d{fill:var(--c%d);background:"
                "var(--c%d)}\n",
                i, i, i, i, i, i);
}

static void report_head(FILE *page, const SnnModel *model)
{
    fputs(REPORT_BEGIN "<head>\n<meta charset=\"utf-8\"/>\n"
                       "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>",
          page);
    snn_chart_text(page, model->name);
    fputs("</title>\n<style>\n", page);
    for (size_t i = 0; i < sizeof report_style / sizeof report_style[0]; i++)
        fprintf(page, "%s\n", report_style[i]);
    report_colours(page);
    fputs(snn_drawing_style(), page);
    fputs("</style>\n</head>\n<body>\n<h1>", page);
    snn_chart_text(page, model->name);
    fputs("</h1>\n<p>", page);
    snn_chart_text(page, model->source);
    fprintf(page, ", by snnc %s</p>\n", model->version);
}

static void report_facts(FILE *page, const SnnReport *report, const SnnTally *tally)
{
    const SnnModel *model = report->session->model;
    int64_t numbers = 0;
    for (int i = 0; i < model->param_count; i++)
        numbers += model->params[i].kept ? 0 : snn_param_size(&model->params[i]);
    fprintf(page, "<dl>\n<dt>parameters</dt><dd>%lld</dd>\n<dt>time steps</dt><dd>%d", (long long)numbers,
            model->steps);
    if (model->dt > 0.0f)
        fprintf(page, " of %g ms", (double)model->dt);
    fputs("</dd>\n", page);
    if (model->learning != NULL) {
        fputs("<dt>trained by</dt><dd>", page);
        snn_chart_text(page, model->learning);
        fprintf(page, ", seed %u</dd>\n", report->seed);
    }
    if (tally->samples > 0)
        snn_tally_write_score(page, tally);
    fputs("</dl>\n", page);
}

static void report_section(FILE *page, const char *title, const char *about)
{
    fprintf(page, "<section>\n<h2>%s</h2>\n<p>%s</p>\n", title, about);
}

static void report_net(FILE *page, const SnnModel *model)
{
    if (model->drawing == NULL)
        return;
    report_section(page, "The network",
                   "Blue carries spikes, dashed comes late; frames hold what is repeated.");
    fputs("<div class=\"wide\">\n", page);
    for (int i = 0; model->drawing[i] != NULL; i++)
        fprintf(page, "%s\n", model->drawing[i]);
    fputs("</div>\n</section>\n", page);
}

static bool report_curves(FILE *page, const SnnReport *report)
{
    if (report->log == NULL)
        return true;
    report_section(page, "Learning", "By epoch.");
    fputs("<div class=\"charts\">\n", page);
    bool ok = snn_curves_write(page, report->log);
    fputs("</div>\n</section>\n", page);
    return ok;
}

static void report_test(FILE *page, const SnnTally *tally)
{
    if (tally->samples > 0 && tally->classes > 0) {
        report_section(page, "What is taken for what", "Test samples of each label, by the class predicted.");
        fputs("<div class=\"wide\">\n", page);
        snn_tally_write_matrix(page, tally);
        fputs("</div>\n</section>\n", page);
    }
    if (snn_tally_has_rates(tally)) {
        report_section(page, "How often layers fire",
                       "Spikes a unit and step, of each test sample: in percent of the samples.");
        fputs("<div class=\"charts\">\n", page);
        snn_tally_write_rates(page, tally);
        fputs("</div>\n</section>\n", page);
    }
}

static bool report_parameters(FILE *page, const SnnReport *report)
{
    report_section(page, "Parameters",
                   "In percent of their numbers; the outline is what the seed begins with.");
    fputs("<div class=\"charts\">\n", page);
    bool ok = snn_spread_write(page, report->session, report->seed);
    fputs("</div>\n</section>\n", page);
    return ok;
}

enum { REPORT_RASTERS = 3 }; /* samples whose spikes are shown */

/* ---- the test set ---------------------------------------------------------------------------------- */

static bool report_run(const SnnReport *report, SnnTally *tally, SnnError *error)
{
    SnnSession *session = report->session;
    SnnModel *model = session->model;
    const SnnPart *test = report->test;
    model->run->seed = report->seed;
    model->run->epoch = SNN_TEST_EPOCH;
    for (int32_t first = 0, rows; first < test->count; first += rows) {
        rows = test->count - first < session->batch ? test->count - first : session->batch;
        snn_session_load(session, test->data, test->samples, first, rows);
        snn_session_evaluate(session);
        if (!snn_forward_is_finite(session)) {
            snn_describe_non_finite(model, error);
            return false;
        }
        snn_tally_add(tally);
    }
    return true;
}

/* Each in a batch of its own: where samples go through the network one by one, there are spikes of one. */
static void report_run_alone(const SnnReport *report, FILE *rasters)
{
    SnnSession *session = report->session;
    const SnnPart *test = report->test;
    for (int32_t sample = 0; sample < test->count && sample < REPORT_RASTERS; sample++) {
        snn_session_load(session, test->data, test->samples, sample, 1);
        snn_session_evaluate(session);
        snn_raster_write(rasters, session->model, test->data->labels != NULL);
    }
}

static void report_rasters(FILE *page, const char *rasters)
{
    report_section(page, "Spikes of some samples", "Time goes to the right, units go down.");
    fprintf(page, "%s</section>\n", rasters);
}

static bool report_sections(FILE *page, const SnnReport *report, const SnnTally *tally, const char *rasters)
{
    const SnnModel *model = report->session->model;
    report_head(page, model);
    report_facts(page, report, tally);
    report_net(page, model);
    bool room = report_curves(page, report);
    report_test(page, tally);
    if (rasters[0] != '\0')
        report_rasters(page, rasters);
    room = report_parameters(page, report) && room;
    fputs("</body>\n</html>\n", page);
    return room;
}

static bool report_page(FILE *page, const SnnReport *report, SnnError *error)
{
    SnnTally tally;
    char *rasters = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&rasters, &size);
    bool labels = report->test->count > 0 && report->test->data->labels != NULL;
    bool ok = snn_tally_open(&tally, report->session->model, labels, error)
              && (memory != NULL || snn_fail(error, "no memory (report)"))
              && report_run(report, &tally, error);
    if (ok)
        report_run_alone(report, memory);
    bool written = memory != NULL && fclose(memory) == 0;
    if (ok)
        ok = (written && report_sections(page, report, &tally, rasters))
             || snn_fail(error, "no memory (report)");
    free(rasters);
    snn_tally_close(&tally);
    return ok;
}

bool snn_report_write(const SnnReport *report, const char *path, SnnError *error)
{
    SnnOutput output;
    if (!snn_output_open_any(&output, path, error))
        return false;
    if (report_page(output.stream, report, error))
        return snn_output_commit(&output, error);
    snn_output_discard(&output);
    return false;
}

/* ---- files ----------------------------------------------------------------------------------------- */

/* Or nothing. */
static bool report_is_ours(const char *path)
{
    char begin[sizeof REPORT_BEGIN] = "";
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return true; /* the attempt to write it will tell */
    size_t got = fread(begin, 1, sizeof begin - 1, file);
    fclose(file);
    return got == 0 || strcmp(begin, REPORT_BEGIN) == 0;
}

bool snn_report_check_target(const SnnModel *model, const SnnOptions *options, const char *path,
                             const char *flag, SnnError *error)
{
    char buffer[4096];
    struct stat info;
    SnnOutput probe;
    if (snn_output_is_standard(path)
        || (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)))
        return true;
    if (snn_same_file(path, snn_weights_path(model, options->weights, buffer, sizeof buffer))
        || (options->log != NULL && snn_same_file(path, options->log)))
        return snn_fail(error, "would overwrite (%s): it is another file of this run; give another %s FILE",
                        path, flag);
    if (!snn_dataset_spare(model, snn_data_folder(model, options), NULL, path, flag, error))
        return false;
    if (!options->force && !report_is_ours(path))
        return snn_fail(error, "would overwrite (%s): it is not a report; give another %s FILE, or --force",
                        path, flag);
    if (!snn_output_open(&probe, path, error))
        return false;
    snn_output_discard(&probe);
    return true;
}

char *snn_report_read_log(const char *path, SnnError *error)
{
    char *text = NULL, chunk[4096];
    size_t size = 0;
    int file = snn_input_open(path, error);
    FILE *memory = file < 0 ? NULL : open_memstream(&text, &size);
    if (file < 0)
        return NULL;
    ssize_t got = 0;
    while (memory != NULL && (got = read(file, chunk, sizeof chunk)) > 0)
        fwrite(chunk, 1, (size_t)got, memory);
    int reason = errno;
    close(file);
    if (memory != NULL && fclose(memory) == 0 && got == 0) {
        if (strncmp(text, "{\"epoch\": ", size < 10 ? size : 10) == 0)
            return text;
        snn_fail(error, "not a log (%s): give what `train --log` has written", path);
    } else {
        snn_fail(error, "cannot read the log (%s): %s", path, got < 0 ? strerror(reason) : "no memory");
    }
    free(text);
    return NULL;
}

static bool report_of(SnnPredictor *predictor, const char *log, const char *path, SnnError *error)
{
    const SnnPart all = {.data = &predictor->data, .count = predictor->data.count};
    const SnnReport report = {&predictor->session, &all, log, predictor->seed};
    return snn_report_write(&report, path, error);
}

int snn_report(SnnModel *model, const SnnOptions *options, SnnError *error)
{
    SnnPredictor predictor;
    char name[300];
    snprintf(name, sizeof name, "%.250s.html", model->name);
    const char *path = options->out != NULL ? options->out : name;
    char *log = NULL;
    if (!snn_report_check_target(model, options, path, "--out", error)
        || (options->log != NULL && (log = snn_report_read_log(options->log, error)) == NULL))
        return SNN_FAILED;
    bool ok = snn_predictor_open(&predictor, model, options, error);
    if (ok) {
        ok = report_of(&predictor, log, path, error);
        snn_predictor_close(&predictor);
    }
    free(log);
    return ok ? SNN_OK : SNN_FAILED;
}
