/* Data sets of tables. Settings: `columns` by their names, of which a sample is made (else all that nothing else is made of), and
 * those of its `labels` and its `target`; `sequence`: rows with the same value there are the steps of one sample; `header = 0`:
 * columns are called 1, 2, ...; `separator` and `decimal`, a sign each; `name`, with which the files' names begin; and which rows
 * are of the parts `test` and `valid`, see snn_fields.h. */
#include "snn_csv.h"
#include "snn_csv_columns.h"
#include "snn_csv_file.h"
#include "snn_numbers.h"
#include "snn_output.h"
#include "snn_setting.h"
#include "snn_words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CSV_PATH = 4096, CSV_NUMBER = 64, CSV_WAYS = 4 };

/* Where a sample's row began, and what it says there. */
typedef struct CsvRow {
    SnnField label, sequence;
    int line, rows;
} CsvRow;

/* What a line says of the class. */
typedef struct CsvLabel {
    SnnField text; /* "": nothing */
    int line;
} CsvLabel;

/* A table while it is read. */
typedef struct CsvReader {
    SnnDataset *data;
    const SnnModel *model;
    SnnCsvFile file;
    SnnCsvColumns columns;
    const char *part;                 /* whose rows are wanted; NULL: all */
    int wanted;                       /* the number of the part */
    SnnField apart[SNN_FIELDS_PARTS]; /* the last sequence that belongs to another part */
    bool labelled;
    char decimal;
    CsvRow *rows;     /* of each sample */
    CsvLabel *labels; /* [samples][steps], where each step has one; else NULL */
    SnnWords words;
    int64_t cut; /* rows behind the last step */
    SnnError *error;
} CsvReader;

static bool csv_lacks_memory(const CsvReader *reader)
{
    return snn_dataset_no_room(reader->data, reader->file.path, "its rows", reader->error);
}

/* ---- files ----------------------------------------------------------------------------------------- */

/* Where the part may be: in a file of its own, or in that of training, or in one for all, if rows say of which part they are;
 * false if there is no such file. */
static bool csv_place(char *path, const SnnModel *model, const char *folder, const char *part, int way)
{
    const char *name = snn_setting(model, "name"), *dash = name[0] != '\0' ? "_" : "";
    const char *end = way % 2 == 0 ? ".csv" : ".csv.gz";
    bool train = strcmp(part, "train") == 0;
    int length = -1;
    if (way < 2)
        length = snprintf(path, CSV_PATH, "%s/%s%s%s%s", folder, name, dash, part, end);
    else if (name[0] != '\0' && (train || snn_fields_choice(model, part)[0] != '\0'))
        length = snprintf(path, CSV_PATH, "%s/%s%s", folder, name, end);
    return length > 0 && length < CSV_PATH && access(path, F_OK) == 0;
}

/* `own`: the file is the part's alone. */
static bool csv_find(char *path, const SnnModel *model, const char *folder, const char *part, bool *own)
{
    *own = true;
    for (int way = 0; way < CSV_WAYS; way++)
        if (csv_place(path, model, folder, part, way)) {
            *own = way < 2 && strcmp(part, "train") != 0;
            return true;
        }
    *own = false;
    for (int way = 0; way < CSV_WAYS && snn_fields_choice(model, part)[0] != '\0'; way++)
        if (csv_place(path, model, folder, "train", way))
            return true;
    return false;
}

static bool csv_exists(const SnnModel *model, const char *folder, const char *part)
{
    char path[CSV_PATH];
    bool own;
    return csv_find(path, model, folder, snn_fields_part(part), &own);
}

/* Whether the part has a file to itself. */
static bool csv_own(const SnnModel *model, const char *folder, const char *part)
{
    char path[CSV_PATH];
    bool own;
    return csv_find(path, model, folder, snn_fields_part(part), &own) && own;
}

static bool csv_has(const SnnModel *model, const char *folder, const char *validate, const char *target)
{
    const char *parts[] = {"train", "test", validate};
    char path[CSV_PATH];
    for (int i = 0; i < (validate == NULL ? 2 : 3); i++)
        for (int way = 0; way < CSV_WAYS; way++)
            if (csv_place(path, model, folder, parts[i], way) && snn_same_file(path, target))
                return true;
    return false;
}

/* ---- rows ------------------------------------------------------------------------------------------ */

static bool csv_no_number(const CsvReader *reader, int column, SnnField text)
{
    const char *advice = "leave the line out, or give it a number";
    if (memchr(text.at, ',', text.length) != NULL && reader->decimal != ',')
        advice = "if it has a decimal comma, say so in the model: `decimal = \",\"`";
    char name[24];
    snprintf(name, sizeof name, "%d", column + 1);
    SnnField called = reader->columns.header ? reader->columns.names[column] : (SnnField){name, strlen(name)};
    return snn_fail(reader->error, "no number (%s:%d): column `%.*s` has `%.*s`; %s", reader->file.path,
                    reader->file.line, (int)called.length, called.at,
                    text.length < CSV_NUMBER ? (int)text.length : CSV_NUMBER, text.at, advice);
}

/* Where it is not fit, the message names the line. */
static bool csv_check_number(const CsvReader *reader, double number)
{
    size_t sample = (size_t)reader->data->count - 1;
    if (snn_numbers_check(number, sample, reader->file.path, reader->error))
        return true;
    char place[sizeof reader->error->text];
    snprintf(place, sizeof place, "%s:%d", reader->file.path, reader->file.line);
    return snn_numbers_check(number, sample, place, reader->error);
}

static bool csv_number(const CsvReader *reader, int column, float *into)
{
    char copy[CSV_NUMBER];
    SnnField text = reader->file.fields[column];
    while (text.length > 0 && *text.at == ' ')
        text = (SnnField){text.at + 1, text.length - 1};
    while (text.length > 0 && text.at[text.length - 1] == ' ')
        text.length--;
    if (text.length == 0 || text.length >= CSV_NUMBER)
        return csv_no_number(reader, column, text);
    memcpy(copy, text.at, text.length);
    copy[text.length] = '\0';
    for (char *at = copy; reader->decimal != '.' && *at != '\0'; at++)
        *at = *at == '.' ? '?' : *at == reader->decimal ? '.' : *at;
    char *end = copy;
    double number = strspn(copy, "0123456789+-.eE") == text.length ? strtod(copy, &end) : 0.0;
    if (end != copy + text.length)
        return csv_no_number(reader, column, text);
    *into = (float)number;
    return csv_check_number(reader, number);
}

static bool csv_numbers(const CsvReader *reader, const int *columns, int count, float *into)
{
    for (int i = 0; i < count; i++)
        if (!csv_number(reader, columns[i], into + i))
            return false;
    return true;
}

static SnnField csv_at(const CsvReader *reader, int column)
{
    return column != SNN_CSV_NONE ? reader->file.fields[column] : (SnnField){"", 0};
}

static bool csv_same(SnnField one, SnnField other)
{
    return one.length == other.length && memcmp(one.at, other.at, one.length) == 0;
}

/* The number of the part that the row belongs to. */
static int csv_part_of(const CsvReader *reader)
{
    for (int i = 0; i < SNN_FIELDS_PARTS; i++) {
        int column = reader->columns.choice[i];
        if (column != SNN_CSV_NONE
            && snn_fields_chosen(snn_setting(reader->model, snn_fields_parts[i]),
                                 reader->file.fields[column]))
            return SNN_FIELDS_TEST + i;
    }
    return SNN_FIELDS_TRAIN;
}

/* Whether the row is of the part. Counts the samples of parts that are chosen. */
static bool csv_belongs(CsvReader *reader)
{
    int part = reader->part != NULL ? csv_part_of(reader) : SNN_FIELDS_TRAIN, i = part - SNN_FIELDS_TEST;
    if (part != SNN_FIELDS_TRAIN) {
        SnnField sequence = csv_at(reader, reader->columns.sequence);
        bool more = reader->columns.sequence != SNN_CSV_NONE && reader->data->apart[i] > 0
                    && csv_same(reader->apart[i], sequence);
        reader->data->apart[i] += !more;
        reader->apart[i] = sequence;
    }
    return reader->part == NULL || part == reader->wanted;
}

static bool csv_grow(float **numbers, size_t count, int64_t width)
{
    float *grown = realloc(*numbers, 2 * count * (size_t)width * sizeof *grown);
    *numbers = grown != NULL ? grown : *numbers;
    return grown != NULL;
}

static bool csv_grow_reals(CsvReader *reader, size_t count)
{
    SnnDataset *data = reader->data;
    bool grown = snn_dataset_take(data, reader->model, 2 * count * (size_t)data->width * sizeof *data->reals);
    data->reals = data->store.at;
    return grown;
}

/* Where steps have labels: room for those of so many samples. */
static bool csv_grow_labels(CsvReader *reader, size_t count)
{
    size_t steps = (size_t)reader->model->data.label_steps;
    if (steps == 0)
        return true;
    CsvLabel *labels = realloc(reader->labels, count * steps * sizeof *labels);
    reader->labels = labels != NULL ? labels : reader->labels;
    return labels != NULL;
}

/* One sample more, all 0. There is room for as many as the next power of 2. */
static bool csv_add_sample(CsvReader *reader)
{
    SnnDataset *data = reader->data;
    size_t count = (size_t)data->count + 1;
    if (count == INT32_MAX / 2)
        return csv_lacks_memory(reader);
    if ((count & (count - 1)) == 0) {
        CsvRow *rows = realloc(reader->rows, 2 * count * sizeof *rows);
        reader->rows = rows != NULL ? rows : reader->rows;
        if (rows == NULL || !csv_grow_labels(reader, 2 * count) || !csv_grow_reals(reader, count)
            || (data->target_width > 0 && !csv_grow(&data->targets, count, data->target_width)))
            return csv_lacks_memory(reader);
    }
    memset(data->reals + data->count * data->width, 0, (size_t)data->width * sizeof *data->reals);
    if (data->target_width > 0)
        memset(data->targets + data->count * data->target_width, 0,
               (size_t)data->target_width * sizeof *data->targets);
    size_t steps = (size_t)reader->model->data.label_steps;
    for (size_t t = 0; t < steps; t++)
        reader->labels[(size_t)data->count * steps + t] = (CsvLabel){{"", 0}, 0};
    reader->rows[data->count++] = (CsvRow){.line = reader->file.line};
    return true;
}

/* A target that does not go over time is that of the first row. */
static bool csv_take_step(CsvReader *reader, int step)
{
    SnnDataset *data = reader->data;
    float *into =
        data->reals + (data->count - 1) * data->width + (int64_t)step * reader->columns.feature_count;
    if (!csv_numbers(reader, reader->columns.features, reader->columns.feature_count, into))
        return false;
    if (data->target_width == 0 || (step > 0 && data->target_width == reader->columns.target_count))
        return true;
    into =
        data->targets + (data->count - 1) * data->target_width + (int64_t)step * reader->columns.target_count;
    return csv_numbers(reader, reader->columns.targets, reader->columns.target_count, into);
}

/* All lines of a sequence say the same, unless each has a label of its own. */
static bool csv_take_label(CsvReader *reader, CsvRow *row, SnnField label)
{
    int64_t steps = reader->model->data.label_steps, sample = reader->data->count - 1;
    if (steps > 0 && row->rows < steps)
        reader->labels[sample * steps + row->rows] = (CsvLabel){label, reader->file.line};
    return steps > 0 || csv_same(row->label, label)
           || snn_fail(reader->error,
                       "different labels (%s:%d): `%.*s`, and `%.*s` in line %d, of the same sequence",
                       reader->file.path, reader->file.line, (int)label.length, label.at,
                       (int)row->label.length, row->label.at, row->line);
}

static bool csv_take_row(CsvReader *reader)
{
    SnnDataset *data = reader->data;
    SnnField label = csv_at(reader, reader->columns.label),
             sequence = csv_at(reader, reader->columns.sequence);
    int steps = reader->columns.sequence != SNN_CSV_NONE ? reader->model->steps : 1;
    CsvRow *row = data->count > 0 ? &reader->rows[data->count - 1] : NULL;
    if (row == NULL || reader->columns.sequence == SNN_CSV_NONE || !csv_same(row->sequence, sequence)) {
        if (!csv_add_sample(reader))
            return false;
        row = &reader->rows[data->count - 1];
        row->label = label;
        row->sequence = sequence;
    }
    if (!csv_take_label(reader, row, label))
        return false;
    int step = row->rows++;
    reader->cut += step >= steps;
    return step >= steps || csv_take_step(reader, step);
}

static bool csv_next(CsvReader *reader)
{
    const SnnCsvFile *file = &reader->file;
    if (file->count != reader->columns.count)
        return snn_fail(reader->error,
                        "wrong number of fields (%s:%d): it has %d, the first line has %d; quote fields that "
                        "have a separator in them",
                        file->path, file->line, file->count, reader->columns.count);
    SnnField label = csv_at(reader, reader->columns.label);
    bool labelled = reader->columns.label != SNN_CSV_NONE, steps = reader->model->data.label_steps > 0;
    if (labelled && label.length == 0 && !steps)
        return snn_fail(reader->error, "no label (%s:%d): column `%s` has nothing there; leave the line out",
                        file->path, file->line, snn_setting(reader->model, "labels"));
    if (labelled && label.length > 0 && !snn_words_add(&reader->words, label))
        return csv_lacks_memory(reader);
    return !csv_belongs(reader) || csv_take_row(reader);
}

static bool csv_open(CsvReader *reader, const char *path)
{
    const char *separator = snn_setting(reader->model, "separator");
    if (!snn_csv_open(&reader->file, path, separator[0] != '\0' ? separator[0] : ',', reader->error)
        || !snn_csv_next(&reader->file, reader->error))
        return false;
    if (reader->file.count == 0)
        return snn_fail(reader->error, "empty file (%s): it has no line", path);
    return snn_csv_columns_find(&reader->columns, &reader->file, reader->model, reader->part != NULL,
                                reader->labelled, reader->error)
           && (!reader->columns.header || snn_csv_next(&reader->file, reader->error));
}

static bool csv_read_rows(CsvReader *reader)
{
    while (reader->file.count > 0)
        if (!csv_next(reader) || !snn_csv_next(&reader->file, reader->error))
            return false;
    return reader->data->count > 0
           || snn_fail(reader->error, "no data (%s): no row of it is of the part `%s`", reader->file.path,
                       reader->part != NULL ? reader->part : "all");
}

/* ---- sequences ------------------------------------------------------------------------------------- */

static int csv_compare(const void *one, const void *other)
{
    const CsvRow *a = one, *b = other;
    size_t least = a->sequence.length < b->sequence.length ? a->sequence.length : b->sequence.length;
    int order = memcmp(a->sequence.at, b->sequence.at, least);
    if (order != 0)
        return order;
    if (a->sequence.length != b->sequence.length)
        return a->sequence.length < b->sequence.length ? -1 : 1;
    return a->line < b->line ? -1 : a->line > b->line;
}

/* None goes on behind another. Forgets the order of rows. */
static bool csv_check_sequences(const CsvReader *reader)
{
    CsvRow *rows = reader->rows;
    int32_t count = reader->columns.sequence != SNN_CSV_NONE ? reader->data->count : 0;
    if (count > 0)
        qsort(rows, (size_t)count, sizeof *rows, csv_compare);
    for (int32_t i = 1; i < count; i++)
        if (csv_same(rows[i].sequence, rows[i - 1].sequence))
            return snn_fail(
                reader->error,
                "a sequence in pieces (%s:%d): that of `%.*s` began in line %d, others are between; "
                "sort the lines by it",
                reader->file.path, rows[i].line, (int)rows[i].sequence.length, rows[i].sequence.at,
                rows[i - 1].line);
    return true;
}

/* ---- labels ---------------------------------------------------------------------------------------- */

/* What labels are in the training set, they are in all parts: numbers, or which words. */
static bool csv_read_words(CsvReader *reader, CsvReader *train, const char *path)
{
    bool ok = csv_open(train, path);
    while (ok && train->file.count > 0)
        ok =
            (train->file.count != train->columns.count || csv_at(train, train->columns.label).length == 0
             || snn_words_add(&train->words, csv_at(train, train->columns.label)) || csv_lacks_memory(reader))
            && snn_csv_next(&train->file, reader->error);
    return ok;
}

static bool csv_set_class(const CsvReader *reader, const SnnWords *words, CsvLabel label, int32_t *into)
{
    const SnnModel *model = reader->model;
    int32_t class = snn_words_class(words, label.text);
    *into = class;
    if (class >= 0 && class < model->data.classes)
        return true;
    if (words->numbers)
        return snn_fail(reader->error,
                        "label out of range (%s:%d): it is `%.*s`, the model `%s` knows 0 to %d",
                        reader->file.path, label.line, (int)label.text.length, label.text.at, model->name,
                        model->data.classes - 1);
    return snn_fail(reader->error, "unknown label (%s:%d): `%.*s` is none of the training set's",
                    reader->file.path, label.line, (int)label.text.length, label.text.at);
}

/* The classes of samples, or of their steps, of which some have none. */
static bool csv_set_all(CsvReader *reader, const SnnWords *words)
{
    SnnDataset *data = reader->data;
    size_t steps = (size_t)data->label_steps, count = (size_t)data->count * (steps > 0 ? steps : 1);
    data->labels = calloc(count, sizeof *data->labels);
    if (data->labels == NULL)
        return csv_lacks_memory(reader);
    for (size_t i = 0; i < count; i++) {
        CsvLabel label =
            steps > 0 ? reader->labels[i] : (CsvLabel){reader->rows[i].label, reader->rows[i].line};
        if (steps > 0 && label.text.length == 0)
            data->labels[i] = -1;
        else if (!csv_set_class(reader, words, label, &data->labels[i]))
            return false;
    }
    return true;
}

static bool csv_set_classes(CsvReader *reader, const SnnWords *words, const char *path)
{
    const SnnModel *model = reader->model;
    if (!words->numbers && words->count != model->data.classes)
        return snn_fail(reader->error,
                        "wrong number of classes (%s): column `%s` has %d different labels, the model `%s` "
                        "has %d classes",
                        path, snn_setting(model, "labels"), words->count, model->name, model->data.classes);
    reader->data->label_steps = model->data.label_steps;
    return csv_set_all(reader, words);
}

static void csv_close(CsvReader *reader);

/* `train`: the path of the training set, or of the file itself. */
static bool csv_label(CsvReader *reader, const char *train)
{
    if (!reader->labelled || reader->columns.label == SNN_CSV_NONE)
        return true;
    CsvReader other = {.data = reader->data,
                       .model = reader->model,
                       .labelled = true,
                       .decimal = reader->decimal,
                       .error = reader->error};
    snn_words_sort(&reader->words);
    bool own = strcmp(train, reader->file.path) == 0, ok = true;
    if (!own)
        ok = csv_read_words(reader, &other, train);
    snn_words_sort(&other.words);
    ok = ok && csv_set_classes(reader, own ? &reader->words : &other.words, own ? reader->file.path : train);
    csv_close(&other);
    return ok;
}

/* ---- sets ------------------------------------------------------------------------------------------ */

static void csv_close(CsvReader *reader)
{
    snn_csv_close(&reader->file);
    snn_words_free(&reader->words);
    snn_csv_columns_free(&reader->columns);
    free(reader->rows);
    free(reader->labels);
}

static bool csv_set_lengths(const CsvReader *reader)
{
    SnnDataset *data = reader->data;
    int steps = reader->model->steps;
    if (reader->columns.sequence == SNN_CSV_NONE)
        return true;
    data->lengths = calloc((size_t)data->count, sizeof *data->lengths);
    for (int32_t i = 0; data->lengths != NULL && i < data->count; i++)
        data->lengths[i] = reader->rows[i].rows < steps ? reader->rows[i].rows : steps;
    return data->lengths != NULL || csv_lacks_memory(reader);
}

static void csv_describe(const CsvReader *reader)
{
    SnnDataset *data = reader->data;
    int least = 0, most = 0;
    for (int32_t i = 0; i < data->count; i++) {
        int rows = reader->rows[i].rows;
        least = i == 0 || rows < least ? rows : least;
        most = rows > most ? rows : most;
    }
    if (reader->columns.sequence == SNN_CSV_NONE)
        return;
    int used = snprintf(data->about, sizeof data->about, "%d to %d rows each", least, most);
    if (reader->cut > 0)
        snprintf(data->about + used, sizeof data->about - (size_t)used,
                 "; left out, as they come after the %d steps: %lld", reader->model->steps,
                 (long long)reader->cut);
}

/* `part`: of whose rows, NULL if all are meant; `train`: where the training set is. */
static bool csv_read(SnnDataset *data, const SnnModel *model, const char *path, const char *part,
                     const char *train, bool labelled, SnnError *error)
{
    const SnnData *said = &model->data;
    CsvReader reader = {.data = data,
                        .model = model,
                        .part = part,
                        .wanted = part != NULL ? snn_fields_number_of(part) : SNN_FIELDS_OTHER,
                        .labelled = labelled,
                        .decimal =
                            snn_setting(model, "decimal")[0] != '\0' ? snn_setting(model, "decimal")[0] : '.',
                        .error = error};
    *data = (SnnDataset){.width = 1};
    for (int i = 0; i < said->ndim; i++)
        data->width *= said->dims[i];
    data->target_width = labelled && said->target_ndim > 0;
    for (int i = 0; i < said->target_ndim; i++)
        data->target_width *= said->target_dims[i];
    snn_dataset_from(data, path);
    bool ok = csv_open(&reader, path) && csv_read_rows(&reader) && csv_label(&reader, train);
    ok = ok && csv_set_lengths(&reader);
    if (ok)
        csv_describe(&reader);
    ok = ok && csv_check_sequences(&reader);
    csv_close(&reader);
    if (!ok)
        snn_dataset_free(data);
    return ok;
}

static bool csv_read_part(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                          SnnError *error)
{
    char path[CSV_PATH], train[CSV_PATH];
    const char *name = snn_setting(model, "name"), *wanted = snn_fields_part(part);
    bool own, own_train;
    *data = (SnnDataset){0};
    if (!csv_find(path, model, folder, wanted, &own))
        return snn_fail(
            error,
            "no data (%s/%s%s%s.csv): give the folder of the CSV files with --data DIR, and say in the model "
            "how they are called, as `data csv(name = \"iris\")` for iris_train.csv and iris_test.csv",
            folder, name, name[0] != '\0' ? "_" : "", wanted);
    if (!csv_find(train, model, folder, "train", &own_train))
        strcpy(train, path);
    return csv_read(data, model, path, own ? NULL : wanted, train, true, error);
}

static bool csv_read_samples(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    return csv_read(data, model, path, NULL, path, false, error);
}

const SnnFormat snn_csv = {csv_read_part, csv_exists, csv_has, csv_read_samples, "test.csv", NULL, csv_own};
