/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "task/session.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/test-point.h"
#include "base/text.h"

/* How long the client waits beyond the server's own deadline before it takes the server for hung. */
#define GRACE_USEC (10 * USEC_PER_SEC)
/* Between two looks whether SIGTERM has come: a signal between the look and poll() is not lost for longer. */
#define SLICE_MSEC 500

/* What SQLSTATEs, or classes of them, stand for; the first match counts. MG00x:
 * schema/0002-task-functions.sql; the others: PostgreSQL, "Error Codes". Whatever another attempt may not
 * meet again is a lost connection. */
static const struct {
        const char *sqlstate;
        int error;
} errors[] = {
        { "MG001", -ESTALE },
        { "MG002", -ECANCELED },
        { "MG003", -EBADMSG },
        { "MG004", -EINVAL },
        { "08", -ENOTCONN },            /* connection exception */
        { "22", -EINVAL },              /* data exception: the token is no UUID */
        { "23514", -EINVAL },           /* check violation */
        { "25P03", -ENOTCONN },         /* idle in transaction for too long: the process was frozen */
        { "40", -ENOTCONN },            /* serialization failure, deadlock */
        { "53", -ENOTCONN },            /* insufficient resources: disk full, too many connections */
        { "55P03", -ENOTCONN },         /* lock not available in time */
        { "57", -ENOTCONN },            /* operator intervention: shutdown, statement_timeout */
};

static int error_from_sqlstate(const char *sqlstate) {
        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (startswith(sqlstate, errors[i].sqlstate))
                        return errors[i].error;
        return -EIO;
}

static usec_t now_usec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

/* libpq's own messages end with a newline, and longer ones are broken and indented by it. */
static void make_line(char *text) {
        char *out = text;

        for (const char *c = text; *c; c++)
                if (!strchr(" \t\n", *c))
                        *out++ = *c;
                else if (out > text && out[-1] != ' ')
                        *out++ = ' ';
        while (out > text && out[-1] == ' ')
                out--;
        *out = 0;
}

int session_fail(Session *s, int error, const char *format, ...) {
        char *text;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        if (n < 0)
                return error;
        make_line(text);
        free(s->error);
        s->error = text;
        return error;
}

void session_done(Session *s) {
        PQfinish(s->pg);
        s->pg = NULL;
        free(s->error);
        s->error = NULL;
}

/* A connection in an unknown state is of no use: closing it rolls back and gives up the lock. */
static int session_lose(Session *s, const char *what, const char *why) {
        int r = session_fail(s, -ENOTCONN, "%s: connection to the database lost: %s", what, why);

        PQfinish(s->pg);
        s->pg = NULL;
        return r;
}

/* Waits for the answer to what was sent. */
static int await(Session *s, const char *what, usec_t deadline, bool stoppable) {
        for (;;) {
                struct pollfd p = { .fd = PQsocket(s->pg), .events = POLLIN };
                usec_t now;

                if (PQconsumeInput(s->pg) == 0)
                        return session_lose(s, what, PQerrorMessage(s->pg));
                if (!PQisBusy(s->pg))
                        return 0;
                if (stoppable && s->stopping()) {
                        PQfinish(s->pg);
                        s->pg = NULL;
                        return session_fail(s, -ECANCELED, "%s: stopped by SIGTERM", what);
                }
                now = now_usec();
                if (now >= deadline)
                        return session_lose(s, what, "no answer in time");
                (void) poll(&p, 1, (int) MIN((deadline - now) / 1000 + 1, (usec_t) SLICE_MSEC));
        }
}

/* Takes the first result and drops the others, of which a single statement has none. */
static int collect(Session *s, const char *what, usec_t deadline, bool stoppable, PGresult **ret) {
        _cleanup_(PQclearp) PGresult *first = NULL;
        int r;

        for (;;) {
                PGresult *res;

                r = await(s, what, deadline, stoppable);
                if (r < 0)
                        return r;
                res = PQgetResult(s->pg);
                if (!res)
                        break;
                if (first)
                        PQclear(res);
                else
                        first = res;
        }
        if (PQstatus(s->pg) == CONNECTION_BAD)
                return session_lose(s, what, PQerrorMessage(s->pg));
        if (!first)
                return session_fail(s, -EIO, "%s: no result", what);
        *ret = TAKE_PTR(first);
        return 0;
}

static int fail_from_result(Session *s, const char *what, const PGresult *res) {
        const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
        const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
        const char *hint = PQresultErrorField(res, PG_DIAG_MESSAGE_HINT);

        return session_fail(s, error_from_sqlstate(sqlstate ? sqlstate : ""), "%s: %s (SQLSTATE %s)%s%s",
                            what, message ? message : PQresultErrorMessage(res),
                            sqlstate ? sqlstate : "unknown", hint ? " " : "", hint ? hint : "");
}

static int query(Session *s, const char *what, const char *sql, int n, const char *const *params,
                 usec_t timeout_usec, bool stoppable, PGresult **ret) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        ExecStatusType status;
        int r;

        if (!s->pg)
                return session_fail(s, -ENOTCONN, "%s: no connection to the database", what);
        test_point("task", what, "before");
        if (PQsendQueryParams(s->pg, sql, n, NULL, params, NULL, NULL, 0) == 0)
                return session_lose(s, what, PQerrorMessage(s->pg));
        test_point("task", what, "sent");
        r = collect(s, what, now_usec() + timeout_usec + GRACE_USEC, stoppable, &res);
        if (r < 0)
                return r;
        test_point("task", what, "answered");
        status = PQresultStatus(res);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
                return fail_from_result(s, what, res);
        if (ret)
                *ret = TAKE_PTR(res);
        return 0;
}

int session_query(Session *s, const char *what, const char *sql, int n, const char *const *params,
                  PGresult **ret) {
        return query(s, what, sql, n, params, SESSION_STATEMENT_USEC, false, ret);
}

int session_begin(Session *s) {
        return session_query(s, "begin", "BEGIN", 0, NULL, NULL);
}

int session_commit(Session *s) {
        return session_query(s, "commit", "COMMIT", 0, NULL, NULL);
}

void session_rollback(Session *s) {
        char *error = TAKE_PTR(s->error);

        if (s->pg && PQtransactionStatus(s->pg) != PQTRANS_IDLE)
                (void) session_query(s, "rollback", "ROLLBACK", 0, NULL, NULL);
        free(s->error);
        s->error = error;
}

/* search_path '' leaves pg_catalog. The server looks every 2 s whether a client that waits for a lock still lives
 * (from PostgreSQL 14 on), so that a killed attempt does not stay in the queue before the next one. */
static int pin_settings(Session *s) {
        static const char sql[] =
                "SELECT pg_catalog.set_config(x.name, y.value, false) FROM (VALUES ('search_path', ''), "
                "('idle_in_transaction_session_timeout', '60s'), ('client_connection_check_interval', '2s')) "
                "AS y (name, value) JOIN pg_catalog.pg_settings x ON x.name = y.name";

        return session_query(s, "session settings", sql, 0, NULL, NULL);
}

/* Timeouts of 0 stand for none. */
static int set_timeouts(Session *s, usec_t statement_usec, usec_t lock_usec) {
        static const char sql[] = "SELECT pg_catalog.set_config('statement_timeout', $1, false), "
                                  "pg_catalog.set_config('lock_timeout', $2, false)";
        char statement[24], lock[24];
        const char *params[] = { statement, lock };

        snprintf(statement, sizeof(statement), "%" PRIu64, statement_usec / 1000);
        snprintf(lock, sizeof(lock), "%" PRIu64, lock_usec / 1000);
        return session_query(s, "session settings", sql, ELEMENTSOF(params), params, NULL);
}

/* What the connection string says goes before the first group and yields to the second. */
static PGconn *connect_once(const char *conninfo, const char *application_name) {
        static const char *const keywords[] = {
                "connect_timeout",  "keepalives_idle",  "keepalives_interval",
                "keepalives_count", "tcp_user_timeout", "dbname",
                "client_encoding",  "application_name", NULL,
        };
        const char *const values[] = {
                "10", "10", "5", "3", "30000", conninfo, "UTF8", application_name, NULL
        };

        return PQconnectdbParams(keywords, values, /* expand_dbname= */ 1);
}

int session_connect(Session *s, const char *conninfo, const char *application_name) {
        usec_t deadline = now_usec() + SESSION_CONNECT_USEC, pause = 100 * USEC_PER_MSEC;

        for (;;) {
                s->pg = connect_once(conninfo, application_name);
                if (!s->pg)
                        return session_fail(s, -ENOMEM, "connect: out of memory");
                if (PQstatus(s->pg) == CONNECTION_OK)
                        return pin_settings(s);
                (void) session_fail(s, -ENOTCONN, "connect: %s", PQerrorMessage(s->pg));
                PQfinish(s->pg);
                s->pg = NULL;
                if (s->stopping())
                        return session_fail(s, -ECANCELED, "connect: stopped by SIGTERM");
                if (now_usec() + pause >= deadline)
                        return -ENOTCONN;
                /* The server is not there; a signal ends the pause. */
                (void) poll(NULL, 0, (int) (pause / USEC_PER_MSEC));
                pause = MIN(pause * 2, 2 * USEC_PER_SEC);
        }
}

int session_lock(Session *s, int32_t a, int32_t b) {
        static const char sql[] =
                "SELECT pg_catalog.pg_advisory_lock($1::pg_catalog.int4, $2::pg_catalog.int4)";
        char first[12], second[12];
        const char *params[] = { first, second };
        int r;

        snprintf(first, sizeof(first), "%" PRIi32, a);
        snprintf(second, sizeof(second), "%" PRIi32, b);
        r = set_timeouts(s, 0, SESSION_LOCK_USEC);
        if (r >= 0)
                r = query(s, "lock of the former attempt", sql, ELEMENTSOF(params), params, SESSION_LOCK_USEC,
                          true, NULL);
        if (r >= 0)
                r = set_timeouts(s, SESSION_STATEMENT_USEC, SESSION_STATEMENT_USEC);
        return r;
}

int session_check(Session *s) {
        if (!s->pg)
                return session_fail(s, -ENOTCONN, "no connection to the database");
        if (PQconsumeInput(s->pg) == 0 || PQstatus(s->pg) == CONNECTION_BAD)
                return session_lose(s, "check", PQerrorMessage(s->pg));
        /* Parses what came; nothing of it is for us. */
        for (PGnotify *n; (n = PQnotifies(s->pg));)
                PQfreemem(n);
        return 0;
}
