/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One asynchronous PostgreSQL connection on sd-event: a queue of statements, a deadline for each,
 * reconnection with back-off. One statement is in flight at a time; statements run in the order in which
 * they were queued. Nothing here blocks: a host name in the connection string is looked up by a thread (not one of a
 * service= file, nor a list of hosts, which are libpq's). Kerberos is off unless the connection string sets
 * gssencmode=, for the same reason. */

#include <libpq-fe.h>
#include <systemd/sd-event.h>

#include "base/macro.h"

typedef struct PgClient PgClient;

/* A statement embedded from an .sql file (src/store/sql/NAME.sql is `sql_NAME`, dashes become
 * underscores). The strings must live until the callback. */
typedef struct SqlStatement {
        const char *name; /* the file's stem, for errors */
        const char *text;
        int n_params; /* highest $n */
} SqlStatement;

/* Why a statement failed. The strings are borrowed and valid during the callback only. */
typedef struct PgError {
        int error;              /* negative errno:
                                   -ENOTCONN   was not sent, certainly not executed: no connection until
                                               the deadline, or see PG_CLIENT_FAIL_FAST and
                                               pg_client_query_first()
                                   -ECONNRESET the connection was lost with the statement in flight: it may
                                               or may not have been executed
                                   -ETIMEDOUT  the deadline passed while it was in flight: it may or may not
                                               have been executed; or while it waited for those before it:
                                               not executed then, and the message says so
                                   -EIO        the server refused it, sqlstate says why; its effects are
                                               rolled back
                                   -ECANCELED  the client was freed */
        const char *sqlstate;   /* five characters, "" when the server did not answer */
        const char *constraint; /* name of the violated constraint or index, "" when none */
        const char *message;    /* one line for a person, begins with the statement's name; never NULL */
} PgError;

/* Called once for each statement, from the event loop, never from within pg_client_query(). error is NULL
 * on success, then res is the result, owned by the client and freed after the call; on failure res is
 * NULL. Success is known only when the server has committed and is ready for the next statement. The
 * callback may queue further statements and may free the client. */
typedef void (*PgCallback)(PgClient *c, const PgError *error, PGresult *res, void *userdata);

/* Called when a connection is up (connected true, message "": queue session settings, LISTEN, locks with
 * pg_client_query_first()) and when it is lost or an attempt to connect fails (connected false; message
 * says why). When it is called with false, the callbacks of the statements that the loss made fail have
 * been called before. May be NULL. May free the client. */
typedef void (*PgStateHandler)(PgClient *c, bool connected, const char *message, void *userdata);

/* Called for each NOTIFY, own_session: sent by this very connection. May be NULL. May free the client. */
typedef void (*PgNotifyHandler)(PgClient *c, const char *channel, const char *payload, bool own_session,
                                void *userdata);

typedef enum PgClientFlags {
        /* Statements that are queued while there is no connection, or when it is lost, fail at once with
         * -ENOTCONN, instead of waiting for a new connection until their deadline. */
        PG_CLIENT_FAIL_FAST = 1 << 0,
} PgClientFlags;

/* Back-off between attempts to connect: doubles from 100 ms to 5 s, with up to a quarter of jitter on top;
 * begins anew when the server has answered a statement. A single attempt has 10 s, with the look for the host's
 * addresses. */
#define PG_CLIENT_CONNECT_TIMEOUT_USEC (10 * USEC_PER_SEC)
#define PG_CLIENT_BACKOFF_MIN_USEC (100 * USEC_PER_MSEC)
#define PG_CLIENT_BACKOFF_MAX_USEC (5 * USEC_PER_SEC)
/* The usual deadline of a statement. */
#define PG_CLIENT_TIMEOUT_USEC (30 * USEC_PER_SEC)

/* Starts connecting in the next iteration of the event loop. conninfo is a libpq connection string that
 * names one server; application_name shows in pg_stat_activity. Session settings pinned at connect:
 * search_path '' (pg_catalog only), client_encoding UTF8, datestyle ISO, timezone UTC, transaction
 * isolation READ COMMITTED (the store's functions stand on it), statement_timeout and lock_timeout 30 s,
 * idle_in_transaction_session_timeout 60 s, client_connection_check_interval 2 s; and migrationd.host_id,
 * migrationd.host, which say on which host the process is. The database must be
 * UTF8. Returns 0 or a negative errno (-EINVAL: conninfo cannot be parsed). */
int pg_client_new(sd_event *event, const char *conninfo, const char *application_name, PgClientFlags flags,
                  PgStateHandler on_state, PgNotifyHandler on_notify, void *userdata, PgClient **ret);

/* Calls the callbacks of all statements that are left with -ECANCELED. Accepts NULL, returns NULL. */
PgClient *pg_client_free(PgClient *c);
DEFINE_CLEANUP(PgClient *, pg_client_free);

/* Queues a statement with its parameters in text form (NULL: SQL NULL); they are copied. timeout_usec counts
 * from now and includes the wait for a connection and for the statements before it; USEC_INFINITY: none.
 * callback may be NULL. Returns 0 or a negative errno; on failure the callback is not called (-ESHUTDOWN:
 * from a callback, of a client being freed).
 *
 * libpq 15 can only cancel by a blocking call. So when the deadline of the statement in flight passes, its
 * connection is dropped and a new one made: the session's locks go with it. The server ends the statement
 * itself when it sees that the client is gone, within client_connection_check_interval, and at the latest
 * at statement_timeout. */
int pg_client_query(PgClient *c, const SqlStatement *sql, const char *const *params, usec_t timeout_usec,
                    PgCallback callback, void *userdata);

/* As pg_client_query(), before everything that was queued with it, in the order of the calls; meant for
 * the state handler. Such a statement belongs to the present session: -ENOTCONN is returned while there is
 * none, and given to the callback when the connection is lost before the statement was sent, whatever the
 * flags. */
int pg_client_query_first(PgClient *c, const SqlStatement *sql, const char *const *params, usec_t timeout_usec,
                          PgCallback callback, void *userdata);

bool pg_client_is_connected(PgClient *c);

/* The last connection error as one line without secrets; "" when connected; borrowed. */
const char *pg_client_error(PgClient *c);

/* Columns of a result by name; a NULL value gives the fallback (false). Asserts that the column exists. */
const char *pg_get_text(PGresult *res, int row, const char *column, const char *fallback);
int64_t pg_get_i64(PGresult *res, int row, const char *column, int64_t fallback);
bool pg_get_bool(PGresult *res, int row, const char *column);
