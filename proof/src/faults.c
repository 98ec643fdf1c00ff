/*
 * Lets the disk under a database, and the clock, fail on order.
 *
 * PROOF_CONTROL names a file that holds the orders below and the counts of what was carried out. It is mapped, so that
 * whoever writes to the file gives orders to the running process. Only files named data.mdb are concerned.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FDS 65536
/* Both meta pages of the database, with pages of 4 KiB. */
#define META_BYTES 8192

struct control {
    /* Orders: an error number, or 0. */
    uint32_t data_write, data_sync, meta_write, repair_write;
    /* Whether a meta page is written before its write is said to have failed. */
    uint32_t meta_lands;
    /* How long a sync takes on top. */
    uint32_t sync_milliseconds;
    /* What is added to the clock of the day. */
    int64_t clock_seconds;
    /* How often each of the first four orders was carried out. */
    uint32_t data_writes, data_syncs, meta_writes, repair_writes;
};

static struct { uint8_t is_data, syncs; } fds[FDS];
static struct control idle;
static volatile struct control *control = &idle;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void start(void)
{
    const char *where = getenv("PROOF_CONTROL");
    if (!where)
        return;
    int fd = syscall(SYS_openat, AT_FDCWD, where, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0)
        abort();
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (control == MAP_FAILED)
        abort();
    syscall(SYS_close, fd);
}

static int opened(int fd, const char *path, int flags)
{
    if (fd >= 0 && fd < FDS) {
        fds[fd].is_data = strlen(path) > 9 && !strcmp(path + strlen(path) - 9, "/data.mdb");
        fds[fd].syncs = (flags & (O_DSYNC | O_SYNC)) != 0;
    }
    return fd;
}

#define OPEN(name)                                                                \
    int name(const char *path, int flags, ...)                                    \
    {                                                                             \
        va_list rest;                                                             \
        va_start(rest, flags);                                                    \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                             \
        return opened(REAL(open)(path, flags, mode), path, flags);                \
    }
OPEN(open)
OPEN(open64)

int close(int fd)
{
    if (fd >= 0 && fd < FDS)
        memset(&fds[fd], 0, sizeof fds[fd]);
    return REAL(close)(fd);
}

static int is_data(int fd)
{
    return fd >= 0 && fd < FDS && fds[fd].is_data;
}

/* Gives the error number that a write is to fail with, or 0. `lands` says whether it is to be done all the same. */
static uint32_t order(int fd, off_t offset, size_t length, int *lands)
{
    uint32_t error;
    *lands = 0;
    if (!is_data(fd))
        return 0;
    if (fds[fd].syncs) {
        if ((error = control->meta_write)) {
            control->meta_writes++;
            *lands = control->meta_lands;
        }
    } else if (offset + length <= META_BYTES && length < META_BYTES) {
        /* The database takes back a meta page whose synchronous write has failed. */
        if ((error = control->repair_write))
            control->repair_writes++;
    } else if ((error = control->data_write)) {
        control->data_writes++;
    }
    return error;
}

#define PWRITE(name)                                                     \
    ssize_t name(int fd, const void *bytes, size_t length, off_t offset) \
    {                                                                    \
        int lands;                                                       \
        uint32_t error = order(fd, offset, length, &lands);              \
        ssize_t got = -1;                                                \
        if (!error || lands)                                             \
            got = REAL(pwrite)(fd, bytes, length, offset);               \
        if (!error)                                                      \
            return got;                                                  \
        errno = error;                                                   \
        return -1;                                                       \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t writev(int fd, const struct iovec *data, int pieces)
{
    int lands;
    uint32_t error = is_data(fd) ? order(fd, META_BYTES, META_BYTES, &lands) : 0;
    if (!error)
        return REAL(writev)(fd, data, pieces);
    errno = error;
    return -1;
}

static int synced(int fd, int (*real)(int))
{
    if (is_data(fd)) {
        uint32_t wait = control->sync_milliseconds, error = control->data_sync;
        if (wait) {
            struct timespec time = { wait / 1000, wait % 1000 * 1000000L };
            nanosleep(&time, NULL);
        }
        if (error) {
            control->data_syncs++;
            errno = error;
            return -1;
        }
    }
    return real(fd);
}

int fsync(int fd)
{
    return synced(fd, REAL(fsync));
}

int fdatasync(int fd)
{
    return synced(fd, REAL(fdatasync));
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    int failed = syscall(SYS_clock_gettime, clock, time);
    if (!failed && clock == CLOCK_REALTIME)
        time->tv_sec += control->clock_seconds;
    return failed;
}
