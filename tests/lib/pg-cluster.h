/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A throw-away PostgreSQL cluster for tests: in a directory of its own, on a Unix socket there, without
 * fsync, with the roles migrationd (no superuser) and migrationd_worker and the database migrationd, owned by
 * migrationd. The server dies with the test. These functions block. */

#include <libpq-fe.h>

#include "base/macro.h"

typedef struct PgCluster PgCluster;

/* Makes and starts one. As root, which PostgreSQL refuses, it runs as postgres or nobody. Returns 0, -ENOENT
 * when there is no PostgreSQL server on this machine (a reason to skip), or another negative errno after
 * saying why on standard error. */
int pg_cluster_new(PgCluster **ret);

/* What main() returns when pg_cluster_new() failed: skipped where there is no server, failed otherwise and
 * where $CI says that there must be one. */
int pg_cluster_absent(int error);

/* Stops the server and removes the directory. Accepts NULL, returns NULL. */
PgCluster *pg_cluster_free(PgCluster *c);
DEFINE_CLEANUP(PgCluster *, pg_cluster_free);

/* Start returns when the server accepts connections; at once when it runs. Stop sends the signal (SIGINT:
 * fast, clients are thrown out; SIGQUIT: as after a crash) and returns when the server is gone. Return 0 or a
 * negative errno. */
int pg_cluster_start(PgCluster *c);
int pg_cluster_stop(PgCluster *c, int signal);

/* The directory of the socket; borrowed. */
const char *pg_cluster_socket_directory(PgCluster *c);

/* A connection string for the database migrationd as this role ("postgres" is the superuser); owned by the
 * caller. */
char *pg_cluster_conninfo(PgCluster *c, const char *role);

/* A blocking connection as this role; NULL after saying why on standard error. */
PGconn *pg_cluster_connect(PgCluster *c, const char *role);
DEFINE_CLEANUP(PGconn *, PQfinish);
DEFINE_CLEANUP(PGresult *, PQclear);
