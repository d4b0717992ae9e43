/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Groups, categories, environments and langpacks of Pulp 2 as the columns that Pulp 3 has for them. */

#include <jansson.h>

#include "base/macro.h"

/* Makes the columns of rpm_packagegroup, rpm_packagecategory, rpm_packageenvironment or rpm_packagelangpacks, as an
 * object with their names, "digest" among them; type: the unit's in Pulp 2. Returns 0, -ENOMEM, -EIO, or -EBADMSG
 * with a reason that names the document's field. */
int comps_columns(const char *type, const json_t *document, json_t **ret, char **ret_reason);
