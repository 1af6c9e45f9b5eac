/* What the user sees while a network trains: on a terminal a bar that is redrawn, elsewhere plain lines. */
#include "snn_progress.h"
#include "snn_firing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Columns where nobody says how many there are; and the fewest of a bar that says anything. */
enum { PROGRESS_COLUMNS = 80, PROGRESS_BAR = 8, PROGRESS_LINE_SIZE = 512, PROGRESS_RATES = 8 };
#define PROGRESS_REDRAW 0.1 /* seconds between two drawings */
#define PROGRESS_LINE 30.0  /* seconds between two plain lines within an epoch */

double snn_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Whether a line can be drawn again: a dumb terminal, as in an editor, knows no escapes. */
static bool progress_is_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) == 1 && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

/* Asked before each drawing, since the user may change it. */
static int progress_columns(void)
{
    struct winsize window;
    const char *columns = getenv("COLUMNS");
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        return window.ws_col;
    int count = columns == NULL ? 0 : atoi(columns);
    return count > 0 ? count : PROGRESS_COLUMNS;
}

void snn_progress_open(SnnProgress *progress, bool quiet, int epoch, int epochs, int64_t samples)
{
    *progress = (SnnProgress){.quiet = quiet, .first = epoch, .epochs = epochs, .samples = samples};
    progress->terminal = progress_is_terminal();
    progress->opened = snn_seconds();
}

void snn_progress_epoch(SnnProgress *progress, int epoch)
{
    progress->epoch = epoch;
    progress->began = progress->shown = snn_seconds();
    if (progress->terminal)
        progress->shown -= PROGRESS_REDRAW; /* the first batch shows that it runs */
}

void snn_progress_clear(SnnProgress *progress)
{
    if (!progress->quiet && progress->terminal)
        fputs("\r\033[K", stderr);
}

/* "1:05" or "2:01:05" */
static void progress_time(char *text, size_t size, double seconds)
{
    long whole = (long)(seconds + 0.5);
    if (whole >= 3600)
        snprintf(text, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(text, size, "%ld:%02ld", whole / 60, whole % 60);
}

/* The time left of this epoch and of all, from the speed so far: "0:12 left", "0:12 left, 1:40 of all". */
static void progress_left(const SnnProgress *progress, double part, double now, char *text, size_t size)
{
    char epoch[32], all[32];
    int done = progress->epoch - progress->first, left = progress->epochs - progress->epoch;
    progress_time(epoch, sizeof epoch, (now - progress->began) * (1.0 - part) / part);
    progress_time(all, sizeof all, (now - progress->opened) * (left + 1 - part) / (done + part));
    if (left == 0)
        snprintf(text, size, "%s left", epoch);
    else
        snprintf(text, size, "%s left, %s of all", epoch, all);
}

/* On one line, as wide as the terminal, whose last column stays free, since some go to the next line then. What
 * has no room goes: first the bar, then what stands last. */
static void progress_draw(const char *head, const char *tail, double part)
{
    char bar[PROGRESS_LINE_SIZE];
    int width = progress_columns() - 1, room = width - (int)strlen(head) - (int)strlen(tail) - 4;
    room = room > (int)sizeof bar - 1 ? (int)sizeof bar - 1 : room;
    if (room < PROGRESS_BAR) {
        snprintf(bar, sizeof bar, "%s  %s", head, tail);
        fprintf(stderr, "\r%.*s\033[K", width, bar);
        return;
    }
    int full = (int)(part * room);
    memset(bar, '.', (size_t)room);
    memset(bar, '#', (size_t)full);
    fprintf(stderr, "\r%s [%.*s] %s\033[K", head, room, bar, tail);
}

void snn_progress_batch(SnnProgress *progress, int64_t done, double loss)
{
    double now = snn_seconds();
    if (progress->quiet || now - progress->shown < (progress->terminal ? PROGRESS_REDRAW : PROGRESS_LINE))
        return;
    progress->shown = now;
    double part = (double)done / (double)progress->samples, speed = (double)done / (now - progress->began);
    char left[80], head[64], tail[PROGRESS_LINE_SIZE / 2];
    progress_left(progress, part, now, left, sizeof left);
    snprintf(head, sizeof head, "epoch %d/%d", progress->epoch, progress->epochs);
    snprintf(tail, sizeof tail, "%3.0f%%  %s  loss %.4f  %.0f samples/s", 100.0 * part, left, loss, speed);
    if (progress->terminal)
        progress_draw(head, tail, part);
    else
        fprintf(stderr, "%s  %s\n", head, tail);
    fflush(stderr);
}

/* ---- the line of a finished epoch ----------------------------------------------------------------- */

static void progress_score(const SnnModel *model, const char *part, const SnnScore *score)
{
    const char *name;
    for (int i = 0; (name = snn_score_name(model, i)) != NULL; i++)
        fprintf(stderr, "%s%s %.4f", i == 0 ? part : " ", name, snn_score_value(model, score, i));
}

static void progress_rates(const SnnModel *model, const SnnEpoch *epoch)
{
    int shown = 0;
    for (int i = 0; i < model->stream_count; i++) {
        double rate = snn_firing_rate(model, i, epoch);
        if (rate < 0.0)
            continue;
        if (shown == PROGRESS_RATES) {
            fputs(" ...", stderr);
            return;
        }
        fprintf(stderr, "%s %s %.2g", shown++ == 0 ? "  firing" : "", model->streams[i].name, rate);
    }
}

void snn_progress_end(SnnProgress *progress, const SnnModel *model, const SnnEpoch *epoch)
{
    if (progress->quiet)
        return;
    snn_progress_clear(progress);
    fprintf(stderr, "epoch %d/%d", epoch->number, progress->epochs);
    progress_score(model, "  ", &epoch->train);
    if (epoch->validated)
        progress_score(model, "  validation ", &epoch->validation);
    if (epoch->tested)
        progress_score(model, "  test ", &epoch->test);
    progress_rates(model, epoch);
    fprintf(stderr, "  %.1f s%s\n", epoch->seconds, epoch->best ? "  best" : "");
}
