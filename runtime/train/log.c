/* The log: one JSON object a line and an epoch. */
#include "snn_log.h"
#include "snn_firing.h"
#include "snn_json.h"
#include "snn_output.h"

#include <errno.h>
#include <stdlib.h>
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

/* How many finished lines of the first `keep` epochs the log begins with, and where they end. */
static int log_lines(FILE *log, int keep, long *end)
{
    int epoch, last = 0;
    *end = 0;
    while (fscanf(log, "{\"epoch\": %d,", &epoch) == 1) {
        if (epoch > keep || !log_skip_line(log))
            break;
        last = epoch;
        *end = ftell(log);
    }
    return last;
}

/* A log, or nothing, or the beginning of its first line. */
static bool log_is_log(FILE *log)
{
    char begin[11] = "";
    rewind(log);
    size_t got = fread(begin, 1, 10, log);
    return strncmp(begin, "{\"epoch\": ", got) == 0;
}

/* Only a file of its own can hold a log. NULL with the error set; *log is NULL, too, where there is none yet. */
static bool log_open_old(FILE **log, const char *path, SnnError *error)
{
    struct stat info;
    *log = NULL;
    if (stat(path, &info) != 0 && errno == ENOENT)
        return true;
    if (S_ISREG(info.st_mode) && (*log = fopen(path, "r+")) != NULL)
        return true;
    if (!S_ISREG(info.st_mode))
        return snn_fail(error, "not a regular file (%s): give the name of a file to --log", path);
    return snn_fail(error, "cannot write the log (%s): %s", path, strerror(errno));
}

static bool log_refuse(FILE **log, const char *path, SnnError *error)
{
    fclose(*log);
    *log = NULL;
    return snn_fail(error, "would overwrite (%s): it is not a log of a training; give another --log FILE",
                    path);
}

static bool log_create(FILE **log, const char *path, SnnError *error)
{
    *log = fopen(path, "w");
    return *log != NULL
           || snn_fail(error, "cannot write the log (%s): %s%s", path, strerror(errno),
                       errno == ENOENT ? "; make its folder first" : "");
}

/* A killed run may have logged an epoch, or half a line, that its checkpoint does not know; or saved a
 * checkpoint, and not yet logged its epoch. */
bool snn_log_open(FILE **log, const char *path, int epochs, const char *line, SnnError *error)
{
    long end = 0;
    int last = 0;
    if (!log_open_old(log, path, error) || (*log == NULL && !log_create(log, path, error)))
        return false;
    if (!log_is_log(*log))
        return log_refuse(log, path, error);
    rewind(*log);
    last = log_lines(*log, epochs, &end);
    bool ok = fseek(*log, end, SEEK_SET) == 0 && ftruncate(fileno(*log), end) == 0
              && (line == NULL || last != epochs - 1 || snn_log_write(*log, line));
    if (ok)
        return true;
    snn_fail(error, "cannot write the log (%s): %s", path, strerror(errno));
    fclose(*log);
    *log = NULL;
    return false;
}

bool snn_log_open_new(FILE **log, const char *path, bool replace, char **kept, SnnError *error)
{
    FILE *old;
    *kept = NULL;
    if (!log_open_old(&old, path, error))
        return false;
    if (old != NULL && !replace) {
        if (!log_is_log(old))
            return log_refuse(&old, path, error);
        bool empty = fseek(old, 0, SEEK_END) == 0 && ftell(old) == 0;
        if (!empty && (*kept = snn_output_keep(path, error)) == NULL) {
            fclose(old);
            return false;
        }
    }
    if (old != NULL)
        fclose(old);
    if (*kept != NULL)
        unlink(path);
    return log_create(log, path, error);
}

bool snn_log_write(FILE *log, const char *line)
{
    fputs(line, log);
    return fflush(log) == 0 && !ferror(log) && (fsync(fileno(log)) == 0 || errno == EINVAL);
}

static void log_field(FILE *log, const char *name, double value)
{
    fprintf(log, "\"%s\": ", name);
    snn_json_write_number(log, value);
    fputs(", ", log);
}

/* What is measured of a part, null where it was not. */
static void log_score(FILE *log, const SnnModel *model, const char *part, const SnnScore *score)
{
    const char *name;
    for (int i = 0; (name = snn_score_name(model, i)) != NULL; i++) {
        fprintf(log, "\"%s_%s\": ", part, name);
        if (score == NULL)
            fputs("null", log);
        else
            snn_json_write_number(log, snn_score_value(model, score, i));
        fputs(", ", log);
    }
}

static void log_firing_rates(FILE *log, const SnnModel *model, const SnnEpoch *epoch)
{
    const char *comma = "";
    fputs("\"firing_rate\": {", log);
    for (int i = 0; i < model->stream_count; i++) {
        if (model->streams[i].activity == NULL)
            continue;
        fputs(comma, log);
        comma = ", ";
        snn_json_write_string(log, model->streams[i].name);
        fputs(": ", log);
        snn_json_write_number(log, snn_firing_rate(model, i, epoch));
    }
    fputs("}", log);
}

char *snn_log_line(const SnnModel *model, const SnnEpoch *epoch)
{
    char *text = NULL;
    size_t size = 0;
    FILE *log = open_memstream(&text, &size);
    if (log == NULL)
        return NULL;
    fprintf(log, "{\"epoch\": %d, ", epoch->number);
    log_score(log, model, "train", &epoch->train);
    if (epoch->validated)
        log_score(log, model, "validation", &epoch->validation);
    log_score(log, model, "test", epoch->tested ? &epoch->test : NULL);
    log_field(log, "seconds", epoch->seconds);
    log_field(log, "lr", epoch->lr);
    log_firing_rates(log, model, epoch);
    fputs("}\n", log);
    bool ok = !ferror(log);
    if (fclose(log) == 0 && ok)
        return text;
    free(text);
    return NULL;
}
