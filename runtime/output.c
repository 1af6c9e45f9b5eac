/* Files that appear whole or not at all: written under a temporary name in the same folder, flushed to the
 * disk, renamed. */
#include "snn_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of a path, with its final '/'; "./" if the path names none. */
static char *output_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? strdup("./") : strndup(path, (size_t)(slash - path) + 1);
}

static char *output_temporary(const char *path)
{
    size_t size = strlen(path) + 32;
    char *name = malloc(size);
    if (name != NULL)
        snprintf(name, size, "%s.tmp.%ld", path, (long)getpid());
    return name;
}

static void output_clear(SnnOutput *output)
{
    free(output->path);
    free(output->temporary);
    *output = (SnnOutput){0};
}

static bool output_create(SnnOutput *output)
{
    /* One left by a killed program with this process number. */
    unlink(output->temporary);
    int file = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file < 0)
        return false;
    output->stream = fdopen(file, "wb");
    if (output->stream == NULL)
        close(file);
    return output->stream != NULL;
}

bool snn_output_open(SnnOutput *output, const char *path, SnnError *error)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return snn_fail(error, "not a regular file (%s): give the name of a file", path);
    *output = (SnnOutput){.path = strdup(path), .temporary = output_temporary(path)};
    if (output->path != NULL && output->temporary != NULL && output_create(output))
        return true;
    snn_fail(error, "cannot write (%s): %s%s", path, strerror(errno),
             errno == ENOENT ? "; make its folder first" : "");
    output_clear(output);
    return false;
}

/* A rename is on the disk when its folder is. Some file systems cannot flush a folder (EINVAL). */
static bool output_flush_folder(const char *path)
{
    char *folder = output_folder(path);
    int file = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY);
    free(folder);
    if (file < 0)
        return errno == EACCES;
    bool ok = fsync(file) == 0 || errno == EINVAL;
    close(file);
    return ok;
}

static bool output_finish(SnnOutput *output)
{
    bool ok = !ferror(output->stream) && fflush(output->stream) == 0 && fsync(fileno(output->stream)) == 0;
    int reason = errno;
    ok = fclose(output->stream) == 0 && ok;
    output->stream = NULL;
    if (!ok && reason != 0)
        errno = reason;
    return ok && rename(output->temporary, output->path) == 0 && output_flush_folder(output->path);
}

bool snn_output_commit(SnnOutput *output, SnnError *error)
{
    errno = 0;
    bool ok = output_finish(output);
    if (!ok) {
        snn_fail(error, "cannot write (%s): %s; a file that was there before is unchanged", output->path,
                 errno != 0 ? strerror(errno) : "the disk is full or fails");
        unlink(output->temporary);
    }
    output_clear(output);
    return ok;
}

void snn_output_discard(SnnOutput *output)
{
    if (output->stream != NULL)
        fclose(output->stream);
    if (output->temporary != NULL)
        unlink(output->temporary);
    output_clear(output);
}
