/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A request from its first line to the end of its answer, always in this order: its head is checked, who asks is
 * found out, its path and method are found, its body is read, the handler acts, the answer is sent. Where one of them
 * refuses, the answer is known, and what is still to come of the body is read and dropped, so that the client sees
 * the answer. */

#include <jansson.h>
#include <microhttpd.h>

#include "rest/call.h"
#include "rest/gateway.h"
#include "rest/head.h"
#include "rest/peer.h"
#include "rest/route.h"

/* From the end of the body to the answer. A call on the bus has 25 s; two after one another share this. */
#define REQUEST_ACT_USEC (28 * USEC_PER_SEC)

/* A head; the library has so much memory for a connection. */
#define SERVER_HEAD_BYTES_MAX (32 * 1024)

/* What is read and dropped of a body that is refused, before the connection is closed instead. */
#define REQUEST_DROP_BYTES_MAX (16 * 1024 * 1024)

/* Calls of one request at the same time. */
#define REQUEST_CALLS_MAX 2

typedef enum RequestPhase {
        REQUEST_NEW,     /* the target is known, the head is not checked */
        REQUEST_ASKING,  /* suspended: a password is being verified */
        REQUEST_KNOWN,   /* of whom it is known; its body is not read */
        REQUEST_READING, /* its body is read, or dropped */
        REQUEST_ACTING,  /* its handler acts; suspended unless the handler is being called */
} RequestPhase;

typedef struct RequestCall {
        Call *call; /* NULL: free, or the call is done */
        Request *request;
        void (*done)(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e);
} RequestCall;

struct Request {
        Gateway *gateway;
        struct MHD_Connection *connection;
        Peer *peer;
        RequestPhase phase;
        bool suspended;

        char *text;                /* target as it came */
        const char *text_in_place; /* the same in the library's memory, to be compared with, never read */
        const char *method;        /* borrowed from the connection, as the head is */
        Head head;
        bool must_close; /* what follows on the connection can't be trusted */

        Target target;
        const char *target_reason; /* why it is none; static, NULL: it is one */
        RouteOutcome outcome;
        RouteMatch match;
        uid_t uid;                  /* of whom it is done for, once it is known */
        Verification *verification; /* of a password in flight, see auth.c */

        char *body;
        size_t body_size, body_allocated;
        size_t dropped_bytes;
        size_t held_bytes; /* counted in the gateway's */
        json_t *json;      /* body, an object; NULL: none came */

        RequestCall calls[REQUEST_CALLS_MAX];
        sd_event_source *deadline;
        void *state; /* of the handler, freed by free_state */
        void (*free_state)(void *state);
        void *page; /* of a list, what is read of it by further calls, freed by free_page */
        void (*free_page)(void *page);

        struct MHD_Response *response; /* the answer, once it is known */
        unsigned status;
};

/* A request of which only the target is known; text: as it came, NULL when there was none. NULL when out of memory.
 */
Request *request_new(Gateway *g, struct MHD_Connection *connection, Peer *peer, const char *text);

/* Accepts NULL, returns NULL. Forgets its calls. */
Request *request_free(Request *q);

/* What the library calls for each part of a request: see MHD_AccessHandlerCallback. */
enum MHD_Result request_on_part(Request *q, const char *method, const char *version, const char *data, size_t *size);

/* Who asks is known, or the answer is: goes on with a request that was suspended for that. For auth.c. */
void request_go_on(Request *q);

/* Counts bytes that the request holds. Returns 0 or -ENOBUFS. */
int request_hold(Request *q, size_t bytes);

/* Lets the library go on with a request that was suspended; for answer.c. */
void request_resume(Request *q);

/* Whether the answer is known. */
static inline bool request_is_answered(const Request *q) {
        return q->response;
}
