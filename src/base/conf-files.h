/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which configuration files there are, and in what order they are to be read. */

#include "base/macro.h"

/* Lists the files of a configuration NAME.conf in /etc/migrationd, /run/migrationd and /usr/lib/migrationd: the one
 * main file that the first of these directories has, then the drop-ins NAME.conf.d/?*.conf of all three in the order
 * of their names; a drop-in masks one of the same name in a later directory. The rule of systemd.unit(5); libeconf
 * 0.5 merges two directories only. What is read later wins. root: "" or a prefix directory, for tests.
 *
 * *ret: a NULL-terminated list owned by the caller, NULL when there is no file. Returns 0 or a negative errno;
 * *ret_error names the directory that could not be read. */
int conf_files_list(const char *root, const char *name, char ***ret, char **ret_error);

/* The directory of the administrator's files, for messages. */
#define CONF_FILES_ADMIN_DIRECTORY "/etc/migrationd"
