/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Steps whose tasks are ranges of the plan's repositories. */

#include "migrations/pulp2to3/step.h"

/* What a second of a task is good for. */
typedef struct RangeRates {
        int64_t repositories;
        int64_t links;          /* to units */
        bool published;         /* only repositories of plugins that have publications */
        const char *sql_before; /* script before the plan is cut; NULL: none */
} RangeRates;

/* An expander: cuts the plan so that a task takes about the target duration. */
int range_expand(Step *s, const RangeRates *rates);

/* A task: attaches, calls prepare() once (may be NULL), then next() until the range is done. next() advances
 * s->position, the number of the last repository that is done, with step_run_batch(), at most to last. */
int range_run(Step *s, int (*prepare)(Step *s, void *userdata), int (*next)(Step *s, int64_t last, void *userdata),
              void *userdata);

/* Sets position and done in a batch: repositories up to that number are done. */
void range_advance(Step *s, int64_t number);
