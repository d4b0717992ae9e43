/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/introspect.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/log.h"
#include "daemon/manager.h"

/* One end of a socket pair; the two talk to each other directly, without a bus daemon in between. */
static int peer_new(int fd, bool server, sd_bus **ret) {
        _cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
        sd_id128_t id;
        int r;

        r = sd_bus_new(&bus);
        if (r < 0)
                return r;
        r = sd_bus_set_fd(bus, fd, fd);
        if (r < 0)
                return r;
        r = sd_id128_randomize(&id);
        if (r < 0)
                return r;
        if (server) {
                r = sd_bus_set_server(bus, true, id);
                if (r < 0)
                        return r;
        }
        r = sd_bus_set_anonymous(bus, true);
        if (r < 0)
                return r;
        r = sd_bus_start(bus);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(bus);
        return 0;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        int *result = userdata;
        const char *xml;
        int r;

        if (sd_bus_message_is_method_error(reply, NULL))
                r = -sd_bus_message_get_errno(reply);
        else
                r = sd_bus_message_read(reply, "s", &xml);
        if (r >= 0)
                fputs(xml, stdout);
        *result = r < 0 ? r : 0;
        return 0;
}

static int ask(sd_bus *client, sd_bus *server, const char *path) {
        int r, result = 1;

        r = sd_bus_call_method_async(client, NULL, NULL, path, "org.freedesktop.DBus.Introspectable", "Introspect",
                                     on_reply, &result, NULL);
        if (r < 0)
                return r;
        while (result > 0) {
                int a = sd_bus_process(server, NULL), b = sd_bus_process(client, NULL);

                if (a < 0 || b < 0)
                        return a < 0 ? a : b;
                if (a == 0 && b == 0 && result > 0) {
                        r = sd_bus_wait(server, 100 * USEC_PER_MSEC);
                        if (r < 0)
                                return r;
                }
        }
        return result;
}

int introspect_print(const char *path) {
        _cleanup_(manager_freep) Manager *m = NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *client = NULL;
        int fds[2], r;

        m = calloc(1, sizeof(Manager));
        if (!m)
                return -ENOMEM;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
                return -errno;
        r = peer_new(fds[0], true, &m->bus);
        if (r >= 0)
                r = peer_new(fds[1], false, &client);
        if (r >= 0)
                r = manager_register(m);
        if (r >= 0)
                r = ask(client, m->bus, path);
        if (r < 0)
                return log_error_errno(r, "Failed to introspect %s: %m", path);
        return 0;
}
