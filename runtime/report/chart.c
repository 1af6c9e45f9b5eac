/* Pictures of numbers: axes, lines, bars. */
#include "snn_chart.h"

#include <math.h>

enum {
    CHART_WIDTH = 360,
    CHART_HEIGHT = 220,
    CHART_LEFT = 56,
    CHART_RIGHT = 12,
    CHART_TOP = 14,
    CHART_BOTTOM = 28
};

void snn_chart_text(FILE *page, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", page);
        else if (*text == '>')
            fputs("&gt;", page);
        else if (*text == '&')
            fputs("&amp;", page);
        else if ((unsigned char)*text >= ' ')
            fputc(*text, page);
    }
}

/* ---- axes ------------------------------------------------------------------------------------------ */

typedef struct ChartAxes {
    double x_low, x_high, y_low, y_high;
} ChartAxes;

static double chart_x(const ChartAxes *axes, double x)
{
    double part = (x - axes->x_low) / (axes->x_high - axes->x_low);
    return CHART_LEFT + part * (CHART_WIDTH - CHART_LEFT - CHART_RIGHT);
}

static double chart_y(const ChartAxes *axes, double y)
{
    double part = (y - axes->y_low) / (axes->y_high - axes->y_low);
    return CHART_HEIGHT - CHART_BOTTOM - part * (CHART_HEIGHT - CHART_TOP - CHART_BOTTOM);
}

/* A round distance for about `wanted` marks: 1, 2 or 5 times a power of ten. */
static double chart_step(double range, int wanted)
{
    double power = pow(10.0, floor(log10(range / wanted))), step = range / wanted / power;
    return power * (step <= 1.0 ? 1.0 : step <= 2.0 ? 2.0 : step <= 5.0 ? 5.0 : 10.0);
}

/* So that no range is empty. */
static void chart_widen(double *low, double *high)
{
    double size = fabs(*low) + 1e-9;
    if (*high - *low < size * 1e-3) {
        *low -= size * 0.1;
        *high += size * 0.1;
    }
}

static void chart_open(FILE *page, const char *title)
{
    fprintf(page, "<figure><figcaption>");
    snn_chart_text(page, title);
    fprintf(page,
            "</figcaption>\n<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "role=\"img\">\n<title>",
            CHART_WIDTH, CHART_HEIGHT);
    snn_chart_text(page, title);
    fputs("</title>\n", page);
}

static void chart_close(FILE *page)
{
    fputs("</svg></figure>\n", page);
}

static void chart_marks_below(FILE *page, const ChartAxes *axes, double least)
{
    double step = chart_step(axes->x_high - axes->x_low, 6);
    step = step < least ? least : step;
    for (double x = ceil(axes->x_low / step) * step; x <= axes->x_high + step * 1e-6; x += step)
        fprintf(page, "<text class=\"below\" x=\"%.1f\" y=\"%d\">%.4g</text>\n", chart_x(axes, x),
                CHART_HEIGHT - 10, fabs(x) < step * 1e-6 ? 0.0 : x);
}

static void chart_marks_left(FILE *page, const ChartAxes *axes)
{
    double step = chart_step(axes->y_high - axes->y_low, 4);
    for (double y = ceil(axes->y_low / step) * step; y <= axes->y_high + step * 1e-6; y += step) {
        double at = chart_y(axes, y);
        fprintf(page, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>\n", CHART_LEFT, at,
                CHART_WIDTH - CHART_RIGHT);
        fprintf(page, "<text class=\"left\" x=\"%d\" y=\"%.1f\">%.4g</text>\n", CHART_LEFT - 6, at + 4.0,
                fabs(y) < step * 1e-6 ? 0.0 : y);
    }
}

/* ---- lines ----------------------------------------------------------------------------------------- */

static void chart_include(double *low, double *high, double number)
{
    *low = isnan(*low) || number < *low ? number : *low;
    *high = isnan(*high) || number > *high ? number : *high;
}

static bool chart_is_shown(const SnnSeries *series, int i)
{
    return isfinite(series->x[i]) && isfinite(series->y[i]);
}

static ChartAxes chart_range(const SnnSeries *series, int count)
{
    ChartAxes axes = {NAN, NAN, NAN, NAN};
    for (int s = 0; s < count; s++)
        for (int i = 0; i < series[s].count; i++)
            if (chart_is_shown(&series[s], i)) {
                chart_include(&axes.x_low, &axes.x_high, series[s].x[i]);
                chart_include(&axes.y_low, &axes.y_high, series[s].y[i]);
            }
    if (isnan(axes.x_low))
        axes = (ChartAxes){0.0, 1.0, 0.0, 1.0};
    chart_widen(&axes.x_low, &axes.x_high);
    chart_widen(&axes.y_low, &axes.y_high);
    return axes;
}

static void chart_line(FILE *page, const ChartAxes *axes, const SnnSeries *series, int colour)
{
    char letter = 'M';
    fprintf(page, "<path class=\"line colour%d\" d=\"", colour);
    for (int i = 0; i < series->count; i++)
        if (chart_is_shown(series, i)) {
            fprintf(page, "%c%.1f %.1f", letter, chart_x(axes, series->x[i]), chart_y(axes, series->y[i]));
            letter = 'L';
        }
    fputs(letter == 'M' ? "M0 0\"/>\n" : "\"/>\n", page);
    for (int i = 0; i < series->count; i++)
        if (chart_is_shown(series, i))
            fprintf(page, "<circle class=\"point colour%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>\n", colour,
                    chart_x(axes, series->x[i]), chart_y(axes, series->y[i]));
}

void snn_chart_lines(FILE *page, const char *title, const SnnSeries *series, int count)
{
    count = count < SNN_CHART_COLOURS ? count : SNN_CHART_COLOURS;
    ChartAxes axes = chart_range(series, count);
    chart_open(page, title);
    chart_marks_left(page, &axes);
    chart_marks_below(page, &axes, 1.0);
    for (int s = 0; s < count; s++)
        chart_line(page, &axes, &series[s], s);
    fputs("</svg>\n<p class=\"legend\">", page);
    for (int s = 0; s < count; s++) {
        fprintf(page, "<span class=\"key colour%d\"></span>", s);
        snn_chart_text(page, series[s].name);
        fputc(' ', page);
    }
    fputs("</p></figure>\n", page);
}

/* ---- histograms ------------------------------------------------------------------------------------ */

void snn_histogram_begin(SnnHistogram *histogram, double low, double high)
{
    chart_widen(&low, &high);
    *histogram = (SnnHistogram){.low = low, .high = high};
}

void snn_histogram_add(SnnHistogram *histogram, double number)
{
    int bin = (int)((number - histogram->low) / (histogram->high - histogram->low) * SNN_BINS);
    histogram->bins[bin < 0 ? 0 : bin >= SNN_BINS ? SNN_BINS - 1 : bin]++;
    histogram->count++;
    histogram->sum += number;
}

void snn_histogram_grow(SnnHistogram *histogram, double number)
{
    for (; number > histogram->high; histogram->high *= 2.0)
        for (int i = 0; i < SNN_BINS; i++)
            histogram->bins[i] = i < SNN_BINS / 2 ? histogram->bins[2 * i] + histogram->bins[2 * i + 1] : 0;
    snn_histogram_add(histogram, number);
}

/* In percent of all numbers. */
static double chart_share(const SnnHistogram *histogram, int bin)
{
    return histogram->count == 0 ? 0.0 : 100.0 * (double)histogram->bins[bin] / (double)histogram->count;
}

static double chart_highest(const SnnHistogram *histogram)
{
    double highest = 0.0;
    for (int i = 0; histogram != NULL && i < SNN_BINS; i++)
        highest = chart_share(histogram, i) > highest ? chart_share(histogram, i) : highest;
    return highest;
}

static void chart_steps(FILE *page, const ChartAxes *axes, const SnnHistogram *histogram, const char *kind)
{
    double bottom = chart_y(axes, 0.0), width = (histogram->high - histogram->low) / SNN_BINS;
    fprintf(page, "<path class=\"%s\" d=\"M%.1f %.1f", kind, chart_x(axes, histogram->low), bottom);
    for (int i = 0; i < SNN_BINS; i++)
        fprintf(page, "V%.1fH%.1f", chart_y(axes, chart_share(histogram, i)),
                chart_x(axes, histogram->low + (i + 1) * width));
    fprintf(page, "V%.1f\"/>\n", bottom);
}

void snn_chart_histogram(FILE *page, const char *title, const SnnHistogram *histogram,
                         const SnnHistogram *before)
{
    double highest = chart_highest(histogram), first = chart_highest(before);
    highest = first > highest ? first : highest;
    ChartAxes axes = {histogram->low, histogram->high, 0.0, highest > 0.0 ? highest : 1.0};
    chart_open(page, title);
    chart_marks_left(page, &axes);
    chart_marks_below(page, &axes, 0.0);
    chart_steps(page, &axes, histogram, "bars");
    if (before != NULL)
        chart_steps(page, &axes, before, "before");
    chart_close(page);
}
