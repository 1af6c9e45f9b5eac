/* `predictions FOLDER` predicts the test set in FOLDER with kws.h, and writes what `predict` of the trainer writes; samples are read as the
 * trainer reads them, in any of its formats. -DGENERATED='"model.c"': the trainer, else it is linked, without its main; -DWHOLE_NUMBERS: there
 * are no reals, samples are bytes and counts; -DBEHIND: there is something behind a sample's last step, which nobody is to read; beside
 * what inferred.h knows. */
#undef WHOLE /* of infer.c */
#ifdef GENERATED
#define main trainer_main
int trainer_main(int argc, char **argv);
#include GENERATED
#undef main
#else
#include "snn_dataset.h"

#include <stdio.h>
#include <stdlib.h>

extern const SnnModel description;
#endif

#include "inferred.h"

#ifdef WHOLE_NUMBERS
#define BYTE_UNIT 1.0f
#define SCORE_DIGITS 10
#else
#define BYTE_UNIT 255.0f
#define SCORE_DIGITS 9
#endif

/* What the network sees of the sample, see SnnDataset. */
static void sample_values(const SnnDataset *data, int32_t sample, float values[VALUES])
{
    for (int i = 0; i < VALUES; i++)
        values[i] = data->bytes != NULL   ? (float)data->bytes[(int64_t)sample * VALUES + i] / BYTE_UNIT
                    : data->reals != NULL ? data->reals[(int64_t)sample * VALUES + i]
                                          : 0.0f;
    if (data->bytes != NULL || data->reals != NULL)
        return;
    for (int64_t e = snn_dataset_first_event(data, sample); e < data->ends[sample]; e++)
        values[data->events[e]] += 1.0f;
}

static int32_t steps_of(const SnnDataset *data, const SnnModel *model, int32_t sample)
{
    int32_t steps = snn_dataset_length(data, model, sample);
    return steps > 0 ? steps : 1; /* whatever there is is at the first one */
}

static bool predict_sample_alone(const SnnDataset *data, const SnnModel *model, int32_t sample)
{
    static float values[VALUES];
    static Input in[VALUES];
    static kws_state state;
    kws_output out;
    sample_values(data, sample, values);
    for (int i = 0; i < VALUES; i++)
#ifdef SPIKES
        in[i] = values[i] != 0.0f;
#else
        in[i] = (Input)values[i];
#endif
#ifdef BEHIND
    for (int i = steps_of(data, model, sample) * (VALUES / KWS_STEPS); i < VALUES; i++)
        in[i] = (Input)1;
#endif
#ifdef LENGTHS
    if (kws_run_steps(&state SAMPLE(sample), INPUTS(in), steps_of(data, model, sample), &out) != KWS_OK)
        return false;
#else
    (void)steps_of, (void)model;
    if (kws_run(&state SAMPLE(sample), INPUTS(in), &out) != KWS_OK)
        return false;
#endif
    printf("%d,%d,%d", sample, data->labels[sample], (int)out.predicted);
    for (int k = 0; k < KWS_OUTPUTS; k++)
        printf(",%.*g", SCORE_DIGITS, (double)out.scores[k]);
    printf("\n");
    return true;
}

int main(int argc, char **argv)
{
    SnnModel model = description;
    SnnDataset data;
    SnnError error = {""};
    if (argc != 2 || !snn_dataset_read(&data, &model, argv[1], "t10k", &error)) {
        fprintf(stderr, "predictions: %s\n", argc == 2 ? error.text : "give the folder of the data");
        return EXIT_FAILURE;
    }
    bool fits = data.labels != NULL && data.width == VALUES;
    printf("sample,label,predicted");
    for (int k = 0; k < KWS_OUTPUTS; k++)
        printf(",score_%d", k);
    printf("\n");
    for (int32_t sample = 0; fits && sample < data.count; sample++)
        fits = predict_sample_alone(&data, &model, sample);
    snn_dataset_free(&data);
    if (!fits)
        fprintf(stderr, "predictions: samples of other values, without labels, or refused\n");
    return fits ? EXIT_SUCCESS : EXIT_FAILURE;
}
