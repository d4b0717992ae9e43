/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Units of all types but iso: which collections they are in, which of their fields have to be there, and which
 * make their natural key. */

#include "migrations/pulp2to3/archive.h"
#include "migrations/pulp2to3/dump.h"

typedef struct UnitKind UnitKind;

/* By a number from 0 on; NULL: no more. */
const UnitKind *unit_kind_get(size_t i);
/* NULL: no collection of units. */
const UnitKind *unit_kind_of_collection(const char *collection);

const char *unit_kind_collection(const UnitKind *kind);
const char *unit_kind_type(const UnitKind *kind);
const char *unit_kind_plugin(const UnitKind *kind);

/* What the columns of a row point at. */
typedef struct UnitTexts {
        char *key, *document, *snippets[3];
        char numbers[5][40];
} UnitTexts;

/* Fills the columns of DUMP_UNIT. Returns 0, -ENOMEM, or -EBADMSG with a reason that names the field.
 * unit_texts_done() also after a failure. */
int unit_kind_take(const UnitKind *kind, const bson_t *document, UnitTexts *texts,
                   const char *columns[static DUMP_COLUMNS_MAX], char **ret_reason);
void unit_texts_done(UnitTexts *texts);
