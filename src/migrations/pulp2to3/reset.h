/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The migration pulp2to3_reset: removes what pulp2to3 wrote for the plugins of a plan. What that is, is in the
 * table migrationd_pulp2to3.made. Its steps are in the order of the foreign keys: each takes out of the table what
 * it removes in the same transaction, so that a killed task goes on with what is left. */

#include "migrations/pulp2to3/step.h"

/* Slices of all ids: a task has those whose first 16 bits are from first to last. Ids are random. */
#define RESET_SLICES 65536

/* Statements have the parameters subject, first id, last id; subject: what of Pulp's rows is meant. */
typedef struct ResetKind {
        const char *what;      /* for texts */
        int64_t per_second;    /* how many a second of a task is good for */
        const char *limit;     /* how many a batch has */
        const char *sql_count; /* how many of the slice are left */
        const char *sql_take;  /* puts the next into pg_temp.gone; $4: limit */
        const char *
                sql_before; /* script: takes out of gone what stays, removes what the plugins' scripts need not see */
        const char *sql_after; /* script: removes the rest; NULL: nothing is left */
} ResetKind;

/* The bounds of a slice as ids. */
typedef struct ResetSlice {
        char first[37];
        char last[37];
} ResetSlice;

/* Connects, for an expander or for a task. *ret: whether the target has the migration's tables; without them
 * nothing is to be done. */
int reset_open_expander(Step *s, bool *ret);
int reset_open(Step *s, bool *ret);

/* The plan's plugins as an array of PostgreSQL; NULL: out of memory. app: the names that pulp_type begins with
 * instead. */
char *reset_plugins(const Step *s, bool app);

/* Adds as many tasks as the rows of a kind need; input is more of their input: "" or "\"type\": \"…\", ". */
int reset_expand(Step *s, const ResetKind *kind, const char *subject, const char *lane, int32_t stage,
                 const char *input);

/* Reads the slice of the task's input; counts its rows when the task is new. */
int reset_begin(Step *s, const ResetKind *kind, const char *subject, ResetSlice *ret);

/* Takes the next rows in the open transaction; *ret: how many. */
int reset_take(Step *s, const ResetKind *kind, const char *subject, const ResetSlice *slice, int64_t *ret);

/* Removes the rows of a slice, batch by batch. */
int reset_run(Step *s, const ResetKind *kind, const char *subject);

/* What was counted and what was done agree at the end of a task. */
int reset_end(Step *s);
