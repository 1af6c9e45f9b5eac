/* The columns of a table. */
#include "snn_csv_columns.h"
#include "snn_setting.h"

#include <stdlib.h>
#include <string.h>

/* Columns while they are found. */
typedef struct ColumnsReader {
    SnnCsvColumns *found;
    const SnnCsvFile *file;
    const SnnModel *model;
    bool parts, labelled;
    SnnError *error;
} ColumnsReader;

static bool columns_lack_memory(const ColumnsReader *reader)
{
    return snn_fail(reader->error, "no memory (%s): its columns", reader->file->path);
}

static bool columns_miss(const ColumnsReader *reader, SnnField name)
{
    char known[400] = "";
    size_t used = 0;
    for (int i = 0; i < reader->found->count && used < 300; i++) {
        SnnField column = reader->found->names[i];
        int length = column.length < 60 ? (int)column.length : 60;
        used += (size_t)snprintf(known + used, sizeof known - used, "%s`%.*s`", i > 0 ? ", " : "", length,
                                 column.at);
    }
    const char *between = reader->found->count == 1 ? strpbrk(known, ";\t") : NULL, *advice = "";
    if (between != NULL)
        advice = *between == ';' ? "; say in the model what separates them, as `separator = \";\"`"
                                 : "; say in the model what separates them: `separator = \"\t\"`, a tab";
    return snn_fail(reader->error, "no column `%.*s` (%s:%d): there %s %s%s%s", (int)name.length, name.at,
                    reader->file->path, reader->file->line, reader->found->count == 1 ? "is" : "are", known,
                    used >= 300 ? ", ..." : "", advice);
}

static bool columns_twice(const ColumnsReader *reader, SnnField name, int first, int second)
{
    return snn_fail(reader->error, "two columns `%.*s`, the %d. and the %d. (%s:%d): give one another name",
                    (int)name.length, name.at, first + 1, second + 1, reader->file->path, reader->file->line);
}

/* Without a header, a column is called by its number. */
static bool columns_find(const ColumnsReader *reader, SnnField name, int *column)
{
    int number;
    *column = SNN_CSV_NONE;
    if (!reader->found->header && snn_fields_number(name, &number) && number >= 1
        && number <= reader->found->count)
        *column = number - 1;
    for (int i = 0; reader->found->header && i < reader->found->count; i++)
        if (reader->found->names[i].length == name.length
            && memcmp(reader->found->names[i].at, name.at, name.length) == 0) {
            if (*column != SNN_CSV_NONE)
                return columns_twice(reader, name, *column, i);
            *column = i;
        }
    return *column != SNN_CSV_NONE || columns_miss(reader, name);
}

/* That of a setting, if there is one, and of a choice; only where samples have a class must it be there. */
static bool columns_set_one(const ColumnsReader *reader, SnnField name, bool needed, int *column)
{
    *column = SNN_CSV_NONE;
    return name.length == 0 || columns_find(reader, name, column) || !needed;
}

static bool columns_set_some(ColumnsReader *reader, const char *names, bool needed, int **columns, int *count)
{
    *columns = malloc(((size_t)reader->found->count + strlen(names) + 1) * sizeof **columns);
    bool ok = *columns != NULL || columns_lack_memory(reader);
    while (ok && *names != '\0') {
        int column;
        ok = columns_find(reader, snn_fields_next(&names), &column) || !needed;
        if (ok && column != SNN_CSV_NONE)
            (*columns)[(*count)++] = column;
    }
    return ok;
}

static bool columns_is_used(const ColumnsReader *reader, int column)
{
    bool used = column == reader->found->label || column == reader->found->sequence;
    for (int i = 0; i < SNN_FIELDS_PARTS; i++)
        used = used || column == reader->found->choice[i];
    for (int i = 0; i < reader->found->target_count; i++)
        used = used || column == reader->found->targets[i];
    return used;
}

/* Those that are named, or all that nothing else is made of. */
static bool columns_set_features(ColumnsReader *reader)
{
    const SnnModel *model = reader->model;
    bool sequences = snn_setting(model, "sequence")[0] != '\0';
    int wanted = 1;
    for (int i = sequences; i < model->data.ndim; i++)
        wanted *= model->data.dims[i];
    if (!columns_set_some(reader, snn_setting(model, "columns"), true, &reader->found->features,
                          &reader->found->feature_count))
        return false;
    for (int i = 0; snn_setting(model, "columns")[0] == '\0' && i < reader->found->count; i++)
        if (!columns_is_used(reader, i))
            reader->found->features[reader->found->feature_count++] = i;
    return reader->found->feature_count == wanted
           || snn_fail(reader->error,
                       "wrong number of columns (%s:%d): a sample is made of %d, in the model `%s` of %d; "
                       "name those that are meant, as `columns = \"height, width\"`",
                       reader->file->path, reader->file->line, reader->found->feature_count, model->name,
                       wanted);
}

static bool columns_copy(ColumnsReader *reader)
{
    size_t count = (size_t)reader->file->count;
    reader->found->names = malloc((count + 1) * sizeof *reader->found->names);
    if (reader->found->names == NULL)
        return columns_lack_memory(reader);
    memcpy(reader->found->names, reader->file->fields, count * sizeof *reader->found->names);
    reader->found->count = (int)count;
    return true;
}

/* A file to predict from need not have what samples are compared with. */
static bool columns_set(ColumnsReader *reader)
{
    const SnnModel *model = reader->model;
    const char *label = snn_setting(model, "labels"), *sequence = snn_setting(model, "sequence");
    if (!columns_copy(reader))
        return false;
    for (int i = 0; i < SNN_FIELDS_PARTS; i++) {
        SnnField name = snn_fields_chooser(snn_setting(model, snn_fields_parts[i]));
        if (!columns_set_one(reader, name, reader->parts, &reader->found->choice[i]))
            return false;
    }
    return columns_set_one(reader, (SnnField){sequence, strlen(sequence)}, true, &reader->found->sequence)
           && columns_set_one(reader, (SnnField){label, strlen(label)}, reader->labelled,
                              &reader->found->label)
           && columns_set_some(reader, snn_setting(model, "target"), reader->labelled,
                               &reader->found->targets, &reader->found->target_count)
           && columns_set_features(reader);
}

bool snn_csv_columns_find(SnnCsvColumns *columns, const SnnCsvFile *file, const SnnModel *model, bool parts,
                          bool labelled, SnnError *error)
{
    ColumnsReader reader = {columns, file, model, parts, labelled, error};
    *columns = (SnnCsvColumns){.header = strcmp(snn_setting(model, "header"), "0") != 0};
    return columns_set(&reader);
}

void snn_csv_columns_free(SnnCsvColumns *columns)
{
    free(columns->names);
    free(columns->features);
    free(columns->targets);
    *columns = (SnnCsvColumns){0};
}
