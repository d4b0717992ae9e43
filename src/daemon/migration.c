/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/migration.h"

#include "base/text.h"
#include "bus/error.h"

int migration_load(const char *name, Definition **ret, sd_bus_error *error) {
        _cleanup_(freep) char *problem = NULL;
        int r;

        if (!text_is_name(name))
                return bus_error_set(error, BUS_ERROR_NO_SUCH_MIGRATION,
                                     "No such migration: '%.64s' is not a name (a-z, 0-9, _; at most %i characters)",
                                     name, NAME_LENGTH_MAX);
        r = definition_load("", name, ret, &problem);
        if (r == -ENOENT)
                return bus_error_set(error, BUS_ERROR_NO_SUCH_MIGRATION,
                                     "No such migration '%s'; see 'migrationctl definition list'", name);
        if (r < 0 && r != -ENOMEM)
                return bus_error_set(error, BUS_ERROR_BAD_DEFINITION, "%s",
                                     problem ?: "The definition cannot be read");
        return r;
}
