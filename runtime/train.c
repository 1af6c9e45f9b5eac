/* Training: epochs of shuffled batches, a test and a checkpoint after each. */
#include "snn_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Trainer {
    SnnModel *model;
    const SnnOptions *options;
    char default_path[4096];
    SnnTarget target;    /* of the checkpoints */
    SnnTensors *resumed; /* while the training opens: the checkpoint that it goes on from */
    SnnSession session;
    bool opened;
    SnnDataset train, test;
    SnnState state;
    int32_t *order;
    double *activity; /* of each stream in this epoch */
    SnnProgress progress;
    FILE *log;
    bool watch;     /* for SIGINT */
    SnnScore score; /* on the test set, after the last epoch */
} Trainer;

/* ---- preparing ------------------------------------------------------------------------------------ */

/* A training that goes on although it is another one is told what differs. */
static bool trainer_read_state(Trainer *trainer, SnnError *error)
{
    SnnError difference;
    const SnnOptions *options = trainer->options;
    const char *path = options->resume;
    trainer->resumed = snn_tensors_open(path, error);
    if (trainer->resumed == NULL
        || !snn_checkpoint_state(trainer->resumed, trainer->model, options->force, &trainer->state, path,
                                 error))
        return false;
    if (snn_checkpoint_differs(trainer->resumed, trainer->model, true, &difference))
        snn_note(options, "goes on from another training (%s): %s", path, difference.text);
    trainer->target.own = *snn_tensors_identity(trainer->resumed);
    return true;
}

static bool trainer_resume_state(Trainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    SnnState *state = &trainer->state;
    if (!trainer_read_state(trainer, error))
        return false;
    if (options->has_seed && options->seed != state->seed)
        return snn_fail(error, "cannot resume (%s): it was trained with --seed %u, not %u; leave --seed out",
                        options->resume, state->seed, options->seed);
    if (options->batch != 0 && options->batch != state->batch)
        return snn_fail(error,
                        "cannot resume (%s): it was trained with --batch %d, not %d; leave --batch out",
                        options->resume, state->batch, options->batch);
    float lr = state->lr != 0.0f ? state->lr : trainer->model->schedule.lr;
    if (options->lr != 0.0f && options->lr != lr)
        return snn_fail(error,
                        "cannot resume (%s): its learning rate is %g, not %g; leave --lr out, or start a new "
                        "training from its weights with --weights",
                        options->resume, (double)lr, (double)options->lr);
    if (options->epochs != 0)
        state->epochs = options->epochs;
    return true;
}

static bool trainer_state(Trainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    const SnnModel *model = trainer->model;
    if (options->resume != NULL)
        return trainer_resume_state(trainer, error);
    trainer->state = (SnnState){
        .seed = options->has_seed ? options->seed : model->seed,
        .batch = options->batch != 0 ? options->batch : model->batch,
        .epochs = options->epochs != 0 ? options->epochs : model->epochs,
        .lr = options->lr,
    };
    return true;
}

/* Where the weights begin: at random, where another training ended, or where this one stopped. */
static bool trainer_weights(Trainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    SnnError left;
    snn_session_initialise(&trainer->session, trainer->state.seed);
    if (options->resume != NULL)
        return snn_checkpoint_load(trainer->resumed, trainer->model, true, options->resume, error);
    if (options->weights == NULL)
        return true;
    SnnTensors *file = snn_tensors_open(options->weights, error);
    bool ok = file != NULL && snn_checkpoint_start(file, trainer->model, options->weights, &left, error);
    if (ok)
        snn_note_other_model(options, options->weights, file, trainer->model);
    snn_tensors_close(file);
    if (ok && left.text[0] != '\0' && !options->quiet)
        snn_note(options, "not taken from the weights (%s), so they start as without: %s", options->weights,
                 left.text);
    return ok;
}

static bool trainer_path(Trainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    const char *given = options->out != NULL ? options->out : options->resume;
    const char *path =
        snn_weights_path(trainer->model, given, trainer->default_path, sizeof trainer->default_path);
    trainer->target.path = path;
    trainer->target.replace = options->force;
    if (options->log != NULL && snn_same_file(options->log, path))
        return snn_fail(error, "one file for two things (%s): give different --log and --out", options->log);
    return snn_checkpoint_check_target(trainer->model, &trainer->target, error);
}

/* Says under which name an older file stays. */
static void trainer_note_kept(const Trainer *trainer, const char *path, char *kept)
{
    if (kept != NULL)
        snn_note(trainer->options, "there was an older file (%s): it is kept as %s", path, kept);
    free(kept);
}

static bool trainer_log(Trainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    char *kept = NULL;
    if (options->log == NULL)
        return true;
    if (options->resume != NULL)
        return snn_log_open(&trainer->log, options->log, trainer->state.epoch,
                            snn_tensors_metadata(trainer->resumed, "log"), error);
    bool ok = snn_log_open_new(&trainer->log, options->log, options->force, &kept, error);
    trainer_note_kept(trainer, options->log, kept);
    return ok;
}

static bool trainer_data(Trainer *trainer, SnnError *error)
{
    const char *folder = snn_data_folder(trainer->model, trainer->options);
    if (!snn_dataset_read(&trainer->train, trainer->model, folder, "train", error)
        || !snn_dataset_read(&trainer->test, trainer->model, folder, "t10k", error))
        return false;
    int32_t count = trainer->train.count;
    if (trainer->options->resume != NULL && trainer->state.samples != count)
        return snn_fail(
            error, "cannot resume (%s): it was trained with %d samples, %d are here; give the same --data",
            trainer->options->resume, trainer->state.samples, count);
    trainer->state.samples = count;
    return true;
}

static bool trainer_open(Trainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    SnnModel *model = trainer->model;
    if (!trainer_state(trainer, error) || !trainer_path(trainer, error) || !trainer_data(trainer, error))
        return false;
    if (!snn_session_open(&trainer->session, model, trainer->state.batch, snn_thread_count(options), error))
        return false;
    trainer->opened = true;
    trainer->order = calloc((size_t)trainer->train.count, sizeof *trainer->order);
    trainer->activity = calloc((size_t)model->stream_count + 1, sizeof *trainer->activity);
    if (trainer->order == NULL || trainer->activity == NULL)
        return snn_fail(error, "no memory (%d training samples)", trainer->train.count);
    if (!trainer_weights(trainer, error))
        return false;
    if (trainer->state.lr != 0.0f)
        model->schedule.lr = trainer->state.lr;
    snn_progress_open(&trainer->progress, options->quiet, trainer->state.epochs, trainer->train.count);
    bool ok = trainer_log(trainer, error);
    snn_tensors_close(trainer->resumed);
    trainer->resumed = NULL;
    return ok;
}

static bool trainer_close(Trainer *trainer, SnnError *error)
{
    bool ok = trainer->log == NULL || fclose(trainer->log) == 0;
    snn_tensors_close(trainer->resumed);
    if (trainer->opened)
        snn_session_close(&trainer->session);
    snn_dataset_free(&trainer->train);
    snn_dataset_free(&trainer->test);
    free(trainer->order);
    free(trainer->activity);
    return ok || snn_fail(error, "cannot write the log (%s)", trainer->options->log);
}

/* ---- one batch ------------------------------------------------------------------------------------ */

static int trainer_not_finite(const Trainer *trainer, int32_t rows, int batch, SnnError *error)
{
    SnnError where;
    const SnnState *state = &trainer->state;
    trainer->model->forward(trainer->session.net, trainer->session.pool); /* backward may use values up */
    snn_describe_non_finite(trainer->model, rows, &where);
    const char *kept =
        state->epoch > 0 ? "; the checkpoint of the last epoch stays" : "; there is no checkpoint yet";
    snn_fail(error, "%.400s in epoch %d, batch %d%s (%s): try a smaller learning rate than %g, or clip_norm",
             where.text, state->epoch + 1, batch + 1, kept, trainer->target.path,
             (double)trainer->model->run->lr);
    return SNN_FAILED;
}

static float trainer_gradient_scale(const SnnModel *model)
{
    if (!(model->clip_norm > 0.0f))
        return 1.0f;
    double scale = (double)model->clip_norm / (snn_gradient_norm(model) + 1e-6);
    return scale < 1.0 ? (float)scale : 1.0f;
}

static int trainer_batch(Trainer *trainer, int batch, int32_t first, int32_t rows, SnnError *error)
{
    SnnModel *model = trainer->model;
    SnnState *state = &trainer->state;
    SnnRun *run = model->run;
    int batches = (trainer->train.count - 1) / state->batch + 1;
    snn_session_load(&trainer->session, &trainer->train, trainer->order, first, rows);
    run->seed = state->seed;
    run->epoch = (uint32_t)state->epoch;
    run->lr = snn_learning_rate(&model->schedule, state->epoch, state->epochs, batch, batches);
    run->step = (float)(state->step + 1);
    model->forward(trainer->session.net, trainer->session.pool);
    model->backward(trainer->session.net, trainer->session.pool);
    if (!snn_batch_is_finite(model, rows))
        return trainer_not_finite(trainer, rows, batch, error);
    run->scale = trainer_gradient_scale(model);
    model->update(trainer->session.net, trainer->session.pool);
    state->step++;
    return SNN_OK;
}

/* ---- one epoch ------------------------------------------------------------------------------------ */

/* Adds what the batch in the network tells to the sums of the epoch. */
static void trainer_count(Trainer *trainer, int32_t rows, SnnEpoch *epoch)
{
    const SnnModel *model = trainer->model;
    snn_session_count(&trainer->session, &epoch->train);
    for (int i = 0; i < model->stream_count; i++)
        for (int32_t row = 0; model->streams[i].activity != NULL && row < rows; row++)
            trainer->activity[i] += (double)model->streams[i].activity[row];
    epoch->samples += rows;
}

static int trainer_interrupted(const Trainer *trainer, SnnError *error)
{
    const SnnState *state = &trainer->state;
    if (state->epoch == 0)
        snn_fail(error, "interrupted in epoch 1 (%s): no epoch was finished, so nothing is saved",
                 trainer->target.path);
    else
        snn_fail(
            error,
            "interrupted in epoch %d (%s): go on with `%.200s train --resume %.300s --epochs %d`, and the "
            "same --data",
            state->epoch + 1, trainer->target.path, trainer->options->program, trainer->target.path,
            state->epochs);
    return SNN_INTERRUPTED;
}

static int trainer_batches(Trainer *trainer, SnnEpoch *epoch, SnnError *error)
{
    int32_t count = trainer->train.count, size = trainer->state.batch;
    int batch = 0;
    for (int64_t first = 0; first < count; first += size, batch++) {
        int32_t rows = count - first < size ? (int32_t)(count - first) : size;
        int status = trainer_batch(trainer, batch, (int32_t)first, rows, error);
        if (status != SNN_OK)
            return status;
        trainer_count(trainer, rows, epoch);
        snn_progress_batch(&trainer->progress, epoch->samples, epoch->train.loss / (double)epoch->samples);
        if (trainer->watch && snn_interrupt_pending())
            return trainer_interrupted(trainer, error);
    }
    epoch->lr = (double)trainer->model->run->lr;
    epoch->train.loss /= count;
    epoch->train.accuracy /= count;
    if (snn_params_are_finite(trainer->model))
        return SNN_OK;
    return trainer_not_finite(trainer, 0, batch - 1, error);
}

static bool trainer_measure(Trainer *trainer)
{
    return snn_session_test(&trainer->session, &trainer->test, trainer->state.seed, trainer->watch,
                            &trainer->score);
}

/* The checkpoint knows the log's line of its epoch: killed before the log does, nothing is missing. */
static bool trainer_save(Trainer *trainer, const SnnEpoch *epoch, SnnError *error)
{
    SnnEpoch same = *epoch;
    same.seconds = NAN; /* checkpoints of equal trainings are equal */
    char *line = snn_log_line(trainer->model, &same);
    bool ok = line == NULL
                  ? snn_fail(error, "no memory to write the checkpoint (%s)", trainer->target.path)
                  : snn_checkpoint_save(trainer->model, &trainer->state, line, &trainer->target, error);
    free(line);
    if (ok && trainer->target.kept != NULL)
        snn_progress_clear(&trainer->progress);
    trainer_note_kept(trainer, trainer->target.path, trainer->target.kept);
    trainer->target.kept = NULL;
    return ok;
}

static bool trainer_write_log(Trainer *trainer, const SnnEpoch *epoch, SnnError *error)
{
    if (trainer->log == NULL)
        return true;
    char *line = snn_log_line(trainer->model, epoch);
    bool ok = line != NULL && snn_log_write(trainer->log, line);
    free(line);
    return ok
           || snn_fail(error, "cannot write the log (%s); the checkpoint of this epoch is saved",
                       trainer->options->log);
}

static int trainer_epoch(Trainer *trainer, SnnError *error)
{
    SnnState *state = &trainer->state;
    SnnEpoch epoch = {.number = state->epoch + 1, .activity = trainer->activity};
    memset(trainer->activity, 0, ((size_t)trainer->model->stream_count + 1) * sizeof *trainer->activity);
    snn_shuffle(trainer->order, trainer->train.count, state->seed, (uint32_t)state->epoch);
    snn_progress_epoch(&trainer->progress, epoch.number);
    int status = trainer_batches(trainer, &epoch, error);
    if (status != SNN_OK)
        return status;
    epoch.seconds = snn_seconds() - trainer->progress.began;
    if (!trainer_measure(trainer))
        return trainer_interrupted(trainer, error);
    epoch.test = trainer->score;
    state->epoch++;
    if (!trainer_save(trainer, &epoch, error) || !trainer_write_log(trainer, &epoch, error))
        return SNN_FAILED;
    snn_progress_end(&trainer->progress, trainer->model, &epoch);
    return SNN_OK;
}

static int trainer_run(Trainer *trainer, SnnError *error)
{
    const SnnState *state = &trainer->state;
    trainer->watch = snn_interrupt_block();
    if (state->epoch >= state->epochs) {
        snn_note(trainer->options,
                 "nothing to train (%s): its %d epochs are done; give a larger --epochs to go on",
                 trainer->options->resume, state->epoch);
        if (!trainer_measure(trainer))
            return trainer_interrupted(trainer, error);
    }
    while (state->epoch < state->epochs) {
        int status = trainer_epoch(trainer, error);
        if (status != SNN_OK)
            return status;
    }
    snn_score_print(trainer->model, &trainer->score);
    return SNN_OK;
}

int snn_train(SnnModel *model, const SnnOptions *options, SnnError *error)
{
    Trainer trainer = {.model = model, .options = options};
    int status = trainer_open(&trainer, error) ? trainer_run(&trainer, error) : SNN_FAILED;
    if (status != SNN_OK)
        snn_progress_clear(&trainer.progress);
    SnnError closing;
    if (!trainer_close(&trainer, &closing) && status == SNN_OK) {
        *error = closing;
        status = SNN_FAILED;
    }
    return status;
}
