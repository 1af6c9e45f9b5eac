/* Training: epochs of shuffled batches, a validation and a checkpoint after each, a test at the end. */
#include "snn_train.h"
#include "snn_clock.h"
#include "snn_draw.h"
#include "snn_firing.h"
#include "snn_health.h"
#include "snn_interrupt.h"
#include "snn_log.h"
#include "snn_report.h"
#include "snn_setting.h"
#include "snn_note.h"
#include "snn_trainer.h"
#include "snn_weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one batch ------------------------------------------------------------------------------------ */

/* Gives up because of NaN or infinity: what, where and since when. */
static int train_give_up(const SnnTrainer *trainer, const SnnError *what, const char *when, SnnError *error)
{
    const SnnState *state = &trainer->state;
    const char *kept =
        state->epoch > 0 ? "the checkpoint of the last epoch stays" : "there is no checkpoint yet";
    if (state->step == 0)
        snn_fail(error, "%.500s, in %s; %s (%s): no weight has changed yet, so %s", what->text, when, kept,
                 trainer->target.path, SNN_ADVICE_EQUATIONS);
    else
        snn_fail(error, "%.500s, in %s; %s (%s): try a smaller learning rate than %g, or clip_norm",
                 what->text, when, kept, trainer->target.path, (double)*trainer->model->rate);
    return SNN_FAILED;
}

static int train_not_finite(const SnnTrainer *trainer, int batch, SnnError *error)
{
    SnnError what;
    char when[64];
    snn_describe_non_finite(trainer->model, &what);
    snprintf(when, sizeof when, "epoch %d, batch %d", trainer->state.epoch + 1, batch + 1);
    return train_give_up(trainer, &what, when, error);
}

static float train_gradient_scale(const SnnModel *model)
{
    if (!(model->clip_norm > 0.0f))
        return 1.0f;
    double scale = (double)model->clip_norm / (snn_gradient_norm(model) + 1e-6);
    return scale < 1.0 ? (float)scale : 1.0f;
}

/* Forward and backward; false if something is not finite. */
static bool train_gradients(SnnSession *session)
{
    const SnnModel *model = session->model;
    if (!model->whole) {
        snn_session_forward(session);
        if (!snn_forward_is_finite(session))
            return false;
    }
    snn_session_backward(session);
    if ((!model->whole || snn_forward_is_finite(session)) && snn_gradients_are_finite(model))
        return true;
    snn_session_forward(session); /* backward may have used up what tells where it began */
    return false;
}

static int train_batch(SnnTrainer *trainer, int batch, int32_t first, int32_t rows, SnnError *error)
{
    SnnModel *model = trainer->model;
    SnnState *state = &trainer->state;
    SnnRun *run = model->run;
    int batches = (trainer->data.learn.count - 1) / state->batch + 1;
    run->seed = state->seed;
    run->epoch = (uint32_t)state->epoch;
    snn_session_load(&trainer->session, trainer->data.learn.data, trainer->order, first, rows);
    snn_session_expect(trainer->data.learn.data, trainer->order, (int64_t)first + rows, state->batch,
                       trainer->data.learn.count);
    run->lr = model->lr;
    snn_clock_set(run, state->epoch, state->epochs, batch, batches);
    run->step = (float)(state->step + 1);
    if (!train_gradients(&trainer->session))
        return train_not_finite(trainer, batch, error);
    run->scale = train_gradient_scale(model);
    model->update(trainer->session.net, trainer->session.pool);
    state->step++;
    return SNN_OK;
}

/* ---- one epoch ------------------------------------------------------------------------------------ */

/* Adds what the batch in the network tells to the sums of the epoch. */
static void train_count(SnnTrainer *trainer, int32_t rows, SnnEpoch *epoch)
{
    const SnnModel *model = trainer->model;
    snn_score_add(&epoch->train, model);
    for (int i = 0; i < model->stream_count; i++)
        for (int32_t row = 0; model->streams[i].activity != NULL && row < rows; row++)
            trainer->activity[i] += (double)model->streams[i].activity[row];
    epoch->samples += rows;
}

static bool train_goes_on(const SnnState *state)
{
    return state->epoch < state->epochs && !snn_best_is_stale(state);
}

static int train_interrupted(const SnnTrainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    const SnnState *state = &trainer->state;
    if (state->epoch == 0)
        snn_fail(error, "interrupted in epoch 1 (%s): no epoch was finished, so nothing is saved",
                 trainer->target.path);
    else if (!train_goes_on(state))
        snn_fail(error, "interrupted in the test (%s): the training is done and saved; `%s test` measures it",
                 trainer->target.path, options->program);
    else
        snn_fail(error, "interrupted in epoch %d (%s): go on with `%s train%s%s --resume %s --epochs %d%s%s`",
                 state->epoch + 1, trainer->target.path, options->program,
                 options->data != NULL ? " --data " : "", options->data != NULL ? options->data : "",
                 trainer->target.path, state->epochs, options->log != NULL ? " --log " : "",
                 options->log != NULL ? options->log : "");
    return SNN_INTERRUPTED;
}

static int train_batches(SnnTrainer *trainer, SnnEpoch *epoch, SnnError *error)
{
    int32_t count = trainer->data.learn.count, size = trainer->state.batch;
    int batch = 0;
    for (int64_t first = 0; first < count; first += size, batch++) {
        int32_t rows = count - first < size ? (int32_t)(count - first) : size;
        int status = train_batch(trainer, batch, (int32_t)first, rows, error);
        if (status != SNN_OK)
            return status;
        train_count(trainer, rows, epoch);
        snn_progress_batch(&trainer->progress, epoch->samples, epoch->train.loss / (double)epoch->samples);
        if (trainer->watch && snn_interrupt_pending())
            return train_interrupted(trainer, error);
    }
    epoch->lr = (double)*trainer->model->rate;
    snn_score_divide(&epoch->train, trainer->model, count);
    if (snn_params_are_finite(trainer->model))
        return SNN_OK;
    return train_not_finite(trainer, batch - 1, error);
}

/* Which samples come when. */
static bool train_order(SnnTrainer *trainer, SnnError *error)
{
    const SnnPart *learn = &trainer->data.learn;
    const SnnModel *model = trainer->model;
    uint32_t seed = trainer->state.seed, epoch = (uint32_t)trainer->state.epoch;
    if (snn_setting_number(model, "balanced") == 0.0)
        snn_draw_order(trainer->order, learn->count, seed, epoch);
    else if (!snn_draw_balanced(trainer->order, learn, model->data.classes, seed, epoch))
        return snn_fail(error, "no memory (%d training samples)", learn->count);
    for (int32_t i = 0; i < learn->count; i++)
        trainer->order[i] = learn->samples[trainer->order[i]];
    return true;
}

static int train_measure(SnnTrainer *trainer, const SnnPart *part, SnnScore *score, SnnError *error)
{
    if (snn_session_test(&trainer->session, part, trainer->state.seed, trainer->watch, score))
        return SNN_OK;
    if (trainer->session.wrong.text[0] == '\0')
        return train_interrupted(trainer, error);
    const char *when = part == &trainer->data.test ? "the test" : "the validation";
    return train_give_up(trainer, &trainer->session.wrong, when, error);
}

/* The checkpoint knows the log's line of its epoch, without what is no part of learning: the checkpoints of equal
 * trainings are equal, and where a kill comes before the log, nothing is missing there. The best epoch is written
 * last: until it is, the checkpoint itself holds it. */
static bool train_save(SnnTrainer *trainer, const SnnEpoch *epoch, SnnError *error)
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
    snn_trainer_note_kept(trainer, &trainer->target);
    snn_trainer_note_kept(trainer, &trainer->best);
    return ok;
}

/* For the report, where no file holds it. False without memory. */
static bool train_remember(SnnTrainer *trainer, const char *line)
{
    size_t used = trainer->history == NULL ? 0 : strlen(trainer->history), size = strlen(line) + 1;
    char *longer = realloc(trainer->history, used + size);
    if (longer == NULL)
        return false;
    trainer->history = longer;
    memcpy(longer + used, line, size);
    return true;
}

static bool train_write_log(SnnTrainer *trainer, const SnnEpoch *epoch, SnnError *error)
{
    bool remember = trainer->log == NULL && trainer->options->report != NULL;
    if (trainer->log == NULL && !remember)
        return true;
    char *line = snn_log_line(trainer->model, epoch);
    bool ok = line != NULL && (remember ? train_remember(trainer, line) : snn_log_write(trainer->log, line));
    free(line);
    if (remember)
        return ok || snn_fail(error, "no memory (report)");
    return ok
           || snn_fail(error, "cannot write the log (%s); the checkpoint of this epoch is saved",
                       trainer->options->log);
}

static int train_validate(SnnTrainer *trainer, SnnEpoch *epoch, SnnError *error)
{
    const SnnPart *part = &trainer->data.validate;
    epoch->validated = part->count > 0;
    return epoch->validated ? train_measure(trainer, part, &epoch->validation, error) : SNN_OK;
}

/* The test set is looked at once, at the end, unless more was asked for; and there only where the weights of the
 * last epoch are the result. */
static int train_test_epoch(SnnTrainer *trainer, SnnEpoch *epoch, SnnError *error)
{
    const SnnState *state = &trainer->state;
    const SnnPart *part = &trainer->data.test;
    int every = trainer->options->test_every;
    bool result = !train_goes_on(state) && (state->best == 0 || epoch->best);
    trainer->tested = epoch->tested =
        part->count > 0 && (result || (every > 0 && epoch->number % every == 0));
    int status = epoch->tested ? train_measure(trainer, part, &epoch->test, error) : SNN_OK;
    trainer->score = epoch->test;
    return status;
}

/* What there is to do when all batches are learned. */
static int train_finish_epoch(SnnTrainer *trainer, SnnEpoch *epoch, SnnError *error)
{
    int status = train_validate(trainer, epoch, error);
    if (status != SNN_OK)
        return status;
    trainer->state.epoch++;
    epoch->best = snn_best_update(&trainer->state, trainer->model, epoch);
    if (!train_save(trainer, epoch, error))
        return SNN_FAILED;
    status = train_test_epoch(trainer, epoch, error);
    if (status != SNN_OK)
        return status;
    if (!train_write_log(trainer, epoch, error))
        return SNN_FAILED;
    snn_progress_end(&trainer->progress, trainer->model, epoch);
    if (epoch->number == 1 && !trainer->options->quiet)
        snn_firing_warn(trainer->model, trainer->options, epoch);
    return SNN_OK;
}

static int train_epoch(SnnTrainer *trainer, SnnError *error)
{
    SnnEpoch epoch = {.number = trainer->state.epoch + 1, .activity = trainer->activity};
    memset(trainer->activity, 0, ((size_t)trainer->model->stream_count + 1) * sizeof *trainer->activity);
    if (!train_order(trainer, error))
        return SNN_FAILED;
    snn_progress_epoch(&trainer->progress, epoch.number);
    int status = train_batches(trainer, &epoch, error);
    epoch.seconds = snn_seconds() - trainer->progress.began;
    return status == SNN_OK ? train_finish_epoch(trainer, &epoch, error) : status;
}

/* ---- the end -------------------------------------------------------------------------------------- */

/* Why nothing more is trained, where not all epochs were. */
static void train_say_end(const SnnTrainer *trainer, bool trained)
{
    const SnnState *state = &trainer->state;
    if (trained && trainer->options->quiet)
        return;
    if (snn_best_is_stale(state))
        snn_note(trainer->options,
                 "stopped (%s): the %s %s of epoch %d was the best, and --patience is %d; a larger "
                 "one with --resume goes on",
                 trainer->target.path, snn_best_set(state), snn_best_name(trainer->model, state),
                 state->best_epoch, state->patience);
    else if (!trained)
        snn_note(trainer->options, "nothing to train (%s): its %d epochs are done; give a larger --epochs",
                 trainer->target.path, state->epoch);
}

/* What memories know, as the averages of norms, is what tests use. After so many batches, a twentieth of it is what they
 * began with, if each has a share of a tenth. */
enum { TRAIN_SETTLED = 30 };

static void train_say_unsettled(const SnnTrainer *trainer)
{
    const SnnModel *model = trainer->model;
    bool fresh = trainer->options->weights == NULL && trainer->state.step < TRAIN_SETTLED;
    for (int i = 0; i < model->param_count && fresh && !trainer->options->quiet; i++) {
        if (!model->params[i].kept)
            continue;
        snn_note(trainer->options,
                 "warning: tests use what `%s` (line %d of %s) knows of past batches, and after %d of them "
                 "that is "
                 "in part what it began with, so they may be far worse than the training: train longer, in "
                 "smaller batches, or give the norm a larger `momentum`",
                 model->params[i].name, model->params[i].line, model->source, (int)trainer->state.step);
        return;
    }
}

static bool train_load_best(SnnTrainer *trainer, SnnError *error)
{
    if (!trainer->options->quiet)
        snn_note(trainer->options, "epoch %d is tested, the best one (%s)", trainer->state.best_epoch,
                 trainer->best_path);
    SnnTensors *file = snn_tensors_open(trainer->best_path, error);
    bool ok = file != NULL && snn_weights_load(file, trainer->model, false, trainer->best_path, error);
    snn_tensors_close(file);
    trainer->tested = false;
    return ok;
}

/* The result: what the test set says of the best epoch, if that was asked for, else of the last. */
static int train_result(SnnTrainer *trainer, SnnError *error)
{
    const SnnState *state = &trainer->state;
    const SnnPart *test = &trainer->data.test;
    if (test->count == 0)
        return SNN_OK;
    if (state->best_epoch > 0 && state->best_epoch != state->epoch && !train_load_best(trainer, error))
        return SNN_FAILED;
    int status = trainer->tested ? SNN_OK : train_measure(trainer, test, &trainer->score, error);
    if (status == SNN_OK)
        snn_score_print(trainer->model, &trainer->score);
    return status;
}

/* About the weights in the network. */
static bool train_report(SnnTrainer *trainer, SnnError *error)
{
    const SnnOptions *options = trainer->options;
    SnnReport report = {&trainer->session, &trainer->data.test, trainer->history, trainer->state.seed};
    if (options->report == NULL)
        return true;
    char *log = options->log == NULL ? NULL : snn_report_read_log(options->log, error);
    report.log = log != NULL ? log : report.log;
    bool ok = (options->log == NULL || log != NULL) && snn_report_write(&report, options->report, error);
    free(log);
    return ok;
}

/* A training that was interrupted tells of its last epoch. */
static void train_report_part(SnnTrainer *trainer)
{
    SnnError error;
    const char *path = trainer->target.path;
    if (trainer->options->report == NULL || trainer->state.epoch == 0)
        return;
    SnnTensors *file = snn_tensors_open(path, &error);
    if (file == NULL || !snn_weights_load(file, trainer->model, false, path, &error)
        || !train_report(trainer, &error))
        snn_note(trainer->options, "%s", error.text);
    snn_tensors_close(file);
}

static int train_run(SnnTrainer *trainer, SnnError *error)
{
    bool trained = false;
    if (train_goes_on(&trainer->state) && !trainer->options->quiet)
        snn_split_say(&trainer->data, &trainer->state, trainer->options);
    trainer->watch = snn_interrupt_block();
    for (; train_goes_on(&trainer->state); trained = true) {
        int status = train_epoch(trainer, error);
        if (status == SNN_INTERRUPTED)
            train_report_part(trainer);
        if (status != SNN_OK)
            return status;
    }
    train_say_end(trainer, trained);
    if (trained)
        train_say_unsettled(trainer);
    int status = train_result(trainer, error);
    return status == SNN_OK && !train_report(trainer, error) ? SNN_FAILED : status;
}

int snn_train(SnnModel *model, const SnnOptions *options, SnnError *error)
{
    SnnTrainer trainer = {.model = model, .options = options};
    int status = snn_trainer_open(&trainer, error) ? train_run(&trainer, error) : SNN_FAILED;
    if (status != SNN_OK)
        snn_progress_clear(&trainer.progress);
    SnnError closing;
    if (!snn_trainer_close(&trainer, &closing) && status == SNN_OK) {
        *error = closing;
        status = SNN_FAILED;
    }
    return status;
}
