/* What a trained network is used for: its accuracy on the test set, its predictions as CSV. */
#include "snn_internal.h"

#include <string.h>
#include <unistd.h>

/* A network with weights, and samples for it. */
typedef struct Predictor {
    SnnSession session;
    SnnDataset data;
    uint32_t seed;
} Predictor;

static bool predictor_data(Predictor *predictor, SnnModel *model, const SnnOptions *options, SnnError *error)
{
    if (options->images != NULL)
        return snn_dataset_read_images(&predictor->data, model, options->images, error);
    return snn_dataset_read(&predictor->data, model, snn_data_folder(model, options), "t10k", error);
}

static bool predictor_weights(Predictor *predictor, const SnnOptions *options, SnnError *error)
{
    char buffer[4096];
    SnnModel *model = predictor->session.model;
    const char *path = snn_weights_path(model, options->weights, buffer, sizeof buffer);
    if (strcmp(path, "-") != 0 && access(path, F_OK) != 0)
        return snn_fail(error, "no weights (%s): %sgive the file with --weights FILE", path,
                        model->trains ? "train first, or " : "");
    SnnTensors *file = snn_tensors_open(path, error);
    bool ok = file != NULL && snn_checkpoint_load(file, model, false, path, error);
    if (ok)
        snn_note_other_model(options, path, file, model);
    if (ok && !options->has_seed)
        predictor->seed = snn_checkpoint_seed(file, model->seed);
    snn_tensors_close(file);
    return ok;
}

/* A network without a parameter needs no weights. */
static bool predictor_open(Predictor *predictor, SnnModel *model, const SnnOptions *options, SnnError *error)
{
    int batch = options->batch != 0 ? options->batch : model->batch;
    *predictor = (Predictor){.seed = options->has_seed ? options->seed : model->seed};
    if (!snn_session_open(&predictor->session, model, batch, snn_thread_count(options), error))
        return false;
    bool needless = model->param_count == 0 && options->weights == NULL;
    if ((needless || predictor_weights(predictor, options, error))
        && predictor_data(predictor, model, options, error))
        return true;
    snn_session_close(&predictor->session);
    return false;
}

static void predictor_close(Predictor *predictor)
{
    snn_session_close(&predictor->session);
    snn_dataset_free(&predictor->data);
}

/* Weights come from a file, which was checked. */
static bool predictor_not_finite(const Predictor *predictor, SnnError *error)
{
    SnnError where;
    snn_describe_non_finite(predictor->session.model, &where);
    return snn_fail(error, "%.700s: the weights are finite, so %s", where.text, SNN_ADVICE_EQUATIONS);
}

int snn_test(SnnModel *model, const SnnOptions *options, SnnError *error)
{
    Predictor predictor;
    if (!predictor_open(&predictor, model, options, error))
        return SNN_FAILED;
    SnnScore score;
    const SnnPart all = {.data = &predictor.data, .count = predictor.data.count};
    bool ok = snn_session_test(&predictor.session, &all, predictor.seed, false, &score);
    if (ok)
        snn_score_print(model, &score);
    else
        predictor_not_finite(&predictor, error);
    predictor_close(&predictor);
    return ok ? SNN_OK : SNN_FAILED;
}

static void predict_header(const SnnModel *model, bool labels, FILE *stream)
{
    fprintf(stream, "sample%s,predicted", labels ? ",label" : "");
    for (int c = 0; c < model->data.classes; c++)
        fprintf(stream, ",score_%d", c);
    fputc('\n', stream);
}

static void predict_row(const SnnModel *model, int32_t row, bool labels, FILE *stream)
{
    fprintf(stream, "%d", model->sample[row]);
    if (labels)
        fprintf(stream, ",%d", model->label[row]);
    fprintf(stream, ",%d", model->predicted[row]);
    for (int c = 0; c < model->data.classes; c++)
        fprintf(stream, ",%.9g", (double)model->scores[row * model->data.classes + c]);
    fputc('\n', stream);
}

static bool predict_all(Predictor *predictor, FILE *stream, SnnError *error)
{
    SnnSession *session = &predictor->session;
    SnnModel *model = session->model;
    const SnnDataset *data = &predictor->data;
    model->run->seed = predictor->seed;
    model->run->epoch = SNN_TEST_EPOCH;
    predict_header(model, data->labels != NULL, stream);
    for (int32_t first = 0, rows; first < data->count; first += rows) {
        rows = data->count - first < session->batch ? data->count - first : session->batch;
        snn_session_load(session, data, NULL, first, rows);
        model->forward(session->net, session->pool);
        if (!snn_forward_is_finite(session))
            return predictor_not_finite(predictor, error);
        for (int32_t row = 0; row < rows; row++)
            predict_row(model, row, data->labels != NULL, stream);
    }
    return true;
}

/* Whether the file begins as predictions do. An empty one holds nothing to lose. */
static bool predict_is_ours(const char *path)
{
    static const char *const begins[] = {"sample,predicted,score_0", "sample,label,predicted,score_0"};
    char begin[32] = "";
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return true; /* the attempt to write it will tell */
    size_t got = fread(begin, 1, sizeof begin - 1, file);
    fclose(file);
    return got == 0 || strncmp(begin, begins[0], strlen(begins[0])) == 0
           || strncmp(begin, begins[1], strlen(begins[1])) == 0;
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
    if (!snn_dataset_spare(model, snn_data_folder(model, options), NULL, path, error))
        return false;
    return options->force || predict_is_ours(path)
           || snn_fail(error,
                       "would overwrite (%s): it is not a file of predictions; give another --out FILE, or "
                       "--force",
                       path);
}

int snn_predict(SnnModel *model, const SnnOptions *options, SnnError *error)
{
    Predictor predictor;
    SnnOutput output;
    if (!predict_check_target(model, options, error) || !predictor_open(&predictor, model, options, error))
        return SNN_FAILED;
    bool ok = snn_output_open_any(&output, options->out != NULL ? options->out : "-", error);
    if (ok) {
        ok = predict_all(&predictor, output.stream, error);
        if (ok)
            ok = snn_output_commit(&output, error);
        else
            snn_output_discard(&output);
    }
    predictor_close(&predictor);
    return ok ? SNN_OK : SNN_FAILED;
}
