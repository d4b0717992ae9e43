/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The blocking database session of a task: connection, statements with a deadline, transactions, errors as
 * errno. */

#include <libpq-fe.h>

#include "base/macro.h"

DEFINE_CLEANUP(PGresult *, PQclear);

/* The session's settings are the server's side of the deadlines; the client waits a little longer, in case it
 * hangs. */
#define SESSION_STATEMENT_USEC (30 * USEC_PER_SEC)
/* A former attempt's backend may need seconds to see that its client is gone, and to finish its last
 * statement. */
#define SESSION_LOCK_USEC (120 * USEC_PER_SEC)
/* A server that restarts answers again within seconds: systemd's restart of Debian's cluster takes 3. */
#define SESSION_CONNECT_USEC (10 * USEC_PER_SEC)

typedef struct Session {
        PGconn *pg;             /* NULL: not connected, or given up */
        char *error;            /* of the last failure, one line */
        bool (*stopping)(void); /* ends waiting for the lock and for the server */
} Session;

/* Connects, tries again while the server does not answer, and pins the session's settings. Returns 0,
 * -ENOTCONN, -ECANCELED (stopping) or -ENOMEM. */
int session_connect(Session *s, const char *conninfo, const char *application_name);

void session_done(Session *s);

/* Sets the error text to a formatted line and returns error. */
int session_fail(Session *s, int error, const char *format, ...) _printf_(3, 4);

/* Takes the session's advisory lock (a, b) and waits at most SESSION_LOCK_USEC for it. Returns 0, -ENOTCONN
 * (also: not within that time), -ECANCELED (stopping) or as session_query(). */
int session_lock(Session *s, int32_t a, int32_t b);

/* Runs one statement, its n parameters in text form. what: for the error. ret may be NULL. Returns 0, or what
 * the SQLSTATE stands for: -ESTALE, -ECANCELED, -EBADMSG, -EINVAL, -ENOTCONN (the connection is lost or the
 * server cannot serve now; after a loss the session stays without connection), -EIO. */
int session_query(Session *s, const char *what, const char *sql, int n, const char *const *params,
                  PGresult **ret);

/* Each is a message of its own, so that the end of a killed process cannot carry a commit. Rollback keeps the
 * error text. */
int session_begin(Session *s);
int session_commit(Session *s);
void session_rollback(Session *s);

/* Reads what the server sent by itself. Returns 0 or -ENOTCONN. */
int session_check(Session *s);
