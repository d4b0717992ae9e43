/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The six digests that Pulp 3 keeps of an artifact, computed in one pass. */

#include "base/macro.h"

/* In the order of core_artifact's columns. */
enum { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA224, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, _DIGEST_MAX };

/* Of the longest one as hexadecimal text. */
#define DIGEST_TEXT_SIZE 129

/* As text, and of how many bytes. */
typedef struct DigestSet {
        char text[_DIGEST_MAX][DIGEST_TEXT_SIZE];
        uint64_t size_bytes;
} DigestSet;

typedef struct Digests Digests;

/* Returns 0, -ENOMEM, or -EOPNOTSUPP: libcrypto refuses one of them, as it may under FIPS. */
int digests_new(Digests **ret, char **ret_error);
/* Accepts NULL, returns NULL. */
Digests *digests_free(Digests *d);
DEFINE_CLEANUP(Digests *, digests_free);

/* Begins anew, takes bytes, gives the result. Each returns 0 or -EIO. */
int digests_begin(Digests *d);
int digests_update(Digests *d, const void *data, size_t size_bytes);
int digests_end(Digests *d, DigestSet *ret);

/* Reads a whole file from its begin. stopping: asked at every 256 KiB, may be NULL. Returns 0, -errno of
 * read(2), -EIO or -ECANCELED. */
int digests_of_file(Digests *d, int fd, bool (*stopping)(void), DigestSet *ret);
