/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The method Why of org.migrationd1.Report: what a report or one of its tasks waits for, in one line. */

#include <systemd/sd-bus.h>

int report_method_why(sd_bus_message *message, void *userdata, sd_bus_error *error);
