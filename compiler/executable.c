#include "executable.h"

#include "inference.h"
#include "paste.h"

#include "snn_output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- a place to work ---------------------------------------------------------------------------------- */

#define WORKSHOP_TAG ".tmp."
#define WORKSHOP_MARK "XXXXXX"

/* A folder beside the output, whose name nobody else has: a program that is made in it has its place by a rename. */
typedef struct Workshop {
    const char *target, *folder, *source, *runtime,
        *program; /* runtime: of C, beside the source; NULL: none */
    FILE *lock;   /* a file with a lock on it while the workshop is in use */
} Workshop;

/* The path with the links in it followed. One that begins with '-' would be an option of the C compiler. */
static const char *program_path(Arena *arena, const char *output)
{
    char *real = realpath(output, NULL);
    const char *path = real ? arena_printf(arena, "%s", real) : output;
    free(real);
    return *path == '-' ? arena_printf(arena, "./%s", path) : path;
}

static void remove_workshop(Arena *arena, const char *path)
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        unlink(arena_printf(arena, "%s/%s", path, entry->d_name));
    if (folder)
        closedir(folder);
    rmdir(path);
}

/* A workshop for a program called `base`, by its name. */
static bool is_workshop(const char *name, const char *base)
{
    size_t length = strlen(base), tag = strlen(WORKSHOP_TAG);
    return strncmp(name, base, length) == 0 && strncmp(name + length, WORKSHOP_TAG, tag) == 0
           && strlen(name + length + tag) == strlen(WORKSHOP_MARK);
}

/* What killed runs have left. */
static void clean_workshops(Arena *arena, const Workshop *own)
{
    struct stat now;
    const char *slash = strrchr(own->target, '/'), *base = slash ? slash + 1 : own->target;
    const char *beside = arena_strndup(arena, own->target, (size_t)(base - own->target));
    DIR *folder = opendir(*beside ? beside : ".");
    if (!folder)
        return;
    if (fstat(fileno(own->lock), &now) == 0)
        for (struct dirent *entry; (entry = readdir(folder));) {
            const char *path = arena_printf(arena, "%s%s", beside, entry->d_name);
            if (is_workshop(entry->d_name, base) && strcmp(path, own->folder) != 0
                && snn_output_is_stale(AT_FDCWD, arena_printf(arena, "%s/lock", path), now.st_mtime))
                remove_workshop(arena, path);
        }
    closedir(folder);
}

/* False, and errno says so: a rename would, but only once all is compiled. */
static bool is_no_folder(const char *path)
{
    struct stat there;
    bool folder = stat(path, &there) == 0 && S_ISDIR(there.st_mode);
    errno = folder ? EISDIR : 0;
    return !folder;
}

static bool open_workshop(Workshop *workshop, Arena *arena, const char *output, const char *form)
{
    char *folder = arena_printf(arena, "%s" WORKSHOP_TAG WORKSHOP_MARK, program_path(arena, output));
    workshop->target = program_path(arena, output);
    if (!is_no_folder(workshop->target) || !mkdtemp(folder))
        return false;
    workshop->folder = folder;
    workshop->source = arena_printf(arena, "%s/program.%s", folder, form);
    workshop->program = arena_printf(arena, "%s/program", folder);
    workshop->lock = fopen(arena_printf(arena, "%s/lock", folder), "w");
    if (!workshop->lock)
        return false;
    snn_output_lock(fileno(workshop->lock)); /* where a file system knows no locks, age alone tells */
    clean_workshops(arena, workshop);
    return true;
}

static void close_workshop(Arena *arena, const Workshop *workshop)
{
    int reason = errno;
    if (workshop->lock)
        fclose(workshop->lock);
    if (workshop->folder)
        remove_workshop(arena, workshop->folder);
    errno = reason;
}

static bool write_file(const char *path, const Out *text)
{
    FILE *file = fopen(path, "w");
    bool written = file && out_write(text, file);
    return file && fclose(file) == 0 && written;
}

/* The library is for this machine: for others, its sources are compiled with what calls them. */
static bool write_runtime(Workshop *workshop, const Compilation *c)
{
    Out *text = out_new(c->arena);
    Paste paste = paste_begin(c->arena, text);
    const Parts parts = parts_of(c->arena, c->program);
    paste_defines(&paste);
    paste_sources(&paste, &parts);
    workshop->runtime = arena_printf(c->arena, "%s/runtime.c", workshop->folder);
    return write_file(workshop->runtime, text);
}

/* ---- the C compiler ----------------------------------------------------------------------------------- */

/* Signals that end the process: they are looked for while another one works. */
typedef struct Watch {
    sigset_t before, set;
    int caught; /* the first of them, 0: none */
} Watch;

static void watch_begin(Watch *watch)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    watch->caught = 0;
    signal(SIGCHLD, SIG_DFL); /* of a child nobody waits for, there would be no status */
    sigemptyset(&watch->set);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&watch->set, signals[i]);
    sigaddset(&watch->set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watch->set, &watch->before);
}

/* Does what the signal would have done. */
static void watch_end(const Watch *watch)
{
    if (watch->caught)
        raise(watch->caught);
    sigprocmask(SIG_SETMASK, &watch->before, NULL);
}

/* The child's status. What would have ended this process ends the child. */
static int wait_for(Watch *watch, pid_t child)
{
    int status = EXIT_FAILURE;
    while (waitpid(child, &status, WNOHANG) == 0) {
        int caught = sigwaitinfo(&watch->set, NULL);
        if (caught <= 0 || caught == SIGCHLD)
            continue;
        if (!watch->caught)
            watch->caught = caught;
        kill(child, SIGTERM);
    }
    return status;
}

/* The child is not to have this process's mask. */
static int start(pid_t *child, char *const *arguments, const sigset_t *mask)
{
    posix_spawnattr_t attributes;
    int failed = posix_spawnattr_init(&attributes);
    if (failed)
        return failed;
    posix_spawnattr_setsigmask(&attributes, mask);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    failed = posix_spawnp(child, arguments[0], NULL, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

/* Debian's package of x-y-gcc is gcc-x-y. */
static const char *compiler_about(Arena *arena, const TargetRow *target)
{
    static const char ending[] = "-gcc";
    const char *command = target->compiler;
    size_t length = strlen(command), end = sizeof ending - 1;
    if (target->system == TARGET_OWN)
        return "a C compiler";
    if (length <= end || strcmp(command + length - end, ending) != 0)
        return "it";
    return arena_printf(arena, "it (on Debian, gcc-%.*s)", (int)(length - end), command);
}

/* Runs the C compiler on what has this form; its own messages reach the user. */
static int run_cc(Arena *arena, Watch *watch, const TargetRow *target, const char *form,
                  char *const *arguments)
{
    pid_t child;
    int failed = start(&child, arguments, &watch->before);
    if (failed) {
        fprintf(stderr, "snnc: cannot run `%s`: %s. Install %s or name one with --cc\n", arguments[0],
                strerror(failed), compiler_about(arena, target));
        return EXIT_FAILURE;
    }
    int status = wait_for(watch, child);
    if (watch->caught)
        return EXIT_FAILURE;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "snnc: `%s` failed on the generated program; `-o FILE.%s` writes it for inspection\n",
            arguments[0], form);
    return EXIT_FAILURE;
}

typedef VEC(const char *) Words;

/* A command may have options of its own, as in "gcc -pipe". */
static void add_words(Arena *arena, Words *words, const char *text)
{
    static const char blanks[] = " \t\n";
    for (text = text ? text : ""; *(text += strspn(text, blanks)); text += strcspn(text, blanks))
        vec_push(arena, words, arena_strndup(arena, text, strcspn(text, blanks)));
}

static void add_optimize(Arena *arena, Words *command, const Options *options)
{
    if (options->optimize != MOST_OPTIMIZE)
        vec_push(arena, command, arena_printf(arena, "-O%d", options->optimize));
}

/* What is to be made, and of what. */
typedef struct Build {
    const Compilation *c;
    const Options *options;
    const Form *form;
    const Backend *backend; /* that made the code, in its linked form */
    const Out *code;
    const Out *header; /* of inference, and how its file is called; or NULL */
    const char *header_file;
} Build;

static Words compiler_words(const Build *build)
{
    const TargetRow *target = build->options->target;
    const char *const given[] = {build->options->cc, target->system == TARGET_OWN ? getenv("CC") : NULL,
                                 target->compiler};
    Words command = {0};
    for (size_t i = 0; command.count == 0; i++)
        add_words(build->c->arena, &command, given[i]);
    return command;
}

static void add_files(Arena *arena, Words *command, const Workshop *workshop)
{
    vec_push(arena, command, workshop->source);
    vec_push(arena, command, "-o");
    vec_push(arena, command, workshop->program);
}

static char *const *cc_command(const Build *build, const Workshop *workshop)
{
    Arena *arena = build->c->arena;
    const Options *options = build->options;
    const TargetRow *target = options->target;
    const Parts parts = parts_of(arena, build->c->program);
    Words command = compiler_words(build);
    if (!build->backend->library || workshop->runtime) {
        add_words(arena, &command, target_c_options(arena, target));
        add_optimize(arena, &command, options);
    }
    add_words(arena, &command, *build->form->options ? build->form->options : target_program_options(target));
    add_files(arena, &command, workshop);
    if (build->backend->library)
        vec_push(arena, &command, workshop->runtime ? workshop->runtime : own_file(arena, RUNTIME_LIBRARY));
    add_words(arena, &command, parts_libraries(arena, &parts, target));
    vec_push(arena, &command, NULL);
    return (char *const *)command.at;
}

/* It needs no library. */
static char *const *infer_command(const Build *build, const Workshop *workshop)
{
    Arena *arena = build->c->arena;
    Words command = compiler_words(build);
    if (!build->backend->library) {
        add_words(arena, &command, build->options->target->options);
        add_words(arena, &command, inference_c_options(build->c->program));
        add_optimize(arena, &command, build->options);
    }
    add_words(arena, &command, build->form->backend ? "-c" : build->form->options);
    add_files(arena, &command, workshop);
    vec_push(arena, &command, NULL);
    return (char *const *)command.at;
}

static bool brings_runtime(const Build *build)
{
    return build->backend->library && build->options->target->system == TARGET_OTHER && !build->header;
}

static bool fill_workshop(const Build *build, Workshop *workshop)
{
    Arena *arena = build->c->arena;
    return open_workshop(workshop, arena, build->options->output, build->backend->linked)
           && write_file(workshop->source, build->code)
           && (!build->header
               || write_file(arena_printf(arena, "%s/%s", workshop->folder, build->header_file),
                             build->header))
           && (!brings_runtime(build) || write_runtime(workshop, build->c));
}

static int make(const Build *build)
{
    Workshop workshop = {0};
    Watch watch;
    Arena *arena = build->c->arena;
    int status = EXIT_SUCCESS;
    watch_begin(&watch);
    bool done = fill_workshop(build, &workshop);
    if (done) {
        status = run_cc(arena, &watch, build->options->target, build->backend->linked,
                        (build->header ? infer_command : cc_command)(build, &workshop));
        done = status != EXIT_SUCCESS || rename(workshop.program, workshop.target) == 0;
    }
    int reason = errno;
    close_workshop(arena, &workshop);
    watch_end(&watch);
    if (done)
        return status;
    fprintf(stderr, "snnc: cannot write `%s`: %s\n", build->options->output, strerror(reason));
    return EXIT_FAILURE;
}

int build_linked(const Compilation *c, const Options *options, const Form *form, const Backend *backend,
                 const Out *code)
{
    return make(&(Build){.c = c, .options = options, .form = form, .backend = backend, .code = code});
}

int build_inference(const Compilation *c, const Options *options, const Form *form, const Backend *backend,
                    const InferFiles *files, const char *header_file)
{
    return make(&(Build){c, options, form, backend, files->source, files->header, header_file});
}
