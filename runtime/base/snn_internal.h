/* What the parts of the runtime share with each other; generated code uses only snn.h. */
#ifndef SNN_INTERNAL_H
#define SNN_INTERNAL_H

#include "snn.h"
#include "snn_error.h"
#include "snn_output.h"
#include "snn_safetensors.h"

/* Exit statuses. */
enum { SNN_OK = 0, SNN_FAILED = 1, SNN_USAGE = 2, SNN_INTERRUPTED = 130 };

/* ---- the command line (options.c) ----------------------------------------------------------------- */

typedef enum SnnCommand { SNN_TRAIN, SNN_TEST, SNN_PREDICT, SNN_INFO, SNN_HELP, SNN_VERSION } SnnCommand;

typedef struct SnnOptions {
    const char *program; /* as it was called */
    SnnCommand command;
    const char *data, *out, *resume, *log, *weights, *images; /* NULL where not given */
    const char *validate, *best;
    int epochs, batch, threads, patience, test_every; /* 0 where not given */
    float lr;                                         /* 0 where not given */
    uint32_t seed;
    bool has_seed, quiet, no_test, force;
} SnnOptions;

/* argv[0] is there. False with the error set for anything unknown or malformed. */
bool snn_options_parse(SnnOptions *options, int argc, char **argv, SnnError *error);
/* What `program` can do; all of it, with flags and examples. */
void snn_options_usage(const SnnModel *model, const char *program, FILE *stream);
void snn_options_help(const SnnModel *model, const char *program, FILE *stream);

/* ---- data (idx.c; files through gzip.c) ----------------------------------------------------------- */

/* Samples in memory: as bytes (0 .. 255, of which the network sees 0 .. 1) or as floats. A network that takes
 * spikes sees 1 wherever there is no 0. */
typedef struct SnnDataset {
    int32_t count;
    int64_t width;   /* elements of a sample */
    uint8_t *bytes;  /* [count][width], or NULL */
    float *reals;    /* [count][width], or NULL */
    uint8_t *labels; /* [count]; NULL where there are none */
} SnnDataset;

/* `part`: "train" or "t10k". The data set is empty after a failure. */
bool snn_dataset_read(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                      SnnError *error);
/* Whether there are files of this part, good or bad. */
bool snn_dataset_exists(const SnnModel *model, const char *folder, const char *part);
/* Fails if `target` is a file of the data set: of either part, or of the third one, `validate`, unless NULL. */
bool snn_dataset_spare(const SnnModel *model, const char *folder, const char *validate, const char *target,
                       SnnError *error);
/* Samples without labels from one file. */
bool snn_dataset_read_images(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error);
void snn_dataset_free(SnnDataset *data);

/* Some samples of a data set: those whose numbers are listed. */
typedef struct SnnPart {
    const SnnDataset *data;
    const int32_t *samples; /* [count]; NULL: 0, 1, ... */
    int32_t count;
} SnnPart;

/* A file that may be compressed. */
typedef struct SnnReader SnnReader;
SnnReader *snn_reader_open(const char *path, SnnError *error); /* NULL with the error set */
/* Reads up to `count` bytes; *got is less only at the end. False for a corrupt or unreadable file. */
bool snn_reader_read(SnnReader *reader, void *into, size_t count, size_t *got, SnnError *error);
void snn_reader_close(SnnReader *reader);

/* ---- one opened network (session.c) --------------------------------------------------------------- */

typedef struct SnnSession {
    SnnModel *model;
    void *net;
    SnnPool *pool;
    int batch;
    SnnError wrong; /* why snn_session_test() gave up, "" if the user interrupted it */
} SnnSession;

bool snn_session_open(SnnSession *session, SnnModel *model, int batch, int threads, SnnError *error);
void snn_session_close(SnnSession *session);
/* Sets every parameter to its initial value and every optimiser state to its initial value. */
void snn_session_initialise(SnnSession *session, uint32_t seed);
/* Copies samples order[first] .. order[first + rows - 1] (order NULL: first, first + 1, ...) into the
 * network's input, and what goes with them. */
void snn_session_load(SnnSession *session, const SnnDataset *data, const int32_t *order, int32_t first,
                      int32_t rows);
/* What a network makes of samples, over all of them. */
typedef struct SnnScore {
    double loss;     /* mean; 0 unless the model trains */
    double accuracy; /* 0 unless it predicts */
} SnnScore;
/* False if the user interrupted it (see below), or the network made NaN or infinity: session->wrong. */
bool snn_session_test(SnnSession *session, const SnnPart *part, uint32_t seed, bool watch, SnnScore *score);
/* Adds the batch in the network to sums: losses, and samples that are labelled rightly. */
void snn_session_count(const SnnSession *session, SnnScore *sums);
/* The line that ends `train` and `test`: the accuracy, or the loss of a model that does not predict. */
void snn_score_print(const SnnModel *model, const SnnScore *score);
int64_t snn_param_size(const SnnParam *param);
bool snn_param_learns(const SnnParam *param);

/* SIGINT is blocked while a network trains, and looked for between batches. */
bool snn_interrupt_block(void); /* false where the program was started with SIGINT ignored */
bool snn_interrupt_pending(void);

/* ---- numbers (schedule.c, health.c) --------------------------------------------------------------- */

/* The learning rate of one batch. epoch from 0 of epochs, batch from 0 of batches. */
float snn_learning_rate(const SnnSchedule *schedule, int epoch, int epochs, int batch, int batches);
/* The order of the training samples in one epoch: a function of seed and epoch. */
void snn_shuffle(int32_t *order, int32_t count, uint32_t seed, uint32_t epoch);
/* Euclidean norm of all gradients together. */
double snn_gradient_norm(const SnnModel *model);
bool snn_finite(const void *floats, int64_t count); /* of any alignment; true for NULL */
/* False if the batch in the network left NaN or infinity: in its layers, scores or losses. */
bool snn_forward_is_finite(const SnnSession *session);
bool snn_gradients_are_finite(const SnnModel *model);
bool snn_params_are_finite(const SnnModel *model);
/* Names the first parameter, layer, score, loss or gradient that is not finite, after a forward():
 * "NaN in the state `v` of `hidden` (lif, model.snn:5), sample 17". */
void snn_describe_non_finite(const SnnModel *model, SnnError *where);
/* What to do about it where no update is to blame. */
#define SNN_ADVICE_EQUATIONS \
    "look in the equations for a division by 0, and for a log, sqrt or power of what is not positive"

/* ---- the model as text (model_text.c) ------------------------------------------------------------- */

/* Of both lists of lines: the same for the same model, wherever it was compiled. */
uint64_t snn_model_hash(const SnnModel *model);
/* The lines, each with its end; to be freed, NULL without memory. */
char *snn_text_join(const char *const *lines);
/* True with the first lines that differ in words, if one text has lines that the other has not. */
bool snn_text_differs(const char *theirs, const char *ours, SnnError *difference);

/* ---- checkpoints (checkpoint.c) ------------------------------------------------------------------- */

typedef enum SnnBest { SNN_BEST_NONE, SNN_BEST_LOSS, SNN_BEST_ACCURACY } SnnBest;

/* Where a training stands. */
typedef struct SnnState {
    uint32_t seed;
    int batch;
    int epoch;       /* finished epochs */
    int epochs;      /* that were asked for */
    int64_t step;    /* updates */
    int32_t samples; /* of the training set */
    float lr;        /* learning rate instead of the model's, 0: that */

    char validate[64];  /* a fraction of the training set ("0.1") or the name of a part; "": none */
    int32_t validating; /* samples that are validated with */
    SnnBest best;       /* what says which epoch is the best, and, if best_epoch is not 0, */
    double best_value;  /* the best so far */
    int best_epoch;     /* and where, from 1 */
    int patience;       /* epochs without a better one that end the training; 0: any number */
} SnnState;

/* Where a training writes its checkpoints. */
typedef struct SnnTarget {
    const char *path;
    bool replace;    /* whatever is there: --force */
    SnnIdentity own; /* what may be replaced: the file that was gone on with, or written last */
    char *kept;      /* the other name that a save gave to a file that was neither, to be freed; or NULL */
} SnnTarget;

/* `line`: the log's line of the last epoch, without what differs from run to run, or NULL. A checkpoint that is not
 * the target's own is not replaced: it keeps its content under another name. */
bool snn_checkpoint_save(const SnnModel *model, const SnnState *state, const char *line, SnnTarget *target,
                         SnnError *error);
/* Fails if the target's path exists and is anything but a checkpoint, or cannot be written. */
bool snn_checkpoint_check_target(const SnnTarget *target, SnnError *error);

/* What the file, at `path`, says about its training. Fails for that of another model, or of another network or
 * training (see snn_checkpoint_differs) unless forced. */
bool snn_checkpoint_state(const SnnTensors *file, const SnnModel *model, bool force, SnnState *state,
                          const char *path, SnnError *error);
/* True with what differs in words if the file is a checkpoint of another network or, if `resume`, of another
 * training; false for files that do not say what made them. */
bool snn_checkpoint_differs(const SnnTensors *file, const SnnModel *model, bool resume, SnnError *difference);
/* Parameters only (for test and predict) or, if `resume`, the optimiser's states too. Nothing is changed
 * unless everything fits. */
bool snn_checkpoint_load(const SnnTensors *file, SnnModel *model, bool resume, const char *path,
                         SnnError *error);
/* Takes the parameters whose names and shapes fit, for a new training; the others keep their values, and `left`
 * lists them with the reason. Fails if none fits. */
bool snn_checkpoint_start(const SnnTensors *file, SnnModel *model, const char *path, SnnError *left,
                          SnnError *error);
/* Seed of the training that made these weights; `otherwise` for weights from elsewhere. */
uint32_t snn_checkpoint_seed(const SnnTensors *file, uint32_t otherwise);

/* ---- reports (progress.c, log.c, firing.c) ------------------------------------------------------------------ */

typedef struct SnnEpoch {
    int number; /* from 1 */
    SnnScore train, validation, test;
    bool validated, tested, best; /* the best so far */
    double seconds, lr;
    const double *activity; /* spikes of each stream, over all training samples */
    int64_t samples;
} SnnEpoch;

typedef struct SnnProgress {
    bool quiet, terminal;
    int first, epoch, epochs; /* of this run, the one that runs, the last one, from 1 */
    int64_t samples;          /* of an epoch */
    double opened, began, shown;
} SnnProgress;

double snn_seconds(void); /* of a clock that never goes back */
/* `epoch` is the first one of this run. */
void snn_progress_open(SnnProgress *progress, bool quiet, int epoch, int epochs, int64_t samples);
void snn_progress_epoch(SnnProgress *progress, int epoch);
void snn_progress_batch(SnnProgress *progress, int64_t done, double loss);
void snn_progress_end(SnnProgress *progress, const SnnModel *model, const SnnEpoch *epoch);
/* Removes a half-drawn bar, so that a message can be printed. */
void snn_progress_clear(SnnProgress *progress);

/* Spikes a step and unit of a stream in an epoch; -1 where they are not counted. */
double snn_firing_rate(const SnnModel *model, int stream, const SnnEpoch *epoch);
/* Names the layers that never fired in this epoch, or at every step. */
void snn_firing_warn(const SnnModel *model, const SnnOptions *options, const SnnEpoch *epoch);

/* A JSON line an epoch; to be freed, NULL without memory. */
char *snn_log_line(const SnnModel *model, const SnnEpoch *epoch);
/* A new log of a new training: one that is there is kept under another name, *kept (to be freed, or NULL), unless
 * `replace`. */
bool snn_log_open_new(FILE **log, const char *path, bool replace, char **kept, SnnError *error);
/* The log of a training that goes on behind `epochs` epochs. Their lines stay, later ones are cut off; `line`, that
 * of the last of them (or NULL), is added where it alone is missing. */
bool snn_log_open(FILE **log, const char *path, int epochs, const char *line, SnnError *error);
/* Until it is on the disk. */
bool snn_log_write(FILE *log, const char *line);

/* ---- selection (selection.c) ---------------------------------------------------------------------- */

/* Sets what the command line says of validation and the best epoch, in a new state and in one from a checkpoint. */
bool snn_selection_begin(SnnState *state, const SnnModel *model, const SnnOptions *options, SnnError *error);
bool snn_selection_resume(SnnState *state, const SnnModel *model, const SnnOptions *options, SnnError *error);

/* The data of a training. */
typedef struct SnnSplit {
    SnnDataset train, validation, tests; /* as they are in files; empty where there is no such part */
    int32_t *samples;                    /* of `train`: those to learn from, then those held back */
    SnnPart learn, validate, test;       /* the last two of count 0 where there are none */
} SnnSplit;

/* Reads what the options and the state ask for. The split starts as {0}, and is to be closed after a failure, too.
 * In a new state the numbers of samples are set; in that of a resumed training they are compared. */
bool snn_split_open(SnnSplit *split, SnnState *state, const SnnModel *model, const SnnOptions *options,
                    SnnError *error);
void snn_split_close(SnnSplit *split);

/* Notes the epoch if it is the best so far, and says whether. */
bool snn_best_update(SnnState *state, const SnnEpoch *epoch);
/* Whether patience is at its end. */
bool snn_best_is_stale(const SnnState *state);
const char *snn_best_name(const SnnState *state); /* "loss" or "accuracy" */
const char *snn_best_set(const SnnState *state);  /* "validation" or "training" */
/* NAME.best.safetensors for NAME.safetensors, to be freed; NULL without memory. */
char *snn_best_path(const char *path);
bool snn_best_is_path(const char *path); /* it ends like those */

/* ---- one training (trainer.c) ---------------------------------------------------------------------- */

typedef struct SnnTrainer {
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
} SnnTrainer;

/* Reads data and weights and claims the files that will be written; the trainer has its model and options, the rest
 * is 0. To be closed after a failure, too. */
bool snn_trainer_open(SnnTrainer *trainer, SnnError *error);
bool snn_trainer_close(SnnTrainer *trainer, SnnError *error);
/* Says under which name a save of this target has kept an older file, if it has. */
void snn_trainer_note_kept(const SnnTrainer *trainer, SnnTarget *target);

/* ---- commands: exit statuses ---------------------------------------------------------------------- */

int snn_train(SnnModel *model, const SnnOptions *options, SnnError *error);
int snn_test(SnnModel *model, const SnnOptions *options, SnnError *error);
int snn_predict(SnnModel *model, const SnnOptions *options, SnnError *error);
int snn_info(SnnModel *model, const SnnOptions *options, SnnError *error);

/* A line of its own for the user, beside the results: "PROGRAM: ...". */
void snn_note(const SnnOptions *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Weights of other equations may do what is wanted; but that they are is said. */
void snn_note_other_model(const SnnOptions *options, const char *path, const SnnTensors *file,
                          const SnnModel *model);

/* "--data", the model's own folder, or ".". */
const char *snn_data_folder(const SnnModel *model, const SnnOptions *options);
/* The file of weights for test and predict, in `buffer` if it is the default. */
const char *snn_weights_path(const SnnModel *model, const char *given, char *buffer, size_t size);
int snn_thread_count(const SnnOptions *options);

#endif
