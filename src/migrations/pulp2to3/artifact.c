/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/artifact.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"

#define COPY_BUFFER_BYTES (256 * 1024)

/* From so many directories on the whole file system is synchronised at once: each fsync() flushes the disk's
 * cache (measured on ext4: 1 to 4 ms each, and 100 to 300 ms for syncfs() while a database writes to the same
 * disk). */
#define SYNC_DIRECTORIES_MAX 32

int artifact_store_open(const char *media_root, int32_t report, int32_t task, ArtifactStore *ret,
                        char **ret_error) {
        ArtifactStore s = { .fd = -EBADF };

        s.fd = open(media_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (s.fd < 0)
                return text_error(ret_error, -errno, "[Pulp3] MediaRoot=%s: %s", media_root, strerror(errno));
        s.root = strdup(media_root);
        if (!s.root || (mkdirat(s.fd, "artifact", 0755) < 0 && errno != EEXIST)) {
                int error = s.root ? -errno : -ENOMEM;

                artifact_store_done(&s);
                return text_error(ret_error, error, "%s/artifact: cannot create: %s", media_root,
                                  strerror(-error));
        }
        (void) snprintf(s.temporary, sizeof(s.temporary), "artifact/" ARTIFACT_TEMPORARY_PREFIX "%" PRIi32 "-%" PRIi32,
                        report, task);
        *ret = s;
        return 0;
}

void artifact_store_done(ArtifactStore *s) {
        if (s->fd >= 0)
                (void) close(s->fd);
        free(s->root);
        *s = (ArtifactStore){ .fd = -EBADF };
}

void artifact_name(const char *sha256, char ret[static ARTIFACT_NAME_SIZE]) {
        (void) snprintf(ret, ARTIFACT_NAME_SIZE, "artifact/%.2s/%.62s", sha256, sha256 + 2);
}

static int make_directory(ArtifactStore *s, const char *name, char **ret_error) {
        char directory[ARTIFACT_NAME_SIZE];

        (void) snprintf(directory, sizeof(directory), "%.11s", name);
        if (mkdirat(s->fd, directory, 0755) == 0)
                s->is_new = true;
        else if (errno != EEXIST)
                return text_error(ret_error, -errno, "%s/%s: cannot create: %s", s->root, directory,
                                  strerror(errno));
        return 0;
}

static void mark_dirty(ArtifactStore *s, const DigestSet *digests) {
        const char prefix[3] = { digests->text[DIGEST_SHA256][0], digests->text[DIGEST_SHA256][1], 0 };
        bool *dirty = &s->dirty[strtoul(prefix, NULL, 16)];

        s->n_dirty += !*dirty;
        *dirty = true;
}

/* Whether the artifact is there: ARTIFACT_PRESENT, ARTIFACT_LINKED when it is the very file st (may be NULL),
 * -ENOENT, or -EBADMSG: something else has its name. */
static int look(ArtifactStore *s, const char *name, uint64_t size_bytes, const struct stat *st,
                char **ret_error) {
        struct stat there;

        if (fstatat(s->fd, name, &there, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT
                               ? -ENOENT
                               : text_error(ret_error, -errno, "%s/%s: %s", s->root, name, strerror(errno));
        if (!S_ISREG(there.st_mode) || (uint64_t) there.st_size != size_bytes)
                return text_error(ret_error, -EBADMSG,
                                  "%s/%s is there with %jd bytes, but the artifact of that name has "
                                  "%" PRIu64 "; move it away",
                                  s->root, name, (intmax_t) there.st_size, size_bytes);
        return st && there.st_dev == st->st_dev && there.st_ino == st->st_ino ? ARTIFACT_LINKED
                                                                              : ARTIFACT_PRESENT;
}

/* Errors of a hard link that a copy gets around. Source: link(2), and protected_hardlinks in proc(5). */
static bool is_copyable(int error) {
        return error == EXDEV || error == EPERM || error == EMLINK || error == EACCES ||
               error == EOPNOTSUPP || error == EROFS || error == ENOSYS;
}

/* Returns 0, -EEXIST, -EXDEV: to be copied, or another error with a text. */
static int try_link(ArtifactStore *s, int directory_fd, const char *source, const char *name,
                    char **ret_error) {
        for (int attempt = 0;; attempt++) {
                if (linkat(directory_fd, source, s->fd, name, 0) == 0)
                        return 0;
                if (errno == ENOENT && attempt == 0) {
                        int r = make_directory(s, name, ret_error);

                        if (r < 0)
                                return r;
                        continue;
                }
                if (errno == EEXIST)
                        return -EEXIST;
                return is_copyable(errno) ? -EXDEV
                                          : text_error(ret_error, -errno, "%s/%s: cannot link %s: %s",
                                                       s->root, name, source, strerror(errno));
        }
}

static int write_all(int fd, const uint8_t *data, size_t size_bytes) {
        while (size_bytes > 0) {
                ssize_t n = write(fd, data, size_bytes);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        data += n;
                        size_bytes -= (size_t) n;
                }
        }
        return 0;
}

static int copy_bytes(int from_fd, int to_fd, uint64_t *ret_size) {
        _cleanup_(freep) uint8_t *buffer = malloc(COPY_BUFFER_BYTES);
        int r = 0;

        *ret_size = 0;
        if (!buffer)
                return -ENOMEM;
        while (r >= 0) {
                ssize_t n = pread(from_fd, buffer, COPY_BUFFER_BYTES, (off_t) *ret_size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : 0;
                r = write_all(to_fd, buffer, (size_t) n);
                *ret_size += (uint64_t) n;
        }
        return r;
}

int artifact_store_begin(ArtifactStore *s, int *ret_fd, char **ret_error) {
        int fd;

        fd = openat(s->fd, s->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return text_error(ret_error, -errno, "%s/%s: cannot create: %s", s->root, s->temporary,
                                  strerror(errno));
        *ret_fd = fd;
        return 0;
}

/* Its bytes are on the disk before it gets its name. */
static int finish_file(ArtifactStore *s, int fd, const char *name, const DigestSet *digests,
                       char **ret_error) {
        int r;

        if (fsync(fd) < 0)
                return text_error(ret_error, -errno, "%s/%s: cannot write %" PRIu64 " bytes: %s", s->root,
                                  s->temporary, digests->size_bytes, strerror(errno));
        r = make_directory(s, name, ret_error);
        if (r < 0)
                return r;
        if (renameat(s->fd, s->temporary, s->fd, name) < 0)
                return text_error(ret_error, -errno, "%s/%s: cannot rename: %s", s->root, name,
                                  strerror(errno));
        return ARTIFACT_COPIED;
}

int artifact_store_end(ArtifactStore *s, int fd, const DigestSet *digests, char **ret_error) {
        char name[ARTIFACT_NAME_SIZE];
        int r;

        artifact_name(digests->text[DIGEST_SHA256], name);
        mark_dirty(s, digests);
        r = look(s, name, digests->size_bytes, NULL, ret_error);
        if (r == -ENOENT)
                r = finish_file(s, fd, name, digests, ret_error);
        else
                (void) unlinkat(s->fd, s->temporary, 0);
        (void) close(fd);
        return r;
}

/* Times and mode as the source's, as a link would have them. */
static int copy(ArtifactStore *s, int source_fd, const struct stat *st, const DigestSet *digests,
                char **ret_error) {
        uint64_t size_bytes;
        int fd, r;

        r = artifact_store_begin(s, &fd, ret_error);
        if (r < 0)
                return r;
        r = copy_bytes(source_fd, fd, &size_bytes);
        if (r < 0)
                (void) text_error(ret_error, r, "%s/%s: cannot write %" PRIu64 " bytes: %s", s->root,
                                  s->temporary, digests->size_bytes, strerror(-r));
        else if (size_bytes != digests->size_bytes)
                r = text_error(ret_error, -EBADMSG, "the file changed while it was read");
        if (r < 0) {
                (void) unlinkat(s->fd, s->temporary, 0);
                (void) close(fd);
                return r;
        }
        (void) fchmod(fd, st->st_mode & 0777);
        (void) futimens(fd, (const struct timespec[2]){ st->st_atim, st->st_mtim });
        return artifact_store_end(s, fd, digests, ret_error);
}

/* Gives the file its name. Returns an ArtifactHow, -EXDEV: to be copied, or another error with a text. */
static int link_file(ArtifactStore *s, int directory_fd, const char *source, const char *name,
                     const struct stat *st, uint64_t size_bytes, char **ret_error) {
        int made, r;

        made = try_link(s, directory_fd, source, name, ret_error);
        if (made < 0 && made != -EEXIST)
                return made;
        r = look(s, name, size_bytes, st, ret_error);
        if (made < 0 || r != ARTIFACT_PRESENT)
                return r;
        /* The source's name led to another file than the one that was read. */
        (void) unlinkat(s->fd, name, 0);
        return text_error(ret_error, -EBADMSG, "%s: the file was replaced while it was read", source);
}

int artifact_store_add(ArtifactStore *s, int source_directory_fd, const char *source_name, int source_fd,
                       const DigestSet *digests, char **ret_error) {
        char name[ARTIFACT_NAME_SIZE];
        struct stat st;
        int r;

        if (fstat(source_fd, &st) < 0)
                return text_error(ret_error, -errno, "%s: %s", source_name, strerror(errno));
        artifact_name(digests->text[DIGEST_SHA256], name);
        /* Also where the name is there: whoever made it may not have come to make it durable. */
        mark_dirty(s, digests);
        r = link_file(s, source_directory_fd, source_name, name, &st, digests->size_bytes, ret_error);
        if (r != -EXDEV)
                return r;
        r = look(s, name, digests->size_bytes, &st, ret_error);
        return r == -ENOENT ? copy(s, source_fd, &st, digests, ret_error) : r;
}

int artifact_store_look(ArtifactStore *s, const char *sha256, uint64_t size_bytes, char **ret_error) {
        char name[ARTIFACT_NAME_SIZE];
        int r;

        artifact_name(sha256, name);
        r = look(s, name, size_bytes, NULL, ret_error);
        return r < 0 ? r : 0;
}

int artifact_store_read(ArtifactStore *s, Digests *digests, const char *sha256, int64_t size_bytes,
                        bool (*stopping)(void), DigestSet *ret, char **ret_error) {
        _cleanup_(closep) int fd = -EBADF;
        char name[ARTIFACT_NAME_SIZE];
        struct stat st;
        int r;

        artifact_name(sha256, name);
        fd = openat(s->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0 && (errno == ENOENT || errno == ELOOP))
                return 0;
        if (fd < 0 || fstat(fd, &st) < 0)
                return text_error(ret_error, -errno, "%s/%s: %s", s->root, name, strerror(errno));
        if (!S_ISREG(st.st_mode) || (size_bytes >= 0 && st.st_size != size_bytes))
                return 0;
        r = digests_of_file(digests, fd, stopping, ret);
        if (r < 0)
                return text_error(ret_error, r, "%s/%s: cannot read: %s", s->root, name, strerror(-r));
        if (!streq(ret->text[DIGEST_SHA256], sha256) || (size_bytes >= 0 && ret->size_bytes != (uint64_t) size_bytes))
                return 0;
        mark_dirty(s, ret);
        return 1;
}

static int sync_directory(ArtifactStore *s, const char *name, char **ret_error) {
        _cleanup_(closep) int fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0 || fsync(fd) < 0)
                return text_error(ret_error, -errno, "%s/%s: cannot synchronise: %s", s->root, name,
                                  strerror(errno));
        return 0;
}

static int sync_directories(ArtifactStore *s, char **ret_error) {
        int r = s->is_new ? sync_directory(s, "artifact", ret_error) : 0;

        for (unsigned i = 0; i < ELEMENTSOF(s->dirty) && r >= 0; i++) {
                char name[sizeof("artifact/XX")];

                if (!s->dirty[i])
                        continue;
                (void) snprintf(name, sizeof(name), "artifact/%02x", i & 0xff);
                r = sync_directory(s, name, ret_error);
        }
        return r;
}

int artifact_store_sync(ArtifactStore *s, char **ret_error) {
        int r = 0;

        if (s->n_dirty == 0)
                return 0;
        if (s->n_dirty <= SYNC_DIRECTORIES_MAX)
                r = sync_directories(s, ret_error);
        else if (syncfs(s->fd) < 0)
                r = text_error(ret_error, -errno, "%s: cannot synchronise: %s", s->root, strerror(errno));
        if (r < 0)
                return r;
        memset(s->dirty, 0, sizeof(s->dirty));
        s->n_dirty = 0;
        s->is_new = false;
        return 0;
}
