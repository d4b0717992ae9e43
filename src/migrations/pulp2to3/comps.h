/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes a comps.xml, the groups of a yum repository, element by element in constant memory. Its form is that
 * of libcomps, whose document in memory grows with the repository; it is written with libxml2. */

#include <jansson.h>

#include "base/macro.h"

typedef struct Comps Comps;

/* In the order in which they must be given. */
typedef enum CompsKind {
        COMPS_GROUP,
        COMPS_CATEGORY,
        COMPS_ENVIRONMENT,
        COMPS_LANGPACKS,
        _COMPS_MAX,
} CompsKind;

/* Creates the file. Returns 0 or -EIO, -ENOMEM with a text. */
int comps_new(const char *path, Comps **ret, char **ret_error);
/* Accepts NULL, returns NULL; leaves the file as it is. */
Comps *comps_free(Comps *c);
DEFINE_CLEANUP(Comps *, comps_free);

/* Writes one. document has the columns of Pulp's table rpm_packagegroup, …category, …environment or
 * …langpacks as members, but name_by_lang, desc_by_lang and matches as an array of [key, text], sorted.
 * Returns as above. */
int comps_add(Comps *c, CompsKind kind, const json_t *document, char **ret_error);

/* Ends the file. */
int comps_finish(Comps *c, char **ret_error);
