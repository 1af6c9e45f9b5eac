/* A trainer with one command more. `trainer samples FOLDER COUNT FILE` writes so many samples of the test set, spread evenly over it,
 * as main.c reads them: number, label, and a byte for each value that the network sees. -DGENERATED='"net.c"': what snnc made. */
#define main trainer_main
int trainer_main(int argc, char **argv);
#include GENERATED
#undef main

static void put_word(FILE *file, int32_t number)
{
    for (int shift = 0; shift < 32; shift += 8)
        fputc((int)((uint32_t)number >> shift & 255u), file);
}

/* Events are counted, up to 255. */
static void count_events(const SnnDataset *data, int32_t sample, uint8_t *values)
{
    memset(values, 0, (size_t)data->width);
    for (int64_t e = snn_dataset_first_event(data, sample); e < data->ends[sample]; e++)
        values[data->events[e]] = (uint8_t)(values[data->events[e]] + (values[data->events[e]] < 255));
}

static bool write_samples(const SnnDataset *data, int32_t wanted, FILE *file)
{
    const size_t width = (size_t)data->width;
    uint8_t *counts = malloc(width);
    if (counts == NULL || (data->bytes == NULL && data->events == NULL))
        return false;
    for (int32_t k = 0; k < wanted; k++) {
        const int32_t sample = (int32_t)((int64_t)k * data->count / wanted);
        const uint8_t *values = counts;
        if (data->bytes != NULL)
            values = data->bytes + (size_t)sample * width;
        else
            count_events(data, sample, counts);
        put_word(file, sample);
        put_word(file, data->labels != NULL ? data->labels[sample] : -1);
        fwrite(values, 1, width, file);
    }
    free(counts);
    return true;
}

static int samples_main(const char *folder, const char *count, const char *path)
{
    SnnModel model = description;
    SnnDataset data;
    SnnError error = {""};
    if (!snn_dataset_read(&data, &model, folder, "t10k", &error)) {
        fprintf(stderr, "samples: %s\n", error.text);
        return EXIT_FAILURE;
    }
    FILE *file = fopen(path, "wb");
    const int32_t wanted = (int32_t)strtol(count, NULL, 10);
    bool ok = file != NULL && wanted > 0 && wanted <= data.count && write_samples(&data, wanted, file);
    if (file != NULL && fclose(file) != 0)
        ok = false;
    snn_dataset_free(&data);
    if (!ok)
        fprintf(stderr, "samples: cannot write %s samples of bytes or events (%s)\n", count, path);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "samples") == 0)
        return samples_main(argv[2], argv[3], argv[4]);
    return trainer_main(argc, argv);
}
