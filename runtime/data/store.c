/* Room for samples. */
#include "snn_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *store_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder != NULL && folder[0] != '\0' ? folder : "/var/tmp";
}

static bool store_fail(SnnStore *store, int wrong)
{
    store->wrong = wrong;
    return false;
}

static bool store_open(SnnStore *store)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/snn-XXXXXX", store_folder()) >= (int)sizeof path)
        return store_fail(store, ENAMETOOLONG);
    int file = mkstemp(path);
    if (file < 0)
        return store_fail(store, errno);
    unlink(path);
    fcntl(file, F_SETFD, FD_CLOEXEC);
    store->file = file;
    return true;
}

/* NULL with the store's `wrong` set. The disk has room for all of it: else a write to the pages would be a signal. */
static void *store_map(SnnStore *store, size_t size)
{
    int full = size > store->size || !store->filed ? posix_fallocate(store->file, 0, (off_t)size) : 0;
    if (full != 0 || (size < store->size && ftruncate(store->file, (off_t)size) != 0)) {
        store_fail(store, full != 0 ? full : errno);
        return NULL;
    }
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, store->file, 0);
    if (pages != MAP_FAILED)
        return pages;
    store_fail(store, errno);
    return NULL;
}

/* From memory into a file. */
static bool store_move(SnnStore *store, size_t size)
{
    if (!store_open(store))
        return false;
    void *pages = store_map(store, size);
    if (pages == NULL) {
        close(store->file);
        return false;
    }
    if (store->size > 0)
        memcpy(pages, store->at, store->size);
    free(store->at);
    store->at = pages;
    store->filed = true;
    return true;
}

bool snn_store_resize(SnnStore *store, size_t size, size_t budget)
{
    size += size == 0; /* something is there even if it is nothing */
    store->wrong = 0;
    if (store->filed) {
        void *pages = store_map(store, size);
        if (pages == NULL)
            return false;
        munmap(store->at, store->size);
        store->at = pages;
    } else if (size > budget) {
        if (!store_move(store, size))
            return false;
    } else {
        void *grown = realloc(store->at, size);
        if (grown == NULL)
            return false;
        store->at = grown;
    }
    store->size = size;
    return true;
}

bool snn_store_no_room(const SnnStore *store, const char *path, const char *what, SnnError *error)
{
    if (store->wrong == 0)
        return snn_fail(error, "no memory (%s): %s", path, what);
    return snn_fail(
        error,
        "no room (%s): %s are more than --memory, and cannot be kept in a file in %s: %s; set TMPDIR to a "
        "folder with room, or keep more in memory",
        path, what, store_folder(), strerror(store->wrong));
}

void snn_store_expect(const SnnStore *store, size_t first, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), from = first - first % page;
    if (store->filed && size > 0)
        posix_madvise((char *)store->at + from, first + size - from, POSIX_MADV_WILLNEED);
}

void snn_store_free(SnnStore *store)
{
    if (store->filed) {
        munmap(store->at, store->size);
        close(store->file);
    } else {
        free(store->at);
    }
    *store = (SnnStore){0};
}
