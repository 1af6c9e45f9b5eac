/* A page about a trained network: what it is, how it learned, what it makes of the test set. */
#ifndef SNN_REPORT_H
#define SNN_REPORT_H

#include "snn_options.h"
#include "snn_session.h"

typedef struct SnnReport {
    SnnSession *session; /* with the weights that it is about */
    const SnnPart *test; /* may be empty */
    const char *log;     /* lines of the log; NULL: there is none */
    uint32_t seed;       /* of the training */
} SnnReport;

/* One file of HTML that needs no other, nor a network. An older report there is replaced when the new one is whole. */
bool snn_report_write(const SnnReport *report, const char *path, SnnError *error);
/* Fails if there is anything but an older report, or nothing can be written; `force`: a file may be replaced. */
bool snn_report_check_target(const SnnModel *model, const SnnOptions *options, const char *path,
                             const char *flag, SnnError *error);
/* The text of a log, to be freed; NULL with the error set. */
char *snn_report_read_log(const char *path, SnnError *error);

/* `report`, of a checkpoint. */
SnnCommand snn_report;

#endif
