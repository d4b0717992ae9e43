/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads artifacts at full speed, and leaves no trace of that: neither their times nor the page cache change. */

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/artifact.h"
#include "migrations/pulp2to3/hex.h"
#include "migrations/pulp2to3/verify.h"

/* So much is dropped from the page cache at once. */
#define DROP_BYTES ((off_t) 8 * 1024 * 1024)

int verify_artifact_open(Verification *v, const char *sha256) {
        char name[ARTIFACT_NAME_SIZE];
        int fd, flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

        artifact_name(sha256, name);
        fd = openat(v->media_fd, name, flags | O_NOATIME);
        /* Only the owner may leave the time alone. */
        if (fd < 0 && errno == EPERM)
                fd = openat(v->media_fd, name, flags);
        return fd < 0 ? -errno : fd;
}

static int read_digest(Verification *v, int fd, char ret[static 65]) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        off_t offset = 0, dropped = 0;
        unsigned n;

        (void) posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        if (!EVP_DigestInit_ex2(v->context, v->algorithm, NULL))
                return -EIO;
        for (;;) {
                ssize_t k = pread(fd, v->buffer, VERIFY_READ_BYTES, offset);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        break;
                offset += k;
                if (!EVP_DigestUpdate(v->context, v->buffer, (size_t) k))
                        return -EIO;
                if (offset - dropped >= DROP_BYTES) {
                        (void) posix_fadvise(fd, dropped, offset - dropped, POSIX_FADV_DONTNEED);
                        dropped = offset;
                }
                if (step_is_stopping())
                        return -ECANCELED;
        }
        (void) posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        if (!EVP_DigestFinal_ex(v->context, digest, &n) || n != 32)
                return -EIO;
        hex_format(digest, n, ret);
        return 0;
}

/* A text of a difference; NULL is no text. */
static int tell(Step *s, char *text, char **ret) {
        *ret = text;
        return text ? 0 : step_fail(s, -ENOMEM, "out of memory");
}

int verify_artifact(Verification *v, const char *sha256, int64_t size_bytes, char **ret) {
        const char *root = v->step->configuration->media_root;
        char name[ARTIFACT_NAME_SIZE], digest[65];
        _cleanup_(closep) int fd = -EBADF;
        struct stat st;
        int r;

        *ret = NULL;
        artifact_name(sha256, name);
        fd = verify_artifact_open(v, sha256);
        if (fd < 0 && (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP))
                return tell(v->step, text_format("%s/%s is missing: %s", root, name, strerror(-fd)), ret);
        if (fd < 0 || fstat(fd, &st) < 0)
                return step_fail(v->step, fd < 0 ? fd : -errno, "%s/%s: %s", root, name,
                                 strerror(fd < 0 ? -fd : errno));
        if (!S_ISREG(st.st_mode))
                return tell(v->step, text_format("%s/%s is not a regular file", root, name), ret);
        if (st.st_size != size_bytes)
                return tell(v->step,
                            text_format("%s/%s has %jd bytes, expected %" PRIi64, root, name, (intmax_t) st.st_size,
                                        size_bytes),
                            ret);
        r = read_digest(v, fd, digest);
        if (r == -ECANCELED)
                return step_fail(v->step, r, "stopped by SIGTERM; what is committed stays");
        /* A disk that cannot be read is what a verification is for. */
        if (r == -EIO)
                return tell(v->step, text_format("%s/%s cannot be read: %s", root, name, strerror(-r)), ret);
        if (r < 0)
                return step_fail(v->step, r, "%s/%s: %s", root, name, strerror(-r));
        if (!streq(digest, sha256))
                return tell(v->step, text_format("%s/%s has the SHA-256 %s", root, name, digest), ret);
        return 0;
}
