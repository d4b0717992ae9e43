/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the step validate looks at in Pulp 3. Nothing is written there. */

#include "migrations/pulp2to3/base-path.h"
#include "migrations/pulp2to3/step.h"

/* Opens a session that can't write, and checks versions and rights. */
int validate_target(Step *s);

/* That artifacts can be made; seen without making one. */
int validate_media_root(Step *s);

/* Adds what Pulp 3 has and will have. What the migration made for plugins of the plan goes, unless it is wanted. */
int validate_add_distributions(Step *s, BasePaths *paths);
