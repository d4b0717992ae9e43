/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The HTTP server: libmicrohttpd in the event loop, without threads. Connections are accepted here, so that their
 * number, who is at the other end, and how long anything is waited for are ours to say. */

#include "rest/gateway.h"

#define SERVER_CONNECTIONS_MAX 1100

/* How long is waited for a head, which is also how long a connection may be idle; for a whole body; and for an answer
 * to be taken. */
#define SERVER_HEAD_USEC (30 * USEC_PER_SEC)
#define SERVER_BODY_USEC (60 * USEC_PER_SEC)
#define SERVER_ANSWER_USEC (60 * USEC_PER_SEC)

/* Without a connection for so long the process ends; the socket starts it again. */
#define SERVER_IDLE_USEC (60 * USEC_PER_SEC)

/* At the end, for the requests that are being acted on. The unit's TimeoutStopSec= is longer. */
#define SERVER_STOP_USEC (30 * USEC_PER_SEC)

/* fds: n listening sockets, which stay the caller's. Returns 0 or a negative errno, logged. */
int server_new(Gateway *g, const int *fds, size_t n, Server **ret);

/* A connection was resumed: the library, without a thread, has to be run to see it. */
void server_wake(Server *s);

/* Accepts nothing any more, ends what is idle, and ends the event loop when nothing is acted on any more. */
void server_stop(Server *s);

/* Accepts NULL, returns NULL. */
Server *server_free(Server *s);
DEFINE_CLEANUP(Server *, server_free);
