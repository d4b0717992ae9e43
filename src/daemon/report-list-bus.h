/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* ListTasks and ListProblems of org.migrationd1.Report, and the manager's ListTasks. */

#include <systemd/sd-bus.h>

int report_method_list_tasks(sd_bus_message *message, void *userdata, sd_bus_error *error);
int report_method_list_problems(sd_bus_message *message, void *userdata, sd_bus_error *error);

int task_method_list(sd_bus_message *message, void *userdata, sd_bus_error *error);
