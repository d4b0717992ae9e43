/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of the step distributions, which are stages of its tasks: base paths that change, distributions by ranges
 * of the plan's repositories, and what nothing needs any more then. */

#include "migrations/pulp2to3/step.h"

enum { DISTRIBUTIONS_STAGE_PATHS, DISTRIBUTIONS_STAGE_RANGES, DISTRIBUTIONS_STAGE_OUTDATED };

/* Puts the distributions of a range of the plan's repositories into pg_temp.distributions. */
int distributions_collect(Step *s, int64_t after, int64_t to);

/* Looks whether those of the table can be made; only_moves: those that get another base path. One that cannot fails the
 * task; with skip_corrupted all that cannot are problems, and taken out of the table: 1, look again. */
int distributions_check(Step *s, bool only_moves);

/* Writes those of the table. */
int distributions_write(Step *s);

/* Expander: notes which of the plan's distributions get another base path; adds a task where there are such, or where
 * some are of no distributor any more. Takes those that it is for out of the table. */
int distributions_add_paths(Step *s);

/* The task: one transaction for the whole plan, as the paths of distributions of several ranges may change places. */
int distributions_run_paths(Step *s);

/* Publications and remotes that nothing needs any more: expander and task. */
int outdated_add(Step *s);
int outdated_run(Step *s);
