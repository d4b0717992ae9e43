/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The gateway as a whole: what its parts share. */

#include <systemd/sd-event.h>

#include "base/macro.h"

typedef struct Calls Calls;
typedef struct Credentials Credentials;
typedef struct Gateway Gateway;
typedef struct Request Request;
typedef struct RestSettings RestSettings;
typedef struct Server Server;
typedef struct Verification Verification;
typedef struct Verifier Verifier;

/* Bodies in flight of all requests and answers together: sixteen plans of the largest size. */
#define GATEWAY_HELD_BYTES_MAX (64 * 1024 * 1024)

struct Gateway {
        sd_event *event;
        const RestSettings *settings;   /* borrowed */
        const Credentials *credentials; /* borrowed */
        Calls *calls;                   /* to the bus */
        Verifier *verifier;             /* of passwords; NULL: there are none */
        Server *server;
        size_t held_bytes; /* of bodies in flight */
};

/* Counts bytes that a request is going to hold. Returns 0 or -ENOBUFS when there would be too many. */
static inline int gateway_hold(Gateway *g, size_t bytes) {
        if (bytes > GATEWAY_HELD_BYTES_MAX - g->held_bytes)
                return -ENOBUFS;
        g->held_bytes += bytes;
        return 0;
}

static inline void gateway_release(Gateway *g, size_t bytes) {
        g->held_bytes -= bytes;
}
