/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every step of the migration works with: task, configuration, plan, options, the session with Pulp's
 * database, and the batch row in it that says how far the task is.
 *
 * Errors are negative errnos; step_exit_status() tells what they end the program with, s->error has the text:
 *   -EBADMSG   the input is wrong: dump, plan, content file, target     65, not tried again
 *   -ENODATA   the input is not there                                    66, not tried again
 *   -EINVAL    the configuration is wrong                                78, not tried again
 *   -ENOTCONN, -EAGAIN, -ECANCELED, -ESTALE, -ENOSPC, -EDQUOT, -ENOMEM   75, tried again
 *   others                                                               1, tried again */

#include <jansson.h>

#include "migrations/pulp2to3/configuration.h"
#include "migrations/pulp2to3/database.h"
#include "migrations/pulp2to3/plan.h"
#include "migrations/pulp2to3/problem-list.h"
#include "task/task.h"

typedef struct Step {
        const char *code;
        migrationd_task *task; /* NULL in the fence, which claims nothing */
        Configuration *configuration;
        json_t *input; /* of the task: {"plan", "options", "input"} */
        Plan *plan;
        bool skip_corrupted; /* option: a corrupted item is a problem, not a failure */
        bool check_files;    /* option validate: the step of that name looks for every file */
        bool dry_run;        /* option: nothing but the step validate runs */
        bool verify;         /* option: pulp2to3 ends with the verification */
        Database database;   /* Pulp's */
        bool resumed;        /* there is a batch row: the members below are its */
        int64_t position;
        int64_t done;
        int64_t total;
        int64_t linked;
        int64_t copied;
        int64_t problem_sent; /* id of the last problem that the service has */
        ProblemList problems; /* of the open transaction, not yet written */
        char *error;          /* the first error's text; owned */
} Step;

/* Claims the attempt and reads configuration, plan and options. step_done() also after a failure. */
int step_open(Step *s, const char *code);
void step_done(Step *s);

/* Sets the error text unless there is one, and returns error. */
int step_fail(Step *s, int error, const char *format, ...) _printf_(3, 4);
/* The same with the text of the database session, or of the task library. */
int step_fail_database(Step *s, int error);
int step_fail_task(Step *s, int error);

int step_exit_status(int error);

/* A member of the task's own input, which its expander wrote; -EBADMSG when it is no number. */
int step_input(Step *s, const char *name, int64_t *ret);

/* The lane of a task of a plugin: tasks of several plugins of a plan do not wait for each other. */
const char *step_lane(const Step *s, const char *plugin);

/* Connects to Pulp's database and takes the task's lock there. */
int step_connect(Step *s);

/* Reads the batch row, and tells the service what it says: counters and problems. */
int step_resume(Step *s);

/* step_connect(), step_resume(), and the check that the dump's tables are those that this report read. */
int step_attach(Step *s);

/* The same without lock and batch row, for expanders, which write nothing in Pulp's database. */
int step_attach_expander(Step *s);

/* Writes the batch row in the open transaction: position, counters; and the problems before it. */
int step_batch_write(Step *s);

/* Notes a problem for the open transaction, which has to end with step_batch_write(). A thousand are written at once:
 * while the list is full, no COPY may be open. */
int step_problem(Step *s, const char *item, const char *reason);

/* Writes the problems noted so far in the open transaction, for a statement that looks at them. */
int step_write_problems(Step *s);

/* Tells the service counters and problems, and ends the program's work when the attempt is no longer the
 * task's or SIGTERM has come: -ESTALE, -ECANCELED. To be called after each COMMIT. */
int step_report(Step *s);

/* Runs one batch as a transaction: batch(s, userdata) sets position and counters, then the batch row is
 * written and the transaction committed, and reported. Tried again after a deadlock, with the members as they
 * were. */
int step_run_batch(Step *s, int (*batch)(Step *s, void *userdata), void *userdata);

/* Whether SIGTERM has come. */
bool step_is_stopping(void);

/* Parameters of statements are texts: a number in a buffer of the caller's frame. */
#define STEP_NUMBER(value) step_format_number((char[24]){}, value)
const char *step_format_number(char buffer[static 24], int64_t value);
