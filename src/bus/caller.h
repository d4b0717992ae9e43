/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who sent a call: what the event row keeps. Asked of the bus without blocking. */

#include <systemd/sd-bus.h>

#include "base/macro.h"

typedef struct Caller {
        uint32_t uid;
        uint32_t pid;    /* 0: the bus does not know */
        char *unit;      /* systemd unit of the process when the answer came; "" when it has none or is gone */
        const char *via; /* the user whose process called on behalf of uid, a constant; NULL: uid itself called */
} Caller;

void caller_done(Caller *c);

/* Asks the bus for the sender of call; handler gets the reply, to be read with caller_read(). The slot owns the
 * pending call. Returns 0 or a negative errno (-EACCES: a message without a sender). */
int caller_ask(sd_bus_message *call, sd_bus_message_handler_t handler, void *userdata, sd_bus_slot **ret_slot);

/* Returns 0 or a negative errno with *error set; without a user id nothing is returned: who is unknown may do
 * nothing. */
int caller_read(sd_bus_message *reply, Caller *ret, sd_bus_error *error);

/* The caller as parameters of a statement. */
typedef struct CallerText {
        char uid[sizeof("4294967295")];
        char pid[sizeof("4294967295")];
        const char *unit; /* borrowed from the Caller */
        const char *via;
} CallerText;

CallerText caller_text(const Caller *c);
