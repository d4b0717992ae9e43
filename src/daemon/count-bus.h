/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The manager's CountPlans, CountReports and CountTasks: how long a list is without an end. */

#include <systemd/sd-bus.h>

int plan_method_count(sd_bus_message *message, void *userdata, sd_bus_error *error);
int report_method_count(sd_bus_message *message, void *userdata, sd_bus_error *error);
int task_method_count(sd_bus_message *message, void *userdata, sd_bus_error *error);
