/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Methods of org.migrationd1.Report that ask the poll for something: a guarded row change with its event, then a
 * poke. */

#include <systemd/sd-bus.h>

int report_method_cancel(sd_bus_message *message, void *userdata, sd_bus_error *error);
int report_method_pause(sd_bus_message *message, void *userdata, sd_bus_error *error);
int report_method_resume(sd_bus_message *message, void *userdata, sd_bus_error *error);
int report_method_retry(sd_bus_message *message, void *userdata, sd_bus_error *error);
int report_method_move(sd_bus_message *message, void *userdata, sd_bus_error *error);
int report_method_hold(sd_bus_message *message, void *userdata, sd_bus_error *error);
int report_method_release(sd_bus_message *message, void *userdata, sd_bus_error *error);
int report_method_set_workers(sd_bus_message *message, void *userdata, sd_bus_error *error);
