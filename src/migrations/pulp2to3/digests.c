/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/digests.h"

#include <fcntl.h>
#include <openssl/evp.h>

#include "base/text.h"
#include "migrations/pulp2to3/hex.h"

/* Fits the second-level cache of today's processors, so that six passes over it read memory once. */
#define BUFFER_BYTES (256 * 1024)

static const char *const names[_DIGEST_MAX] = { "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512" };

struct Digests {
        EVP_MD *algorithms[_DIGEST_MAX]; /* fetched once: that costs more than to digest a small file */
        EVP_MD_CTX *contexts[_DIGEST_MAX];
        uint64_t size_bytes;
        uint8_t buffer[BUFFER_BYTES];
};

Digests *digests_free(Digests *d) {
        if (!d)
                return NULL;
        for (size_t i = 0; i < _DIGEST_MAX; i++) {
                EVP_MD_CTX_free(d->contexts[i]);
                EVP_MD_free(d->algorithms[i]);
        }
        free(d);
        return NULL;
}

int digests_new(Digests **ret, char **ret_error) {
        _cleanup_(digests_freep) Digests *d = calloc(1, sizeof(*d));

        if (!d)
                return text_error(ret_error, -ENOMEM, "out of memory");
        for (size_t i = 0; i < _DIGEST_MAX; i++) {
                d->algorithms[i] = EVP_MD_fetch(NULL, names[i], NULL);
                if (!d->algorithms[i])
                        return text_error(ret_error, -EOPNOTSUPP,
                                          "libcrypto refuses %s, which Pulp 3's artifacts need", names[i]);
                d->contexts[i] = EVP_MD_CTX_new();
                if (!d->contexts[i])
                        return text_error(ret_error, -ENOMEM, "out of memory");
        }
        *ret = TAKE_PTR(d);
        return 0;
}

int digests_begin(Digests *d) {
        d->size_bytes = 0;
        for (size_t i = 0; i < _DIGEST_MAX; i++)
                if (EVP_DigestInit_ex2(d->contexts[i], d->algorithms[i], NULL) != 1)
                        return -EIO;
        return 0;
}

int digests_update(Digests *d, const void *data, size_t size_bytes) {
        d->size_bytes += size_bytes;
        for (size_t i = 0; i < _DIGEST_MAX; i++)
                if (EVP_DigestUpdate(d->contexts[i], data, size_bytes) != 1)
                        return -EIO;
        return 0;
}

int digests_end(Digests *d, DigestSet *ret) {
        uint8_t value[EVP_MAX_MD_SIZE];
        unsigned n;

        for (size_t i = 0; i < _DIGEST_MAX; i++) {
                if (EVP_DigestFinal_ex(d->contexts[i], value, &n) != 1)
                        return -EIO;
                hex_format(value, n, ret->text[i]);
        }
        ret->size_bytes = d->size_bytes;
        return 0;
}

int digests_of_file(Digests *d, int fd, bool (*stopping)(void), DigestSet *ret) {
        int r;

        (void) posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        r = digests_begin(d);
        while (r >= 0) {
                ssize_t n = pread(fd, d->buffer, sizeof(d->buffer), (off_t) d->size_bytes);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return digests_end(d, ret);
                r = digests_update(d, d->buffer, (size_t) n);
                if (r >= 0 && stopping && stopping())
                        r = -ECANCELED;
        }
        return r;
}
