/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Steps whose tasks are ranges of the plan's repositories. */

#include "migrations/pulp2to3/step.h"

/* What a second of a task is good for, and how it is found what there is to do. */
typedef struct RangeRates {
        int64_t repositories;
        int64_t links;          /* to units */
        const char *sql_before; /* script before the plan is cut; NULL: none */
        int32_t stage;          /* of the tasks; those of a later stage than 0 have one lane for all plugins */
        /* Fills pg_temp.range_due with the numbers of the repositories after one number and up to another for which
         * something is to be done, by few statements for all of them. Called once in a session, in no transaction. */
        int (*due)(Step *s, int64_t after, int64_t to);
} RangeRates;

/* Of a task: the numbers of the repositories that are due, in order. */
typedef struct Range {
        int64_t last;
        int64_t *due;
        size_t n_due;
        size_t next; /* the first that is not done */
} Range;

/* Runs a statement for due(); its parameters are report, after and to. */
int range_due(Step *s, const char *sql, int64_t after, int64_t to);

/* An expander: cuts what is due so that a task takes about the target duration. Nothing is due: there is no task. */
int range_expand(Step *s, const RangeRates *rates);

/* A task: attaches, calls prepare() once (may be NULL), then next() until all that is due in the range is done.
 * next() does due[next], or more, by step_run_batch() and range_advance(). */
int range_run(Step *s, const RangeRates *rates, int (*prepare)(Step *s, void *userdata),
              int (*next)(Step *s, const Range *range, void *userdata), void *userdata);

/* Sets position and done in a batch: what is due up to that number is done. */
void range_advance(Step *s, const Range *range, int64_t number);
