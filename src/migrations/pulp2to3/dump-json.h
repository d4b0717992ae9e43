/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A Pulp 2 document as JSON: dates as texts of RFC 3339, object ids as hexadecimal digits, binary as base64, whole
 * doubles as integers; the BSON that "profiles" may have in a text as binary. */

#include <bson/bson.h>
#include <jansson.h>

#include "base/macro.h"

/* Makes an object of a document's elements: of all but the NULL-terminated omit, or of keep only; either may be
 * NULL. Nested documents are taken whole. Returns 0, -ENOMEM, or -EBADMSG with a reason that names the field: a
 * type that JSON has not, a zero byte in a text (PostgreSQL stores none), a number that is not finite. */
int dump_json(const bson_t *document, const char *const *omit, const char *const *keep, json_t **ret,
              char **ret_reason);

/* The same as compact text, owned. */
int dump_json_text(const bson_t *document, const char *const *omit, const char *const *keep, char **ret,
                   char **ret_reason);
