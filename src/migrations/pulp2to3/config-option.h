/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Options of Pulp 2's importers and distributors that Pulp 3 has no place for. */

#include <bson/bson.h>

#include "migrations/pulp2to3/plugin.h"

typedef enum ConfigKind {
        CONFIG_IMPORTER,
        CONFIG_DISTRIBUTOR,
} ConfigKind;

/* Called for an option that is set and has no counterpart: reason says what becomes of what it did, without the
 * option's value, which may be a secret. A negative return ends the walk. */
typedef int (*ConfigOptionHandler)(const char *option, const char *reason, void *userdata);

/* Walks over the config of an importer or distributor of a plugin. Options that say nothing are passed over: null,
 * false, 0, and empty texts, lists and documents. Returns 0, or what the handler returned. */
int config_options_left(const bson_t *config, ConfigKind kind, const Plugin *plugin, ConfigOptionHandler handler,
                        void *userdata);
