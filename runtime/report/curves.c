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

/* An epoch in a log: from its brace on. */
typedef struct CurvesLine {
    const char *at, *end;
} CurvesLine;

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

/* `"name": 1.5` at the quote, in a line that ends at `line_end`. Returns what follows. */
static const char *curves_pair(Curves *curves, const char *at, const char *line_end, bool rate, int lines)
{
    ++at;
    const char *end = memchr(at, '"', (size_t)(line_end - at));
    if (end == NULL)
        return line_end;
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

/* Where the object of an epoch begins that the line ends with: a run that was killed may have left half a line before it. NULL: the line
 * is cut, or none of a log. */
static const char *curves_object(const char *line, const char *end)
{
    static const char begin[] = "{\"epoch\": ";
    const char *object = NULL, *at = line;
    for (; (at = strstr(at, begin)) != NULL && at < end; at += sizeof begin - 1)
        object = at;
    end -= end > line && end[-1] == '\r';
    return end > line && end[-1] == '}' ? object : NULL;
}

/* Of the epoch that the line tells of. */
static void curves_add_line(Curves *curves, CurvesLine line, int lines)
{
    bool rate = false;
    for (const char *at = line.at + 1; at < line.end && !curves->full;) {
        rate = rate || *at == '{';
        at = *at == '"' ? curves_pair(curves, at, line.end, rate, lines) : at + 1;
    }
    curves->epochs++;
}

/* The lines that count. Epochs that come again, of a run that was resumed from an older checkpoint or began anew, take the place of what
 * there was of them and later ones. Returns how many. */
static int curves_choose(CurvesLine *chosen, double *epochs, const char *log)
{
    int count = 0, epoch;
    for (const char *end; *log != '\0'; log = *end == '\n' ? end + 1 : end) {
        end = log + strcspn(log, "\n");
        const char *object = curves_object(log, end);
        if (object == NULL || sscanf(object, "{\"epoch\": %d", &epoch) != 1)
            continue;
        while (count > 0 && epochs[count - 1] >= epoch)
            count--;
        epochs[count] = epoch;
        chosen[count++] = (CurvesLine){object, end};
    }
    return count;
}

static bool curves_read(Curves *curves, const char *log)
{
    int lines = curves_lines(log), count = 0;
    CurvesLine *chosen = malloc((size_t)lines * sizeof *chosen);
    curves->epoch = malloc((size_t)lines * sizeof *curves->epoch);
    curves->full = curves->epoch == NULL || chosen == NULL;
    if (!curves->full)
        count = curves_choose(chosen, curves->epoch, log);
    for (int i = 0; i < count && !curves->full; i++)
        curves_add_line(curves, chosen[i], lines);
    free(chosen);
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
