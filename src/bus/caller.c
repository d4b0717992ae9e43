/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bus/caller.h"

#include <inttypes.h>
#include <stdio.h>
#include <systemd/sd-login.h>

#include "base/text.h"

/* The bus driver answers at once, or the bus is stuck. */
#define CALLER_TIMEOUT_USEC (10 * USEC_PER_SEC)

void caller_done(Caller *c) {
        free(c->unit);
        *c = (Caller){};
}

int caller_ask(sd_bus_message *call, sd_bus_message_handler_t handler, void *userdata, sd_bus_slot **ret_slot) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        const char *sender = sd_bus_message_get_sender(call);
        sd_bus *bus = sd_bus_message_get_bus(call);
        int r;

        if (!sender)
                return -EACCES;
        /* sd_bus_query_sender_creds() asks the same question, but waits for the answer. */
        r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                           "org.freedesktop.DBus", "GetConnectionCredentials");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", sender);
        if (r < 0)
                return r;
        r = sd_bus_call_async(bus, ret_slot, m, handler, userdata, CALLER_TIMEOUT_USEC);
        return r < 0 ? r : 0;
}

static int read_credential(sd_bus_message *m, Caller *c, bool *has_uid) {
        const char *key;
        int r;

        r = sd_bus_message_read_basic(m, 's', &key);
        if (r < 0)
                return r;
        if (streq(key, "UnixUserID")) {
                *has_uid = true;
                return sd_bus_message_read(m, "v", "u", &c->uid);
        }
        if (streq(key, "ProcessID"))
                return sd_bus_message_read(m, "v", "u", &c->pid);
        return sd_bus_message_skip(m, "v");
}

static int unit_of(uint32_t pid, char **ret) {
        char *unit = NULL;

        /* A process that is gone, or in no unit (a container's, a user's), has acted all the same. */
        if (pid == 0 || sd_pid_get_unit((pid_t) pid, &unit) < 0)
                unit = strdup("");
        if (!unit)
                return -ENOMEM;
        *ret = unit;
        return 0;
}

int caller_read(sd_bus_message *reply, Caller *ret, sd_bus_error *error) {
        _cleanup_(caller_done) Caller c = {};
        bool has_uid = false;
        int r;

        if (sd_bus_message_is_method_error(reply, NULL))
                return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED,
                                         "The bus does not say who the caller is: %s",
                                         sd_bus_message_get_error(reply)->message);
        r = sd_bus_message_enter_container(reply, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                r = read_credential(reply, &c, &has_uid);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(reply);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        if (!has_uid)
                return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "The bus does not know the caller's user");
        r = unit_of(c.pid, &c.unit);
        if (r < 0)
                return r;
        *ret = c;
        c = (Caller){};
        return 0;
}

CallerText caller_text(const Caller *c) {
        CallerText t = { .unit = c->unit, .via = c->via };

        (void) snprintf(t.uid, sizeof(t.uid), "%" PRIu32, c->uid);
        (void) snprintf(t.pid, sizeof(t.pid), "%" PRIu32, c->pid);
        return t;
}
