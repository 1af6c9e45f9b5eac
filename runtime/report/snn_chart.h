/* Pictures of numbers, as SVG in a page. What is given as text is escaped where it is written. */
#ifndef SNN_CHART_H
#define SNN_CHART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Text as HTML and XML take it. */
void snn_chart_text(FILE *page, const char *text);

/* Points, from left to right; those that are NaN are left out. */
typedef struct SnnSeries {
    const char *name;
    int count;
    const double *x, *y;
} SnnSeries;

/* Lines over one pair of axes; at most SNN_CHART_COLOURS of them. */
void snn_chart_lines(FILE *page, const char *title, const SnnSeries *series, int count);

enum { SNN_BINS = 40, SNN_CHART_COLOURS = 8 };

/* How many numbers there are in each part of low .. high. */
typedef struct SnnHistogram {
    double low, high;
    int64_t bins[SNN_BINS];
    int64_t count; /* all of them */
    double sum;
} SnnHistogram;

/* Empty, over a range that all numbers to come are in. */
void snn_histogram_begin(SnnHistogram *histogram, double low, double high);
void snn_histogram_add(SnnHistogram *histogram, double number);
/* The same of a number from 0 on, for which the range becomes as large as it must. */
void snn_histogram_grow(SnnHistogram *histogram, double number);
/* One, or, as an outline before it, what was; over the range of the first. `before`: NULL, or the same range. */
void snn_chart_histogram(FILE *page, const char *title, const SnnHistogram *histogram,
                         const SnnHistogram *before);

#endif
