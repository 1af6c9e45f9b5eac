/* libFuzzer: any bytes through what a generated program reads. The first byte says as what: a checkpoint, a file of data in
 * one of the formats, JSON, a command line, a log, or the text of a model. */
#define _GNU_SOURCE
#include "snn_checkpoint.h"
#include "snn_csv.h"
#include "snn_curves.h"
#include "snn_event_file.h"
#include "snn_idx.h"
#include "snn_json.h"
#include "snn_model_text.h"
#include "snn_npy.h"
#include "snn_pictures.h"
#include "snn_predict.h"
#include "snn_shd.h"
#include "snn_train.h"
#include "snn_wav.h"
#include "snn_weights.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a network of two arrays ---- */

enum { WEIGHTS = 6, MOST_WORDS = 64 };

typedef struct Fake {
    SnnModel model;
    SnnRun run;
    SnnParam params[2];
    float numbers[4][WEIGHTS];
} Fake;

static void fake_param(Fake *fake, int index, SnnParam param)
{
    param.about = "a parameter";
    param.value = fake->numbers[2 * index];
    param.gradient = fake->numbers[2 * index];
    fake->params[index] = param;
}

static void fake_model(Fake *fake)
{
    static const char *const network[] = {"param w: [2, 3]", NULL};
    *fake = (Fake){0};
    fake_param(fake, 0, (SnnParam){.name = "w", .ndim = 2, .dims = {2, 3}, .matrix = true});
    fake_param(fake, 1, (SnnParam){.name = "b", .ndim = 1, .dims = {3}});
    fake->model = (SnnModel){.name = "m",
                             .version = "0",
                             .source = "m.snn",
                             .steps = 3,
                             .train = snn_train,
                             .predict = snn_predict,
                             .batch = 2,
                             .epochs = 1,
                             .optimizer = "sgd",
                             .run = &fake->run,
                             .network = network,
                             .training = network,
                             .params = fake->params,
                             .param_count = 2};
}

static const SnnData idx_data = {.format = &snn_idx, .ndim = 2, .dims = {2, 2}, .classes = 3};

static const char *const shd_settings[] = {"units = 10", "bin = 2", "step = 125", NULL};
static const SnnData shd_data = {
    .format = &snn_shd, .ndim = 2, .dims = {3, 5}, .classes = 3, .settings = shd_settings};

static const SnnData npy_data = {.format = &snn_npy, .ndim = 1, .dims = {4}, .classes = 3};

static const char *const wav_settings[] = {"rate = 8000", "hop = 40",    "mel = 5",
                                           "deltas = 1",  "window = 60", "low = 20",
                                           "high = 4000", "log = 1",     NULL};
static const SnnData wav_data = {
    .format = &snn_wav, .ndim = 3, .dims = {3, 5, 2}, .classes = 3, .settings = wav_settings};

static const char *const csv_settings[] = {"columns = a, b", "sequence = run", NULL};
static const SnnData csv_data = {.format = &snn_csv, .ndim = 2, .dims = {3, 2}, .settings = csv_settings};

static const SnnData pictures_data = {.format = &snn_pictures, .ndim = 2, .dims = {5, 7}};
static const SnnData coloured_data = {.format = &snn_pictures, .ndim = 3, .dims = {5, 7, 3}};

/* ---- whole sets, with labels and parts that are chosen ---- */

typedef struct Set {
    SnnData data;
    const char *file; /* what the training set is called */
} Set;

static const char *const parts_of_shd[] = {
    "units = 10", "bin = 2", "step = 125", "test = extra/speaker = 5", "valid = extra/day = 3", NULL};
static const char *const parts_of_npy[] = {"test = speaker = anna", "valid = day = 2", NULL};
static const char *const parts_of_csv[] = {"columns = a, b",
                                           "labels = kind",
                                           "sequence = run",
                                           "name = all",
                                           "test = day = 3-4",
                                           "valid = run = q",
                                           NULL};

static const Set sets[] = {
    {{.format = &snn_shd, .ndim = 2, .dims = {3, 5}, .classes = 3, .settings = parts_of_shd}, "a_train.h5"},
    {{.format = &snn_npy, .ndim = 1, .dims = {4}, .classes = 3, .settings = parts_of_npy}, "train.npz"},
    {{.format = &snn_npy, .ndim = 1, .dims = {4}, .classes = 3, .target_ndim = 1, .target_dims = {1}},
     "train.npz"},
    {{.format = &snn_csv, .ndim = 2, .dims = {3, 2}, .classes = 2, .settings = parts_of_csv}, "all.csv"},
    {{.format = &snn_csv,
      .ndim = 2,
      .dims = {3, 2},
      .classes = 2,
      .label_steps = 3,
      .settings = parts_of_csv},
     "all.csv"},
};
enum { SETS = sizeof sets / sizeof *sets };

/* ---- the readers ---- */

static void read_checkpoint(Fake *fake, const uint8_t *data, size_t size)
{
    SnnError error;
    SnnState state;
    SnnTensors *file = snn_tensors_parse(data, size, "a file", &error);
    if (file == NULL)
        return;
    for (int force = 0; force < 2; force++)
        snn_checkpoint_state(file, &fake->model, force != 0, &state, "a file", &error);
    snn_weights_differs(file, &fake->model, true, &error);
    snn_weights_load(file, &fake->model, false, "a file", &error);
    snn_weights_load(file, &fake->model, true, "a file", &error);
    snn_weights_seed(file, 0);
    snn_tensors_close(file);
}

static void read_samples(Fake *fake, const SnnData *as, const uint8_t *data, size_t size)
{
    SnnError error;
    SnnDataset samples;
    char path[64];
    int file = memfd_create("samples", 0);
    fake->model.data = *as;
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (snn_dataset_read_images(&samples, &fake->model, path, &error))
        snn_dataset_free(&samples);
    close(file);
}

static void read_set(Fake *fake, const Set *set, const uint8_t *data, size_t size)
{
    static const char *const parts[] = {"train", "t10k", "valid"};
    SnnError error;
    SnnDataset samples;
    char folder[64], path[96];
    snprintf(folder, sizeof folder, "/dev/shm/snnc_fuzz_%d", (int)getpid());
    snprintf(path, sizeof path, "%s/%s", folder, set->file);
    mkdir(folder, 0700);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
    fake->model.data = set->data;
    for (int i = 0; i < 3; i++)
        if (snn_dataset_read(&samples, &fake->model, folder, parts[i], &error))
            snn_dataset_free(&samples);
    unlink(path);
    rmdir(folder);
}

static bool take_event(void *context, int64_t time, uint32_t x, uint32_t y, bool on)
{
    (void)context, (void)time, (void)x, (void)y, (void)on;
    return true;
}

/* As each of the formats. */
static void read_events(const uint8_t *data, size_t size)
{
    static const char *const ends[] = {"bin", "aedat", "dat", "raw"};
    SnnError error;
    char path[64];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, sizeof path, "/dev/shm/snnc_fuzz_%d.%s", (int)getpid(), ends[i]);
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
            abort();
        snn_event_file_read(path, (SnnEventSink){take_event, NULL}, &error);
        unlink(path);
    }
}

static void read_json(const char *text, size_t size)
{
    SnnError error;
    uint64_t number;
    SnnJson json = {text, text, text + size, &error};
    snn_utf8_valid(text, size);
    while (json.at < json.end && (snn_json_accept(&json, ',') || snn_json_accept(&json, '{')))
        continue;
    free(snn_json_string(&json));
    snn_json_natural(&json, &number);
}

/* A word a line. */
static void read_options(char *text)
{
    SnnError error;
    SnnOptions options;
    char program[] = "m", *words[MOST_WORDS + 2] = {program};
    int count = 1;
    for (char *at = text; at != NULL && count <= MOST_WORDS;)
        words[count++] = strsep(&at, "\n");
    snn_options_parse(&options, count, words, &error);
}

static void read_log(const char *text)
{
    FILE *page = fopen("/dev/null", "w");
    if (page == NULL)
        abort();
    snn_curves_write(page, text);
    fclose(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Fake fake;
    SnnError difference;
    if (size == 0)
        return 0;
    fake_model(&fake);
    char *text = malloc(size);
    if (text == NULL)
        abort();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (data[0] % (13 + SETS)) {
    case 0: read_checkpoint(&fake, data + 1, size - 1); break;
    case 1: read_samples(&fake, &idx_data, data + 1, size - 1); break;
    case 2: read_json(text, size - 1); break;
    case 3: read_options(text); break;
    case 4: read_samples(&fake, &shd_data, data + 1, size - 1); break;
    case 5: read_events(data + 1, size - 1); break;
    case 6: read_samples(&fake, &npy_data, data + 1, size - 1); break;
    case 7: read_samples(&fake, &wav_data, data + 1, size - 1); break;
    case 8: read_samples(&fake, &csv_data, data + 1, size - 1); break;
    case 9: read_samples(&fake, &pictures_data, data + 1, size - 1); break;
    case 10: read_log(text); break;
    case 11: snn_text_differs(text, "param w: [2, 3]\n", &difference); break;
    case 12: read_samples(&fake, &coloured_data, data + 1, size - 1); break;
    default: read_set(&fake, &sets[data[0] % (13 + SETS) - 13], data + 1, size - 1); break;
    }
    free(text);
    return 0;
}
