/* A file as bytes in memory. */
#include "snn_map.h"
#include "snn_input.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool map_pages(SnnMap *map, int file, SnnError *error)
{
    struct stat info;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
        return snn_fail(error, "cannot read (%s): it is no file", map->path);
    if (info.st_size == 0)
        return true;
    void *pages = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (pages == MAP_FAILED)
        return snn_fail(error, "cannot read (%s): %s", map->path, strerror(errno));
    map->at = pages;
    map->size = (uint64_t)info.st_size;
    return true;
}

bool snn_map_open(SnnMap *map, const char *path, SnnError *error)
{
    *map = (SnnMap){.path = path};
    int file = snn_input_open(path, error);
    if (file < 0)
        return false;
    bool ok = map_pages(map, file, error);
    close(file);
    return ok;
}

void snn_map_close(SnnMap *map)
{
    if (map->at != NULL)
        munmap((void *)(uintptr_t)map->at, (size_t)map->size);
    *map = (SnnMap){0};
}
