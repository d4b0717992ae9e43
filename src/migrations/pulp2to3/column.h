/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Columns of a Pulp 3 table from the fields of a Pulp 2 document, as members of an object. Each function returns 0,
 * -ENOMEM, or -EBADMSG with a reason that names the field. */

#include <jansson.h>

#include "base/macro.h"

/* A text; absent or null is the empty text. longest: characters that the column takes, 0: any number. */
int column_text(json_t *columns, const char *column, const json_t *document, const char *field, size_t longest,
                char **ret_reason);

/* The same, where absent or null is null. */
int column_text_null(json_t *columns, const char *column, const json_t *document, const char *field, size_t longest,
                     char **ret_reason);

/* An integer of 32 bits, or null when it is absent. */
int column_integer(json_t *columns, const char *column, const json_t *document, const char *field, char **ret_reason);

/* A boolean; absent or null is false. */
int column_flag(json_t *columns, const char *column, const json_t *document, const char *field, char **ret_reason);

/* Whether a column of varchar(longest) takes the text: PostgreSQL counts characters. */
bool column_fits(const char *text, size_t longest);
