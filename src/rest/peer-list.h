/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* All connections. */

#include "rest/peer.h"

typedef struct PeerList {
        sd_event *event; /* borrowed */
        Peer *first;
        unsigned n;
        unsigned n_acting; /* whose request is being acted on, or whose answer is on its way */
        unsigned n_logged; /* lines in the log since log_since_usec */
        usec_t log_since_usec;
} PeerList;

void peer_list_init(PeerList *l, sd_event *event);

/* A new connection. NULL when out of memory: nothing that it sends is answered then. */
Peer *peer_list_add(PeerList *l, int fd);
void peer_list_remove(PeerList *l, Peer *p);

/* Ends the connections that have been waited for too long; all_idle: and those between two requests. */
void peer_list_sweep(PeerList *l, bool all_idle);

/* Says in the log that there are too many. */
void peer_list_log_full(PeerList *l);
