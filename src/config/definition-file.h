/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files that only root can have written: resolution of a path with every directory on it checked, and
 * reading. */

#include "base/macro.h"

/* Opens a regular file, following symbolic links, and refuses it when somebody other than root could have put
 * it there: the file, every directory and every link on the way must be owned by root; the file and its
 * directory must not be writable by group or others; a directory further up may be when it is sticky (/tmp),
 * since nobody can rename root's entries there. flags: of open(), O_CLOEXEC is added. On success *ret_fd is
 * owned by the caller. On failure *ret_error names the path that is to blame. Returns 0, -EPERM (not
 * trusted), -ENOENT, -ELOOP, -EINVAL (not absolute) or another errno. */
int trusted_open(const char *path, int flags, int *ret_fd, char **ret_error);

/* Checks a program as trusted_open() does, and that it is executable. Returns as trusted_open(), or -EACCES. */
int trusted_check_program(const char *path, char **ret_error);

/* Reads a whole regular file of at most size_max bytes, with a terminating NUL that is not counted. fd stays
 * the caller's. Returns 0, -EFBIG, -EINVAL (not a regular file) or another errno; path is for *ret_error. */
int file_read(int fd, const char *path, size_t size_max, char **ret_data, size_t *ret_size, char **ret_error);
