/* `report`: the page, and where it goes. */
#include "snn_report.h"
#include "snn_chart.h"
#include "snn_curves.h"
#include "snn_health.h"
#include "snn_output.h"
#include "snn_page.h"
#include "snn_param.h"
#include "snn_predictor.h"
#include "snn_raster.h"
#include "snn_spread.h"
#include "snn_tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void report_head(FILE *page, const SnnModel *model)
{
    snn_page_begin(page, model->name);
    fputs("<p>", page);
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

static void report_net(FILE *page, const SnnModel *model)
{
    if (model->drawing == NULL)
        return;
    snn_page_section(page, "The network", SNN_PAGE_DRAWING);
    fputs("<div class=\"wide\">\n", page);
    for (int i = 0; model->drawing[i] != NULL; i++)
        fprintf(page, "%s\n", model->drawing[i]);
    fputs("</div>\n</section>\n", page);
}

static bool report_curves(FILE *page, const SnnReport *report)
{
    if (report->log == NULL)
        return true;
    snn_page_section(page, "Learning", "By epoch.");
    fputs("<div class=\"charts\">\n", page);
    bool ok = snn_curves_write(page, report->log);
    fputs("</div>\n</section>\n", page);
    return ok;
}

static void report_test(FILE *page, const SnnTally *tally)
{
    if (tally->samples > 0 && tally->classes > 0) {
        snn_page_section(page, "What is taken for what",
                         "Test samples of each label, by the class predicted.");
        fputs("<div class=\"wide\">\n", page);
        snn_tally_write_matrix(page, tally);
        fputs("</div>\n</section>\n", page);
    }
    if (snn_tally_has_rates(tally)) {
        snn_page_section(page, "How often layers fire",
                         "Spikes a unit and step, of each test sample: in percent of the samples.");
        fputs("<div class=\"charts\">\n", page);
        snn_tally_write_rates(page, tally);
        fputs("</div>\n</section>\n", page);
    }
}

static bool report_parameters(FILE *page, const SnnReport *report)
{
    snn_page_section(page, "Parameters",
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
    snn_page_section(page, "Spikes of some samples", "Time goes to the right, units go down.");
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
    snn_page_end(page);
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
    if (!options->force && !snn_output_begins(path, SNN_PAGE_BEGIN))
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
