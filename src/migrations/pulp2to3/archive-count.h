/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Counts what an archive of a Pulp 2 server holds of ISO repositories. */

#include <jansson.h>

/* Returns 0 and an object, owned by the caller, with the keys
 *   repositories, remotes       ISO importers, and those of them with a configuration: the others give no
 * remote distributors                ISO distributors units, downloaded, on_demand, links, lazy_entries   of
 * type iso or a negative errno with a text, as archive_read(). */
int archive_count(const char *path, const char *database, json_t **ret, char **ret_error);
