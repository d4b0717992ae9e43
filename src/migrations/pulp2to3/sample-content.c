/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-content.h"

#include <endian.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/hex.h"

typedef struct ContentTree {
        Sample *sample;
        const char *path;
        int fd;         /* of the content directory */
        uint8_t *bytes; /* size_max_bytes, rounded up to whole words */
} ContentTree;

static int digest_sha256(const void *data, size_t size_bytes, uint8_t ret[static 32]) {
        /* Fetched once: looking an algorithm up by name costs more than to hash a small file. Never freed, as
         * it lives as long as the process does. */
        static EVP_MD *sha256;

        if (!sha256)
                sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        return sha256 && EVP_Digest(data, size_bytes, ret, NULL, sha256, NULL) == 1 ? 0 : -EIO;
}

int sample_directory(const char *checksum, const char *name, uint32_t size_bytes,
                     char ret[static SAMPLE_DIRECTORY_SIZE]) {
        char key[256], text[65];
        uint8_t digest[32];
        int n, r;

        n = snprintf(key, sizeof(key), "checksum%sname%ssize%" PRIu32, checksum, name, size_bytes);
        if (n < 0 || (size_t) n >= sizeof(key))
                return -ENAMETOOLONG;
        r = digest_sha256(key, (size_t) n, digest);
        if (r < 0)
                return r;
        hex_format(digest, sizeof(digest), text);
        (void) snprintf(ret, SAMPLE_DIRECTORY_SIZE, "units/iso/%.2s/%s", text, text + 2);
        return 0;
}

int sample_unit_directory(const Sample *s, uint32_t unit, char ret[static SAMPLE_DIRECTORY_SIZE]) {
        char checksum[65], name[SAMPLE_NAME_SIZE];
        const SampleUnit *u = &s->units[unit];

        hex_format(u->sha256, sizeof(u->sha256), checksum);
        sample_unit_name(s, unit, name);
        return sample_directory(checksum, name, u->size_bytes, ret);
}

/* The bytes of a unit as its checksum says; duplicates have those of the unit they copy. */
static void tree_make_bytes(ContentTree *t, const SampleUnit *u) {
        uint64_t state = sample_random(t->sample, SAMPLE_RANDOM_BYTES, u->content);

        for (uint32_t at = 0; at < u->size_bytes; at += sizeof(state)) {
                uint64_t word = htole64(sample_mix(state++));

                memcpy(t->bytes + at, &word, sizeof(word));
        }
}

static int tree_error(const ContentTree *t, int error, const char *name, char **ret_error) {
        return text_error(ret_error, error, "%s/%s: cannot write: %s", t->path, name, strerror(-error));
}

static int tree_make_directory(ContentTree *t, const char *directory, char **ret_error) {
        char prefix[SAMPLE_DIRECTORY_SIZE];

        if (mkdirat(t->fd, directory, 0755) >= 0)
                return 0;
        if (errno == ENOENT) {
                (void) snprintf(prefix, sizeof(prefix), "%.*s", (int) strlen("units/iso/xx"), directory);
                if (mkdirat(t->fd, prefix, 0755) >= 0 && mkdirat(t->fd, directory, 0755) >= 0)
                        return 0;
        }
        return tree_error(t, -errno, directory, ret_error);
}

static int write_all(int fd, const uint8_t *data, size_t size_bytes) {
        while (size_bytes > 0) {
                ssize_t n = write(fd, data, size_bytes);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size_bytes -= (size_t) n;
        }
        return 0;
}

static int tree_write_file(ContentTree *t, const char *path, size_t size_bytes, char **ret_error) {
        _cleanup_(closep) int fd = -EBADF;
        int r;

        fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0)
                return tree_error(t, -errno, path, ret_error);
        r = write_all(fd, t->bytes, size_bytes);
        if (r < 0)
                return tree_error(t, r, path, ret_error);
        /* Network file systems report a full disk only here. */
        if (close(TAKE_FD(fd)) < 0)
                return tree_error(t, -errno, path, ret_error);
        return 0;
}

static int tree_write_unit(ContentTree *t, uint32_t unit, char **ret_error) {
        char directory[SAMPLE_DIRECTORY_SIZE], name[SAMPLE_NAME_SIZE];
        char path[SAMPLE_DIRECTORY_SIZE + SAMPLE_NAME_SIZE];
        SampleUnit *u = &t->sample->units[unit];
        uint64_t damage = sample_random(t->sample, SAMPLE_RANDOM_DAMAGE, unit);
        uint32_t size_bytes = u->size_bytes;
        int r;

        tree_make_bytes(t, u);
        r = digest_sha256(t->bytes, u->size_bytes, u->sha256);
        if (r >= 0)
                r = sample_unit_directory(t->sample, unit, directory);
        if (r < 0)
                return text_error(ret_error, r, "libcrypto cannot compute SHA-256");
        if (u->kind == UNIT_ON_DEMAND)
                return 0;
        r = tree_make_directory(t, directory, ret_error);
        if (r < 0 || u->kind == UNIT_MISSING)
                return r;
        if (u->kind == UNIT_CORRUPTED)
                t->bytes[damage % size_bytes] ^= 0x40;
        if (u->kind == UNIT_TRUNCATED)
                size_bytes = (uint32_t) (damage % size_bytes);
        sample_unit_name(t->sample, unit, name);
        (void) snprintf(path, sizeof(path), "%s/%s", directory, name);
        return tree_write_file(t, path, size_bytes, ret_error);
}

int sample_write_content(Sample *s, const char *directory, char **ret_error) {
        _cleanup_(freep) uint8_t *bytes = NULL;
        _cleanup_(closep) int fd = -EBADF;
        ContentTree tree = { .sample = s, .path = directory };
        int r;

        bytes = malloc((size_t) s->options.size_max_bytes + sizeof(uint64_t));
        if (!bytes)
                return text_error(ret_error, -ENOMEM, "out of memory");
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return text_error(ret_error, -errno, "%s: cannot open: %s", directory, strerror(errno));
        tree.bytes = bytes;
        tree.fd = fd;
        if (mkdirat(fd, "units", 0755) < 0 || mkdirat(fd, "units/iso", 0755) < 0)
                return tree_error(&tree, -errno, "units/iso", ret_error);
        for (uint32_t i = 0; i < s->n_units; i++) {
                r = tree_write_unit(&tree, i, ret_error);
                if (r < 0)
                        return r;
        }
        return 0;
}
