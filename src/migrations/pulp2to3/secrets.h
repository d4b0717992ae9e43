/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The secrets of a remote between the dump and Pulp's table: sealed as one Fernet token, so that no password
 * lies about in clear, and compared in clear, as two tokens of the same text differ. */

#include "migrations/pulp2to3/fernet.h"
#include "migrations/pulp2to3/remote.h"

typedef struct Secrets {
        const char *key_file; /* borrowed; read when the first secret is met */
        bool loaded;
        Fernet key;
} Secrets;

/* Columns of core_remote that are encrypted. */
enum {
        SECRET_CLIENT_KEY,
        SECRET_USERNAME,
        SECRET_PASSWORD,
        SECRET_PROXY_USERNAME,
        SECRET_PROXY_PASSWORD,
        _SECRET_MAX
};

/* Makes *ret_token of the remote's secrets, NULL when it has none. Returns 0 or a negative errno with a text.
 */
int secrets_seal(Secrets *s, const Remote *remote, char **ret_token, char **ret_error);

/* Makes the values for the columns, owned by the caller: the present token where it holds the wanted secret,
 * else a new one, or NULL. sealed: what secrets_seal() made, or NULL. *ret_changed: whether one differs from
 * the present. */
int secrets_unseal(Secrets *s, const char *sealed, const char *const present[static _SECRET_MAX],
                   char *ret[static _SECRET_MAX], bool *ret_changed, char **ret_error);
