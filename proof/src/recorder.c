/*
 * Records what a process does to the files below a folder, in the order in which it does it.
 *
 * PROOF_ROOT is the folder, PROOF_LOG the file to write to, PROOF_ACKS a file name below which every write is a note of
 * the process itself (an attempt or an acknowledgement) rather than data.
 *
 * Each operation gets a record before it begins and, if its end matters, another after it has succeeded, so that a
 * reader knows what was certainly over before something else began. A record is a header and a payload:
 *
 *     kind u8 | flag u8 | 0 u16 | file u32 | ticket u64 | offset u64 | payload length u64     all of this machine's order
 *
 *   o  opened    flag 1: made just now, 2: a folder    payload: path
 *   m  folder made                                     payload: path
 *   r  renamed                                         payload: from, 0, to
 *   u  removed                                         payload: path
 *   w  written   flag 1: by a descriptor that syncs    payload: the bytes
 *   s  sync begins
 *   e  the operation with this ticket has succeeded
 *   n  note                                            payload: the bytes
 *   x  something that the reader cannot model          payload: what
 *
 * `file` is the number of the inode.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 65536
#define PIECES 1100

struct header {
    uint8_t kind, flag;
    uint16_t zero;
    uint32_t file;
    uint64_t ticket, offset, length;
};

static struct { uint32_t file; uint8_t tracked, syncs, notes, is_data; } fds[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last_ticket;
static int log_fd = -1;
static char root[4096], notes[4096];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void start(void)
{
    const char *where = getenv("PROOF_LOG"), *top = getenv("PROOF_ROOT"), *acks = getenv("PROOF_ACKS");
    if (!where || !top || !acks)
        return;
    strncpy(root, top, sizeof root - 1);
    strncpy(notes, acks, sizeof notes - 1);
    log_fd = syscall(SYS_openat, AT_FDCWD, where, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0)
        abort();
}

static uint64_t emit(uint8_t kind, uint8_t flag, uint32_t file, uint64_t ticket, uint64_t offset,
                     const struct iovec *data, int pieces)
{
    struct iovec all[PIECES + 1];
    struct header header = { kind, flag, 0, file, ticket, offset, 0 };
    ssize_t length = sizeof header;
    if (log_fd < 0)
        return 0;
    if (pieces > PIECES)
        abort();
    for (int i = 0; i < pieces; i++) {
        all[i + 1] = data[i];
        header.length += data[i].iov_len;
    }
    length += header.length;
    pthread_mutex_lock(&lock);
    if (!ticket)
        header.ticket = ++last_ticket;
    all[0].iov_base = &header;
    all[0].iov_len = sizeof header;
    if (syscall(SYS_writev, log_fd, all, pieces + 1) != length)
        abort();
    pthread_mutex_unlock(&lock);
    return header.ticket;
}

static uint64_t emit_text(uint8_t kind, uint8_t flag, uint32_t file, const char *text)
{
    struct iovec piece = { (void *)text, strlen(text) };
    return emit(kind, flag, file, 0, 0, &piece, 1);
}

static void ended(uint64_t ticket)
{
    if (ticket)
        emit('e', 0, 0, ticket, 0, NULL, 0);
}

static int below(const char *path)
{
    return log_fd >= 0 && path && !strncmp(path, root, strlen(root));
}

static int tracked(int fd)
{
    return log_fd >= 0 && fd >= 0 && fd < FDS && fds[fd].tracked;
}

static int opened(int fd, const char *path, int flags, int existed)
{
    struct stat facts;
    if (fd < 0 || log_fd < 0)
        return fd;
    if (fd < FDS)
        memset(&fds[fd], 0, sizeof fds[fd]);
    if (!below(path) && strcmp(path, notes))
        return fd;
    if (fd >= FDS || syscall(SYS_fstat, fd, &facts))
        abort();
    fds[fd].file = (uint32_t)facts.st_ino;
    if (!strcmp(path, notes)) {
        fds[fd].notes = 1;
        return fd;
    }
    fds[fd].tracked = 1;
    fds[fd].syncs = (flags & (O_DSYNC | O_SYNC)) != 0;
    fds[fd].is_data = strlen(path) > 9 && !strcmp(path + strlen(path) - 9, "/data.mdb");
    if ((flags & O_TRUNC) && existed)
        emit_text('x', 0, fds[fd].file, "opened with O_TRUNC");
    emit_text('o', (existed ? 0 : 1) | (S_ISDIR(facts.st_mode) ? 2 : 0), fds[fd].file, path);
    return fd;
}

#define OPEN(name)                                                          \
    int name(const char *path, int flags, ...)                              \
    {                                                                       \
        va_list rest;                                                       \
        va_start(rest, flags);                                              \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                       \
        int existed = syscall(SYS_access, path, F_OK) == 0;                 \
        return opened(REAL(open)(path, flags, mode), path, flags, existed); \
    }
OPEN(open)
OPEN(open64)

/* The whole path of a name below an open folder. */
static const char *resolved(int dir, const char *path, char *buffer, size_t size)
{
    char link[64];
    if (path[0] == '/' || dir == AT_FDCWD)
        return path;
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    ssize_t length = syscall(SYS_readlink, link, buffer, size);
    if (length < 0 || (size_t)length + strlen(path) + 2 > size)
        abort();
    buffer[length] = '/';
    strcpy(buffer + length + 1, path);
    return buffer;
}

#define OPENAT(name)                                                            \
    int name(int dir, const char *path, int flags, ...)                         \
    {                                                                           \
        va_list rest;                                                           \
        va_start(rest, flags);                                                  \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                           \
        int existed = syscall(SYS_faccessat, dir, path, F_OK) == 0;             \
        int fd = REAL(openat)(dir, path, flags, mode);                          \
        char buffer[8192];                                                      \
        return opened(fd, resolved(dir, path, buffer, sizeof buffer), flags, existed); \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd)
{
    if (fd >= 0 && fd < FDS)
        memset(&fds[fd], 0, sizeof fds[fd]);
    return REAL(close)(fd);
}

static ssize_t written(int fd, const struct iovec *data, int pieces, uint64_t offset, ssize_t (*real)(int, const struct iovec *, int, off_t))
{
    size_t wanted = 0;
    for (int i = 0; i < pieces; i++)
        wanted += data[i].iov_len;
    uint64_t ticket = emit('w', fds[fd].syncs, fds[fd].file, 0, offset, data, pieces);
    ssize_t got = real(fd, data, pieces, offset);
    if (got == (ssize_t)wanted)
        ended(ticket);
    else
        emit_text('x', 0, fds[fd].file, "a write failed or was cut short");
    return got;
}

static ssize_t at_offset(int fd, const struct iovec *data, int pieces, off_t offset)
{
    return REAL(pwritev)(fd, data, pieces, offset);
}

static ssize_t at_position(int fd, const struct iovec *data, int pieces, off_t offset)
{
    (void)offset;
    return REAL(writev)(fd, data, pieces);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    struct iovec piece = { (void *)bytes, length };
    if (fd >= 0 && fd < FDS && fds[fd].notes) {
        emit('n', 0, 0, 0, 0, &piece, 1);
        return length;
    }
    if (!tracked(fd))
        return REAL(write)(fd, bytes, length);
    return written(fd, &piece, 1, lseek(fd, 0, SEEK_CUR), at_position);
}

ssize_t writev(int fd, const struct iovec *data, int pieces)
{
    if (!tracked(fd))
        return REAL(writev)(fd, data, pieces);
    return written(fd, data, pieces, lseek(fd, 0, SEEK_CUR), at_position);
}

#define PWRITE(name)                                                     \
    ssize_t name(int fd, const void *bytes, size_t length, off_t offset) \
    {                                                                    \
        struct iovec piece = { (void *)bytes, length };                  \
        if (!tracked(fd))                                                \
            return REAL(pwrite)(fd, bytes, length, offset);              \
        return written(fd, &piece, 1, offset, at_offset);                \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t pwritev64(int fd, const struct iovec *data, int pieces, off_t offset)
{
    if (!tracked(fd))
        return at_offset(fd, data, pieces, offset);
    return written(fd, data, pieces, offset, at_offset);
}

#define SYNC(name)                                                                    \
    int name(int fd)                                                                  \
    {                                                                                 \
        if (!tracked(fd))                                                             \
            return REAL(name)(fd);                                                    \
        uint64_t ticket = emit('s', 0, fds[fd].file, 0, 0, NULL, 0);                  \
        int failed = REAL(name)(fd);                                                  \
        if (!failed)                                                                  \
            ended(ticket);                                                            \
        return failed;                                                                \
    }
SYNC(fsync)
SYNC(fdatasync)

int mkdir(const char *path, mode_t mode)
{
    int failed = REAL(mkdir)(path, mode);
    if (!failed && below(path))
        emit_text('m', 0, 0, path);
    return failed;
}

int rename(const char *from, const char *to)
{
    int failed = REAL(rename)(from, to);
    if (!failed && below(from)) {
        struct iovec pieces[2] = { { (void *)from, strlen(from) + 1 }, { (void *)to, strlen(to) } };
        emit('r', 0, 0, 0, 0, pieces, 2);
    }
    return failed;
}

#define REMOVE(name)                        \
    int name(const char *path)              \
    {                                       \
        int failed = REAL(name)(path);      \
        if (!failed && below(path))         \
            emit_text('u', 0, 0, path);     \
        return failed;                      \
    }
REMOVE(unlink)
REMOVE(rmdir)

int unlinkat(int dir, const char *path, int flags)
{
    char buffer[8192];
    const char *whole = resolved(dir, path, buffer, sizeof buffer);
    int failed = REAL(unlinkat)(dir, path, flags);
    if (!failed && below(whole))
        emit_text('u', 0, 0, whole);
    return failed;
}

static void unknown(int fd, const char *what)
{
    if (tracked(fd) && fds[fd].is_data)
        emit_text('x', 0, fds[fd].file, what);
}

#define TRUNCATE(name)                     \
    int name(int fd, off_t length)         \
    {                                      \
        unknown(fd, "ftruncate");          \
        return REAL(name)(fd, length);     \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define ALLOCATE(name)                                     \
    int name(int fd, int mode, off_t offset, off_t length) \
    {                                                      \
        unknown(fd, "fallocate");                          \
        return REAL(name)(fd, mode, offset, length);       \
    }
ALLOCATE(fallocate)
ALLOCATE(fallocate64)

#define MAP(name)                                                                           \
    void *name(void *where, size_t length, int protection, int flags, int fd, off_t offset) \
    {                                                                                       \
        if ((protection & PROT_WRITE) && (flags & MAP_SHARED))                              \
            unknown(fd, "mapped for writing: such writes cannot be ordered");               \
        return REAL(name)(where, length, protection, flags, fd, offset);                    \
    }
MAP(mmap)
MAP(mmap64)
