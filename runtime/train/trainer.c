/* The opening of a training: where its state and its weights come from, where its checkpoints, its best epoch and its
 * log go, and that nothing of another training is lost there. */
#include "snn_trainer.h"
#include "snn_random.h"
#include "snn_log.h"
#include "snn_note.h"
#include "snn_output.h"
#include "snn_report.h"
#include "snn_weights.h"

#include <stdlib.h>
#include <sys/stat.h>

/* A training that goes on although it is another one is told what differs. */
static bool trainer_read_state(SnnTrainer *trainer, SnnError *error)
{
    SnnError difference;
    const SnnOptions *options = trainer->options;
    const char *path = options->resume;
    trainer->resumed = snn_tensors_open(path, error);
    if (trainer->resumed == NULL
        || !snn_checkpoint_state(trainer->resumed, trainer->model, options->force, &trainer->state, path,
                                 error))
        return false;
    if (snn_weights_differs(trainer->resumed, trainer->model, true, &difference))
        snn_note(options, "goes on from another training (%s): %s", path, difference.text);
    trainer->target.own = *snn_tensors_identity(trainer->resumed);
    return true;
}

static bool trainer_resume_state(SnnTrainer *trainer, SnnError *error)
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
    float lr = state->lr != 0.0f ? state->lr : trainer->model->lr;
    if (options->lr != 0.0f && options->lr != lr)
        return snn_fail(error,
                        "cannot resume (%s): its learning rate is %g, not %g; leave --lr out, or start a new "
                        "training from its weights with --weights",
                        options->resume, (double)lr, (double)options->lr);
    if (options->epochs != 0)
        state->epochs = options->epochs;
    return snn_selection_resume(state, trainer->model, options, error);
}

/* A norm over the samples of a batch, and nothing else, has nothing to tell of one. */
static bool trainer_batch(const SnnTrainer *trainer, SnnError *error)
{
    int batch = trainer->state.batch, least = trainer->model->least_batch;
    return batch >= least
           || snn_fail(error,
                       "cannot train (%s): in batches of %d, a norm over the batch would have too few "
                       "values; give --batch %d or more",
                       trainer->model->source, batch, least);
}

/* All batches would be as small as that. */
static bool trainer_samples(const SnnTrainer *trainer, SnnError *error)
{
    int count = trainer->data.learn.count, least = trainer->model->least_batch;
    return count >= least
           || snn_fail(
               error,
               "cannot train (%s): there %s %d sample%s to learn from, and a norm over the batch needs "
               "%d",
               trainer->model->source, count == 1 ? "is" : "are", count, count == 1 ? "" : "s", least);
}

static bool trainer_state(SnnTrainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    const SnnModel *model = trainer->model;
    if (options->lr != 0.0f && model->lr == 0.0f)
        return snn_fail(error,
                        "cannot set the learning rate (%s): it is a formula, `%s`; change it in the model",
                        model->source, model->learning);
    if (options->resume != NULL)
        return trainer_resume_state(trainer, error) && trainer_batch(trainer, error);
    trainer->state = (SnnState){
        .seed = options->has_seed ? options->seed : model->seed,
        .batch = options->batch != 0 ? options->batch : model->batch,
        .epochs = options->epochs != 0 ? options->epochs : model->epochs,
        .lr = options->lr,
    };
    return trainer_batch(trainer, error) && snn_selection_begin(&trainer->state, model, options, error);
}

static void trainer_init(SnnTrainer *trainer)
{
    SnnModel *model = trainer->model;
    model->run->seed = trainer->state.seed;
    model->run->epoch = SNN_INIT_EPOCH;
    model->init(model->net, trainer->session.pool);
}

/* Where the weights begin: at random, where another training ended, or where this one stopped. */
static bool trainer_weights(SnnTrainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    SnnError left;
    trainer_init(trainer);
    if (options->resume != NULL)
        return snn_weights_load(trainer->resumed, trainer->model, true, options->resume, error);
    if (options->weights == NULL)
        return true;
    SnnTensors *file = snn_tensors_open(options->weights, error);
    bool ok = file != NULL && snn_weights_start(file, trainer->model, options->weights, &left, error);
    if (ok)
        snn_weights_note_other(options, options->weights, file, trainer->model);
    snn_tensors_close(file);
    if (ok && left.text[0] != '\0' && !options->quiet)
        snn_note(options, "not taken from the weights (%s), so they start as without: %s", options->weights,
                 left.text);
    return ok;
}

/* Where the best epoch goes. What a resumed training wrote there may be replaced. */
static bool trainer_best_path(SnnTrainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    const SnnState *state = &trainer->state;
    struct stat info;
    if (state->best == 0)
        return true;
    trainer->best_path = snn_best_path(trainer->target.path);
    if (trainer->best_path == NULL)
        return snn_fail(error, "no memory (%s)", trainer->target.path);
    trainer->best = (SnnTarget){.path = trainer->best_path, .replace = options->force};
    if (options->log != NULL && snn_same_file(options->log, trainer->best_path))
        return snn_fail(error, "one file for two things (%s): give different --log and --out", options->log);
    if (options->resume != NULL && state->best_epoch > 0
        && snn_same_file(options->resume, trainer->target.path) && stat(trainer->best_path, &info) == 0)
        trainer->best.own = snn_identity(&info);
    if (!snn_checkpoint_check_target(&trainer->best, error))
        return false;
    if (!options->quiet)
        snn_note(options, "the epoch with the best %s %s is kept in %s", snn_best_set(state),
                 snn_best_name(trainer->model, state), trainer->best_path);
    return true;
}

/* Data are not overwritten, whatever --force says. */
static bool trainer_spares_data(const SnnTrainer *trainer, const char *path, const char *flag,
                                SnnError *error)
{
    return path == NULL
           || snn_dataset_spare(trainer->model, snn_data_folder(trainer->model, trainer->options),
                                trainer->state.validate, path, flag, error);
}

/* `path`: of the checkpoint. */
static bool trainer_report_path(const SnnTrainer *trainer, const char *path, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    if (options->report == NULL)
        return true;
    if (snn_same_file(options->report, path))
        return snn_fail(error, "one file for two things (%s): give different --report and --out", path);
    return snn_report_check_target(trainer->model, options, options->report, "--report", error);
}

static bool trainer_path(SnnTrainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    const char *given = options->out != NULL ? options->out : options->resume;
    const char *path =
        snn_weights_path(trainer->model, given, trainer->default_path, sizeof trainer->default_path);
    trainer->target.path = path;
    trainer->target.replace = options->force;
    if (options->log != NULL && snn_same_file(options->log, path))
        return snn_fail(error, "one file for two things (%s): give different --log and --out", options->log);
    if (options->out == NULL && options->resume != NULL && snn_best_is_path(options->resume))
        return snn_fail(error, "would overwrite the best epoch (%s): give another --out FILE",
                        options->resume);
    return trainer_report_path(trainer, path, error) && trainer_spares_data(trainer, path, "--out", error)
           && trainer_spares_data(trainer, options->log, "--log", error)
           && snn_checkpoint_check_target(&trainer->target, error) && trainer_best_path(trainer, error);
}

/* Says under which name an older file stays. */
static void trainer_note_kept(const SnnTrainer *trainer, const char *path, char *kept)
{
    if (kept != NULL)
        snn_note(trainer->options, "there was an older file (%s): it is kept as %s", path, kept);
    free(kept);
}

static bool trainer_log(SnnTrainer *trainer, SnnError *error)
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

void snn_trainer_note_kept(const SnnTrainer *trainer, SnnTarget *target)
{
    trainer_note_kept(trainer, target->path, target->kept);
    target->kept = NULL;
}

/* Writes what the file holds, which is in `state`, as the best epoch. Leaves it in the network. */
static bool trainer_copy_best(SnnTrainer *trainer, const SnnTensors *file, const SnnState *state,
                              const char *path, SnnError *error)
{
    bool ok = snn_weights_load(file, trainer->model, true, path, error)
              && snn_checkpoint_save(trainer->model, state, snn_tensors_metadata(file, "log"), &trainer->best,
                                     error);
    snn_trainer_note_kept(trainer, &trainer->best);
    return ok;
}

/* The best epoch of a resumed training is beside its checkpoint. Where the training goes on under another name, it
 * comes along. */
static bool trainer_follow_best(SnnTrainer *trainer, const char *beside, SnnError *error)
{
    SnnState best;
    const char *resume = trainer->options->resume;
    SnnTensors *file = snn_tensors_open(beside, error);
    bool ok = file != NULL
              && snn_checkpoint_state(file, trainer->model, trainer->options->force, &best, beside, error)
              && best.epoch == trainer->state.best_epoch;
    if (!ok)
        snn_fail(error,
                 "cannot resume (%.300s): epoch %d was the best of this training, and %.300s should hold it; "
                 "put it there, or begin anew with --weights",
                 resume, trainer->state.best_epoch, beside);
    else if (!snn_same_file(beside, trainer->best_path))
        ok = trainer_copy_best(trainer, file, &best, beside, error);
    snn_tensors_close(file);
    return ok;
}

/* Brings the best epoch of a resumed training to its place; if the checkpoint itself is the best, from there, since
 * a kill may have come between the two files. */
static bool trainer_take_best(SnnTrainer *trainer, SnnError *error)
{
    const char *resume = trainer->options->resume;
    const SnnState *state = &trainer->state;
    if (resume == NULL || state->best_epoch == 0)
        return true;
    if (state->best_epoch == state->epoch)
        return trainer_copy_best(trainer, trainer->resumed, state, resume, error);
    char *beside = snn_best_path(resume);
    bool ok = beside == NULL ? snn_fail(error, "no memory (%s)", resume)
                             : trainer_follow_best(trainer, beside, error);
    free(beside);
    return ok;
}

bool snn_trainer_open(SnnTrainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    SnnModel *model = trainer->model;
    if (!trainer_state(trainer, error) || !trainer_path(trainer, error)
        || !snn_split_open(&trainer->data, &trainer->state, model, options, error)
        || !trainer_samples(trainer, error))
        return false;
    if (!snn_session_open(&trainer->session, model, trainer->state.batch, snn_thread_count(options), error))
        return false;
    trainer->opened = true;
    trainer->order = calloc((size_t)trainer->data.learn.count, sizeof *trainer->order);
    trainer->activity = calloc((size_t)model->stream_count + 1, sizeof *trainer->activity);
    if (trainer->order == NULL || trainer->activity == NULL)
        return snn_fail(error, "no memory (%d training samples)", trainer->data.learn.count);
    if (!trainer_take_best(trainer, error) || !trainer_weights(trainer, error))
        return false;
    if (trainer->state.lr != 0.0f)
        model->lr = trainer->state.lr;
    snn_progress_open(&trainer->progress, options->quiet, trainer->state.epoch + 1, trainer->state.epochs,
                      trainer->data.learn.count);
    bool ok = trainer_log(trainer, error);
    snn_tensors_close(trainer->resumed);
    trainer->resumed = NULL;
    return ok;
}

bool snn_trainer_close(SnnTrainer *trainer, SnnError *error)
{
    bool ok = trainer->log == NULL || fclose(trainer->log) == 0;
    snn_tensors_close(trainer->resumed);
    if (trainer->opened)
        snn_session_close(&trainer->session);
    snn_split_close(&trainer->data);
    free(trainer->best_path);
    free(trainer->history);
    free(trainer->order);
    free(trainer->activity);
    return ok || snn_fail(error, "cannot write the log (%s)", trainer->options->log);
}
