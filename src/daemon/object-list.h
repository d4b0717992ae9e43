/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Many objects in one message: lists, GetManagedObjects, and the signals that tell of objects that come and go. */

#include "daemon/objects.h"

/* A reply above that many bytes is refused: the bus would disconnect us at 32 MiB, dbus-daemon(1) max_message_size.
 */
#define OBJECT_LIST_BYTES_MAX (24 * 1024 * 1024)

/* org.freedesktop.DBus.ObjectManager.GetManagedObjects. */
int object_list_method_managed(Manager *m, sd_bus_message *message, sd_bus_error *error);

/* InterfacesAdded and InterfacesRemoved of one object. */
int object_list_emit_added(sd_bus *bus, const ObjectKind *kind, uint32_t id, const BusRow *row);
int object_list_emit_removed(sd_bus *bus, const ObjectKind *kind, uint32_t id);

/* Answers with an array of (oa{sv}) of the rows, whose column id is the object's, without properties that have one of
 * the flags, and with a further key when extra is not NULL. */
void object_list_reply(Request *q, const ObjectKind *kind, BusPropertyFlags without, const BusProperty *extra,
                       PGresult *res);

/* Answers with LimitsExceeded: the reply would be too large. */
void object_list_refuse(Request *q);

/* Whether the rows fit into a message; if not the call is answered with LimitsExceeded and gone. */
bool object_list_fits(Request *q, PGresult *res);
