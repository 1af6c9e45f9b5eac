/* Training: epochs of shuffled batches, a validation and a checkpoint after each, a test at the end. */
#include "snn_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Trainer {
    SnnModel *model;
    const SnnOptions *options;
    char default_path[4096];
    SnnTarget target;    /* of the checkpoints */
    SnnTarget best;      /* of those of the best epochs */
    char *best_path;     /* its path */
    SnnTensors *resumed; /* while the training opens: the checkpoint that it goes on from */
    SnnSession session;
    bool opened;
    SnnSplit data;
    SnnState state;
    int32_t *order;
    double *activity; /* of each stream in this epoch */
    SnnProgress progress;
    FILE *log;
    bool watch;     /* for SIGINT */
    bool tested;    /* the weights that are in the network now, */
    SnnScore score; /* with this result */
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
    return snn_selection_resume(state, trainer->model, options, error);
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
    return snn_selection_begin(&trainer->state, model, options, error);
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

/* Where the best epoch goes. What a resumed training wrote there may be replaced. */
static bool trainer_best_path(Trainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    const SnnState *state = &trainer->state;
    struct stat info;
    if (state->best == SNN_BEST_NONE)
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
    if (!snn_checkpoint_check_target(trainer->model, &trainer->best, error))
        return false;
    if (!options->quiet)
        snn_note(options, "the epoch with the best %s %s is kept in %s", snn_best_set(state),
                 snn_best_name(state), trainer->best_path);
    return true;
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
    if (options->out == NULL && options->resume != NULL && snn_best_is_path(options->resume))
        return snn_fail(error, "would overwrite the best epoch (%s): give another --out FILE",
                        options->resume);
    return snn_checkpoint_check_target(trainer->model, &trainer->target, error)
           && trainer_best_path(trainer, error);
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

static void trainer_note_kept_target(const Trainer *trainer, SnnTarget *target)
{
    trainer_note_kept(trainer, target->path, target->kept);
    target->kept = NULL;
}

/* Writes what the file holds, which is in `state`, as the best epoch. Leaves it in the network. */
static bool trainer_copy_best(Trainer *trainer, const SnnTensors *file, const SnnState *state,
                              const char *path, SnnError *error)
{
    bool ok = snn_checkpoint_load(file, trainer->model, true, path, error)
              && snn_checkpoint_save(trainer->model, state, snn_tensors_metadata(file, "log"), &trainer->best,
                                     error);
    trainer_note_kept_target(trainer, &trainer->best);
    return ok;
}

/* The best epoch of a resumed training is beside its checkpoint. Where the training goes on under another name, it
 * comes along. */
static bool trainer_follow_best(Trainer *trainer, const char *beside, SnnError *error)
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
                 "put it "
                 "there, or begin anew with --weights",
                 resume, trainer->state.best_epoch, beside);
    else if (!snn_same_file(beside, trainer->best_path))
        ok = trainer_copy_best(trainer, file, &best, beside, error);
    snn_tensors_close(file);
    return ok;
}

/* Brings the best epoch of a resumed training to its place; if the checkpoint itself is the best, from there, since
 * a kill may have come between the two files. */
static bool trainer_take_best(Trainer *trainer, SnnError *error)
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

static bool trainer_open(Trainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    SnnModel *model = trainer->model;
    if (!trainer_state(trainer, error) || !trainer_path(trainer, error)
        || !snn_split_open(&trainer->data, &trainer->state, model, options, error))
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
        model->schedule.lr = trainer->state.lr;
    snn_progress_open(&trainer->progress, options->quiet, trainer->state.epoch + 1, trainer->state.epochs,
                      trainer->data.learn.count);
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
    snn_split_close(&trainer->data);
    free(trainer->best_path);
    free(trainer->order);
    free(trainer->activity);
    return ok || snn_fail(error, "cannot write the log (%s)", trainer->options->log);
}

/* ---- one batch ------------------------------------------------------------------------------------ */

/* Gives up because of NaN or infinity: what, where and since when. */
static int trainer_give_up(const Trainer *trainer, const SnnError *what, const char *when, SnnError *error)
{
    const SnnState *state = &trainer->state;
    const char *kept =
        state->epoch > 0 ? "the checkpoint of the last epoch stays" : "there is no checkpoint yet";
    if (state->step == 0)
        snn_fail(error, "%.500s, in %s; %s (%.200s): no weight has changed yet, so %s", what->text, when,
                 kept, trainer->target.path, SNN_ADVICE_EQUATIONS);
    else
        snn_fail(error, "%.500s, in %s; %s (%.200s): try a smaller learning rate than %g, or clip_norm",
                 what->text, when, kept, trainer->target.path, (double)trainer->model->run->lr);
    return SNN_FAILED;
}

static int trainer_not_finite(const Trainer *trainer, int batch, SnnError *error)
{
    SnnError what;
    char when[64];
    snn_describe_non_finite(trainer->model, &what);
    snprintf(when, sizeof when, "epoch %d, batch %d", trainer->state.epoch + 1, batch + 1);
    return trainer_give_up(trainer, &what, when, error);
}

static float trainer_gradient_scale(const SnnModel *model)
{
    if (!(model->clip_norm > 0.0f))
        return 1.0f;
    double scale = (double)model->clip_norm / (snn_gradient_norm(model) + 1e-6);
    return scale < 1.0 ? (float)scale : 1.0f;
}

/* Forward and backward; false if something is not finite. */
static bool trainer_gradients(const SnnSession *session)
{
    const SnnModel *model = session->model;
    model->forward(session->net, session->pool);
    if (!snn_forward_is_finite(session))
        return false;
    model->backward(session->net, session->pool);
    if (snn_gradients_are_finite(model))
        return true;
    model->forward(session->net, session->pool); /* backward may have used up what tells where it began */
    return false;
}

static int trainer_batch(Trainer *trainer, int batch, int32_t first, int32_t rows, SnnError *error)
{
    SnnModel *model = trainer->model;
    SnnState *state = &trainer->state;
    SnnRun *run = model->run;
    int batches = (trainer->data.learn.count - 1) / state->batch + 1;
    snn_session_load(&trainer->session, trainer->data.learn.data, trainer->order, first, rows);
    run->seed = state->seed;
    run->epoch = (uint32_t)state->epoch;
    run->lr = snn_learning_rate(&model->schedule, state->epoch, state->epochs, batch, batches);
    run->step = (float)(state->step + 1);
    if (!trainer_gradients(&trainer->session))
        return trainer_not_finite(trainer, batch, error);
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

static bool trainer_goes_on(const SnnState *state)
{
    return state->epoch < state->epochs && !snn_best_is_stale(state);
}

static int trainer_interrupted(const Trainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    const SnnState *state = &trainer->state;
    if (state->epoch == 0)
        snn_fail(error, "interrupted in epoch 1 (%s): no epoch was finished, so nothing is saved",
                 trainer->target.path);
    else if (!trainer_goes_on(state))
        snn_fail(error,
                 "interrupted in the test (%s): the training is done and saved; `%.200s test` measures it",
                 trainer->target.path, options->program);
    else
        snn_fail(error,
                 "interrupted in epoch %d (%.200s): go on with `%.150s train%s%.150s --resume %.200s "
                 "--epochs %d%s%.150s`",
                 state->epoch + 1, trainer->target.path, options->program,
                 options->data != NULL ? " --data " : "", options->data != NULL ? options->data : "",
                 trainer->target.path, state->epochs, options->log != NULL ? " --log " : "",
                 options->log != NULL ? options->log : "");
    return SNN_INTERRUPTED;
}

static int trainer_batches(Trainer *trainer, SnnEpoch *epoch, SnnError *error)
{
    int32_t count = trainer->data.learn.count, size = trainer->state.batch;
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
    return trainer_not_finite(trainer, batch - 1, error);
}

/* Which samples come when. */
static void trainer_order(Trainer *trainer)
{
    const SnnPart *learn = &trainer->data.learn;
    snn_shuffle(trainer->order, learn->count, trainer->state.seed, (uint32_t)trainer->state.epoch);
    for (int32_t i = 0; i < learn->count; i++)
        trainer->order[i] = learn->samples[trainer->order[i]];
}

static int trainer_measure(Trainer *trainer, const SnnPart *part, SnnScore *score, SnnError *error)
{
    if (snn_session_test(&trainer->session, part, trainer->state.seed, trainer->watch, score))
        return SNN_OK;
    if (trainer->session.wrong.text[0] == '\0')
        return trainer_interrupted(trainer, error);
    const char *when = part == &trainer->data.test ? "the test" : "the validation";
    return trainer_give_up(trainer, &trainer->session.wrong, when, error);
}

/* The checkpoint knows the log's line of its epoch, without what is no part of learning: the checkpoints of equal
 * trainings are equal, and where a kill comes before the log, nothing is missing there. The best epoch is written
 * last: until it is, the checkpoint itself holds it. */
static bool trainer_save(Trainer *trainer, const SnnEpoch *epoch, SnnError *error)
{
    SnnEpoch same = *epoch;
    same.seconds = NAN;
    char *line = snn_log_line(trainer->model, &same);
    bool ok = line == NULL
                  ? snn_fail(error, "no memory to write the checkpoint (%s)", trainer->target.path)
                  : snn_checkpoint_save(trainer->model, &trainer->state, line, &trainer->target, error);
    ok = ok
         && (!epoch->best
             || snn_checkpoint_save(trainer->model, &trainer->state, line, &trainer->best, error));
    free(line);
    if (trainer->target.kept != NULL || trainer->best.kept != NULL)
        snn_progress_clear(&trainer->progress);
    trainer_note_kept_target(trainer, &trainer->target);
    trainer_note_kept_target(trainer, &trainer->best);
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

static int trainer_validate(Trainer *trainer, SnnEpoch *epoch, SnnError *error)
{
    const SnnPart *part = &trainer->data.validate;
    epoch->validated = part->count > 0;
    return epoch->validated ? trainer_measure(trainer, part, &epoch->validation, error) : SNN_OK;
}

/* The test set is looked at once, at the end, unless more was asked for; and there only where the weights of the
 * last epoch are the result. */
static int trainer_test_epoch(Trainer *trainer, SnnEpoch *epoch, SnnError *error)
{
    const SnnState *state = &trainer->state;
    const SnnPart *part = &trainer->data.test;
    int every = trainer->options->test_every;
    bool result = !trainer_goes_on(state) && (state->best == SNN_BEST_NONE || epoch->best);
    trainer->tested = epoch->tested =
        part->count > 0 && (result || (every > 0 && epoch->number % every == 0));
    int status = epoch->tested ? trainer_measure(trainer, part, &epoch->test, error) : SNN_OK;
    trainer->score = epoch->test;
    return status;
}

/* What there is to do when all batches are learned. */
static int trainer_finish_epoch(Trainer *trainer, SnnEpoch *epoch, SnnError *error)
{
    int status = trainer_validate(trainer, epoch, error);
    if (status != SNN_OK)
        return status;
    trainer->state.epoch++;
    epoch->best = snn_best_update(&trainer->state, epoch);
    if (!trainer_save(trainer, epoch, error))
        return SNN_FAILED;
    status = trainer_test_epoch(trainer, epoch, error);
    if (status != SNN_OK)
        return status;
    if (!trainer_write_log(trainer, epoch, error))
        return SNN_FAILED;
    snn_progress_end(&trainer->progress, trainer->model, epoch);
    if (epoch->number == 1 && !trainer->options->quiet)
        snn_firing_warn(trainer->model, trainer->options, epoch);
    return SNN_OK;
}

static int trainer_epoch(Trainer *trainer, SnnError *error)
{
    SnnEpoch epoch = {.number = trainer->state.epoch + 1, .activity = trainer->activity};
    memset(trainer->activity, 0, ((size_t)trainer->model->stream_count + 1) * sizeof *trainer->activity);
    trainer_order(trainer);
    snn_progress_epoch(&trainer->progress, epoch.number);
    int status = trainer_batches(trainer, &epoch, error);
    epoch.seconds = snn_seconds() - trainer->progress.began;
    return status == SNN_OK ? trainer_finish_epoch(trainer, &epoch, error) : status;
}

/* ---- the end -------------------------------------------------------------------------------------- */

/* Why nothing more is trained, where not all epochs were. */
static void trainer_say_end(const Trainer *trainer, bool trained)
{
    const SnnState *state = &trainer->state;
    if (trained && trainer->options->quiet)
        return;
    if (snn_best_is_stale(state))
        snn_note(trainer->options,
                 "stopped (%s): the %s %s of epoch %d was the best, %d epochs without a better one are "
                 "enough; a larger "
                 "--patience with --resume goes on",
                 trainer->target.path, snn_best_set(state), snn_best_name(state), state->best_epoch,
                 state->patience);
    else if (!trained)
        snn_note(trainer->options, "nothing to train (%s): its %d epochs are done; give a larger --epochs",
                 trainer->target.path, state->epoch);
}

static bool trainer_load_best(Trainer *trainer, SnnError *error)
{
    if (!trainer->options->quiet)
        snn_note(trainer->options, "epoch %d is tested, the best one (%s)", trainer->state.best_epoch,
                 trainer->best_path);
    SnnTensors *file = snn_tensors_open(trainer->best_path, error);
    bool ok = file != NULL && snn_checkpoint_load(file, trainer->model, false, trainer->best_path, error);
    snn_tensors_close(file);
    trainer->tested = false;
    return ok;
}

/* The result: what the test set says of the best epoch, if that was asked for, else of the last. */
static int trainer_result(Trainer *trainer, SnnError *error)
{
    const SnnState *state = &trainer->state;
    const SnnPart *test = &trainer->data.test;
    if (test->count == 0)
        return SNN_OK;
    if (state->best_epoch > 0 && state->best_epoch != state->epoch && !trainer_load_best(trainer, error))
        return SNN_FAILED;
    int status = trainer->tested ? SNN_OK : trainer_measure(trainer, test, &trainer->score, error);
    if (status == SNN_OK)
        snn_score_print(trainer->model, &trainer->score);
    return status;
}

static int trainer_run(Trainer *trainer, SnnError *error)
{
    bool trained = false;
    trainer->watch = snn_interrupt_block();
    for (; trainer_goes_on(&trainer->state); trained = true) {
        int status = trainer_epoch(trainer, error);
        if (status != SNN_OK)
            return status;
    }
    trainer_say_end(trainer, trained);
    return trainer_result(trainer, error);
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
