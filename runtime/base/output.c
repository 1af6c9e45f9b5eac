/* Files that appear whole or not at all: written under a temporary name in the same folder, flushed to the
 * disk, renamed. */
#include "snn_output.h"
#include "snn_random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    OUTPUT_MARK = 6,   /* random letters that end a temporary name */
    OUTPUT_TRIES = 64, /* other names, where one is taken */
    OUTPUT_STALE = 60  /* seconds after which what nobody writes any more is removed */
};
#define OUTPUT_TAG ".tmp." /* before them */

/* ---- temporary names ------------------------------------------------------------------------------ */

/* Where the name of the file begins in the path. */
static const char *output_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* The folder of a path, with its final '/'; "./" if the path names none. */
static char *output_folder(const char *path)
{
    const char *base = output_base(path);
    return base == path ? strdup("./") : strndup(path, (size_t)(base - path));
}

/* Bytes of the base that a temporary name keeps, so that it is no longer than names may be. */
static int output_kept_bytes(const char *base)
{
    size_t most = 255 - OUTPUT_MARK - (sizeof OUTPUT_TAG - 1), length = strlen(base);
    return (int)(length < most ? length : most);
}

/* Chosen by the clock and the process; that it is free is for O_EXCL to say. */
static void output_mark(char mark[OUTPUT_MARK + 1], int attempt)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint32_t random = snn_mix((uint32_t)now.tv_nsec ^ snn_mix((uint32_t)now.tv_sec + (uint32_t)attempt));
    random = snn_mix(random + (uint32_t)getpid());
    for (int i = 0; i < OUTPUT_MARK; i++, random >>= 5)
        mark[i] = letters[random % 32];
    mark[OUTPUT_MARK] = '\0';
}

static char *output_temporary(const char *path, int attempt)
{
    char mark[OUTPUT_MARK + 1];
    const char *base = output_base(path);
    size_t size = strlen(path) + sizeof OUTPUT_TAG + OUTPUT_MARK;
    char *name = malloc(size);
    output_mark(mark, attempt);
    if (name != NULL)
        snprintf(name, size, "%.*s%.*s" OUTPUT_TAG "%s", (int)(base - path), path, output_kept_bytes(base),
                 base, mark);
    return name;
}

/* ---- what killed programs left -------------------------------------------------------------------- */

/* A lock on a temporary file lasts as long as its writer, wherever that runs. */
bool snn_output_lock(int file)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(file, F_SETLK, &lock) == 0;
}

/* A temporary file of `base`, by its name. */
static bool output_is_temporary(const char *name, const char *base)
{
    size_t kept = (size_t)output_kept_bytes(base), tag = sizeof OUTPUT_TAG - 1;
    return strncmp(name, base, kept) == 0 && strncmp(name + kept, OUTPUT_TAG, tag) == 0
           && strspn(name + kept + tag, "abcdefghijklmnopqrstuvwxyz234567") == OUTPUT_MARK
           && strlen(name + kept + tag) == OUTPUT_MARK;
}

/* Nobody has a lock on it, nor wrote into it for a while before `now`, by the clock of the file system. */
bool snn_output_is_stale(int folder, const char *name, time_t now)
{
    struct stat info;
    int file = openat(folder, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return false;
    bool stale = fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_mtime + OUTPUT_STALE <= now
                 && snn_output_lock(file);
    close(file);
    return stale;
}

/* Not the own file: closing it once more would end its lock. */
static void output_clean(const SnnOutput *output)
{
    struct stat info;
    const char *base = output_base(output->target), *own = output_base(output->temporary);
    char *path = output_folder(output->target);
    DIR *folder = path == NULL ? NULL : opendir(path);
    free(path);
    if (folder == NULL)
        return;
    if (fstat(fileno(output->stream), &info) == 0)
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
            if (output_is_temporary(entry->d_name, base) && strcmp(entry->d_name, own) != 0
                && snn_output_is_stale(dirfd(folder), entry->d_name, info.st_mtime))
                unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

/* ---- opening -------------------------------------------------------------------------------------- */

static void output_clear(SnnOutput *output)
{
    free(output->path);
    free(output->target);
    free(output->temporary);
    *output = (SnnOutput){.written = output->written};
}

/* Where a symbolic link points at, to be freed; NULL for any other path. */
static char *output_link(const char *path)
{
    char link[4096];
    ssize_t length = readlink(path, link, sizeof link - 1);
    if (length < 0)
        return NULL;
    link[length] = '\0';
    char *folder = link[0] == '/' ? strdup("") : output_folder(path);
    size_t size = folder == NULL ? 0 : strlen(folder) + (size_t)length + 1;
    char *target = folder == NULL ? NULL : malloc(size);
    if (target != NULL)
        snprintf(target, size, "%s%s", folder, link);
    free(folder);
    return target;
}

/* The file that a path leads to, through symbolic links, even if it is not there yet. To be freed. */
static char *output_target(const char *path)
{
    enum { LINKS = 40 };
    char *target = strdup(path), *next;
    for (int i = 0; target != NULL && i < LINKS && (next = output_link(target)) != NULL; i++) {
        free(target);
        target = next;
    }
    return target;
}

bool snn_same_file(const char *one, const char *other)
{
    struct stat a, b;
    char *first = output_target(one), *second = output_target(other);
    bool known = first != NULL && second != NULL;
    bool there = known && stat(first, &a) == 0;
    bool same = known && there == (stat(second, &b) == 0);
    if (same && !there) { /* would they be made in one folder, under one name? */
        char *x = output_folder(first), *y = output_folder(second);
        same = strcmp(output_base(first), output_base(second)) == 0 && x != NULL && y != NULL
               && stat(x, &a) == 0 && stat(y, &b) == 0;
        free(x);
        free(y);
    }
    free(first);
    free(second);
    return same && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* With the permissions of the file that it will replace. */
static bool output_create(SnnOutput *output, int attempt)
{
    struct stat old;
    free(output->temporary);
    output->temporary = output_temporary(output->target, attempt);
    int file = output->temporary == NULL ? -1 : open(output->temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file < 0)
        return false;
    snn_output_lock(file); /* where a file system knows no locks, age alone tells */
    bool ok = stat(output->target, &old) != 0 || fchmod(file, old.st_mode & 0777) == 0 || errno == EPERM;
    output->stream = ok ? fdopen(file, "wb") : NULL;
    if (output->stream != NULL)
        return true;
    int reason = errno;
    close(file);
    unlink(output->temporary);
    errno = reason;
    return false;
}

/* Under the first random name that is free. */
static bool output_create_any(SnnOutput *output)
{
    bool made = false;
    for (int attempt = 0; !made && attempt < OUTPUT_TRIES; attempt++) {
        made = output_create(output, attempt);
        if (!made && errno != EEXIST)
            break;
    }
    return made;
}

bool snn_output_open(SnnOutput *output, const char *path, SnnError *error)
{
    struct stat info;
    *output = (SnnOutput){0};
    bool there = stat(path, &info) == 0;
    if (there && !S_ISREG(info.st_mode))
        return snn_fail(error, "not a regular file (%s): give the name of a file", path);
    if (there || errno == ENOENT) {
        output->path = strdup(path);
        output->target = output_target(path);
        if (output->path != NULL && output->target != NULL && output_create_any(output)) {
            output_clean(output);
            errno = 0; /* from here on that of a failing write */
            return true;
        }
    }
    snn_fail(error, "cannot write (%s): %s%s", path, strerror(errno),
             errno == ENOENT ? "; make its folder first" : "");
    output_clear(output);
    return false;
}

bool snn_output_is_standard(const char *path)
{
    struct stat there, standard;
    return strcmp(path, "-") == 0
           || (stat(path, &there) == 0 && fstat(STDOUT_FILENO, &standard) == 0
               && standard.st_dev == there.st_dev && standard.st_ino == there.st_ino);
}

static FILE *output_device(const char *path)
{
    int file = open(path, O_WRONLY | O_NONBLOCK); /* a pipe that nobody reads is an error, not a wait */
    int flags = file < 0 ? -1 : fcntl(file, F_GETFL);
    if (flags >= 0 && fcntl(file, F_SETFL, flags & ~O_NONBLOCK) == 0)
        return fdopen(file, "wb");
    if (file >= 0)
        close(file);
    return NULL;
}

bool snn_output_open_any(SnnOutput *output, const char *path, SnnError *error)
{
    struct stat info;
    bool standard = snn_output_is_standard(path);
    if (!standard && (stat(path, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)))
        return snn_output_open(output, path, error);
    *output = (SnnOutput){.path = strdup(standard ? "standard output" : path)};
    output->stream = standard ? stdout : output_device(path);
    if (output->path != NULL && output->stream != NULL) {
        errno = 0;
        return true;
    }
    snn_fail(error, "cannot write (%s): %s", path, errno == ENXIO ? "nobody reads from it" : strerror(errno));
    output_clear(output);
    return false;
}

/* ---- the end -------------------------------------------------------------------------------------- */

/* A rename is on the disk when its folder is. Some file systems cannot flush a folder (EINVAL). */
static bool output_flush_folder(const char *path)
{
    char *folder = output_folder(path);
    int file = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY);
    free(folder);
    if (file < 0)
        return errno == EACCES;
    bool ok = fsync(file) == 0 || errno == EINVAL;
    int reason = errno;
    close(file);
    errno = reason;
    return ok;
}

static bool output_fail(const SnnOutput *output, SnnError *error)
{
    const char *reason = errno != 0 ? strerror(errno) : "the disk is full or fails";
    return snn_fail(error, "cannot write (%s): %s%s", output->path, reason,
                    output->temporary != NULL ? "; a file that was there before is unchanged" : "");
}

bool snn_output_begins(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    size_t matched = 0;
    int sign = EOF;
    if (file == NULL)
        return true; /* the attempt to write it will tell */
    while (text[matched] != '\0' && (sign = getc(file)) == (unsigned char)text[matched])
        matched++;
    fclose(file);
    return text[matched] == '\0' || (matched == 0 && sign == EOF);
}

bool snn_output_flush(SnnOutput *output, SnnError *error)
{
    bool ok = fflush(output->stream) == 0 && !ferror(output->stream)
              && (output->temporary == NULL || fsync(fileno(output->stream)) == 0);
    return ok || output_fail(output, error);
}

static bool output_close(SnnOutput *output, SnnError *error)
{
    bool ok = snn_output_flush(output, error);
    if (output->stream != stdout && fclose(output->stream) != 0 && ok)
        ok = output_fail(output, error);
    output->stream = NULL;
    return ok;
}

/* The closed temporary file takes its place. */
static bool output_rename(SnnOutput *output, SnnError *error)
{
    struct stat info;
    if (rename(output->temporary, output->target) != 0)
        return output_fail(output, error);
    if (stat(output->target, &info) == 0)
        output->written = snn_identity(&info);
    free(output->temporary);
    output->temporary = NULL;
    return output_flush_folder(output->target)
           || snn_fail(error, "written, but perhaps not to the disk (%s): its folder cannot be flushed: %s",
                       output->path, strerror(errno));
}

bool snn_output_commit(SnnOutput *output, SnnError *error)
{
    bool ok = output_close(output, error) && (output->temporary == NULL || output_rename(output, error));
    if (output->temporary != NULL)
        unlink(output->temporary);
    output_clear(output);
    return ok;
}

void snn_output_discard(SnnOutput *output)
{
    if (output->stream != NULL && output->stream != stdout)
        fclose(output->stream);
    if (output->temporary != NULL)
        unlink(output->temporary);
    output_clear(output);
}

/* ---- keeping -------------------------------------------------------------------------------------- */

/* "a/b.1.json" of "a/b.json"; a name that begins with a dot has no ending because of it. */
static char *output_numbered(const char *path, int number)
{
    const char *base = output_base(path), *dot = strrchr(base, '.');
    size_t size = strlen(path) + 16, stem = strlen(path);
    if (dot != NULL && dot != base)
        stem = (size_t)(dot - path);
    char *name = malloc(size);
    if (name != NULL)
        snprintf(name, size, "%.*s.%d%s", (int)stem, path, number, path + stem);
    return name;
}

static bool output_second_name(const char *path, const char *name)
{
    struct stat there;
    if (link(path, name) == 0)
        return true;
    if (lstat(name, &there) != 0)
        return rename(path, name) == 0; /* a file system without second names */
    bool same = snn_same_file(path, name);
    errno = EEXIST;
    return same;
}

char *snn_output_keep(const char *path, SnnError *error)
{
    char *target = output_target(path), *name = NULL;
    bool kept = false;
    for (int number = 1; target != NULL && !kept && number < 10000; number++) {
        free(name);
        name = output_numbered(target, number);
        kept = name != NULL && output_second_name(target, name);
        if (!kept && (name == NULL || errno != EEXIST))
            break;
    }
    if (!kept) {
        snn_fail(error, "cannot keep the old file under another name (%s): %s; it is unchanged", path,
                 strerror(errno));
        free(name);
        name = NULL;
    }
    free(target);
    return name;
}
