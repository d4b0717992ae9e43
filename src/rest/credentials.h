/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The credential file: which names with which passwords, and which tokens, stand for which local users. */

#include <sys/types.h>

#include "base/macro.h"

/* Of a token's SHA-256, and of what remembers a password. */
#define DIGEST_BYTES 32

typedef struct PasswordEntry {
        char *name;
        char *hash; /* crypt(5) */
        uid_t uid;
} PasswordEntry;

typedef struct TokenEntry {
        unsigned char digest[DIGEST_BYTES];
        uid_t uid;
} TokenEntry;

typedef struct Credentials {
        PasswordEntry *passwords;
        size_t n_passwords;
        TokenEntry *tokens;
        size_t n_tokens;
} Credentials;

/* Reads the file. A file that there is not has no entries. Returns 0, or a negative errno with *ret_error naming file
 * and line, never what is in it. */
int credentials_load(const char *path, Credentials **ret, char **ret_error);
Credentials *credentials_free(Credentials *c);
DEFINE_CLEANUP(Credentials *, credentials_free);

/* The entry of a name; NULL when there is none. */
const PasswordEntry *credentials_find_password(const Credentials *c, const char *name);

/* Whether a token is one of the file, and of whom. Takes as long for a wrong one as for any. */
bool credentials_check_token(const Credentials *c, const char *token, uid_t *ret_uid);
