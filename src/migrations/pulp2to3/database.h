/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The blocking session with Pulp's database: statements, transactions, COPY, and errors as errno.
 *
 * Unlike the service's session (task/session.h) it keeps the SQLSTATE, knows COPY, and lets statements run
 * for as long as they need: a dump of a million units is merged by one statement. */

#include <libpq-fe.h>

#include "base/macro.h"

DEFINE_CLEANUP(PGresult *, PQclear);

typedef struct Database {
        PGconn *pg;
        char *error;      /* of the last failure, one line; owned */
        char sqlstate[6]; /* of the last failure; empty: not from the server */
        char *row;        /* buffer of database_copy_row() */
        size_t row_bytes; /* used of it */
        size_t row_allocated;
        bool (*stopping)(void); /* NULL, or ends statements that take too long once it became true */
} Database;

/* Connects and pins the session's settings: no search path, UTC, locks are waited for a minute, and the
 * server looks every second whether its client still lives, so that a killed program's locks are soon free.
 * Returns 0; -ENOTCONN; -EINVAL: the server says that there is no such database, or that the role may not;
 * -ENOMEM. */
int database_open(Database *d, const char *conninfo, const char *application_name);

void database_done(Database *d);

/* Waits for the session lock (report, task) until the former attempt's session has ended, for up to 120 s.
 * Returns 0, -ECANCELED when stopping() became true, or -ENOTCONN. */
int database_lock(Database *d, int32_t report, int32_t task);

/* The parameters of a statement, each a text or NULL; the pair of arguments n and params below. */
#define DATABASE_PARAMS(...) \
        ELEMENTSOF(((const char *const[]) { __VA_ARGS__ })), (const char *const[]) { __VA_ARGS__ }
#define DATABASE_NO_PARAMS 0, NULL

/* Runs one statement. what: what it does, for the error text. ret may be NULL. Returns 0, or
 *   -ENOTCONN  the connection is lost or the server cannot serve now (SQLSTATE classes 08, 53, 57; 55P03)
 *   -EAGAIN    deadlock or serialization failure: the transaction may be tried again
 *   -EEXIST    a unique key exists already (23505)
 *   -ENOENT    a table or schema does not exist (42P01, 3F000)
 *   -ECANCELED stopping() became true and the statement did not end within 2 s: it was canceled
 *   -EIO       refused for another reason */
int database_query(Database *d, const char *what, const char *sql, size_t n, const char *const *params,
                   PGresult **ret);

/* Runs a text of several statements without parameters. */
int database_script(Database *d, const char *what, const char *sql);

/* Each is a message of its own, so that the end of a killed process cannot carry a commit. */
int database_begin(Database *d);
int database_commit(Database *d);
/* Keeps the error text. */
void database_rollback(Database *d);

/* COPY … FROM STDIN in text form, a row at a time; a NULL column is NULL. After a failed row the COPY has
 * ended. */
int database_copy_begin(Database *d, const char *sql);
int database_copy_row(Database *d, size_t n, const char *const *columns);
int database_copy_end(Database *d);

/* SELECT row by row, in constant memory: call database_next_row() until it returns 0; 1: *ret is one row,
 * owned. */
int database_send_query(Database *d, const char *what, const char *sql, size_t n, const char *const *params);
int database_next_row(Database *d, const char *what, PGresult **ret);

/* A field as number; 0 when NULL. */
int64_t database_int(const PGresult *res, int row, int column);
/* A field as text; NULL when NULL. */
const char *database_text(const PGresult *res, int row, int column);
