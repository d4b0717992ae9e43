/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Control fields of Debian packages: columns of deb_package, and back. */

#include <jansson.h>

#include "base/macro.h"

typedef enum DebFieldKind {
        DEB_FIELD_TEXT,
        DEB_FIELD_FLAG,       /* "yes" or "no", a boolean in the table */
        DEB_FIELD_NUMBER,     /* an integer of 32 bits */
        DEB_FIELD_MULTI_ARCH, /* one of the four words that are defined */
} DebFieldKind;

typedef struct DebField {
        const char *column;
        const char *field;
        DebFieldKind kind;
        bool required; /* the column takes no NULL */
} DebField;

/* Those that have a column, in the order in which Pulp 3 writes them, up to one without a name. Source:
 * pulp_deb 2.18. Auto-Built-Package is not among them, though it has a column: Pulp 3 would write that one with
 * underscores. */
extern const DebField deb_fields[];

/* Whether it may stand before a colon. Source: deb-control(5). */
bool deb_field_is_name(const char *name);

/* The columns that control_fields of a unit become, all but relative_path and sha256: an object owned by the caller.
 * Names are compared without regard to case. Fields without a column are in custom_fields, but for those that tell
 * where the file is and what its checksums are. A flag, number or word that is none is left out, as Pulp 3 does when
 * it syncs. Returns 0, -ENOMEM, or -EBADMSG with a reason that names the field. */
int deb_control_columns(const json_t *document, json_t **ret_columns, char **ret_reason);
