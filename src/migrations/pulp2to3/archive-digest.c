/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/archive-digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"

#define BLOCK_BYTES (1024 * 1024)

static void md_freep(EVP_MD_CTX **c) {
        EVP_MD_CTX_free(*c);
}

/* 1: there may be more. */
static int take_block(int fd, EVP_MD_CTX *context, void *block) {
        ssize_t n = read(fd, block, BLOCK_BYTES);

        if (n < 0)
                return errno == EINTR ? 1 : -errno;
        if (n == 0)
                return 0;
        return EVP_DigestUpdate(context, block, (size_t) n) == 1 ? 1 : -EIO;
}

static int digest_of(int fd, bool (*stopping)(void), EVP_MD_CTX *context, char ret[static ARCHIVE_DIGEST_SIZE]) {
        _cleanup_(freep) void *block = malloc(BLOCK_BYTES);
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned size;
        int r;

        if (!block || !context)
                return -ENOMEM;
        if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
                return -EIO;
        do {
                if (stopping && stopping())
                        return -ECANCELED;
                r = take_block(fd, context, block);
        } while (r > 0);
        if (r < 0)
                return r;
        if (EVP_DigestFinal_ex(context, digest, &size) != 1)
                return -EIO;
        for (unsigned i = 0; i < size; i++)
                (void) snprintf(ret + (size_t) i * 2, 3, "%02x", digest[i]);
        return 0;
}

int archive_digest(const char *path, bool (*stopping)(void), char ret[static ARCHIVE_DIGEST_SIZE], char **ret_error) {
        _cleanup_(md_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();
        _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
        int r;

        if (fd < 0)
                return text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
        (void) posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        r = digest_of(fd, stopping, context, ret);
        return r < 0 && r != -ECANCELED ? text_error(ret_error, r, "%s: cannot read: %s", path, strerror(-r)) : r;
}
