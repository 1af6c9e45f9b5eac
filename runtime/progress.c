/* What the user sees while a network trains: on a terminal a bar that is redrawn, elsewhere plain lines. */
#include "snn_internal.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_WIDTH = 24 };
#define PROGRESS_REDRAW 0.1 /* seconds between two drawings */
#define PROGRESS_LINE 30.0  /* seconds between two plain lines within an epoch */

double snn_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void snn_progress_open(SnnProgress *progress, bool quiet, int epochs, int64_t samples)
{
    *progress = (SnnProgress){.quiet = quiet, .epochs = epochs, .samples = samples};
    progress->terminal = isatty(STDERR_FILENO) == 1;
}

void snn_progress_epoch(SnnProgress *progress, int epoch)
{
    progress->epoch = epoch;
    progress->began = progress->shown = snn_seconds();
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

static void progress_bar(const SnnProgress *progress, double part)
{
    char bar[PROGRESS_WIDTH + 1];
    int full = (int)(part * PROGRESS_WIDTH);
    memset(bar, '.', PROGRESS_WIDTH);
    memset(bar, '#', (size_t)full);
    bar[PROGRESS_WIDTH] = '\0';
    fprintf(stderr, "\repoch %d/%d [%s] ", progress->epoch, progress->epochs, bar);
}

void snn_progress_batch(SnnProgress *progress, int64_t done, double loss)
{
    double now = snn_seconds(), passed = now - progress->began;
    if (progress->quiet || now - progress->shown < (progress->terminal ? PROGRESS_REDRAW : PROGRESS_LINE))
        return;
    progress->shown = now;
    double part = (double)done / (double)progress->samples, speed = (double)done / passed;
    char left[32];
    progress_time(left, sizeof left, passed / part - passed);
    if (progress->terminal)
        progress_bar(progress, part);
    else
        fprintf(stderr, "epoch %d/%d  %3.0f%%  ", progress->epoch, progress->epochs, 100.0 * part);
    fprintf(stderr, "%.0f samples/s  loss %.4f  %s left%s", speed, loss, left,
            progress->terminal ? "\033[K" : "\n");
    fflush(stderr);
}

void snn_progress_end(SnnProgress *progress, const SnnModel *model, const SnnEpoch *epoch)
{
    char scores[64];
    if (progress->quiet)
        return;
    snn_progress_clear(progress);
    if (model->predicts)
        snprintf(scores, sizeof scores, "train %.4f  test %.4f", epoch->train.accuracy, epoch->test.accuracy);
    else
        snprintf(scores, sizeof scores, "test loss %.4f", epoch->test.loss);
    fprintf(stderr, "epoch %d/%d  loss %.4f  %s  %.1f s  %.0f samples/s\n", epoch->number, progress->epochs,
            epoch->train.loss, scores, epoch->seconds, (double)epoch->samples / (epoch->seconds + 1e-9));
}
