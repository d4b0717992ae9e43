/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From the text of a definition to the object. */

#include "config/definition.h"

/* Parses the text of a definition. path: of the file, for errors, its stem must be the definition's name.
 * Fills everything but path and digest. Returns 0, -EBADMSG with one line in *ret_error that names the file,
 * the JSON pointer (RFC 6901; for text that is no JSON the line and column) and the reason, or -ENOMEM. */
int definition_parse(const char *path, const char *text, size_t size, Definition **ret, char **ret_error);
