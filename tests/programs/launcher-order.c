/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The assumption that the protocol stands on: once a launcher's unique bus name has gone, a round trip to PID 1 comes after all of
 * that launcher's calls. A launcher sends N starts and is gone at once; as soon as the bus says that its name has no owner, the
 * units are listed; whatever is started then must be in that list already. Usage: launcher-order ROUNDS STARTS */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/text.h"

static int send_start(sd_bus *bus, unsigned round, unsigned n) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        char unit[64];
        int r;

        snprintf(unit, sizeof(unit), "launcher-order-%u-%u.service", round, n);
        r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                           "org.freedesktop.systemd1.Manager", "StartTransientUnit");
        if (r >= 0)
                r = sd_bus_message_append(m, "ssa(sv)a(sa(sv))", unit, "fail", 2, "Type", "s", "exec", "ExecStart", "a(sasb)", 1,
                                          "/bin/sleep", 2, "/bin/sleep", "600", 0, 0);
        if (r >= 0)
                r = sd_bus_send(bus, m, NULL);
        return r;
}

/* The launcher: writes its unique name to the pipe, sends its starts, and dies with whatever has left its buffers. */
static void launcher(int fd, unsigned round, unsigned starts) {
        sd_bus *bus = NULL;
        const char *name;

        if (sd_bus_open_system(&bus) < 0 || sd_bus_get_unique_name(bus, &name) < 0 || write(fd, name, strlen(name) + 1) < 0)
                _exit(1);
        for (unsigned i = 0; i < starts; i++) {
                if (send_start(bus, round, i) < 0)
                        _exit(1);
                /* PID 1 asks the bus for its caller's credentials and executes little for one that is gone: let it answer once. */
                if (i == starts / 2 && round % 2 == 1)
                        (void) sd_bus_call_method(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                                  "org.freedesktop.DBus.Peer", "Ping", NULL, NULL, NULL);
        }
        (void) sd_bus_flush(bus);
        (void) kill(getpid(), SIGKILL);
}

static int name_has_owner(sd_bus *bus, const char *name) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r, owned;

        r = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner", NULL,
                               &reply, "s", name);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "b", &owned);
        return r < 0 ? r : owned;
}

static int count_units(sd_bus *bus, unsigned round) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        char pattern[64];
        int r, n = 0;

        snprintf(pattern, sizeof(pattern), "launcher-order-%u-*.service", round);
        r = sd_bus_call_method(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                               "ListUnitsByPatterns", NULL, &reply, "asas", 0, 1, pattern);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssssouso)", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) > 0)
                n++;
        return r < 0 ? r : n;
}

static int one_round(sd_bus *bus, unsigned round, unsigned starts, unsigned *units) {
        char name[64] = "";
        int fds[2], first, later = 0, r;
        pid_t pid;

        if (pipe(fds) < 0)
                return -errno;
        pid = fork();
        if (pid == 0)
                launcher(fds[1], round, starts);
        close(fds[1]);
        if (read(fds[0], name, sizeof(name) - 1) <= 0)
                return -EIO;
        close(fds[0]);
        while ((r = name_has_owner(bus, name)) > 0)
                ;
        if (r < 0)
                return r;
        first = count_units(bus, round);
        (void) waitpid(pid, NULL, 0);
        /* Many more round trips than a message needs to arrive. */
        for (unsigned i = 0; i < 50 && first >= 0; i++)
                later = count_units(bus, round);
        if (first < 0 || later < 0)
                return -EIO;
        if (first != later) {
                fprintf(stderr, "round %u: %i units when the name was gone, %i later\n", round, first, later);
                return -ENOTRECOVERABLE;
        }
        *units += (unsigned) first;
        return 0;
}

int main(int argc, char *argv[]) {
        uint32_t rounds, starts;
        unsigned units = 0;
        sd_bus *bus = NULL;
        int r;

        if (argc != 3 || text_parse_u32(argv[1], &rounds) < 0 || text_parse_u32(argv[2], &starts) < 0)
                return 2;
        r = sd_bus_open_system(&bus);
        for (uint32_t i = 0; i < rounds && r >= 0; i++)
                r = one_round(bus, i, starts, &units);
        if (r < 0)
                fprintf(stderr, "launcher-order: %s\n", strerror(-r));
        else
                printf("%u rounds of %u starts, %u units were started, none after the launcher's name was gone\n", rounds, starts, units);
        sd_bus_unref(bus);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
