/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Messages for tests of code that reads or writes them: on one end of a socket pair, nobody is at the other. All of it asserts. */

#include <systemd/sd-bus.h>

#include "base/macro.h"

/* Cmocka set-up and tear-down: *state is the sd_bus. */
int bus_message_setup(void **state);
int bus_message_teardown(void **state);

/* A call with these arguments, sealed and ready to be read. */
sd_bus_message *bus_message_with(sd_bus *bus, const char *types, ...);

/* An empty message to be appended to, then bus_message_seal(). */
sd_bus_message *bus_message_new(sd_bus *bus);
void bus_message_seal(sd_bus_message *m);
