/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Decides whether bytes of unknown origin are one well-formed BSON document. */

#include <bson/bson.h>

/* MongoDB refuses to store documents that are nested deeper ("MongoDB Limits and Thresholds"). */
#define BSON_DEPTH_MAX 100

/* Checks structure, nesting and UTF-8 of a whole document, and makes *ret a read-only view of data, which
 * must outlive it. Strings may contain zero bytes, as BSON allows: who reads one as a C string has to look.
 * Returns 0, or -EBADMSG; then *ret_reason is a static text and *ret_offset where in data it was noticed. */
int bson_check(const uint8_t *data, size_t size_bytes, bson_t *ret, size_t *ret_offset,
               const char **ret_reason);
