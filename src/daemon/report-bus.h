/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The interface org.migrationd1.Report: its properties and signals, and the manager's methods that find and list
 * reports. */

#include "daemon/manager.h"
#include "daemon/objects.h"

extern const ObjectKind report_kind;

int report_bus_register(Manager *m);

int report_method_get(sd_bus_message *message, void *userdata, sd_bus_error *error);
int report_method_list(sd_bus_message *message, void *userdata, sd_bus_error *error);

/* Notes the counter of a report's running step for the estimate of the time left. */
void report_bus_sample(Manager *m, const BusRow *row);

/* PropertiesChanged with what differs; before NULL: with everything that can change. */
int report_bus_emit_changed(Manager *m, uint32_t id, const BusRow *before, const BusRow *now);

/* InterfacesAdded and ReportNew. */
int report_bus_emit_new(Manager *m, uint32_t id, const BusRow *row);

/* ReportFinished. */
int report_bus_emit_finished(Manager *m, uint32_t id, const char *state);
