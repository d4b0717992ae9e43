/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libpq connection strings of the configuration. */

#include "base/macro.h"

/* Refuses text that libpq cannot parse (a list of key = value or a URI), and secrets, since a task's
 * environment can be read by everybody. *ret_reason: owned by the caller. Returns 0, -EINVAL or -ENOMEM. */
int conninfo_check(const char *conninfo, char **ret_reason);

/* Writes the same connection with another user as a list of key = 'value'. *ret is owned by the caller.
 * Returns as above. */
int conninfo_with_user(const char *conninfo, const char *user, char **ret);
