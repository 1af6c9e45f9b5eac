#include "dataset.h"

#include "sample.h"

#include "snn_csv.h"
#include "snn_events.h"
#include "snn_idx.h"
#include "snn_npy.h"
#include "snn_pictures.h"
#include "snn_session.h"
#include "snn_shd.h"
#include "snn_wav.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const SnnFormat *data_format(const Program *program)
{
    static const struct {
        const char *name;
        const SnnFormat *format;
    } known[] = {
#define FORMAT(need, name) {#name, &snn_##name},
#include "formats.def"
#undef FORMAT
    };
    for (size_t k = 0; program->data_format && k < sizeof known / sizeof *known; k++)
        if (strcmp(known[k].name, program->data_format) == 0)
            return known[k].format;
    return NULL;
}

/* As the trainer's is, of what reading data takes. */
static SnnModel describe(const Program *program)
{
    SnnModel model = {.name = program->name,
                      .source = program->source,
                      .steps = program->steps,
                      .dt = (float)program->dt,
                      .seed = program->seed};
    const char **settings = NEW_ARRAY(program->arena, const char *, program->data_settings.count + 1);
    for (int k = 0; k < program->data_settings.count; k++)
        settings[k] = program->data_settings.at[k];
    model.data = (SnnData){.format = data_format(program),
                           .folder = program->data_folder,
                           .ndim = program->data_ndim,
                           .classes = program->classes,
                           .label_steps = program->label_steps,
                           .target_ndim = program->target_ndim,
                           .settings = settings};
    memcpy(model.data.dims, program->data_dims, sizeof program->data_dims);
    model.at.present = program->takes_lengths; /* anywhere: files are asked for lengths */
    memcpy(model.data.target_dims, program->target_dims, sizeof program->target_dims);
    return model;
}

/* Evenly spread: samples may stand in the order of their classes. */
static const int32_t *spread(Arena *arena, int count, int of)
{
    int32_t *order = NEW_ARRAY(arena, int32_t, count + 1);
    for (int k = 0; k < count; k++)
        order[k] = (int32_t)((int64_t)k * of / count);
    return order;
}

bool data_open(DataSamples *samples, const Program *program, const char *folder, const char *part, int most)
{
    SnnError error;
    *samples = (DataSamples){.model = describe(program)};
    if (!samples->model.data.format) {
        fprintf(stderr, "snnc: nothing reads the data of `%s`: leave --data out\n", program->name);
        return false;
    }
    if (!snn_dataset_read(&samples->data, &samples->model, folder, part, &error)) {
        fprintf(stderr, "snnc: %s\n", error.text);
        return false;
    }
    samples->count = most < samples->data.count ? most : samples->data.count;
    samples->order = spread(program->arena, samples->count, samples->data.count);
    return true;
}

bool data_exist(const Program *program, const char *folder, const char *part)
{
    const SnnModel model = describe(program);
    return model.data.format && snn_dataset_exists(&model, folder, part);
}

void data_close(DataSamples *samples)
{
    snn_dataset_free(&samples->data);
}

DataReader data_reader(const DataSamples *samples, const Program *program)
{
    Arena *arena = program->arena;
    size_t count = sample_elements(program);
    DataReader reader = {.samples = samples, .model = samples->model, .run = {.epoch = SNN_TEST_EPOCH}};
    reader.input = NEW_ARRAY(arena, double, count);
    if (program_takes_spikes(program))
        reader.model.spikes = NEW_ARRAY(arena, uint8_t, count);
    else
        reader.model.input = NEW_ARRAY(arena, float, count);
    return reader;
}

void data_read(DataReader *reader, int k)
{
    SnnSession session = {.model = &reader->model, .batch = 1};
    reader->model.run = &reader->run;
    reader->model.sample = &reader->sample;
    snn_session_load(&session, &reader->samples->data, reader->samples->order, k, 1);
}

static double element_of(const DataReader *reader, size_t k)
{
    return reader->model.spikes ? (double)reader->model.spikes[k] : (double)reader->model.input[k];
}

/* In whole numbers, `in` are bytes. */
static double byte_of(const Program *program, double element)
{
    return fmin(floor(element / program->data_unit + 0.5), UINT8_MAX);
}

int data_input(DataReader *reader, const Program *program)
{
    for (size_t i = 0; i < sample_elements(program); i++) {
        double element = element_of(reader, i);
        reader->input[i] = program->whole_numbers ? byte_of(program, element) : element;
    }
    return program->takes_lengths ? snn_dataset_length(&reader->samples->data, &reader->model, reader->sample)
                                  : program->steps;
}
