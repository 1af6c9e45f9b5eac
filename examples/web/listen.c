/* Prints what a network hears of a recording, [steps][bands][3] floats, as its trainer reads them. -DGENERATED='"net.c"': what snnc made.
 *
 *     listen FILE.wav > FILE.bands */
#define main trainer_main
int trainer_main(int argc, char **argv);
#include GENERATED
#undef main

int main(int argc, char **argv)
{
    SnnModel model = description;
    SnnDataset data;
    SnnError error = {"it takes one recording"};
    if (argc != 2 || !model.data.format->read_images(&data, &model, argv[1], &error)) {
        fprintf(stderr, "listen: %s\n", error.text);
        return EXIT_FAILURE;
    }
    bool ok = fwrite(data.reals, sizeof *data.reals, (size_t)data.width, stdout) == (size_t)data.width;
    snn_dataset_free(&data);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
