/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Fernet tokens, in which Pulp 3 stores the secrets of its remotes: AES-128-CBC, authenticated by
 * HMAC-SHA256, as URL-safe base64. Source: the Fernet specification (github.com/fernet/spec). */

#include "base/macro.h"

#define FERNET_KEY_BYTES 32
#define FERNET_IV_BYTES 16

/* A secret is a password or a PEM file; the cap only keeps a malformed token from taking memory. */
#define FERNET_TEXT_BYTES_MAX (1024 * 1024)

typedef struct Fernet {
        uint8_t key[FERNET_KEY_BYTES]; /* first half signs, second half encrypts */
} Fernet;

/* Reads a key file: one line of URL-safe base64. Returns 0, or a negative errno with a text that says how to
 * make one. */
int fernet_load(const char *path, Fernet *ret, char **ret_error);

/* Takes a key as text. Returns 0 or -EINVAL. */
int fernet_parse_key(const char *text, Fernet *ret);

/* Encrypts a text; *ret is owned by the caller. Time and a random IV are the current ones. Returns 0, -ENOMEM
 * or -EIO. */
int fernet_encrypt(const Fernet *f, const char *text, char **ret);

/* The same with a given time and IV, for the specification's examples. */
int fernet_encrypt_at(const Fernet *f, const char *text, uint64_t time,
                      const uint8_t iv[static FERNET_IV_BYTES], char **ret);

/* Decrypts a token of any age. Returns 0, or -EBADMSG: not a token, or not made with this key. */
int fernet_decrypt(const Fernet *f, const char *token, char **ret);
