/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/definition-file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"

/* As the kernel: path_resolution(7). */
#define LINKS_MAX 40

/* A path that is being resolved. Directories are opened with O_PATH and kept: what was checked is what is
 * used. */
typedef struct Walk {
        const char *path;       /* as given, for errors */
        char rest[PATH_MAX];    /* what is still to be resolved */
        int directory;          /* resolved so far */
        bool shared;            /* that directory is writable by others, and sticky */
        unsigned n_links;
        char **ret_error;
} Walk;

static void walk_done(Walk *w) {
        closep(&w->directory);
}

static int refuse(Walk *w, const char *what, const char *why) {
        return text_error(w->ret_error, -EPERM, "%s: %s %s; only root may be able to change it", w->path,
                          what, why);
}

/* Root's, and writable by nobody else. */
static int check_owner(Walk *w, const struct stat *st, const char *what) {
        if (st->st_uid != 0)
                return refuse(w, what, "is not owned by root");
        if (!S_ISLNK(st->st_mode) && (st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
                return text_error(w->ret_error, -EPERM,
                                  "%s: %s is writable by its group or by others; only root may be able to "
                                  "change it: chmod go-w %s", w->path, what, w->path);
        return 0;
}

static int enter(Walk *w, int fd, const char *name) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return text_error(w->ret_error, -errno, "%s: %s: %s", w->path, name, strerror(errno));
        w->shared = (st.st_mode & (S_IWGRP | S_IWOTH)) != 0;
        if (w->shared && (st.st_mode & S_ISVTX) == 0)
                return refuse(w, name, "is a directory that its group or others may write to");
        if (st.st_uid != 0)
                return refuse(w, name, "is a directory that is not owned by root");
        closep(&w->directory);
        w->directory = fd;
        return 0;
}

static int walk_to_root(Walk *w) {
        _cleanup_(closep) int fd = -EBADF;
        int r;

        fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return text_error(w->ret_error, -errno, "/: %s", strerror(errno));
        r = enter(w, fd, "/");
        if (r >= 0)
                (void) TAKE_FD(fd);
        return r;
}

/* Puts the target of a link before what is left of the path. */
static int follow(Walk *w, const char *name) {
        char target[PATH_MAX], joined[PATH_MAX * 2 + 1];
        ssize_t n;

        if (++w->n_links > LINKS_MAX)
                return text_error(w->ret_error, -ELOOP, "%s: too many symbolic links", w->path);
        n = readlinkat(w->directory, name, target, sizeof(target) - 1);
        if (n < 0)
                return text_error(w->ret_error, -errno, "%s: %s: %s", w->path, name, strerror(errno));
        target[n] = 0;
        if (snprintf(joined, sizeof(joined), "%s/%s", target, w->rest) >= (int) sizeof(w->rest))
                return text_error(w->ret_error, -ENAMETOOLONG, "%s: symbolic link is too long", w->path);
        strcpy(w->rest, joined);
        return target[0] == '/' ? walk_to_root(w) : 0;
}

/* Takes the next component off the rest. Returns 0 when there is none. */
static int next_component(Walk *w, char *ret_name) {
        const char *start = w->rest + strspn(w->rest, "/");
        size_t length = strcspn(start, "/");

        if (length == 0)
                return 0;
        if (length > NAME_MAX)
                return text_error(w->ret_error, -ENAMETOOLONG, "%s: name is too long", w->path);
        memcpy(ret_name, start, length);
        ret_name[length] = 0;
        memmove(w->rest, start + length, strlen(start + length) + 1);
        return 1;
}

/* Goes one component further. Returns 0 for a directory or a link, 1 when name is a file and the rest is
 * empty. */
static int step(Walk *w, const char *name, int *ret_fd) {
        _cleanup_(closep) int fd = -EBADF;
        struct stat st;
        int r;

        fd = openat(w->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return text_error(w->ret_error, -errno, "%s: %s", w->path, strerror(errno));
        if (S_ISDIR(st.st_mode)) {
                r = enter(w, fd, name);
                if (r >= 0)
                        (void) TAKE_FD(fd);
                return r;
        }
        /* In a sticky directory others can still make names of their own, hard links to files of root's among
         * them. */
        if (w->shared)
                return refuse(w, name, "is in a directory that others may write to");
        if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
                return text_error(w->ret_error, -EINVAL, "%s: %s is not a regular file", w->path, name);
        r = check_owner(w, &st, name);
        if (r < 0)
                return r;
        if (S_ISLNK(st.st_mode))
                return follow(w, name);
        if (w->rest[strspn(w->rest, "/")])
                return text_error(w->ret_error, -ENOTDIR, "%s: %s is not a directory", w->path, name);
        *ret_fd = TAKE_FD(fd);
        return 1;
}

/* Resolves to a descriptor with O_PATH. */
static int resolve(const char *path, int *ret_fd, char **ret_error) {
        _cleanup_(walk_done) Walk w = { .path = path, .directory = -EBADF, .ret_error = ret_error };
        char name[NAME_MAX + 1];
        int r;

        if (path[0] != '/')
                return text_error(ret_error, -EINVAL, "%s: not an absolute path", path);
        if (strlen(path) >= sizeof(w.rest))
                return text_error(ret_error, -ENAMETOOLONG, "path is too long: %.64s...", path);
        strcpy(w.rest, path);
        r = walk_to_root(&w);
        while (r == 0) {
                r = next_component(&w, name);
                if (r == 0)
                        return text_error(ret_error, -EISDIR, "%s: is a directory", path);
                if (r > 0)
                        r = step(&w, name, ret_fd);
        }
        return r < 0 ? r : 0;
}

int trusted_open(const char *path, int flags, int *ret_fd, char **ret_error) {
        _cleanup_(closep) int fd = -EBADF;
        char again[64];
        int r;

        r = resolve(path, &fd, ret_error);
        if (r < 0)
                return r;
        /* The very file that was checked, not what may have its name by now: proc(5), /proc/PID/fd. */
        snprintf(again, sizeof(again), "/proc/self/fd/%i", fd);
        r = open(again, flags | O_CLOEXEC);
        if (r < 0)
                return text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
        *ret_fd = r;
        return 0;
}

int trusted_check_program(const char *path, char **ret_error) {
        _cleanup_(closep) int fd = -EBADF;
        struct stat st;
        int r;

        r = resolve(path, &fd, ret_error);
        if (r < 0)
                return r;
        if (fstat(fd, &st) < 0)
                return text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
        if ((st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
                return text_error(ret_error, -EACCES, "%s: is not executable", path);
        return 0;
}

int file_read(int fd, const char *path, size_t size_max, char **ret_data, size_t *ret_size,
              char **ret_error) {
        _cleanup_(freep) char *data = NULL;
        size_t size = 0;
        struct stat st;

        if (fstat(fd, &st) < 0)
                return text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
        if (!S_ISREG(st.st_mode))
                return text_error(ret_error, -EINVAL, "%s: is not a regular file", path);
        data = malloc(size_max + 2);
        if (!data)
                return -ENOMEM;
        /* The size that stat() gave may be out of date: one byte more than allowed is asked for. */
        for (;;) {
                ssize_t n = read(fd, data + size, size_max + 1 - size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
                size += (size_t) n;
                if (size > size_max)
                        return text_error(ret_error, -EFBIG, "%s: is larger than %zu bytes", path, size_max);
                if (n == 0)
                        break;
        }
        data[size] = 0;
        *ret_data = TAKE_PTR(data);
        *ret_size = size;
        return 0;
}
