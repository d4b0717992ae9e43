/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a Pulp 3 remote takes from the configuration of a Pulp 2 importer. */

#include <bson/bson.h>

#include "base/macro.h"
#include "migrations/pulp2to3/plugin.h"

/* All texts are owned, NULL where the column is NULL. */
typedef struct Remote {
        char *url; /* NULL: the importer has no feed, so it gives no remote */
        char *ca_cert;
        char *client_cert;
        bool tls_validation;
        char *proxy_url; /* without credentials */
        int32_t download_concurrency;
        const char *policy; /* static */
        char *detail;       /* JSON: what only remotes of the plugin have, by column */
        char *retain;       /* a number as text: package versions that the repository keeps; NULL: not said */
        char *client_key;   /* these five are secrets */
        char *username;
        char *password;
        char *proxy_username;
        char *proxy_password;
} Remote;

void remote_done(Remote *r);

/* Whether the remote has a text that Pulp 3 stores encrypted. */
bool remote_has_secrets(const Remote *r);

/* Reads the config of an importer document of a plugin. Returns 0, -ENOMEM, or -EBADMSG with the reason as a text
 * that names the field. */
int remote_from_config(const bson_t *config, const Plugin *plugin, Remote *ret, char **ret_reason);

/* A text field of a config; absent, null and empty leave *ret as it is. As above. */
int remote_get_text(const bson_t *config, const char *field, char **ret, char **ret_reason);

/* A number from 0 to max, or a text that is one: Pulp 2 took both. Returns 1; 0 with *ret as it is when the field is
 * absent or null; else as above. */
int remote_get_number(const bson_t *config, const char *field, uint32_t max, uint32_t *ret, char **ret_reason);

/* Makes r->detail, and r->retain for rpm; a token in the query of an rpm feed is cut out of r->url. As above. */
int remote_take_detail(const bson_t *config, const Plugin *plugin, Remote *r, char **ret_reason);
