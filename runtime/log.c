/* The log: one JSON object a line and an epoch. */
#include "snn_internal.h"
#include "snn_json.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Reads the rest of the line; false at the end of the file, where a line is not finished. */
static bool log_skip_line(FILE *log)
{
    int c = getc(log);
    while (c != '\n' && c != EOF)
        c = getc(log);
    return c == '\n';
}

/* Cuts off what follows the lines of the first `keep` epochs: a killed run may have logged an epoch, or half
 * a line, that its checkpoint does not know. False if the file is no log. */
static bool log_cut(FILE *log, int keep)
{
    long end = 0;
    int epoch;
    while (fscanf(log, "{\"epoch\": %d,", &epoch) == 1) {
        if (epoch > keep || !log_skip_line(log))
            break;
        end = ftell(log);
    }
    if (end == 0 && fseek(log, 0, SEEK_SET) == 0) {
        char begin[11] = "";
        size_t got = fread(begin, 1, 10, log);
        if (strncmp(begin, "{\"epoch\": ", got) != 0)
            return false;
    }
    return fseek(log, end, SEEK_SET) == 0 && ftruncate(fileno(log), end) == 0;
}

bool snn_log_open(FILE **log, const char *path, int keep, SnnError *error)
{
    *log = fopen(path, "r+");
    if (*log == NULL && errno == ENOENT)
        *log = fopen(path, "w+");
    if (*log == NULL)
        return snn_fail(error, "cannot write the log (%s): %s%s", path, strerror(errno),
                        errno == ENOENT ? "; make its folder first" : "");
    if (log_cut(*log, keep))
        return true;
    fclose(*log);
    *log = NULL;
    return snn_fail(error, "would overwrite (%s): it is not a log of a training; give another --log FILE",
                    path);
}

static void log_field(FILE *log, const char *name, double value)
{
    fprintf(log, "\"%s\": ", name);
    snn_json_write_number(log, value);
    fputs(", ", log);
}

bool snn_log_epoch(FILE *log, const SnnModel *model, const SnnEpoch *epoch)
{
    if (log == NULL)
        return true;
    fprintf(log, "{\"epoch\": %d, ", epoch->number);
    log_field(log, "train_loss", epoch->train.loss);
    if (model->predicts) {
        log_field(log, "train_accuracy", epoch->train.accuracy);
        log_field(log, "test_accuracy", epoch->test.accuracy);
    } else {
        log_field(log, "test_loss", epoch->test.loss);
    }
    log_field(log, "seconds", epoch->seconds);
    log_field(log, "lr", epoch->lr);
    fputs("\"firing_rate\": {", log);
    const char *comma = "";
    for (int i = 0; i < model->stream_count; i++) {
        const SnnStream *stream = &model->streams[i];
        if (stream->activity == NULL)
            continue;
        fputs(comma, log);
        comma = ", ";
        snn_json_write_string(log, stream->name);
        fputs(": ", log);
        snn_json_write_number(log,
                              epoch->activity[i] / ((double)epoch->samples * model->steps * stream->size));
    }
    fputs("}}\n", log);
    return fflush(log) == 0 && !ferror(log);
}
