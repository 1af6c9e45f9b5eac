/* Tables as text, a record a line, as RFC 4180 has them: fields may be quoted, then there may be separators, line ends and, twice
 * each, quotes in them. Lines end with \n or \r\n; empty ones are no records. */
#ifndef SNN_CSV_FILE_H
#define SNN_CSV_FILE_H

#include "snn_error.h"
#include "snn_fields.h"

typedef struct SnnCsvFile {
    char *path;
    char *text, *at, *end; /* what is not read yet stands at `at` */
    char separator;
    int line, next; /* where the record begins, from 1; where the next one does */
    SnnField *fields;
    int count, room;
} SnnCsvFile;

/* After a failure nothing is to be closed. The file may be packed by gzip. */
bool snn_csv_open(SnnCsvFile *file, const char *path, char separator, SnnError *error);
void snn_csv_close(SnnCsvFile *file);
/* The next record: its fields, valid until the file is closed; none at the end. False with the error set. */
bool snn_csv_next(SnnCsvFile *file, SnnError *error);

#endif
