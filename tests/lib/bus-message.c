/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib/bus-message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>

#include <cmocka.h>

static int other_end = -EBADF;

int bus_message_setup(void **state) {
        sd_bus *bus = NULL;
        int fds[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
        assert_true(sd_bus_new(&bus) >= 0);
        assert_true(sd_bus_set_fd(bus, fds[0], fds[0]) >= 0);
        assert_true(sd_bus_start(bus) >= 0);
        other_end = fds[1];
        *state = bus;
        return 0;
}

int bus_message_teardown(void **state) {
        sd_bus_close_unref(*state);
        closep(&other_end);
        return 0;
}

sd_bus_message *bus_message_new(sd_bus *bus) {
        sd_bus_message *m = NULL;

        assert_true(sd_bus_message_new_method_call(bus, &m, NULL, "/test", "org.test", "Test") >= 0);
        return m;
}

void bus_message_seal(sd_bus_message *m) {
        assert_true(sd_bus_message_seal(m, /* cookie= */ 1, /* timeout_usec= */ 0) >= 0);
        assert_true(sd_bus_message_rewind(m, /* complete= */ true) >= 0);
}

sd_bus_message *bus_message_with(sd_bus *bus, const char *types, ...) {
        sd_bus_message *m = bus_message_new(bus);
        va_list ap;

        va_start(ap, types);
        assert_true(sd_bus_message_appendv(m, types, ap) >= 0);
        va_end(ap);
        bus_message_seal(m);
        return m;
}
