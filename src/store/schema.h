/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Applies the numbered schema files src/store/schema/NNNN-*.sql that the database lacks, in order, each in
 * one transaction with its row in migrationd.schema_version, under an advisory lock. */

#include "store/pg-client.h"

/* The highest number this build knows. */
uint32_t schema_version_latest(void);

/* error 0: the schema is at schema_version_latest(). Else a negative errno as in PgError, and message says
 * which file failed and why, or that the database's schema is newer than this build (-EPROTONOSUPPORT): an
 * older service must not write into it. Files that were applied before the one that failed stay. message:
 * one line, borrowed, "" on success. */
typedef void (*SchemaCallback)(int error, const char *message, void *userdata);

/* Starts applying on a connected client. The statements of other callers wait until it is done.
 * Returns 0 or a negative errno (-ENOTCONN); then the callback is not called. */
int schema_apply(PgClient *c, SchemaCallback callback, void *userdata);
