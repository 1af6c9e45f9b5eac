/* The program: which command, and the one place where a failure is printed. */
#include "snn_internal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* The last part of the name under which the program was called: what messages begin with. */
static const char *main_short_name(const char *program)
{
    const char *slash = strrchr(program, '/');
    return slash == NULL ? program : slash + 1;
}

void snn_note(const SnnOptions *options, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "%s: ", main_short_name(options->program));
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void snn_note_other_model(const SnnOptions *options, const char *path, const SnnTensors *file,
                          const SnnModel *model)
{
    SnnError difference;
    if (snn_checkpoint_differs(file, model, false, &difference))
        snn_note(options, "weights of another model (%s): %s", path, difference.text);
}

const char *snn_data_folder(const SnnModel *model, const SnnOptions *options)
{
    if (options->data != NULL)
        return options->data;
    return model->data.folder != NULL ? model->data.folder : ".";
}

const char *snn_weights_path(const SnnModel *model, const char *given, char *buffer, size_t size)
{
    if (given != NULL)
        return given;
    snprintf(buffer, size, "%s.safetensors", model->name);
    return buffer;
}

int snn_thread_count(const SnnOptions *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->threads != 0)
        return options->threads;
    return processors < 1 ? 1 : processors > 1024 ? 1024 : (int)processors;
}

/* What the model does not have cannot be run. */
static bool main_possible(const SnnModel *model, SnnCommand command, SnnError *error)
{
    if (command == SNN_TRAIN && !model->trains)
        return snn_fail(error,
                        "cannot train (%s): the model has no `train` block; add one, with a loss, and "
                        "compile it again",
                        model->source);
    if (command == SNN_PREDICT && !model->predicts)
        return snn_fail(error,
                        "cannot predict (%s): the model has no `predict`; add a line like `predict "
                        "argmax(rate(out))`, and compile it again",
                        model->source);
    return true;
}

static int main_dispatch(SnnModel *model, const SnnOptions *options, SnnError *error)
{
    switch (options->command) {
    case SNN_TRAIN: return snn_train(model, options, error);
    case SNN_TEST: return snn_test(model, options, error);
    case SNN_PREDICT: return snn_predict(model, options, error);
    case SNN_INFO: return snn_info(model, options, error);
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
