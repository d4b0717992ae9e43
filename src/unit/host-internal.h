/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of this room only. */

#include "unit/host.h"

#define SYSTEMD_SERVICE "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"

struct UnitHost {
        sd_bus *bus;
        UnitChangedHandler on_changed;
        void *userdata;
};

/* Fills a reply from a message; returns 0 or a negative errno for a message of another shape. */
typedef int (*ReplyReader)(sd_bus_message *m, UnitReply *reply, void **ret_allocated);

/* Sends m, consumes nothing, and calls the handler with what reader makes of the answer (NULL: only the error
 * counts). */
int unit_host_send(UnitHost *h, sd_bus_message *m, ReplyReader reader, UnitReplyHandler handler, void *userdata);

/* A method of the manager that takes strings only. */
int unit_host_call_strings(UnitHost *h, const char *method, const char *first, const char *second, ReplyReader reader,
                           UnitReplyHandler handler, void *userdata);
