/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Objects that are rows: Properties.Get and GetAll, and the tree's introspection, answered from the database before
 * sd-bus would ask for a synchronous value. */

#include <systemd/sd-bus.h>

#include "bus/property.h"
#include "daemon/request.h"

typedef struct ObjectKind {
        const char *prefix; /* of the paths */
        const char *interface;
        const BusProperty *properties;
        const SqlStatement *get;    /* $1: id; one row, or none */
        const SqlStatement *newest; /* $1: how many; rows in ascending order */
        /* The value (not the variant) of a text property while the store is not reachable; owned by the caller, NULL:
         * nobody knows. NULL: of no property. */
        char *(*text_lost)(const Manager *m, uint32_t id, const BusProperty *p);
} ObjectKind;

/* GetManagedObjects and the tree show so many of a kind, the newest; lists have pages. */
#define OBJECTS_MANAGED_MAX 1000

/* Registers vtable and callback for all objects of the kind. members: methods and signals; callback: calls
 * objects_on_message(). */
int objects_register(Manager *m, const ObjectKind *kind, const sd_bus_vtable *members,
                     sd_bus_message_handler_t callback, sd_bus_vtable **ret_vtable, sd_bus_slot **ret_slot);

/* Answers what concerns the properties of an object of the kind, and the introspection of their parent. Returns what
 * a handler returns: 0: not for us. */
int objects_on_message(Manager *m, const ObjectKind *kind, sd_bus_message *message, sd_bus_error *error);

/* The id in the message's path, which must be of the kind. Returns 0 or a negative errno with *error set
 * (UnknownObject). */
int objects_id(const ObjectKind *kind, sd_bus_message *message, uint32_t *ret, sd_bus_error *error);

/* Answers a call with UnknownObject. */
void objects_unknown(Request *q);

/* Queries the newest OBJECTS_MANAGED_MAX objects of the kind for a call. */
void objects_query_newest(Request *q, const ObjectKind *kind, RequestRows rows);
