/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libmigrationd-task: the contract of a task program with migrationd.
 *
 * A task program is started by systemd with MIGRATIOND_REPORT, MIGRATIOND_TASK, MIGRATIOND_ATTEMPT,
 * MIGRATIOND_TOKEN and MIGRATIOND_DATABASE in its environment. It first claims its attempt, then works in
 * batches and reports each, and ends with migrationd_task_finish(): that commit alone completes the task, not
 * the exit status. All calls block; a task program may.
 *
 * All functions return 0 or a negative errno:
 *   -ESTALE      this attempt is not the task's live one any more: exit at once, without side effects
 * (SQLSTATE MG001) -ECANCELED   the report is being canceled or has ended: roll back, exit (SQLSTATE MG002);
 * from migrationd_task_open() also: SIGTERM came while it waited -EBADMSG     the counters do not allow what
 * was asked, done is not total at the finish (SQLSTATE MG003) -EINVAL      an argument, or the environment,
 * is not valid (SQLSTATE MG004) -ENOTCONN    the database is not reachable, cannot serve now, or the
 * connection was lost: exit with MIGRATIOND_EXIT_TEMPFAIL -EIO         the database refused for another
 * reason and migrationd_task_error() has the text, for the log. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Exit statuses that the poll knows. Source of the numbers: sysexits.h; 77 is the skip status of automake and
 * meson. */
enum {
        MIGRATIOND_EXIT_COMPLETED = 0,
        MIGRATIOND_EXIT_FAILED = 1,     /* failed; tried again while attempts are left */
        MIGRATIOND_EXIT_DATAERR = 65,   /* EX_DATAERR: the input is wrong; not tried again */
        MIGRATIOND_EXIT_NOINPUT = 66,   /* EX_NOINPUT: the input is not there; not tried again */
        MIGRATIOND_EXIT_TEMPFAIL = 75,  /* EX_TEMPFAIL: try again */
        MIGRATIOND_EXIT_SKIPPED = 77,   /* nothing to do; the task is skipped */
        MIGRATIOND_EXIT_CONFIG = 78,    /* EX_CONFIG: the configuration is wrong; not tried again */
};

typedef struct migrationd_task migrationd_task;

/* Reads the environment, connects (for up to 10 s while the server does not answer), takes the task's session
 * lock (for up to 120 s while a former attempt's backend still holds it) and claims the attempt. On success
 * *ret is owned by the caller. On failure *ret may still be set, for migrationd_task_error(); free it all the
 * same. */
int migrationd_task_open(migrationd_task **ret);

/* Closes the connection, which releases the lock. Accepts NULL, returns NULL. */
migrationd_task *migrationd_task_free(migrationd_task *t);

/* The last error as one line; borrowed, valid until the next call; never NULL. */
const char *migrationd_task_error(migrationd_task *t);

/* The input of this task as a JSON object, borrowed: {"plan": …, "options": …, "input": …}. plan is the
 * plan's document, options what Run was called with, input what the expander gave to this task ({} for a step
 * without expander). */
const char *migrationd_task_input(migrationd_task *t);

/* Ids for names in other databases and for their advisory lock: pg_advisory_lock(report, task), to be taken
 * in every other database that the task writes, before it reads its position there, and to be held as long as
 * the process lives. */
int32_t migrationd_task_report(migrationd_task *t);
int32_t migrationd_task_id(migrationd_task *t);
int32_t migrationd_task_attempt(migrationd_task *t);

/* The counters as they stood at the claim. */
int64_t migrationd_task_done(migrationd_task *t);
int64_t migrationd_task_total(migrationd_task *t);

/* For programs that wait for something else than the database: the descriptor becomes readable when the
 * connection is lost; then migrationd_task_check() returns -ENOTCONN: the lock is lost with it, end at once.
 * The descriptor belongs to the task; it is -ENOTCONN when there is no connection. */
int migrationd_task_fd(migrationd_task *t);
int migrationd_task_check(migrationd_task *t);

/* Sets the counters, in a transaction of its own, and STATUS= for systemctl status. total < 0 leaves the
 * total as it is. 0 <= done <= total, else -EINVAL. */
int migrationd_task_progress(migrationd_task *t, int64_t done, int64_t total);

/* Records an item that could not be migrated and was skipped. The same item again replaces its reason: safe
 * to repeat. item and reason are UTF-8; at most 1 KiB and 4 KiB of them are kept. */
int migrationd_task_problem(migrationd_task *t, const char *item, const char *reason);

/* The same for n items with a reason each, in transactions of up to 1 000; of an item that is there twice the
 * last reason counts. After a failure the earlier ones may be recorded: safe to repeat. */
int migrationd_task_problems(migrationd_task *t, size_t n, const char *const *items, const char *const *reasons);

/* Expanders: queues a task for the step; it is written by migrationd_task_finish() in the finishing
 * transaction. lane scopes stages ("" for one lane), stage orders them (>= 0), input is a JSON object, total
 * the expected number of items (>= 0). Memory grows with the number of queued tasks only up to an internal
 * block of 1 000; the rest is in an unnamed file in /tmp. */
int migrationd_task_add(migrationd_task *t, const char *lane, int32_t stage, const char *input,
                        int64_t total);

/* The end: sets done to total where the step never counted (total 0), checks done = total, writes queued
 * tasks and completes the task in one transaction. */
int migrationd_task_finish(migrationd_task *t);

/* Maps a result of the functions above to the exit status to end with: 0 to MIGRATIOND_EXIT_COMPLETED;
 * -ESTALE, -ECANCELED, -ENOTCONN and -ENOMEM to MIGRATIOND_EXIT_TEMPFAIL; -EINVAL to MIGRATIOND_EXIT_CONFIG;
 * others to MIGRATIOND_EXIT_FAILED. */
int migrationd_task_exit_status(int error);

/* Whether SIGTERM has come since migrationd_task_open(), which installs a handler without SA_RESTART: finish
 * or roll back the current batch, then exit with MIGRATIOND_EXIT_TEMPFAIL. */
int migrationd_task_stopping(void);

#ifdef __cplusplus
}
#endif
