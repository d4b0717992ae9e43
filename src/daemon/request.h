/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A method call in flight, always in this order: its arguments are read, the bus says who calls, polkit whether it
 * may be, the store is there, the act, the reply. Each step but the first is asynchronous. */

#include <systemd/sd-bus.h>

#include "bus/caller.h"
#include "bus/polkit.h"
#include "daemon/on-behalf.h"
#include "daemon/manager.h"
#include "store/pg-client.h"

/* Calls in flight: of one sender, and of all; and the bytes of plans in them, which wait there for a person to answer
 * polkit. */
#define REQUESTS_PER_SENDER_MAX 64
#define REQUESTS_MAX 512
#define REQUESTS_BYTES_MAX (64 * 1024 * 1024)

/* The act, when everything before it is done. Must lead to exactly one request_reply(), request_fail() or
 * request_reply_empty(). */
typedef void (*RequestAct)(Request *q);

/* Rows of a statement that succeeded; the same duty as the act. */
typedef void (*RequestRows)(Request *q, PGresult *res);

/* What can be said while the store is not reachable. Returns false when nothing: then the call goes on as others do.
 */
typedef bool (*RequestActLost)(Request *q);

struct Request {
        Manager *manager;
        Request *previous, *next;
        sd_bus_message *message; /* the call; the arguments borrow from it */
        const char *action;      /* polkit's */
        PolkitDetails about;
        OnBehalf on_behalf;
        bool without_store; /* act even when the store is away */
        bool waits_for_store;
        RequestAct act;
        RequestActLost act_lost; /* asked before the act while the store is not reachable; NULL: waits for it */
        RequestRows rows;
        Caller caller;
        size_t bytes; /* counted in the manager's n_bytes */
        void *args;   /* of the method, freed by free_args */
        void (*free_args)(void *args);
        sd_bus_slot *slot;         /* question to the bus or to polkit in flight */
        sd_event_source *deadline; /* of the wait for the store */
};

/* Registers a call. Returns 0 or a negative errno with *error set (LimitsExceeded: too many calls in flight). */
int request_new(Manager *m, sd_bus_message *message, const char *action, RequestAct act, Request **ret,
                sd_bus_error *error);

/* Counts bytes that the call holds. Returns 0 or a negative errno with *error set (LimitsExceeded). */
int request_hold(Request *q, size_t bytes, sd_bus_error *error);

/* Drops a call without a reply. Accepts NULL, returns NULL. */
Request *request_free(Request *q);
DEFINE_CLEANUP(Request *, request_free);

/* Starts the call; from here on it answers and frees itself. Returns 1, what a bus handler returns for "will be
 * answered", or a negative errno: then the call is freed. */
int request_start(Request *q);

/* Acts on all calls that waited for the store, or fails them when it was refused. */
void request_store_settled(Manager *m);

/* Runs one statement for the call; when it fails the call is answered with what that means. params as for
 * pg_client_query(). */
void request_query(Request *q, const SqlStatement *sql, const char *const *params, RequestRows rows);

/* Each answers the call and frees it. reply is not consumed. */
void request_reply(Request *q, sd_bus_message *reply);
void request_reply_empty(Request *q);
void request_fail(Request *q, const sd_bus_error *error);
void request_fail_errno(Request *q, int error);

/* A new reply to be filled; when there is no memory for it the call is failed, and NULL returned. */
sd_bus_message *request_reply_new(Request *q);

/* Sends what was built when r >= 0, else fails the call with r. */
void request_finish(Request *q, sd_bus_message *reply, int r);
