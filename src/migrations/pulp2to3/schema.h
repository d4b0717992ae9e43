/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The target: whether it is a database of the right Pulp version, and the migration's own schema in it. */

#include "migrations/pulp2to3/step.h"

/* Refuses another target than pulpcore 3.18 with the plan's plugins in the versions of plugin.c, and one where the
 * role lacks rights. Writes nothing. */
int schema_check_target(Step *s);

/* Makes the migration's own schema unless it is there. */
int schema_make(Step *s);
