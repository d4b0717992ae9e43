/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a Pulp 3 remote takes from the configuration of a Pulp 2 importer. */

#include <bson/bson.h>

#include "base/macro.h"

/* All texts are owned, NULL where the column is NULL. */
typedef struct Remote {
        char *url; /* NULL: the importer has no feed, so it gives no remote */
        char *ca_cert;
        char *client_cert;
        bool tls_validation;
        char *proxy_url; /* without credentials */
        int32_t download_concurrency;
        const char *policy; /* static */
        char *client_key;   /* these five are secrets */
        char *username;
        char *password;
        char *proxy_username;
        char *proxy_password;
} Remote;

void remote_done(Remote *r);

/* Whether the remote has a text that Pulp 3 stores encrypted. */
bool remote_has_secrets(const Remote *r);

/* Reads the config of an importer document. Returns 0, -ENOMEM, or -EBADMSG with the reason as a text that
 * names the field. */
int remote_from_config(const bson_t *config, Remote *ret, char **ret_reason);
