/* Recordings of sound: as they are, or in bands. */
#include "build.h"
#include "formats.h"

#include <math.h>

const char *const wav_formals[] = {name_rate,   name_none, name_mel,     name_none, name_window, name_none,
                                   name_low,    name_none, name_high,    name_none, name_log,    name_true,
                                   name_deltas, name_none, name_classes, name_none, name_folder, name_none,
                                   name_names,  name_none, name_valid,   name_none, NULL};

enum { HIGHEST_RATE = 192000, MOST_BANDS = 1000, MOST_DELTAS = 2 };

/* Hz, a whole number. */
static bool sound_rate(Build *b, const Scope *frame, Span span, double *rate)
{
    const Entry *given = given_argument(frame, name_rate);
    if (!given) {
        report(b, RULE_DATA, span, "`wav` needs the rate of its samples");
        report_hint(b, "write `data wav(rate = 8 kHz)`: recordings of other rates are resampled");
        return false;
    }
    if (!data_quantity(b, frame, name_rate, unit_rate, "8 kHz", rate))
        return false;
    *rate = floor(*rate * 1000 + 0.5);
    if (*rate >= 1 && *rate <= HIGHEST_RATE)
        return true;
    report(b, RULE_DATA, given->expr->span, "a rate of %g Hz cannot be read: 1 Hz to 192 kHz can", *rate);
    return false;
}

/* Samples of a step. */
static bool sound_hop(Build *b, double rate, Span span, int *hop)
{
    double samples = rate * b->net->dt / 1000;
    *hop = samples < MAX_ELEMENTS ? (int)floor(samples + 0.5) : 0;
    if (!b->time_known)
        *hop = 1;
    if (*hop >= 1 && (!b->time_known || fabs(samples - *hop) < 1e-6))
        return true;
    report(b, RULE_DATA, span, "a step of %g ms has %g samples of %g Hz, which is no whole number",
           b->net->dt, samples, rate);
    report_hint(b, "choose a step that has, as `time %d steps of %.15g ms`", b->net->steps,
                1000 * (floor(samples) + 1) / rate);
    return false;
}

static bool sound_band(Build *b, const Scope *frame, double rate)
{
    const Entry *given = given_argument(frame, name_high);
    double low = 0, high = rate / 2000;
    if (!data_quantity(b, frame, name_low, unit_rate, "20 Hz", &low)
        || !data_quantity(b, frame, name_high, unit_rate, "4 kHz", &high))
        return false;
    data_number(b, "low", low * 1000);
    data_number(b, "high", high * 1000);
    if (low < high && high <= rate / 2000)
        return true;
    given = given ? given : given_argument(frame, name_low);
    report(b, RULE_DATA, given->expr->span,
           "bands from %g to %g Hz cannot be: they go up to at most %g Hz, half of the rate", low * 1000,
           high * 1000, rate / 2);
    return false;
}

/* Which is as long as two steps without the argument. */
static bool sound_window(Build *b, const Scope *frame, double rate, int hop)
{
    const Entry *given = given_argument(frame, name_window);
    double window = 2 * hop * 1000 / rate;
    if (!data_quantity(b, frame, name_window, unit_time, "25 ms", &window))
        return false;
    double samples = floor(window * rate / 1000 + 0.5);
    data_number(b, "window", samples);
    if (samples >= 2 && samples <= 65536)
        return true;
    report(b, RULE_DATA, given ? given->expr->span : b->net->data.span,
           "a window of %g ms has %g samples: 2 to 65536 can be", window, samples);
    return false;
}

/* What has a meaning only with bands. */
static bool sound_plain(Build *b, const Scope *frame)
{
    const char *const names[] = {name_window, name_low, name_high, name_log, name_deltas};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const Entry *given = given_argument(frame, names[i]);
        if (!given)
            continue;
        report(b, RULE_DATA, given->expr->span, "`%s` without `mel`", names[i]);
        report_hint(b, "say how many bands there are, as in `mel = 40`");
        return false;
    }
    return true;
}

/* A step has a number for each band, and with changes a channel for each of them. */
static bool sound_bands(Build *b, const Scope *frame, const Entry *mel, double rate, int hop)
{
    const Entry *log = given_argument(frame, name_log), *given = given_argument(frame, name_deltas);
    int bands, deltas = 0;
    bool logarithms = true;
    if (!constant_integer(b, mel->scope, mel->expr, "`mel`", 1, MOST_BANDS, &bands)
        || (given && !constant_integer(b, given->scope, given->expr, "`deltas`", 0, MOST_DELTAS, &deltas))
        || (log && !constant_flag(b, log->scope, log->expr, "`log`", &logarithms))
        || !sound_window(b, frame, rate, hop) || !sound_band(b, frame, rate))
        return false;
    data_number(b, "mel", bands);
    data_number(b, "deltas", deltas);
    data_number(b, "log", logarithms);
    b->net->data.shape = (Shape){.ndim = 1, .dims = {bands}, .axes = {name_freq}};
    if (deltas > 0)
        b->net->data.shape = (Shape){.ndim = 2, .dims = {bands, deltas + 1}, .axes = {name_freq, name_c}};
    return true;
}

bool wav_arguments(Build *b, const Scope *frame, Span span)
{
    double rate;
    int hop;
    if (!sound_rate(b, frame, span, &rate) || !data_step(b, name_wav, "samples", span)
        || !sound_hop(b, rate, span, &hop) || !data_names(b, frame))
        return false;
    data_number(b, "rate", rate);
    data_number(b, "hop", hop);
    const Entry *mel = given_argument(frame, name_mel);
    if (mel)
        return sound_bands(b, frame, mel, rate, hop);
    b->net->data.shape = (Shape){.ndim = 1, .dims = {hop}};
    return sound_plain(b, frame);
}
