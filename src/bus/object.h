/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of the service on the bus, and the paths of its objects: the only place that composes and parses them. */

#include "base/macro.h"

#define BUS_NAME "org.migrationd1"
#define BUS_PATH "/org/migrationd1"
#define BUS_PATH_PLAN BUS_PATH "/plan"
#define BUS_PATH_REPORT BUS_PATH "/report"
#define BUS_INTERFACE_MANAGER BUS_NAME ".Manager"
#define BUS_INTERFACE_PLAN BUS_NAME ".Plan"
#define BUS_INTERFACE_REPORT BUS_NAME ".Report"

/* An object path: PREFIX/_ID. */
#define BUS_OBJECT_PATH_MAX (sizeof(BUS_PATH_REPORT "/_4294967295"))
typedef struct BusObjectPath {
        char text[BUS_OBJECT_PATH_MAX];
} BusObjectPath;

BusObjectPath bus_object_path(const char *prefix, uint32_t id);

/* Parses exactly what bus_object_path() makes. Returns 0 or -EINVAL: another prefix, no id, or an id
 * outside 1..ID_MAX. */
int bus_object_parse(const char *prefix, const char *path, uint32_t *ret_id);
