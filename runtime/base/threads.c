/* A pool of threads. Work is divided into contiguous pieces, a few for each thread, and whoever is free
 * takes the next one: a thread that the system holds up holds up little. The calling thread takes part. */
#include "snn_threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* Kernels follow each other closely: to look for the next one for a hundred microseconds is cheaper than to sleep,
 * and to be woken. With more threads than processors, whoever looks would keep another from its work. */
enum { POOL_LOOKS = 4000, POOL_PIECES = 4 /* for each thread */ };

struct SnnPool {
    int threads;
    int looks;          /* before a thread sleeps */
    int started;        /* workers that run */
    pthread_t *workers; /* threads-1 */
    pthread_mutex_t lock;
    pthread_cond_t begin, done;
    atomic_uint round; /* moves on when there is work */
    atomic_int busy;   /* workers that have not finished this round */
    SnnKernel *kernel; /* of this round; NULL: the workers end */
    void *context;
    int32_t count;
    atomic_llong next; /* the first item that nobody has taken */
};

static void pool_share(SnnPool *pool)
{
    int32_t piece = pool->count / (pool->threads * POOL_PIECES);
    piece = piece < 1 ? 1 : piece;
    for (;;) {
        int64_t first = atomic_fetch_add(&pool->next, piece);
        if (first >= pool->count)
            return;
        int64_t last = first + piece < pool->count ? first + piece : pool->count;
        pool->kernel(pool->context, (int32_t)first, (int32_t)last);
    }
}

/* A moment, some tens of nanoseconds, in which the processor's other threads have its units. */
static void pool_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

static unsigned pool_next_round(SnnPool *pool, unsigned seen)
{
    for (int look = 0; look < pool->looks; look++, pool_pause()) {
        unsigned round = atomic_load(&pool->round);
        if (round != seen)
            return round;
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->round) == seen)
        pthread_cond_wait(&pool->begin, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return atomic_load(&pool->round);
}

static void *pool_work(void *argument)
{
    SnnPool *pool = argument;
    for (unsigned round = 0;;) {
        round = pool_next_round(pool, round);
        if (pool->kernel == NULL)
            return NULL;
        pool_share(pool);
        if (atomic_fetch_sub(&pool->busy, 1) == 1) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

static void pool_start_round(SnnPool *pool, SnnKernel *kernel, void *context, int32_t count)
{
    pool->kernel = kernel;
    pool->context = context;
    pool->count = count;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->busy, pool->started);
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->round, 1);
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->lock);
}

static void pool_wait(SnnPool *pool)
{
    for (int look = 0; look < pool->looks; look++, pool_pause())
        if (atomic_load(&pool->busy) == 0)
            return;
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->busy) > 0)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

/* The workers take no signals, so that SIGINT reaches the thread that trains. */
static bool pool_start_workers(SnnPool *pool)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = true;
    for (int i = 0; ok && i < pool->threads - 1; i++) {
        ok = pthread_create(&pool->workers[i], NULL, pool_work, pool) == 0;
        pool->started += ok;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

SnnPool *snn_pool_open(int threads)
{
    SnnPool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->threads = threads < 1 ? 1 : threads;
    pool->looks = pool->threads <= sysconf(_SC_NPROCESSORS_ONLN) ? POOL_LOOKS : 0;
    pool->workers = calloc((size_t)pool->threads, sizeof *pool->workers);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->begin, NULL);
    pthread_cond_init(&pool->done, NULL);
    atomic_init(&pool->round, 0);
    atomic_init(&pool->busy, 0);
    atomic_init(&pool->next, 0);
    if (pool->workers == NULL || !pool_start_workers(pool)) {
        snn_pool_close(pool);
        return NULL;
    }
    return pool;
}

void snn_pool_close(SnnPool *pool)
{
    if (pool == NULL)
        return;
    pool_start_round(pool, NULL, NULL, 0);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i], NULL);
    pthread_cond_destroy(&pool->begin);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

void snn_parallel(SnnPool *pool, SnnKernel *kernel, void *context, int32_t count)
{
    if (count <= 0)
        return;
    if (pool == NULL || pool->threads == 1) {
        kernel(context, 0, count);
        return;
    }
    pool_start_round(pool, kernel, context, count);
    pool_share(pool);
    pool_wait(pool);
}
