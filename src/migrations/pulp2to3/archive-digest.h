/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* By what an archive is known again. */

#include "base/macro.h"

/* SHA-256 as hexadecimal text. */
#define ARCHIVE_DIGEST_SIZE 65

/* Reads a file from its begin to its end. stopping: asked at every MiB, may be NULL. Returns 0, -errno of open(2) and
 * read(2), -ECANCELED, -ENOMEM, or -EIO when libcrypto fails; all but -ECANCELED with a text. */
int archive_digest(const char *path, bool (*stopping)(void), char ret[static ARCHIVE_DIGEST_SIZE], char **ret_error);
