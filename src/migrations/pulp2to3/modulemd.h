/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Modules of Pulp 2 and their defaults as the columns that Pulp 3 has for them. All functions return 0, -ENOMEM, or
 * -EBADMSG with a reason that names the document's field. */

#include <jansson.h>

#include "base/macro.h"

/* Columns of rpm_modulemd, and "packages": an array of objects name, epoch, version, release, arch: the NEVRA of its
 * artifacts, without those that are none. */
int modulemd_columns(const json_t *document, json_t **ret, char **ret_reason);

/* Columns of rpm_modulemddefaults. */
int modulemd_defaults_columns(const json_t *document, json_t **ret, char **ret_reason);
