/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The digest by which Pulp 3 tells groups, categories, environments and langpacks apart. */

#include <jansson.h>

#include "base/macro.h"

/* SHA-256 as hexadecimal digits and a zero byte. */
#define COMPS_DIGEST_SIZE 65

/* The digest of an object: each member's value as Python's str() writes it, these texts sorted by character,
 * one after the other, as SHA-256. The order of members inside of a value counts, that of the object's own does
 * not. Source: pulp_rpm 3.17, the function that makes the digest of a comps content.
 * Returns 0, -ENOMEM or -EIO. */
int comps_digest(const json_t *object, char ret[static COMPS_DIGEST_SIZE]);

/* A value as Python's str() writes it, owned; NULL when out of memory. */
char *comps_python_text(const json_t *value);
