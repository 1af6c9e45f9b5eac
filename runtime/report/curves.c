/* Learning curves: the numbers of a log, name by name, and charts of those that belong together. */
#include "snn_curves.h"
#include "snn_chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CURVES_NAME = 128 };

/* All numbers of one name, by epoch. */
typedef struct Curve {
    char name[CURVES_NAME];
    bool rate; /* of the firing rates */
    double *values;
} Curve;

typedef struct Curves {
    Curve *at;
    int count, epochs; /* epochs: lines */
    double *epoch;
    bool full; /* without memory */
} Curves;

static int curves_lines(const char *log)
{
    int lines = 0;
    for (; (log = strchr(log, '\n')) != NULL; log++)
        lines++;
    return lines + 1;
}

static Curve *curves_find(Curves *curves, const char *name, size_t length, bool rate)
{
    for (int i = 0; i < curves->count; i++)
        if (curves->at[i].rate == rate && strlen(curves->at[i].name) == length
            && strncmp(curves->at[i].name, name, length) == 0)
            return &curves->at[i];
    return NULL;
}

static Curve *curves_add(Curves *curves, const char *name, size_t length, bool rate, int lines)
{
    Curve *more = realloc(curves->at, ((size_t)curves->count + 1) * sizeof *more);
    double *values = malloc((size_t)lines * sizeof *values);
    if (more != NULL)
        curves->at = more;
    if (more == NULL || values == NULL) {
        free(values);
        curves->full = true;
        return NULL;
    }
    Curve *curve = &curves->at[curves->count++];
    *curve = (Curve){.rate = rate, .values = values};
    memcpy(curve->name, name, length);
    for (int i = 0; i < lines; i++)
        values[i] = NAN;
    return curve;
}

/* `"name": 1.5` at the quote. Returns what follows. */
static const char *curves_pair(Curves *curves, const char *at, bool rate, int lines)
{
    const char *end = strchr(++at, '"');
    if (end == NULL)
        return at + strlen(at);
    size_t length = (size_t)(end - at);
    char *after;
    double number = end[1] == ':' ? strtod(end + 2, &after) : NAN;
    if (end[1] != ':' || after == end + 2 || length >= CURVES_NAME)
        return end + 1; /* null, or an object */
    Curve *curve = curves_find(curves, at, length, rate);
    curve = curve != NULL ? curve : curves_add(curves, at, length, rate, lines);
    if (curve != NULL)
        curve->values[curves->epochs] = number;
    return after;
}

static void curves_line(Curves *curves, const char *line, const char *end, int lines)
{
    int epoch;
    if (sscanf(line, "{\"epoch\": %d", &epoch) != 1)
        return;
    bool rate = false;
    curves->epoch[curves->epochs] = epoch;
    for (const char *at = line + 1; at < end && !curves->full;) {
        rate = rate || *at == '{';
        at = *at == '"' ? curves_pair(curves, at, rate, lines) : at + 1;
    }
    curves->epochs++;
}

static bool curves_read(Curves *curves, const char *log)
{
    int lines = curves_lines(log);
    curves->epoch = malloc((size_t)lines * sizeof *curves->epoch);
    curves->full = curves->epoch == NULL;
    while (*log != '\0' && !curves->full) {
        const char *end = log + strcspn(log, "\n");
        curves_line(curves, log, end, lines);
        log = *end == '\n' ? end + 1 : end;
    }
    return !curves->full;
}

static void curves_free(Curves *curves)
{
    for (int i = 0; i < curves->count; i++)
        free(curves->at[i].values);
    free(curves->at);
    free(curves->epoch);
}

/* ---- what belongs together ------------------------------------------------------------------------- */

static const char *const curves_parts[] = {"train", "validation", "test"};
enum { CURVES_PARTS = sizeof curves_parts / sizeof curves_parts[0] };

/* "accuracy" of "train_accuracy" with the index of "train"; NULL for what is measured of no part. */
static const char *curves_measure(const Curve *curve, int *part)
{
    for (*part = 0; *part < CURVES_PARTS; ++*part) {
        size_t length = strlen(curves_parts[*part]);
        if (!curve->rate && strncmp(curve->name, curves_parts[*part], length) == 0
            && curve->name[length] == '_')
            return curve->name + length + 1;
    }
    return NULL;
}

/* The loss or a metric, of each part that it was measured of. */
static void curves_write_measure(FILE *page, const Curves *curves, const char *measure)
{
    SnnSeries series[CURVES_PARTS];
    int count = 0, part;
    for (int i = 0; i < curves->count && count < CURVES_PARTS; i++) {
        const char *own = curves_measure(&curves->at[i], &part);
        if (own != NULL && strcmp(own, measure) == 0)
            series[count++] =
                (SnnSeries){curves_parts[part], curves->epochs, curves->epoch, curves->at[i].values};
    }
    snn_chart_lines(page, measure, series, count);
}

/* The firing rates, or the learning rate: as many as a chart shows. */
static void curves_write_others(FILE *page, const Curves *curves, const char *title, bool rate)
{
    SnnSeries series[SNN_CHART_COLOURS];
    int count = 0;
    for (int i = 0; i < curves->count && count < SNN_CHART_COLOURS; i++) {
        const Curve *curve = &curves->at[i];
        if (rate ? curve->rate : strcmp(curve->name, "lr") == 0 && !curve->rate)
            series[count++] = (SnnSeries){curve->name, curves->epochs, curves->epoch, curve->values};
    }
    if (count > 0)
        snn_chart_lines(page, title, series, count);
}

static void curves_write_all(FILE *page, const Curves *curves)
{
    for (int i = 0; i < curves->count; i++) {
        int part, other;
        const char *measure = curves_measure(&curves->at[i], &part);
        bool first = measure != NULL;
        for (int k = 0; k < i && first; k++) {
            const char *before = curves_measure(&curves->at[k], &other);
            first = before == NULL || strcmp(before, measure) != 0;
        }
        if (first)
            curves_write_measure(page, curves, measure);
    }
    curves_write_others(page, curves, "learning rate", false);
    curves_write_others(page, curves, "spikes a unit and step", true);
}

bool snn_curves_write(FILE *page, const char *log)
{
    Curves curves = {0};
    bool ok = curves_read(&curves, log);
    if (ok && curves.epochs > 0)
        curves_write_all(page, &curves);
    curves_free(&curves);
    return ok;
}
