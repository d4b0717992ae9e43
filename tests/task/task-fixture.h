/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A throw-away cluster with the service's schema, and reports with one task whose attempt is launched: what a
 * task program finds when systemd starts it. Everything here asserts that it works. */

#include "lib/pg-cluster.h"

typedef struct Fixture {
        PgCluster *cluster;
        PGconn *service;        /* as migrationd */
        int report;
        int task;
        int attempt;            /* its number */
} Fixture;

/* Group set-up and tear-down of cmocka; the set-up skips the group by a result of its own when there is no
 * PostgreSQL. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Whether there is a PostgreSQL server on this machine. */
bool fixture_available(void);

/* Runs statements on the service's connection; returns the first column of the first row, "" when there is
 * none; borrowed until the next call. */
const char *sql(Fixture *f, const char *format, ...) _printf_(2, 3);

/* A new report of one step with one task, whose first attempt is launched and whose environment is set. The
 * unfinished report before is ended. document and options are JSON objects. */
void fixture_launch(Fixture *f, bool expand, const char *document, const char *options);

/* Ends the attempt as the poll does and launches the next one. */
void fixture_launch_again(Fixture *f);

/* Ends the sessions that hold a lock, as an administrator can; returns when they are gone. */
void fixture_disconnect_tasks(Fixture *f);

/* Polls until the query's first column is "t"; fails after 20 s. */
void fixture_wait(Fixture *f, const char *query);
