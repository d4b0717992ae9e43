/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/database.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

/* How long the former attempt's session is waited for: its server process may have to finish a statement. */
#define LOCK_SECONDS 120

/* Between two looks whether SIGTERM has come: a signal between look and poll() is not lost for longer. And
 * how many looks a statement is given to end by itself. */
#define LOOK_MSEC 250
#define LOOKS_MAX 8

/* A COPY buffer is handed to libpq when it has that much: fewer calls, and still little memory. */
#define COPY_FLUSH_BYTES (64 * 1024)

/* What SQLSTATEs, or classes of them, stand for; the first match counts. Source: PostgreSQL, "Error Codes".
 */
static const struct {
        const char *sqlstate;
        int error;
} errors[] = {
        { "08", -ENOTCONN },    /* connection exception */
        { "23505", -EEXIST },   /* unique violation */
        { "25P03", -ENOTCONN }, /* idle in transaction for too long */
        { "3F000", -ENOENT },   /* undefined schema */
        { "40", -EAGAIN },      /* deadlock, serialization failure */
        { "42P01", -ENOENT },   /* undefined table */
        { "53", -ENOTCONN },    /* insufficient resources: disk full, too many connections */
        { "55P03", -ENOTCONN }, /* lock not available in time */
        { "57", -ENOTCONN },    /* operator intervention: shutdown */
};

static int database_fail(Database *d, int error, const char *format, ...) _printf_(3, 4);
static int database_fail(Database *d, int error, const char *format, ...) {
        char *text;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        if (n < 0)
                return error;
        /* libpq ends its own messages with a newline and breaks long ones. */
        while (n > 0 && text[n - 1] == '\n')
                text[--n] = 0;
        for (char *c = text; *c; c++)
                if (*c == '\n' || *c == '\t')
                        *c = ' ';
        free(d->error);
        d->error = text;
        return error;
}

/* The error of a result, or of the connection when res is NULL. */
static int fail_from_result(Database *d, const char *what, const PGresult *res) {
        const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
        const char *message = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
        const char *detail = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL) : NULL;
        int error = -EIO;

        (void) snprintf(d->sqlstate, sizeof(d->sqlstate), "%s", state ?: "");
        if (!state || PQstatus(d->pg) == CONNECTION_BAD)
                return database_fail(d, -ENOTCONN, "%s: connection to Pulp's database lost: %s", what,
                                     message ?: PQerrorMessage(d->pg));
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (startswith(state, errors[i].sqlstate)) {
                        error = errors[i].error;
                        break;
                }
        return database_fail(d, error, "%s: Pulp's database says: %s (SQLSTATE %s)%s%s", what,
                             message ?: "no reason", state, detail ? " " : "", detail ?: "");
}

/* Whether the server has answered that nobody can connect like this: there is no such database, or the role may not.
 * libpq tells the SQLSTATE of such an answer in a message of that form only, so it is asked again. It may have
 * become reachable meanwhile: then it is connected. */
static bool is_refused(PGconn *pg) {
        static const char *const states[] = { "3D000", "28000", "28P01" };
        const char *message;

        (void) PQsetErrorVerbosity(pg, PQERRORS_SQLSTATE);
        PQreset(pg);
        (void) PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
        message = PQerrorMessage(pg);
        for (size_t i = 0; i < ELEMENTSOF(states); i++)
                if (PQstatus(pg) != CONNECTION_OK && strstr(message, states[i]))
                        return true;
        return false;
}

static int fail_from_connect(Database *d) {
        int r = database_fail(d, -ENOTCONN, "cannot connect to Pulp's database: %s", PQerrorMessage(d->pg));

        if (is_refused(d->pg))
                return database_fail(d, -EINVAL, "%s; [Pulp3] Database= has to name a database, and a role that may",
                                     d->error ?: "no reason");
        return PQstatus(d->pg) == CONNECTION_OK ? 0 : r;
}

int database_open(Database *d, const char *conninfo, const char *application_name) {
        static const char *const keywords[] = {
                "connect_timeout",
                "keepalives_idle",
                "keepalives_interval",
                "keepalives_count",
                "tcp_user_timeout",
                "dbname",
                "client_encoding",
                "application_name",
                "options",
                NULL,
        };
        const char *const values[] = {
                "10",
                "10",
                "5",
                "3",
                "30000",
                conninfo,
                "UTF8",
                application_name,
                "-c search_path= -c timezone=UTC -c datestyle=ISO -c lock_timeout=60s "
                "-c client_connection_check_interval=1s "
                "-c client_min_messages=warning -c default_transaction_isolation=read\\ committed",
                NULL,
        };

        d->pg = PQconnectdbParams(keywords, values, /* expand_dbname= */ 1);
        if (!d->pg)
                return database_fail(d, -ENOMEM, "out of memory");
        return PQstatus(d->pg) == CONNECTION_OK ? 0 : fail_from_connect(d);
}

void database_done(Database *d) {
        PQfinish(d->pg);
        free(d->error);
        free(d->row);
        *d = (Database){};
}

/* Asks the server to end what it does: it answers with an error, soon. */
static void cancel_statement(Database *d) {
        PGcancel *c = PQgetCancel(d->pg);
        char text[256];

        if (c)
                (void) PQcancel(c, text, sizeof(text));
        PQfreeCancel(c);
}

/* Waits for the answer to what was sent. Returns 0, or -ECANCELED: the answer will be that it was canceled.
 */
static int await(Database *d) {
        int looks = 0, r = 0;

        while (PQconsumeInput(d->pg) == 1 && PQisBusy(d->pg)) {
                struct pollfd p = { .fd = PQsocket(d->pg), .events = POLLIN };

                if (poll(&p, 1, LOOK_MSEC) > 0 || !d->stopping || !d->stopping())
                        continue;
                if (++looks == LOOKS_MAX) {
                        cancel_statement(d);
                        r = -ECANCELED;
                }
        }
        return r;
}

/* Takes all results of what was sent, and keeps the last. */
static int collect(Database *d, const char *what, PGresult **ret) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r = 0;

        for (;;) {
                PGresult *next;

                if (await(d) < 0)
                        r = -ECANCELED;
                next = PQgetResult(d->pg);
                if (!next)
                        break;
                /* After an error of one of several statements the rest is not run. */
                PQclear(res);
                res = next;
                if (PQresultStatus(res) == PGRES_COPY_IN)
                        break;
        }
        if (res && (PQresultStatus(res) == PGRES_COMMAND_OK || PQresultStatus(res) == PGRES_TUPLES_OK ||
                    PQresultStatus(res) == PGRES_COPY_IN)) {
                *ret = TAKE_PTR(res);
                return 0;
        }
        if (r == 0)
                return fail_from_result(d, what, res);
        (void) fail_from_result(d, what, res);
        return database_fail(d, -ECANCELED, "stopped by SIGTERM in the middle of: %s", what);
}

int database_query(Database *d, const char *what, const char *sql, size_t n, const char *const *params,
                   PGresult **ret) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        if (PQsendQueryParams(d->pg, sql, (int) n, NULL, params, NULL, NULL, 0) == 0)
                return fail_from_result(d, what, NULL);
        r = collect(d, what, &res);
        if (r >= 0 && ret)
                *ret = TAKE_PTR(res);
        return r;
}

int database_script(Database *d, const char *what, const char *sql) {
        _cleanup_(PQclearp) PGresult *res = NULL;

        if (PQsendQuery(d->pg, sql) == 0)
                return fail_from_result(d, what, NULL);
        return collect(d, what, &res);
}

/* The server gives up after a second, so that SIGTERM is seen; the place in the queue matters to nobody. */
int database_lock(Database *d, int32_t report, int32_t task) {
        char first[12], second[12];
        int r;

        snprintf(first, sizeof(first), "%i", report);
        snprintf(second, sizeof(second), "%i", task);
        r = database_query(d, "lock", "SET lock_timeout = '1s'", DATABASE_NO_PARAMS, NULL);
        for (int i = 0; r >= 0 && i < LOCK_SECONDS; i++) {
                if (d->stopping && d->stopping())
                        return database_fail(d, -ECANCELED,
                                             "stopped by SIGTERM while waiting for the former attempt");
                r = database_query(
                        d, "lock of the former attempt",
                        "SELECT pg_catalog.pg_advisory_lock($1::pg_catalog.int4, $2::pg_catalog.int4)",
                        DATABASE_PARAMS(first, second), NULL);
                if (r >= 0)
                        return database_query(d, "lock", "SET lock_timeout = '60s'", DATABASE_NO_PARAMS,
                                              NULL);
                if (streq(d->sqlstate, "55P03"))
                        r = 0;
        }
        return r < 0 ? r
                     : database_fail(d, -ENOTCONN,
                                     "a former attempt's session still holds the lock (%s, %s) in Pulp's "
                                     "database; see pg_locks there",
                                     first, second);
}

int database_begin(Database *d) {
        return database_query(d, "begin", "BEGIN", DATABASE_NO_PARAMS, NULL);
}

int database_commit(Database *d) {
        return database_query(d, "commit", "COMMIT", DATABASE_NO_PARAMS, NULL);
}

void database_rollback(Database *d) {
        char *error = TAKE_PTR(d->error);

        if (d->pg && PQtransactionStatus(d->pg) != PQTRANS_IDLE && PQstatus(d->pg) == CONNECTION_OK) {
                /* A COPY that was not ended. */
                if (PQtransactionStatus(d->pg) == PQTRANS_ACTIVE) {
                        (void) PQputCopyEnd(d->pg, "rolled back");
                        for (PGresult *res; (res = PQgetResult(d->pg));)
                                PQclear(res);
                }
                (void) database_query(d, "rollback", "ROLLBACK", DATABASE_NO_PARAMS, NULL);
        }
        free(d->error);
        d->error = error;
}

int database_copy_begin(Database *d, const char *sql) {
        _cleanup_(PQclearp) PGresult *res = NULL;

        d->row_bytes = 0;
        res = PQexec(d->pg, sql);
        return PQresultStatus(res) == PGRES_COPY_IN ? 0 : fail_from_result(d, "copy", res);
}

static int row_reserve(Database *d, size_t bytes) {
        size_t size = MAX(d->row_allocated, (size_t) COPY_FLUSH_BYTES * 2);
        char *p;

        if (d->row_bytes + bytes <= d->row_allocated)
                return 0;
        while (size < d->row_bytes + bytes)
                size *= 2;
        p = realloc(d->row, size);
        if (!p)
                return database_fail(d, -ENOMEM, "out of memory");
        d->row = p;
        d->row_allocated = size;
        return 0;
}

/* Escapes as COPY's text format asks for. */
static void row_append(Database *d, const char *text) {
        char *p = d->row + d->row_bytes;

        if (!text) {
                *p++ = '\\';
                *p++ = 'N';
        }
        for (; text && *text; text++) {
                char c = *text == '\n'   ? 'n'
                         : *text == '\r' ? 'r'
                         : *text == '\t' ? 't'
                         : *text == '\\' ? '\\'
                                         : 0;

                if (c)
                        *p++ = '\\';
                *p++ = c ?: *text;
        }
        d->row_bytes = (size_t) (p - d->row);
}

static int row_flush(Database *d) {
        if (d->row_bytes > 0 && PQputCopyData(d->pg, d->row, (int) d->row_bytes) <= 0)
                return database_fail(d, -ENOTCONN, "copy: connection to Pulp's database lost: %s",
                                     PQerrorMessage(d->pg));
        d->row_bytes = 0;
        return 0;
}

int database_copy_row(Database *d, size_t n, const char *const *columns) {
        int r;

        for (size_t i = 0; i < n; i++) {
                r = row_reserve(d, (columns[i] ? 2 * strlen(columns[i]) : 2) + 1);
                if (r < 0)
                        return r;
                row_append(d, columns[i]);
                d->row[d->row_bytes++] = i + 1 < n ? '\t' : '\n';
        }
        return d->row_bytes >= COPY_FLUSH_BYTES ? row_flush(d) : 0;
}

int database_copy_end(Database *d) {
        int r;

        r = row_flush(d);
        if (r < 0)
                return r;
        if (PQputCopyEnd(d->pg, NULL) <= 0)
                return database_fail(d, -ENOTCONN, "copy: connection to Pulp's database lost: %s",
                                     PQerrorMessage(d->pg));
        for (;;) {
                _cleanup_(PQclearp) PGresult *res = PQgetResult(d->pg);

                if (!res)
                        return r;
                if (r >= 0 && PQresultStatus(res) != PGRES_COMMAND_OK)
                        r = fail_from_result(d, "copy", res);
        }
}

int database_send_query(Database *d, const char *what, const char *sql, size_t n, const char *const *params) {
        if (PQsendQueryParams(d->pg, sql, (int) n, NULL, params, NULL, NULL, 0) == 0 ||
            PQsetSingleRowMode(d->pg) == 0)
                return database_fail(d, -ENOTCONN, "%s: connection to Pulp's database lost: %s", what,
                                     PQerrorMessage(d->pg));
        return 0;
}

int database_next_row(Database *d, const char *what, PGresult **ret) {
        _cleanup_(PQclearp) PGresult *res = PQgetResult(d->pg);
        int r = 0;

        if (PQresultStatus(res) == PGRES_SINGLE_TUPLE) {
                *ret = TAKE_PTR(res);
                return 1;
        }
        if (PQresultStatus(res) != PGRES_TUPLES_OK)
                r = fail_from_result(d, what, res);
        for (PGresult *rest; (rest = PQgetResult(d->pg));)
                PQclear(rest);
        return r;
}

int64_t database_int(const PGresult *res, int row, int column) {
        return PQgetisnull(res, row, column) ? 0 : strtoll(PQgetvalue(res, row, column), NULL, 10);
}

const char *database_text(const PGresult *res, int row, int column) {
        return PQgetisnull(res, row, column) ? NULL : PQgetvalue(res, row, column);
}
