/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An erratum of Pulp 2 as the advisory that Pulp 3 has for it. */

#include <jansson.h>

#include "base/macro.h"

/* SHA-256 as hexadecimal digits and a zero byte. */
#define ADVISORY_DIGEST_SIZE 65

/* Makes the columns of rpm_updaterecord but digest, as an object with their names; "references" is an array of
 * objects with the columns of rpm_updatereference. Returns 0, -ENOMEM, or -EBADMSG with a reason that names the
 * document's field. */
int advisory_columns(const json_t *document, json_t **ret, char **ret_reason);

/* A date as Pulp 3 has them, "2014-07-20 06:00:01": Pulp 2 also has a date without time, one with " UTC" behind
 * it, and seconds since 1970. Any other text stays as it is. Owned; NULL when out of memory. */
char *advisory_date(const char *text);

/* The digest of an advisory: of the updateinfo.xml that has it alone. columns: as above. collections: a JSON array
 * of objects with the columns of rpm_updatecollection, and "packages": an array of objects with those of
 * rpm_updatecollectionpackage, where the epoch is null if Pulp 2 has none. Returns 0, -ENOMEM, -EIO, or -EBADMSG: it
 * cannot be written as XML. */
int advisory_digest(const json_t *columns, const char *collections, char ret[static ADVISORY_DIGEST_SIZE],
                    char **ret_reason);
