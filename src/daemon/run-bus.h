/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The method Run: from a plan and its definition to a report whose poll is armed. */

#include <systemd/sd-bus.h>

int run_method(sd_bus_message *message, void *userdata, sd_bus_error *error);
