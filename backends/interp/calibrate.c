#include "calibrate.h"

#include "dataset.h"
#include "sample.h"

#include <math.h>
#include <stdio.h>

static void look(void *context, const Interp *interp)
{
    double *most = context;
    for (BufferId b = 0; b < interp->program->buffers.count; b++) {
        const Buffer *buffer = &interp->program->buffers.at[b];
        size_t count = buffer->keep && !buffer->values ? interp_count(interp, b) : 0;
        for (size_t k = 0; k < count; k++) /* NaN, where nothing was made yet, is no magnitude */
            most[b] = fmax(most[b], fabs(*interp_at(interp, b, k)));
    }
}

const double *calibrate(const Program *program, const char *folder)
{
    DataSamples samples;
    double *most = NEW_ARRAY(program->arena, double, program->buffers.count + 1);
    if (!data_exist(program, folder, "train"))
        return most;
    Interp *interp = sample_interp(program);
    if (!interp)
        fprintf(stderr, "snnc: not enough memory to run `%s` (--data)\n", program->name);
    bool opened = interp && data_open(&samples, program, folder, "train", CALIBRATION_SAMPLES);
    if (opened) {
        DataReader reader = data_reader(&samples, program);
        for (int k = 0; k < samples.count; k++) {
            data_read(&reader, k);
            int steps = data_input(&reader, program);
            sample_run_watched(interp, reader.input, reader.sample, steps, look, most);
        }
        data_close(&samples);
    }
    if (interp)
        interp_free(interp);
    return opened ? most : NULL;
}
