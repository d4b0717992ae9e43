/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* For tests of the store's SQL functions: blocking connections as the service and as a worker, and the short
 * way to a report, its attempts and what a statement says. All of it asserts. */

#include "lib/pg-cluster.h"

typedef struct Reply {
        int n_rows;
        char value[8192]; /* first column of the first row, "NULL", or "" without a row */
        char sqlstate[6]; /* "" when it succeeded */
        char constraint[64], message[256];
} Reply;

typedef struct Attempt {
        char id[24], task[12], number[12], token[40], step[65], kind[16], unit[256];
} Attempt;

typedef struct Store {
        PGconn *service, *worker;
        char report[12];
} Store;

/* Cmocka set-up and tear-down: connections to store_cluster, all tables but the schema's version empty. */
extern PgCluster *store_cluster;
int store_setup(void **state);
int store_teardown(void **state);

/* Runs a statement with text parameters, the list ends with a NULL of type char*; NULL itself cannot be a
 * parameter. */
Reply say(PGconn *conn, const char *sql, ...) _sentinel_;

/* Creates a plan and a report of it that runs; steps: JSON as of report_create(), where attempts, back-off
 * and on_failure may be left out. */
void store_run(Store *s, const char *options, unsigned workers, const char *steps);

/* Launches at most limit tasks. Returns how many, their attempts in the order of the tasks. */
int store_launch(Store *s, const char *limit, Attempt *ret, int n);

/* Takes the session lock, as the worker, and claims. */
Reply store_claim(Store *s, const Attempt *a);

/* The report launched one task and the worker has claimed it. */
Attempt store_launch_and_claim(Store *s);

/* Calls migrationd.FUNCTION(task, attempt, token, arguments) as the worker; arguments is SQL text. */
Reply store_call(Store *s, const char *function, const Attempt *a, const char *arguments);

/* One value about the report as the service, $1 is the report. */
Reply store_ask(Store *s, const char *sql);

/* Tasks with so many attempts in the first step instead of its own, in this order; values: SQL text of (lane, stage). */
void store_set_tasks(Store *s, const char *attempts, const char *values);

/* A caller's request, as `BEFORE|AFTER` or `BEFORE|REFUSED`. argument: as the verb has it. */
Reply store_request(Store *s, const char *verb, const char *argument);

/* The worker claims and finishes. */
void store_complete(Store *s, const Attempt *a);

/* The attempt fails before its claim, with that class. */
void store_fail(Store *s, const Attempt *a, const char *class);

/* Why the report waits is LIKE the pattern; why a task does. */
void store_assert_why(Store *s, const char *pattern);
Reply store_why_task(Store *s, const char *task);

#define assert_value(reply, expected) \
        do { \
                Reply _r = (reply); \
                assert_string_equal(_r.message, ""); \
                assert_string_equal(_r.value, expected); \
        } while (false)

#define assert_sqlstate(reply, expected) \
        do { \
                Reply _r = (reply); \
                assert_string_equal(_r.sqlstate, expected); \
        } while (false)
