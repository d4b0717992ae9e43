/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who is at the other end of a connection, and what is being waited for there. */

#include <sys/types.h>

#include "rest/gateway.h"

typedef enum PeerPhase {
        PEER_HEAD,   /* for the head of a request, or for nothing at all */
        PEER_BODY,   /* for the rest of a body */
        PEER_ACTING, /* for ourselves */
        PEER_ANSWER, /* for an answer to be taken */
        _PEER_PHASE_MAX,
} PeerPhase;

typedef struct Peer Peer;
typedef struct PeerList PeerList;
struct Peer {
        Peer *previous, *next;
        PeerList *list;
        int fd;     /* borrowed from the connection */
        bool local; /* a Unix socket: uid is known */
        uid_t uid;
        char name[64];    /* for the log */
        bool logged;      /* that something of it was refused */
        Request *request; /* borrowed; NULL: none */
        PeerPhase phase;
        usec_t since_usec; /* CLOCK_MONOTONIC */
};

/* What is waited for changes. */
void peer_set_phase(Peer *p, PeerPhase phase);

/* A line in the log that something of this peer was refused: one for a connection, and no more than so many in a
 * while. Text of the peer is never in it. */
void peer_log_refused(Peer *p, unsigned status);
