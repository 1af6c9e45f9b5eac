/* `predict`: what a trained network says of samples, as CSV. */
#include "snn_predict.h"
#include "snn_health.h"
#include "snn_output.h"
#include "snn_predictor.h"

#include <string.h>
#include <unistd.h>

/* What its columns are called: "predicted", "score_0"; "NAME", "NAME_0" where it has a name; "value_0" of numbers. */
static const char *predict_class(const SnnPrediction *prediction)
{
    return prediction->name[0] != '\0' ? prediction->name : "predicted";
}

static const char *predict_number(const SnnPrediction *prediction)
{
    if (prediction->name[0] != '\0')
        return prediction->name;
    return prediction->at.predicted != 0 ? "score" : "value";
}

/* ",predicted,score_0" */
static void predict_first(const SnnPrediction *prediction, char *text, size_t size)
{
    bool class = prediction->at.predicted != 0;
    snprintf(text, size, "%s%.120s,%.120s_0", class ? "," : "", class ? predict_class(prediction) : "",
             predict_number(prediction));
}

/* How many rows a sample may have: one for each step if anything is predicted for each; 0: one for all of it. */
static int predict_steps(const SnnModel *model)
{
    int steps = 0;
    for (int i = 0; i < model->tables.prediction_count; i++)
        steps = model->tables.predictions[i].steps > 0 ? model->tables.predictions[i].steps : steps;
    return steps;
}

/* Numbers that a row is to give: of its step where numbers are predicted for each, as only a target of steps allows. */
static int64_t predict_targets(const SnnModel *model, const SnnDataset *data)
{
    bool each = false;
    for (int i = 0; i < model->tables.prediction_count; i++)
        each = each
               || (model->tables.predictions[i].steps > 0 && model->tables.predictions[i].at.predicted == 0);
    return each ? data->target_width / model->steps : data->target_width;
}

static void predict_header(const SnnModel *model, const SnnDataset *data, FILE *stream)
{
    fprintf(stream, "sample%s%s", predict_steps(model) > 0 ? ",step" : "",
            data->labels != NULL ? ",label" : "");
    for (int64_t k = 0; k < predict_targets(model, data); k++)
        fprintf(stream, ",target_%lld", (long long)k);
    for (int i = 0; i < model->tables.prediction_count; i++) {
        const SnnPrediction *prediction = &model->predictions[i];
        if (prediction->at.predicted != 0)
            fprintf(stream, ",%s", predict_class(prediction));
        for (int k = 0; k < prediction->size; k++)
            fprintf(stream, ",%s_%d", predict_number(prediction), k);
    }
    fputc('\n', stream);
}

/* What files say of the sample, or of its step. */
static void predict_given(const SnnModel *model, const SnnDataset *data, int32_t sample, int step,
                          FILE *stream)
{
    int64_t targets = predict_targets(model, data), labels = data->label_steps > 0 ? data->label_steps : 1;
    int64_t first = sample * data->target_width + (targets < data->target_width ? step * targets : 0);
    if (data->labels != NULL)
        fprintf(stream, ",%d", data->labels[sample * labels + (data->label_steps > 0 ? step : 0)]);
    for (int64_t k = 0; k < targets; k++)
        fprintf(stream, ",%.9g", (double)data->targets[first + k]);
}

static void predict_row(const SnnModel *model, const SnnDataset *data, int32_t row, int step, FILE *stream)
{
    int32_t sample = model->sample[row];
    fprintf(stream, "%d", sample);
    if (predict_steps(model) > 0)
        fprintf(stream, ",%d", step);
    predict_given(model, data, sample, step, stream);
    for (int i = 0; i < model->prediction_count; i++) {
        const SnnPrediction *prediction = &model->predictions[i];
        int64_t at = prediction->steps > 0 ? (int64_t)row * prediction->steps + step : row;
        if (prediction->at.predicted != 0)
            fprintf(stream, ",%d", prediction->predicted[at]);
        for (int k = 0; k < prediction->size; k++)
            fprintf(stream, ",%.9g", (double)prediction->values[at * prediction->size + k]);
    }
    fputc('\n', stream);
}

/* Of steps, those that the sample has. */
static void predict_sample(const SnnModel *model, const SnnDataset *data, int32_t row, FILE *stream)
{
    bool steps = predict_steps(model) > 0;
    int32_t count = steps ? snn_dataset_length(data, model, model->sample[row]) : 1;
    for (int step = 0; step < count; step++)
        predict_row(model, data, row, step, stream);
}

static bool predict_all(SnnPredictor *predictor, FILE *stream, SnnError *error)
{
    SnnSession *session = &predictor->session;
    SnnModel *model = session->model;
    const SnnDataset *data = &predictor->data;
    model->run->seed = predictor->seed;
    model->run->epoch = SNN_TEST_EPOCH;
    predict_header(model, data, stream);
    for (int32_t first = 0, rows; first < data->count; first += rows) {
        rows = data->count - first < session->batch ? data->count - first : session->batch;
        snn_session_load(session, data, NULL, first, rows);
        snn_session_evaluate(session);
        if (!snn_forward_is_finite(session))
            return snn_predictor_not_finite(predictor, error);
        for (int32_t row = 0; row < rows; row++)
            predict_sample(model, data, row, stream);
    }
    return true;
}

/* Whether the file begins as predictions of this model do, up to their first number. An empty one holds nothing to
 * lose. */
static bool predict_is_ours(const SnnModel *model, const char *path)
{
    char begin[600] = "", column[300];
    predict_first(&model->tables.predictions[0], column, sizeof column);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return true; /* the attempt to write it will tell */
    size_t got = fread(begin, 1, sizeof begin - 1, file);
    fclose(file);
    const char *at = begin + strlen("sample");
    if (strncmp(begin, "sample", strlen("sample")) != 0)
        return got == 0;
    at += strncmp(at, ",step", strlen(",step")) == 0 ? strlen(",step") : 0;
    at += strncmp(at, ",label", strlen(",label")) == 0 ? strlen(",label") : 0;
    if (model->data.target_ndim > 0 && strncmp(at, ",target_0", strlen(",target_0")) == 0)
        return true;
    return strncmp(at, column, strlen(column)) == 0;
}

/* Fails if --out is a file that holds anything but predictions, or that is read, or that is data. */
static bool predict_check_target(const SnnModel *model, const SnnOptions *options, SnnError *error)
{
    char buffer[4096];
    struct stat info;
    const char *path = options->out;
    if (path == NULL || snn_output_is_standard(path) || stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return true;
    if (snn_same_file(path, snn_weights_path(model, options->weights, buffer, sizeof buffer))
        || (options->images != NULL && snn_same_file(path, options->images)))
        return snn_fail(error, "would overwrite (%s): it is read; give another --out FILE", path);
    if (!snn_dataset_spare(model, snn_data_folder(model, options), NULL, path, "--out", error))
        return false;
    return options->force || predict_is_ours(model, path)
           || snn_fail(error,
                       "would overwrite (%s): it is not a file of predictions; give another --out FILE, or "
                       "--force",
                       path);
}

int snn_predict(SnnModel *model, const SnnOptions *options, SnnError *error)
{
    SnnPredictor predictor;
    SnnOutput output;
    if (!predict_check_target(model, options, error)
        || !snn_predictor_open(&predictor, model, options, error))
        return SNN_FAILED;
    bool ok = snn_output_open_any(&output, options->out != NULL ? options->out : "-", error);
    if (ok) {
        ok = predict_all(&predictor, output.stream, error);
        if (ok)
            ok = snn_output_commit(&output, error);
        else
            snn_output_discard(&output);
    }
    snn_predictor_close(&predictor);
    return ok ? SNN_OK : SNN_FAILED;
}
