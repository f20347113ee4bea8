/* Counts what a process writes beneath one folder, and lets the k-th time fail or kills the process at it.

Loaded with LD_PRELOAD, so that it also sees what FAISS, SQLite, tantivy and numpy write from native code. Nothing
happens until `fault_arm` is called. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT, FAIL_ONCE, FAIL_ON, KILL };

static char folder[PATH_MAX];
static char names[1 << 20];
static size_t used;
static long at, kind, error, count;
static char busy;

void fault_arm(const char *beneath, long k, long what, long number) {
    at = k, kind = what, error = number, count = 0, used = 0;
    strncpy(folder, beneath, sizeof folder - 1);
}
long fault_count(void) { return count; }
const char *fault_names(void) { return names; }

static int beneath(const char *path) { return *folder && path && !strncmp(path, folder, strlen(folder)); }

static const char *path_of(int fd, char *to) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, to, PATH_MAX - 1);
    to[size > 0 ? size : 0] = 0;
    return to;
}

/* 0: go on; 1: fail with `errno` set. */
static int met(const char *step, const char *path) {
    if (!beneath(path)) return 0;
    while (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE)) sched_yield(); /* tantivy writes from several threads */
    long now = ++count;
    if (kind == COUNT && used + strlen(path) + 64 < sizeof names)
        used += snprintf(names + used, sizeof names - used, "%s %s\n", step, path + strlen(folder));
    __atomic_clear(&busy, __ATOMIC_RELEASE);
    if (kind == KILL && now == at) kill(getpid(), SIGKILL), pause();
    int removes = !strncmp(step, "unlink", 6) || !strcmp(step, "rmdir"); /* also a full disk lets one remove */
    if ((kind == FAIL_ONCE && now == at) || (kind == FAIL_ON && now >= at && !removes)) return errno = error, 1;
    return 0;
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, #name)

#define ON_FD(type, name, list, call, ...) \
    type name list { \
        REAL(type, name, __VA_ARGS__); \
        char path[PATH_MAX]; \
        if (*folder && met(#name, path_of(fd, path))) return -1; \
        return real call; \
    }

#define ON_PATH(name, list, path, call, ...) \
    int name list { \
        REAL(int, name, __VA_ARGS__); \
        if (met(#name, path)) return -1; \
        return real call; \
    }

/* A write that is cut off by the end leaves half of its bytes. */
static void torn(int fd, const void *data, size_t size, off_t to) {
    char path[PATH_MAX];
    if (kind != KILL || count + 1 != at || !beneath(path_of(fd, path))) return;
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    if (real(fd, data, size / 2, to < 0 ? lseek(fd, 0, SEEK_CUR) : to) < 0) return;
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    char path[PATH_MAX];
    if (*folder) {
        torn(fd, data, size, -1);
        if (met("write", path_of(fd, path))) return -1;
    }
    return real(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t to) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    char path[PATH_MAX];
    if (*folder) {
        torn(fd, data, size, to);
        if (met("pwrite", path_of(fd, path))) return -1;
    }
    return real(fd, data, size, to);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t to) { return pwrite(fd, data, size, to); }

ON_FD(ssize_t, writev, (int fd, const struct iovec *from, int n), (fd, from, n), int, const struct iovec *, int)
ON_FD(ssize_t, sendfile, (int fd, int from, off_t *to, size_t size), (fd, from, to, size), int, int, off_t *, size_t)
ON_FD(ssize_t, sendfile64, (int fd, int from, off64_t *to, size_t size), (fd, from, to, size), int, int, off64_t *, size_t)
ON_FD(ssize_t, copy_file_range, (int from, off64_t *a, int fd, off64_t *b, size_t size, unsigned flags),
      (from, a, fd, b, size, flags), int, off64_t *, int, off64_t *, size_t, unsigned)
ON_FD(int, ftruncate, (int fd, off_t size), (fd, size), int, off_t)
ON_FD(int, ftruncate64, (int fd, off64_t size), (fd, size), int, off64_t)
ON_FD(int, fsync, (int fd), (fd), int)
ON_FD(int, fdatasync, (int fd), (fd), int)
ON_PATH(rename, (const char *from, const char *to), from, (from, to), const char *, const char *)
ON_PATH(mkdir, (const char *path, mode_t mode), path, (path, mode), const char *, mode_t)
ON_PATH(link, (const char *from, const char *to), to, (from, to), const char *, const char *)
ON_PATH(unlink, (const char *path), path, (path), const char *)
ON_PATH(rmdir, (const char *path), path, (path), const char *)
ON_FD(int, unlinkat, (int fd, const char *name, int flags), (fd, name, flags), int, const char *, int)

size_t fwrite(const void *data, size_t size, size_t n, FILE *file) {
    REAL(size_t, fwrite, const void *, size_t, size_t, FILE *);
    char path[PATH_MAX];
    if (*folder && met("fwrite", path_of(fileno(file), path))) return 0;
    return real(data, size, n, file);
}

/* What is still in the buffer is lost, and only who looks at the result knows. */
int fclose(FILE *file) {
    REAL(int, fclose, FILE *);
    char path[PATH_MAX];
    int fd = fileno(file);
    if (*folder && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY && met("fclose", path_of(fd, path))) {
        int number = errno;
        __fpurge(file);
        real(file);
        return errno = number, EOF;
    }
    return real(file);
}

static int opened(int (*real)(const char *, int, ...), const char *step, const char *path, int flags, mode_t mode) {
    if ((flags & (O_CREAT | O_TRUNC)) && met(step, path)) return -1;
    return real(path, flags, mode);
}
#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, name, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return opened(real, "open", path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

FILE *fopen(const char *path, const char *mode) {
    REAL(FILE *, fopen, const char *, const char *);
    if (mode[0] != 'r' && met("fopen", path)) return NULL;
    return real(path, mode);
}
