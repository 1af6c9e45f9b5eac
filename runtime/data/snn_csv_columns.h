/* Which columns of a table a data set is made of. Settings: `columns` by their names, of which a sample is made (else all that
 * nothing else is made of), those of its `labels` and its `target`, `sequence`, and by which the parts are chosen: see
 * snn_fields.h. */
#ifndef SNN_CSV_COLUMNS_H
#define SNN_CSV_COLUMNS_H

#include "snn.h"
#include "snn_csv_file.h"
#include "snn_fields.h"

enum { SNN_CSV_NONE = -1 }; /* no such column: they count from 0 */

typedef struct SnnCsvColumns {
    bool header;     /* the first line has their names, else they are called 1, 2, ... */
    SnnField *names; /* [count]: the first line */
    int count;
    int *features, *targets; /* columns */
    int feature_count, target_count;
    int label, sequence, choice[SNN_FIELDS_PARTS];
} SnnCsvColumns;

/* From the file's line. `parts`: columns by which they are chosen must be there; `labelled`: those of labels and targets. */
bool snn_csv_columns_find(SnnCsvColumns *columns, const SnnCsvFile *file, const SnnModel *model, bool parts,
                          bool labelled, SnnError *error);
void snn_csv_columns_free(SnnCsvColumns *columns);

#endif
