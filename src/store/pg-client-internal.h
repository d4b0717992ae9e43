/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of the client share. Only pg-*.c and schema.c may include this.
 *
 * Every handler of the event loop holds a reference while it runs, as each callback in it may free the
 * client: after a callback, `freed` says whether to go on. */

#include "store/pg-client.h"
#include "store/pg-lookup.h"

typedef struct Statement Statement;

struct Statement {
        PgClient *client;
        Statement *prev, *next;  /* in its queue */
        const char *name, *text; /* borrowed */
        bool first;              /* in the queue of that name: belongs to the present session */
        bool script;             /* text holds several statements and no parameters */
        char **params;           /* n_params, an element may be NULL */
        int n_params;
        PgCallback callback;
        void *userdata;
        usec_t timeout_usec;
        sd_event_source *deadline;
        PGresult *res; /* the first error, else the last result */
};

typedef struct StatementQueue {
        Statement *head, *tail;
} StatementQueue;

typedef enum ClientState {
        CLIENT_WAITING, /* for the timer, then for an attempt to connect */
        CLIENT_CONNECTING,
        CLIENT_CONNECTED,
} ClientState;

struct PgClient {
        unsigned n_ref;
        bool freed; /* by its owner; only references of running handlers are left */
        sd_event *event;
        PgClientFlags flags;
        PgStateHandler on_state;
        PgNotifyHandler on_notify;
        void *userdata;

        char **keywords, **values; /* of the connection string and the pinned settings */
        ClientState state;
        PGconn *conn;           /* NULL in CLIENT_WAITING, and in CLIENT_CONNECTING while the host is looked up */
        PgLookup *lookup;       /* outlives an attempt: a thread that hangs is not to become many */
        sd_event_source *io;    /* on the socket of conn */
        sd_event_source *timer; /* next attempt, or deadline of the present one */
        unsigned n_failures;    /* since the server last answered a statement */
        char *error;            /* NULL: none, or no memory for it */

        StatementQueue first, queue;
        Statement *in_flight;  /* in no queue */
        sd_event_source *work; /* sends, or fails, what was queued outside the handlers */
};

PgClient *pg_client_ref(PgClient *c);
PgClient *pg_client_unref(PgClient *c);
DEFINE_CLEANUP(PgClient *, pg_client_unref);

/* Before everything, those of pg_client_query_first() included: the next statement that runs when called
 * from a callback. A transaction over several statements is written so, and nobody else's statement can
 * come between. script: the text holds several statements and no parameter. */
int pg_client_query_next(PgClient *c, const SqlStatement *sql, const char *const *params, bool script,
                         usec_t timeout_usec, PgCallback callback, void *userdata);

/* pg-client.c, called by pg-connect.c */
void pg_client_on_connected(PgClient *c);
void pg_client_on_readable(PgClient *c);
void pg_client_on_lost(PgClient *c, int error); /* error: of the statement in flight */

/* pg-connect.c */
int pg_connect_init(PgClient *c, const char *conninfo, const char *application_name);
void pg_connect_done(PgClient *c);
void pg_connect_watch(PgClient *c, uint32_t events); /* EPOLLIN, EPOLLOUT */
/* Drops the connection, fails what must fail, tells the state handler and plans the next attempt. message
 * NULL: what libpq says. May free the client by a callback. */
void pg_connect_lost(PgClient *c, int error, const char *message);

/* pg-result.c */
char *pg_one_line(const char *text); /* NULL: no memory */
void pg_result_error(const Statement *s, PgError *ret, char **ret_message);
bool pg_result_ok(const PGresult *res);
