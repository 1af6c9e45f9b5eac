/* The program: which command, and the one place where a failure is printed. */
#include "snn_main.h"
#include "snn_note.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* What the model does not have cannot be run. */
static bool main_possible(const SnnModel *model, SnnWord word, SnnError *error)
{
    if (word == SNN_TRAIN && model->train == NULL)
        return snn_fail(error,
                        "cannot train (%s): the model has no `train` block; add one, with a loss, and "
                        "compile it again",
                        model->source);
    if (word == SNN_PREDICT && model->predict == NULL)
        return snn_fail(error,
                        "cannot predict (%s): the model has no `predict`; add a line like `predict "
                        "argmax(rate(out))`, and compile it again",
                        model->source);
    return true;
}

static int main_dispatch(SnnModel *model, const SnnOptions *options, SnnError *error)
{
    switch (options->command) {
    case SNN_TRAIN: return model->train(model, options, error);
    case SNN_TEST: return model->test(model, options, error);
    case SNN_PREDICT: return model->predict(model, options, error);
    case SNN_INFO: return model->info(model, options, error);
    case SNN_REPORT: return model->report(model, options, error);
    case SNN_HELP: snn_options_help(model, options->program, stdout); return SNN_OK;
    case SNN_VERSION: printf("%s, made by snnc %s\n", model->name, model->version); return SNN_OK;
    }
    return SNN_USAGE;
}

/* Whoever started the program with a closed stream does not want to find its output in the first file that it
 * opens. Writing to what is opened for reading only fails: results are not lost without a word. */
static void main_open_streams(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0
            && open("/dev/null", file == STDERR_FILENO ? O_WRONLY : O_RDONLY) != file)
            _exit(SNN_FAILED);
}

int snn_main(int argc, char **argv, SnnModel *model)
{
    char *nameless[] = {"model", NULL}, **words = argc < 1 || argv[0] == NULL ? nameless : argv;
    SnnOptions options;
    SnnError error = {""};
    /* A file that grows too large is then an error of write(), which is reported like a full disk. */
    signal(SIGXFSZ, SIG_IGN);
    main_open_streams();
    if (!snn_options_parse(&options, argc, words, &error)) {
        if (argc < 2)
            snn_options_usage(model, words[0], stderr);
        snn_note(&options, "%s", error.text);
        return SNN_USAGE;
    }
    int status = SNN_USAGE;
    model->room = snn_memory_room(&options);
    if (main_possible(model, options.command, &error))
        status = main_dispatch(model, &options, &error);
    if (status == SNN_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        snn_fail(&error, "cannot write (standard output)");
        status = SNN_FAILED;
    }
    if (status != SNN_OK)
        snn_note(&options, "%s", error.text);
    return status;
}
