/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* rest.conf, see migrationd-rest.conf(5). */

#include <sys/types.h>

#include "base/macro.h"

typedef struct RestSettings {
        uid_t *proxies; /* local users whose word about who asks counts for nothing */
        size_t n_proxies;
} RestSettings;

/* root: "" or a prefix directory, for tests. Returns 0, or a negative errno with *ret_error naming file and line. */
int settings_load(const char *root, RestSettings **ret, char **ret_error);
RestSettings *settings_free(RestSettings *s);
DEFINE_CLEANUP(RestSettings *, settings_free);

bool settings_is_proxy(const RestSettings *s, uid_t uid);
