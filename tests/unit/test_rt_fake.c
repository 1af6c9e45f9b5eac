#include "snn_param.h"
#include "test_rt_fake.h"
#include "snn_random.h"
#include "snn_idx.h"
#include "snn_info.h"
#include "snn_main.h"
#include "snn_predict.h"
#include "snn_test.h"
#include "snn_train.h"
#include "snn_session.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct FakeNet {
    SnnRun run;
    float *input, *spikes, *logits, *error, *loss, *scores, *activity, *w, *b, *grad_w, *grad_b, *mom_w,
        *mom_b, *state, *rate;
    int32_t *label, *sample, *predicted;
    FakeModel *fake;
} FakeNet;

#define NET(buffer) offsetof(FakeNet, buffer)
enum {
    FAKE_WEIGHTS = FAKE_INPUTS * FAKE_CLASSES * sizeof(float),
    FAKE_BIASES = FAKE_CLASSES * sizeof(float),
    STATE_ROW = FAKE_CLASSES + 2 /* of units and padding */
};

static const SnnBuffer fake_buffers[] = {
    {.at = NET(input), .each_sample = FAKE_INPUTS * sizeof(float)},
    {.at = NET(spikes), .each_sample = FAKE_INPUTS * sizeof(float), .sparse = true},
    {.at = NET(logits), .each_sample = FAKE_BIASES},
    {.at = NET(error), .each_sample = FAKE_BIASES},
    {.at = NET(loss), .each_sample = sizeof(float)},
    {.at = NET(scores), .each_sample = FAKE_BIASES},
    {.at = NET(activity), .each_sample = sizeof(float)},
    {.at = NET(w), .whole = FAKE_WEIGHTS},
    {.at = NET(b), .whole = FAKE_BIASES},
    {.at = NET(grad_w), .whole = FAKE_WEIGHTS},
    {.at = NET(grad_b), .whole = FAKE_BIASES},
    {.at = NET(mom_w), .whole = FAKE_WEIGHTS},
    {.at = NET(mom_b), .whole = FAKE_BIASES},
    {.at = NET(state), .each_sample = sizeof(float[STATE_ROW])},
    {.at = NET(rate), .whole = sizeof(float)},
    {.at = NET(label), .each_sample = sizeof(int32_t)},
    {.at = NET(sample), .each_sample = sizeof(int32_t)},
    {.at = NET(predicted), .each_sample = sizeof(int32_t)},
};

static const SnnParam fake_params[] = {
    {.name = "w_digit",
     .about = "dense(3) of digit",
     .line = 5,
     .ndim = 2,
     .dims = {FAKE_INPUTS, FAKE_CLASSES},
     .matrix = true,
     .at = {.value = NET(w), .gradient = NET(grad_w), .state = {NET(mom_w)}},
     .states = 1,
     .state_name = {"momentum"}},
    {.name = "b_digit",
     .about = "dense(3) of digit",
     .line = 5,
     .ndim = 1,
     .dims = {FAKE_CLASSES},
     .at = {.value = NET(b), .gradient = NET(grad_b), .state = {NET(mom_b)}},
     .states = 1,
     .state_name = {"momentum"}},
};

static const SnnStream fake_streams[] = {
    {.name = "coin",
     .about = "poisson",
     .size = FAKE_INPUTS,
     .spikes = true,
     .at = {.values = NET(spikes), .activity = NET(activity)},
     .per_sample = FAKE_INPUTS},
    {.name = "digit",
     .about = "dense(3)",
     .line = 5,
     .size = FAKE_CLASSES,
     .at = {.values = NET(logits)},
     .per_sample = FAKE_CLASSES,
     .operations = FAKE_INPUTS * FAKE_CLASSES},
};

static const SnnWatch fake_watches[] = {{.stream = 1,
                                         .state = "v",
                                         .at = NET(state),
                                         .padding = STATE_ROW - FAKE_CLASSES,
                                         .per_sample = STATE_ROW}};

static const SnnPrediction fake_predictions[] = {
    {.name = "", .size = FAKE_CLASSES, .at = {.values = NET(scores), .predicted = NET(predicted)}}};
/* The second is for those tests that count it. */
static const SnnMetric fake_metrics[] = {{.name = "accuracy"}, {.name = "surprise", .at = NET(loss)}};

/* The model is the first member of a fake. */
static void fake_choose(SnnModel *model)
{
    FakeNet *net = model->net;
    net->fake = (FakeModel *)model;
    if (net->fake->frozen) {
        model->params[1].gradient = NULL;
        model->params[1].states = 0;
    }
}

static void fake_init(void *memory, SnnPool *pool)
{
    FakeNet *net = memory;
    (void)pool;
    uint32_t key = snn_key(net->run.seed, net->run.epoch, 0, 0);
    for (uint32_t i = 0; i < FAKE_INPUTS * FAKE_CLASSES; i++) {
        net->w[i] = (2.0f * snn_uniform(key, i) - 1.0f) * 0.25f;
        net->mom_w[i] = 0.0f;
    }
    for (int c = 0; c < FAKE_CLASSES; c++) {
        net->b[c] = 0.5f;
        net->mom_b[c] = 0.0f;
    }
}

static void forward_row(FakeNet *net, int32_t row)
{
    uint32_t key = snn_key(net->run.seed, net->run.epoch, (uint32_t)net->sample[row], 0);
    float *spikes = net->spikes + row * FAKE_INPUTS, *logits = net->logits + row * FAKE_CLASSES, total = 0.0f;
    net->activity[row] = 0.0f;
    for (int i = 0; i < FAKE_INPUTS; i++) {
        spikes[i] = snn_uniform(key, (uint32_t)i) < net->input[row * FAKE_INPUTS + i] ? 1.0f : 0.0f;
        net->activity[row] += spikes[i];
    }
    int best = 0;
    for (int c = 0; c < FAKE_CLASSES; c++) {
        logits[c] = net->b[c];
        for (int i = 0; i < FAKE_INPUTS; i++)
            logits[c] += spikes[i] * net->w[i * FAKE_CLASSES + c];
        best = logits[c] > logits[best] ? c : best;
    }
    if (net->fake->nan_at != 0 && net->fake->forwards >= net->fake->nan_at)
        logits[0] = NAN;
    for (int c = 0; c < FAKE_CLASSES; c++)
        total += net->scores[row * FAKE_CLASSES + c] = expf(logits[c] - logits[best]);
    for (int c = 0; c < FAKE_CLASSES; c++) {
        float p = net->scores[row * FAKE_CLASSES + c] /= total;
        net->error[row * FAKE_CLASSES + c] =
            (p - (net->label[row] == c ? 1.0f : 0.0f)) / (float)net->run.rows;
    }
    net->loss[row] = -logf(net->scores[row * FAKE_CLASSES + net->label[row]]);
    net->predicted[row] = best;
}

static void forward_rows(void *memory, int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++)
        forward_row(memory, row);
}

static void write_trace(const FakeNet *net)
{
    FILE *file = fopen("trace.txt", "a");
    if (file == NULL)
        _exit(98);
    fprintf(file, "%u %d %.9g", net->run.epoch, net->run.rows, (double)*net->rate);
    for (int32_t row = 0; row < net->run.rows; row++)
        fprintf(file, " %d", net->sample[row]);
    fputc('\n', file);
    fclose(file);
}

float fake_rate(float base, int epoch, int epochs, int batch, int batches)
{
    double at = (double)epoch * batches + batch, total = (double)epochs * batches;
    return (float)((double)base * (1.0 + cos(acos(-1.0) * at / total)) / 2.0);
}

static void fake_forward(void *memory, SnnPool *pool)
{
    FakeNet *net = memory;
    FakeModel *fake = net->fake;
    fake->forwards++;
    if (fake->forwards == fake->die_at)
        raise(SIGKILL);
    *net->rate = fake->constant ? net->run.lr
                                : fake_rate(net->run.lr, (int)net->run.epoch_now, (int)net->run.epochs,
                                            (int)net->run.batch_now, (int)net->run.batches);
    if (fake->trace)
        write_trace(net);
    if (fake->forwards == fake->signal_at)
        kill(getpid(), SIGINT);
    snn_parallel(pool, forward_rows, net, net->run.rows);
    net->state[FAKE_CLASSES - 1] = fake->forwards == fake->state_nan_at ? NAN : 0.0f;
    net->state[FAKE_CLASSES] = NAN;
}

static void backward_inputs(void *memory, int32_t first, int32_t last)
{
    FakeNet *net = memory;
    for (int32_t i = first; i < last; i++)
        for (int c = 0; c < FAKE_CLASSES; c++)
            for (int row = 0; row < net->run.rows; row++)
                net->grad_w[i * FAKE_CLASSES + c] +=
                    net->spikes[row * FAKE_INPUTS + i] * net->error[row * FAKE_CLASSES + c];
}

static void fake_backward(void *memory, SnnPool *pool)
{
    FakeNet *net = memory;
    memset(net->grad_w, 0, FAKE_INPUTS * FAKE_CLASSES * sizeof(float));
    memset(net->grad_b, 0, FAKE_CLASSES * sizeof(float));
    snn_parallel(pool, backward_inputs, net, FAKE_INPUTS);
    for (int row = 0; row < net->run.rows; row++)
        for (int c = 0; c < FAKE_CLASSES; c++)
            net->grad_b[c] += net->error[row * FAKE_CLASSES + c];
}

static void fake_update(void *memory, SnnPool *pool)
{
    FakeNet *net = memory;
    (void)pool;
    for (int p = 0; p < (net->fake->frozen ? 1 : 2); p++)
        for (int64_t i = 0; i < snn_param_size(&net->fake->model.params[p]); i++) {
            float *momentum = &net->fake->model.params[p].state[0][i];
            *momentum = 0.9f * *momentum + net->run.scale * net->fake->model.params[p].gradient[i];
            net->fake->model.params[p].value[i] -= *net->rate * *momentum;
        }
}

static const SnnModel fake_model = {
    .name = "fake",
    .version = "0.0",
    .source = "fake.snn",
    .steps = 1,
    .train = snn_train,
    .test = snn_test,
    .predict = snn_predict,
    .info = snn_info,
    .data = {.format = &snn_idx, .ndim = 2, .dims = {4, 4}, .classes = FAKE_CLASSES},
    .batch = 8,
    .epochs = 3,
    .seed = 5,
    .lr = 0.5f,
    .clip_norm = 0.3f,
    .optimizer = "sgd",
    .tables = {.buffers = fake_buffers,
               .buffer_count = sizeof fake_buffers / sizeof *fake_buffers,
               .params = fake_params,
               .streams = fake_streams,
               .watches = fake_watches,
               .predictions = fake_predictions,
               .metrics = fake_metrics,
               .param_count = 2,
               .stream_count = 2,
               .watch_count = 1,
               .prediction_count = 1,
               .metric_count = 1},
    .at = {.input = NET(input),
           .label = NET(label),
           .sample = NET(sample),
           .loss = NET(loss),
           .rate = NET(rate)},
    .net_bytes = sizeof(FakeNet),
    .choose = fake_choose,
    .init = fake_init,
    .forward = fake_forward,
    .backward = fake_backward,
    .update = fake_update,
};

/* ---- files ---------------------------------------------------------------------------------------- */

const char *fake_path(Fake *fake, int slot, const char *name)
{
    static char paths[2][256];
    snprintf(paths[slot], sizeof paths[slot], "%.60s/%.180s", fake->folder, name);
    return paths[slot];
}

void fake_write(Fake *fake, const char *name, const void *bytes, size_t size)
{
    const char *path = fake_path(fake, 0, name);
    (void)remove(path); /* ext4 waits for the disk where a file is emptied and filled again */
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

char *fake_recorded(const char *folder, const char *name, size_t *size)
{
    char path[256];
    snprintf(path, sizeof path, "%s%s", folder, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    char *bytes = malloc(1 << 20);
    ck_assert_ptr_nonnull(bytes);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

void fake_copy(Fake *fake, const char *folder, const char *name, const char *to)
{
    size_t size;
    char *bytes = fake_recorded(folder, name, &size);
    fake_write(fake, to, bytes, size);
    free(bytes);
}

char *fake_read(Fake *fake, const char *name, size_t *size)
{
    FILE *file = fopen(fake_path(fake, 0, name), "rb");
    if (file == NULL)
        return NULL;
    char *bytes = malloc(1 << 20);
    ck_assert_ptr_nonnull(bytes);
    size_t got = fread(bytes, 1, (1 << 20) - 1, file);
    bytes[got] = '\0';
    fclose(file);
    if (size != NULL)
        *size = got;
    return bytes;
}

bool fake_same(Fake *fake, const char *one, const char *other)
{
    size_t n = 0, m = 0;
    char *a = fake_read(fake, one, &n), *b = fake_read(fake, other, &m);
    bool same = a != NULL && b != NULL && n == m && memcmp(a, b, n) == 0;
    free(a);
    free(b);
    return same;
}

void fake_write_idx(Fake *fake, const char *name, int type, int ndim, const uint32_t *dims, const void *data,
                    size_t size)
{
    unsigned char *bytes = malloc(4 + 4 * (size_t)ndim + size);
    ck_assert_ptr_nonnull(bytes);
    bytes[0] = bytes[1] = 0;
    bytes[2] = (unsigned char)type;
    bytes[3] = (unsigned char)ndim;
    for (int i = 0; i < 4 * ndim; i++)
        bytes[4 + i] = (unsigned char)(dims[i / 4] >> (24 - 8 * (i % 4)));
    memcpy(bytes + 4 + 4 * ndim, data, size);
    fake_write(fake, name, bytes, 4 + 4 * (size_t)ndim + size);
    free(bytes);
}

/* Three kinds of images: bright at the top, in the middle, at the bottom. */
static void write_part(Fake *fake, const char *part, uint32_t count, uint32_t seed)
{
    unsigned char images[FAKE_TRAIN * FAKE_INPUTS], labels[FAKE_TRAIN];
    char name[64];
    for (uint32_t s = 0; s < count; s++) {
        labels[s] = (unsigned char)(snn_mix(seed + s) % FAKE_CLASSES);
        for (uint32_t i = 0; i < FAKE_INPUTS; i++) {
            uint32_t noise = snn_mix(seed + 1000 * s + i) % 120;
            images[s * FAKE_INPUTS + i] = (unsigned char)(noise + (i / 5 == labels[s] ? 130 : 0));
        }
    }
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    fake_write_idx(fake, name, 8, 3, (uint32_t[]){count, 4, 4}, images, count * FAKE_INPUTS);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    fake_write_idx(fake, name, 8, 1, (uint32_t[]){count}, labels, count);
}

void fake_open(Fake *fake)
{
    *fake = (Fake){.fake = {.model = fake_model}};
    strcpy(fake->folder, "/tmp/snnc-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fake->folder));
    write_part(fake, "train", FAKE_TRAIN, 77);
    write_part(fake, "t10k", FAKE_TEST, 99);
}

void fake_close(Fake *fake)
{
    DIR *folder = opendir(fake->folder);
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        unlink(fake_path(fake, 0, entry->d_name));
    closedir(folder);
    ck_assert_int_eq(rmdir(fake->folder), 0);
}

/* ---- runs ----------------------------------------------------------------------------------------- */

static void redirect(int stream, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(file, stream);
    close(file);
}

static void run_child(Fake *fake, const char *words)
{
    char copy[512], *argv[32] = {"./fake"}, *rest = NULL;
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    if (chdir(fake->folder) != 0)
        _exit(99);
    if (fake->file_limit > 0) {
        struct rlimit limit = {(rlim_t)fake->file_limit, (rlim_t)fake->file_limit};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    redirect(STDOUT_FILENO, "stdout.txt");
    redirect(STDERR_FILENO, "stderr.txt");
    int status = snn_main(argc, argv, &fake->fake.model);
    fflush(NULL);
    _exit(status);
}

static void take_output(Fake *fake, const char *name, char *text, size_t size)
{
    char *bytes = fake_read(fake, name, NULL);
    snprintf(text, size, "%s", bytes == NULL ? "" : bytes);
    free(bytes);
}

int fake_run(Fake *fake, const char *words)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        run_child(fake, words);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    take_output(fake, "stdout.txt", fake->out, sizeof fake->out);
    take_output(fake, "stderr.txt", fake->err, sizeof fake->err);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}
