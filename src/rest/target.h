/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The target of a request line: path and query, as strict as our own paths allow. */

#include "base/macro.h"

typedef struct Parameter {
        char *name;
        char *value;
} Parameter;

typedef struct Target {
        char *path;
        Parameter *parameters;
        size_t n;
        char *repeated; /* a parameter that came twice, NULL: none did */
} Target;

/* Splits it. The path may have letters, digits and "-._~/", no escape and no dot segment: none of ours has more, and
 * what two programs could read in two ways is refused. Names and values of the query are unescaped; they are
 * printable ASCII. Returns 0 with *ret to be freed by target_done(), -EINVAL with *ret_reason (static), or -ENOMEM.
 */
int target_parse(const char *text, Target *ret, const char **ret_reason);
void target_done(Target *t);

/* Appends a parameter to a link that is being made, with the escapes that it needs. *text is replaced. Names are
 * ours: they need none. Returns 0 or -ENOMEM. */
int target_append_query(char **text, const char *name, const char *value);
