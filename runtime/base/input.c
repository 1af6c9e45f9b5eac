/* How files are opened to read, and told apart. */
#include "snn_input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

SnnIdentity snn_identity(const struct stat *info)
{
    return (SnnIdentity){true, info->st_dev, info->st_ino, info->st_size, info->st_mtim};
}

bool snn_identity_same(const SnnIdentity *a, const SnnIdentity *b)
{
    return a->known && b->known && a->device == b->device && a->number == b->number && a->size == b->size
           && a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

int snn_input_open(const char *path, SnnError *error)
{
    struct stat info;
    bool standard = strcmp(path, "-") == 0;
    int file = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_NONBLOCK);
    if (file >= 0 && fstat(file, &info) == 0 && S_ISDIR(info.st_mode)) {
        close(file);
        file = -1;
        errno = EISDIR;
    }
    int flags = file < 0 || standard ? 0 : fcntl(file, F_GETFL);
    if (file >= 0 && (standard || fcntl(file, F_SETFL, flags & ~O_NONBLOCK) == 0))
        return file;
    snn_fail(error, "cannot read (%s): %s", path, strerror(errno));
    if (file >= 0)
        close(file);
    return -1;
}
