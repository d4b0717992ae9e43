/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The client's statements: queueing, sending, deadlines, results, notifications. pg-connect.c keeps the
 * connection. */

#include "store/pg-client.h"

#include <assert.h>
#include <sys/epoll.h>

#include "base/test-point.h"
#include "base/text.h"
#include "store/pg-client-internal.h"

/* Deadlines that are this near to each other share a wake-up. */
#define DEADLINE_ACCURACY_USEC (10 * USEC_PER_MSEC)

static void queue_append(StatementQueue *q, Statement *s) {
        s->prev = q->tail;
        *(q->tail ? &q->tail->next : &q->head) = s;
        q->tail = s;
}

static void queue_prepend(StatementQueue *q, Statement *s) {
        s->next = q->head;
        *(q->head ? &q->head->prev : &q->tail) = s;
        q->head = s;
}

static void queue_remove(StatementQueue *q, Statement *s) {
        *(s->prev ? &s->prev->next : &q->head) = s->next;
        *(s->next ? &s->next->prev : &q->tail) = s->prev;
        s->prev = s->next = NULL;
}

static Statement *queue_pop(StatementQueue *q) {
        Statement *s = q->head;

        if (s)
                queue_remove(q, s);
        return s;
}

static Statement *statement_free(Statement *s) {
        if (!s)
                return NULL;

        sd_event_source_disable_unref(s->deadline);
        for (int i = 0; s->params && i < s->n_params; i++)
                free(s->params[i]);
        free(s->params);
        PQclear(s->res);
        free(s);
        return NULL;
}
DEFINE_CLEANUP(Statement *, statement_free);

/* Calls the callback of a statement that is in no queue any more, and frees it. */
static void statement_fail(Statement *statement, int error, const char *reason) {
        _cleanup_(statement_freep) Statement *s = statement;
        _cleanup_(freep) char *message = NULL;
        PgError e;

        if (!s->callback)
                return;

        message = text_format("%s: %s", s->name, reason);
        e = (PgError){ error, "", "", message ?: s->name };
        /* The server may have said why before it closed the connection. */
        if (s->res && !pg_result_ok(s->res))
                e.sqlstate = PQresultErrorField(s->res, PG_DIAG_SQLSTATE) ?: "";
        s->callback(s->client, &e, NULL, s->userdata);
}

static void statement_complete(Statement *statement) {
        _cleanup_(statement_freep) Statement *s = statement;
        _cleanup_(freep) char *message = NULL;
        PgError e;

        if (!s->callback)
                return;
        if (pg_result_ok(s->res)) {
                s->callback(s->client, NULL, s->res, s->userdata);
                return;
        }
        pg_result_error(s, &e, &message);
        s->callback(s->client, &e, NULL, s->userdata);
}

static int on_deadline(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata) {
        Statement *s = userdata;
        _cleanup_(pg_client_unrefp) PgClient *c = pg_client_ref(s->client);
        _cleanup_(freep) char *after = text_format_usec(s->timeout_usec), *message = NULL;

        if (s == c->in_flight) {
                message = text_format("no answer to statement %s within %s", s->name, after ?: "its time");
                pg_connect_lost(c, -ETIMEDOUT, message ?: "no answer within its time");
                return 0;
        }

        queue_remove(s->first ? &c->first : &c->queue, s);
        if (c->state == CLIENT_CONNECTED)
                statement_fail(s, -ETIMEDOUT, "not sent, the statements before it took too long");
        else {
                message = text_format("no connection to the database within %s: %s", after ?: "its time",
                                      pg_client_error(c));
                statement_fail(s, -ENOTCONN, message ?: "no connection to the database");
        }
        return 0;
}

static int statement_new(PgClient *c, const SqlStatement *sql, const char *const *params, usec_t timeout_usec,
                         Statement **ret) {
        _cleanup_(statement_freep) Statement *s = NULL;
        int r;

        s = calloc(1, sizeof(Statement));
        if (!s)
                return -ENOMEM;
        s->client = c;
        s->name = sql->name;
        s->text = sql->text;
        s->timeout_usec = timeout_usec;

        s->params = calloc((size_t) sql->n_params + 1, sizeof(char *));
        if (!s->params)
                return -ENOMEM;
        for (; s->n_params < sql->n_params; s->n_params++) {
                const char *value = params[s->n_params];

                if (!value)
                        continue;
                s->params[s->n_params] = strdup(value);
                if (!s->params[s->n_params])
                        return -ENOMEM;
        }

        if (timeout_usec != USEC_INFINITY) {
                r = sd_event_add_time_relative(c->event, &s->deadline, CLOCK_MONOTONIC, timeout_usec,
                                               DEADLINE_ACCURACY_USEC, on_deadline, s);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

/* Handlers send by themselves at their end; this is for those who queue from elsewhere. */
static void work_later(PgClient *c) {
        if ((c->state == CLIENT_CONNECTED && !c->in_flight) ||
            (c->state != CLIENT_CONNECTED && (c->flags & PG_CLIENT_FAIL_FAST)))
                (void) sd_event_source_set_enabled(c->work, SD_EVENT_ONESHOT);
}

int pg_client_query(PgClient *c, const SqlStatement *sql, const char *const *params, usec_t timeout_usec,
                    PgCallback callback, void *userdata) {
        Statement *s;
        int r;

        assert(sql->n_params == 0 || params);

        if (c->freed)
                return -ESHUTDOWN;
        r = statement_new(c, sql, params, timeout_usec, &s);
        if (r < 0)
                return r;
        s->callback = callback;
        s->userdata = userdata;
        queue_append(&c->queue, s);
        work_later(c);
        return 0;
}

static int query_session(PgClient *c, const SqlStatement *sql, const char *const *params, usec_t timeout_usec,
                         PgCallback callback, void *userdata, Statement **ret) {
        Statement *s;
        int r;

        assert(sql->n_params == 0 || params);

        if (c->freed)
                return -ESHUTDOWN;
        if (c->state != CLIENT_CONNECTED)
                return -ENOTCONN;
        r = statement_new(c, sql, params, timeout_usec, &s);
        if (r < 0)
                return r;
        s->first = true;
        s->callback = callback;
        s->userdata = userdata;
        work_later(c);
        *ret = s;
        return 0;
}

int pg_client_query_first(PgClient *c, const SqlStatement *sql, const char *const *params, usec_t timeout_usec,
                          PgCallback callback, void *userdata) {
        Statement *s;
        int r;

        r = query_session(c, sql, params, timeout_usec, callback, userdata, &s);
        if (r >= 0)
                queue_append(&c->first, s);
        return r;
}

int pg_client_query_next(PgClient *c, const SqlStatement *sql, const char *const *params, bool script,
                         usec_t timeout_usec, PgCallback callback, void *userdata) {
        Statement *s;
        int r;

        r = query_session(c, sql, params, timeout_usec, callback, userdata, &s);
        if (r < 0)
                return r;
        s->script = script;
        queue_prepend(&c->first, s);
        return 0;
}

/* Sends what libpq holds back, and watches for room in the socket as long as it does. */
static bool flush(PgClient *c) {
        int r = PQflush(c->conn);

        if (r < 0) {
                pg_connect_lost(c, -ECONNRESET, NULL);
                return false;
        }
        pg_connect_watch(c, r > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
        return c->state == CLIENT_CONNECTED;
}

static void send_next(PgClient *c) {
        Statement *s;
        int r;

        if (c->state != CLIENT_CONNECTED || c->in_flight)
                return;
        s = queue_pop(&c->first) ?: queue_pop(&c->queue);
        if (!s)
                return;

        c->in_flight = s;
        test_point("sql", s->name, "before");
        if (s->script)
                r = PQsendQuery(c->conn, s->text);
        else
                r = PQsendQueryParams(c->conn, s->text, s->n_params, NULL, (const char *const *) s->params, NULL,
                                      NULL, /* resultFormat= */ 0);
        if (r == 0)
                pg_connect_lost(c, -ECONNRESET, NULL);
        else if (flush(c))
                test_point("sql", s->name, "sent");
}

/* Fails those that are in the queue now, not those that the callbacks add to it. */
static void queue_fail(PgClient *c, StatementQueue *q, int error, const char *reason) {
        Statement *last = q->tail, *s = NULL;

        while (s != last && !c->freed) {
                s = queue_pop(q);
                statement_fail(s, error, reason);
        }
}

static int on_work(_unused_ sd_event_source *source, void *userdata) {
        _cleanup_(pg_client_unrefp) PgClient *c = pg_client_ref(userdata);
        _cleanup_(freep) char *reason = NULL;

        if (c->state == CLIENT_CONNECTED)
                send_next(c);
        else if (c->flags & PG_CLIENT_FAIL_FAST) {
                reason = text_format("no connection to the database: %s", pg_client_error(c));
                queue_fail(c, &c->queue, -ENOTCONN, reason ?: "no connection to the database");
        }
        return 0;
}

void pg_client_on_connected(PgClient *c) {
        free(c->error);
        c->error = NULL;
        if (c->on_state)
                c->on_state(c, true, "", c->userdata);
        if (!c->freed)
                send_next(c);
}

void pg_client_on_lost(PgClient *c, int error) {
        _cleanup_(freep) char *reason = NULL;
        Statement *s = TAKE_PTR(c->in_flight);

        reason = text_format("connection to the database lost: %s", pg_client_error(c));
        if (s)
                statement_fail(s, error, error == -ETIMEDOUT ? pg_client_error(c) : reason ?: "connection lost");
        if (!c->freed)
                queue_fail(c, &c->first, -ENOTCONN, reason ?: "connection lost");
        if (!c->freed && (c->flags & PG_CLIENT_FAIL_FAST))
                queue_fail(c, &c->queue, -ENOTCONN, reason ?: "connection lost");
}

static bool is_copy(const PGresult *res) {
        ExecStatusType status = PQresultStatus(res);

        return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

/* Takes what has arrived of the results. When the connection is gone, libpq adds an error result of its
 * own, without a SQLSTATE, to those of a statement whose end has not arrived. Returns false when the
 * connection is not to be used any more. */
static bool read_results(PgClient *c) {
        while (c->in_flight && !PQisBusy(c->conn)) {
                Statement *s = c->in_flight;
                PGresult *res = PQgetResult(c->conn);
                bool lost, copy;

                if (!res) {
                        /* The server is ready for the next one: only now is this one certainly committed. */
                        c->in_flight = NULL;
                        c->n_failures = 0;
                        test_point("sql", s->name, "answered");
                        statement_complete(s);
                        return !c->freed;
                }
                lost = PQstatus(c->conn) == CONNECTION_BAD && !PQresultErrorField(res, PG_DIAG_SQLSTATE) &&
                       !pg_result_ok(res);
                copy = is_copy(res);
                if (!s->res || pg_result_ok(s->res)) {
                        PQclear(s->res);
                        s->res = res;
                } else
                        PQclear(res);

                if (lost || copy) {
                        pg_connect_lost(c, -ECONNRESET, copy ? "COPY is not supported" : NULL);
                        return false;
                }
        }
        return true;
}

static bool read_notifications(PgClient *c) {
        PGnotify *n;

        while ((n = PQnotifies(c->conn))) {
                if (c->on_notify)
                        c->on_notify(c, n->relname, n->extra, n->be_pid == PQbackendPID(c->conn), c->userdata);
                PQfreemem(n);
                if (c->freed)
                        return false;
        }
        return true;
}

static bool consume_input(PgClient *c) {
        if (PQconsumeInput(c->conn) == 0)
                return false;
        /* Under TLS one read may leave up to half a record in the library, where epoll does not see it. */
        return !PQsslInUse(c->conn) || PQconsumeInput(c->conn) != 0;
}

void pg_client_on_readable(PgClient *c) {
        bool alive = consume_input(c);

        /* What came before the end of the connection still counts. */
        if (!read_results(c) || !read_notifications(c))
                return;
        if (!alive || PQstatus(c->conn) == CONNECTION_BAD) {
                pg_connect_lost(c, -ECONNRESET, NULL);
                return;
        }
        if (flush(c))
                send_next(c);
}

PgClient *pg_client_ref(PgClient *c) {
        c->n_ref++;
        return c;
}

PgClient *pg_client_unref(PgClient *c) {
        if (!c || --c->n_ref > 0)
                return NULL;

        sd_event_unref(c->event);
        strv_free(c->keywords);
        strv_free(c->values);
        free(c->error);
        free(c);
        return NULL;
}

PgClient *pg_client_free(PgClient *c) {
        Statement *s;

        if (!c || c->freed)
                return NULL;

        c->freed = true;
        pg_connect_done(c);
        c->work = sd_event_source_disable_unref(c->work);
        while ((s = TAKE_PTR(c->in_flight) ?: queue_pop(&c->first) ?: queue_pop(&c->queue)))
                statement_fail(s, -ECANCELED, "the client was closed");
        return pg_client_unref(c);
}

int pg_client_new(sd_event *event, const char *conninfo, const char *application_name, PgClientFlags flags,
                  PgStateHandler on_state, PgNotifyHandler on_notify, void *userdata, PgClient **ret) {
        _cleanup_(pg_client_freep) PgClient *c = NULL;
        int r;

        c = calloc(1, sizeof(PgClient));
        if (!c)
                return -ENOMEM;
        c->n_ref = 1;
        c->event = sd_event_ref(event);
        c->flags = flags;
        c->on_state = on_state;
        c->on_notify = on_notify;
        c->userdata = userdata;

        r = pg_connect_init(c, conninfo, application_name);
        if (r < 0)
                return r;
        r = sd_event_add_defer(event, &c->work, on_work, c);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(c->work, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

bool pg_client_is_connected(PgClient *c) {
        return c->state == CLIENT_CONNECTED;
}

const char *pg_client_error(PgClient *c) {
        if (c->state == CLIENT_CONNECTED)
                return "";
        return c->error ?: "out of memory";
}
