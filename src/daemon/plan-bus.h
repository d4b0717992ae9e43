/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The interface org.migrationd1.Plan, and the manager's methods on plans. */

#include "daemon/manager.h"
#include "daemon/objects.h"

extern const ObjectKind plan_kind;

int plan_bus_register(Manager *m);

int plan_method_create(sd_bus_message *message, void *userdata, sd_bus_error *error);
int plan_method_delete(sd_bus_message *message, void *userdata, sd_bus_error *error);
int plan_method_get(sd_bus_message *message, void *userdata, sd_bus_error *error);
int plan_method_list(sd_bus_message *message, void *userdata, sd_bus_error *error);
