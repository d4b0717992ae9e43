/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Loads the definition that a call names, with the bus errors of what can be wrong with it. */

#include <systemd/sd-bus.h>

#include "config/definition.h"

/* Returns 0 or a negative errno with *error set: NoSuchMigration or BadDefinition, which name file, place and reason.
 */
int migration_load(const char *name, Definition **ret, sd_bus_error *error);
