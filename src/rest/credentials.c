/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/credentials.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"

/* Fields of the longer kind of line, and one more to see that there are too many. */
#define FIELDS_MAX 5

Credentials *credentials_free(Credentials *c) {
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->n_passwords; i++) {
                free(c->passwords[i].name);
                if (c->passwords[i].hash)
                        explicit_bzero(c->passwords[i].hash, strlen(c->passwords[i].hash));
                free(c->passwords[i].hash);
        }
        free(c->passwords);
        free(c->tokens);
        free(c);
        return NULL;
}

static int find_user(const char *name, uid_t *ret, const char **ret_reason) {
        struct passwd *user = getpwnam(name);

        if (!user) {
                *ret_reason = "the local user is not known";
                return -EINVAL;
        }
        *ret = user->pw_uid;
        return 0;
}

/* crypt_checksalt() knows which hashes crypt() makes here. */
static bool is_hash(const char *s) {
        int r = crypt_checksalt(s);

        return r == CRYPT_SALT_OK || r == CRYPT_SALT_TOO_CHEAP;
}

static int add_password(Credentials *c, char *const *fields, const char **ret_reason) {
        PasswordEntry *grown, entry = {};
        int r;

        if (!is_hash(fields[2])) {
                *ret_reason = "the third word is not a hash of a password, see crypt(5)";
                return -EINVAL;
        }
        if (strchr(fields[1], ':') || credentials_find_password(c, fields[1])) {
                *ret_reason = "the name has a colon or is there twice";
                return -EINVAL;
        }
        r = find_user(fields[3], &entry.uid, ret_reason);
        if (r < 0)
                return r;
        grown = reallocarray(c->passwords, c->n_passwords + 1, sizeof(PasswordEntry));
        if (!grown)
                return -ENOMEM;
        c->passwords = grown;
        entry.name = strdup(fields[1]);
        entry.hash = strdup(fields[2]);
        grown[c->n_passwords++] = entry;
        return entry.name && entry.hash ? 0 : -ENOMEM;
}

static int add_token(Credentials *c, char *const *fields, const char **ret_reason) {
        TokenEntry *grown, entry;
        size_t n = 0;
        int r;

        if (strlen(fields[1]) != 2 * DIGEST_BYTES ||
            OPENSSL_hexstr2buf_ex(entry.digest, sizeof(entry.digest), &n, fields[1], 0) != 1 || n != DIGEST_BYTES) {
                *ret_reason = "the second word is not a SHA-256 in hexadecimal digits";
                return -EINVAL;
        }
        r = find_user(fields[2], &entry.uid, ret_reason);
        if (r < 0)
                return r;
        grown = reallocarray(c->tokens, c->n_tokens + 1, sizeof(TokenEntry));
        if (!grown)
                return -ENOMEM;
        c->tokens = grown;
        grown[c->n_tokens++] = entry;
        return 0;
}

static int read_line(Credentials *c, char *line, const char **ret_reason) {
        char *fields[FIELDS_MAX], *save = NULL;
        size_t n = 0;

        for (char *word = strtok_r(line, " \t\r\n", &save); word && n < FIELDS_MAX;
             word = strtok_r(NULL, " \t\r\n", &save))
                fields[n++] = word;
        if (n == 0 || fields[0][0] == '#')
                return 0;
        if (n == 4 && streq(fields[0], "basic"))
                return add_password(c, fields, ret_reason);
        if (n == 3 && streq(fields[0], "bearer"))
                return add_token(c, fields, ret_reason);
        *ret_reason = "neither 'basic NAME HASH USER' nor 'bearer DIGEST USER'";
        return -EINVAL;
}

int credentials_load(const char *path, Credentials **ret, char **ret_error) {
        _cleanup_(credentials_freep) Credentials *c = calloc(1, sizeof(Credentials));
        _cleanup_(freep) char *line = NULL;
        size_t size = 0;
        unsigned number = 0;
        const char *reason;
        FILE *f;
        int r = 0;

        if (!c)
                return -ENOMEM;
        f = fopen(path, "re");
        if (!f && errno != ENOENT)
                return text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
        while (f && r >= 0 && getline(&line, &size, f) >= 0) {
                number++;
                reason = "out of memory";
                r = read_line(c, line, &reason);
        }
        if (line)
                explicit_bzero(line, size);
        if (f && r >= 0 && ferror(f))
                r = text_error(ret_error, -EIO, "%s: cannot be read", path);
        if (f)
                (void) fclose(f);
        if (r < 0)
                return text_error(ret_error, r, "%s:%u: %s", path, number, reason);
        *ret = TAKE_PTR(c);
        return 0;
}

const PasswordEntry *credentials_find_password(const Credentials *c, const char *name) {
        for (size_t i = 0; i < c->n_passwords; i++)
                if (streq(c->passwords[i].name, name))
                        return &c->passwords[i];
        return NULL;
}

bool credentials_check_token(const Credentials *c, const char *token, uid_t *ret_uid) {
        unsigned char digest[DIGEST_BYTES];
        bool found = false;

        if (EVP_Digest(token, strlen(token), digest, NULL, EVP_sha256(), NULL) != 1)
                return false;
        for (size_t i = 0; i < c->n_tokens; i++)
                if (CRYPTO_memcmp(c->tokens[i].digest, digest, sizeof(digest)) == 0 && !found) {
                        found = true;
                        *ret_uid = c->tokens[i].uid;
                }
        return found;
}
