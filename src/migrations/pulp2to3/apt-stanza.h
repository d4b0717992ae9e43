/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Paragraphs of fields, as indexes of apt repositories are made of. Source of the format: deb-control(5). */

#include <jansson.h>
#include <stdio.h>

#include "base/macro.h"

/* The file of a package. All is borrowed. */
typedef struct AptFile {
        const char *path; /* below the repository's root */
        const char *md5, *sha1, *sha256;
        const char *size_bytes; /* as text */
} AptFile;

/* Writes a field. Lines after the first get the blank that makes them part of the field, empty ones a dot: whatever
 * the value is, it stays in its field. Errors of the stream are its own. */
void apt_field_write(FILE *f, const char *name, const char *value);

/* A package's paragraph, with the empty line that ends it: its columns in the order of deb_fields, its custom fields,
 * its file. package: a row of deb_package as an object. *ret is owned by the caller. Returns 0, -ENOMEM, or -EBADMSG
 * with a reason that names the column. */
int apt_stanza_new(const json_t *package, const AptFile *file, char **ret, char **ret_reason);
