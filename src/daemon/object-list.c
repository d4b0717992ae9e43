/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/object-list.h"

#include "bus/object.h"
#include "daemon/plan-bus.h"
#include "daemon/report-bus.h"

void object_list_refuse(Request *q) {
        static const sd_bus_error too_large = SD_BUS_ERROR_MAKE_CONST(
                SD_BUS_ERROR_LIMITS_EXCEEDED,
                "The reply would be too large for the bus: ask for less, with option 'limit'");

        request_fail(q, &too_large);
}

bool object_list_fits(Request *q, PGresult *res) {
        size_t size = 0;

        for (int i = 0; i < PQntuples(res) && size <= OBJECT_LIST_BYTES_MAX; i++)
                size += bus_row_size(&(const BusRow){ .result = res, .row = i });
        if (size <= OBJECT_LIST_BYTES_MAX)
                return true;
        object_list_refuse(q);
        return false;
}

static int append_interface(sd_bus_message *m, const ObjectKind *kind, const BusRow *row) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{sa{sv}}");
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'e', "sa{sv}");
        if (r < 0)
                return r;
        r = sd_bus_message_append_basic(m, 's', kind->interface);
        if (r < 0)
                return r;
        r = bus_properties_append(m, kind->properties, row, BUS_PROPERTY_SINGLE);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(m);
        if (r < 0)
                return r;
        return sd_bus_message_close_container(m);
}

static int append_objects(sd_bus_message *m, const ObjectKind *kind, PGresult *res, void *userdata) {
        for (int i = 0; i < PQntuples(res); i++) {
                BusObjectPath path = bus_object_path(kind->prefix, (uint32_t) pg_get_i64(res, i, "id", 0));
                int r;

                r = sd_bus_message_open_container(m, 'e', "oa{sa{sv}}");
                if (r < 0)
                        return r;
                r = sd_bus_message_append_basic(m, 'o', path.text);
                if (r < 0)
                        return r;
                r = append_interface(m, kind, &(const BusRow){ .result = res, .row = i, .userdata = userdata });
                if (r < 0)
                        return r;
                r = sd_bus_message_close_container(m);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void on_managed_reports(Request *q, PGresult *res) {
        sd_bus_message *reply = q->args;
        int r;

        if (!object_list_fits(q, res))
                return;
        r = append_objects(reply, &report_kind, res, q->manager);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        request_finish(q, reply, r);
}

static void on_managed_plans(Request *q, PGresult *res) {
        sd_bus_message *reply = NULL;
        int r;

        reply = request_reply_new(q);
        if (!reply)
                return;
        /* The reply grows over two queries; the call owns it meanwhile. */
        q->args = reply;
        r = sd_bus_message_open_container(reply, 'a', "{oa{sa{sv}}}");
        if (r >= 0)
                r = append_objects(reply, &plan_kind, res, q->manager);
        if (r < 0)
                request_fail_errno(q, r);
        else
                objects_query_newest(q, &report_kind, on_managed_reports);
}

static void act_managed(Request *q) {
        objects_query_newest(q, &plan_kind, on_managed_plans);
}

static void free_reply(void *args) {
        sd_bus_message_unref(args);
}

int object_list_method_managed(Manager *m, sd_bus_message *message, sd_bus_error *error) {
        Request *q;
        int r;

        r = request_new(m, message, POLKIT_ACTION_READ, act_managed, &q, error);
        if (r < 0)
                return r;
        q->free_args = free_reply;
        return request_start(q);
}

int object_list_emit_added(sd_bus *bus, const ObjectKind *kind, uint32_t id, const BusRow *row) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_signal(bus, &m, BUS_PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "o", bus_object_path(kind->prefix, id).text);
        if (r < 0)
                return r;
        r = append_interface(m, kind, row);
        if (r < 0)
                return r;
        return sd_bus_send(bus, m, NULL);
}

int object_list_emit_removed(sd_bus *bus, const ObjectKind *kind, uint32_t id) {
        return sd_bus_emit_signal(bus, BUS_PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", "oas",
                                  bus_object_path(kind->prefix, id).text, 1, kind->interface);
}

static int append_list(sd_bus_message *m, const ObjectKind *kind, BusPropertyFlags without, const BusProperty *extra,
                       PGresult *res, void *userdata) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "(oa{sv})");
        if (r < 0)
                return r;
        for (int i = 0; i < PQntuples(res); i++) {
                BusObjectPath path = bus_object_path(kind->prefix, (uint32_t) pg_get_i64(res, i, "id", 0));

                r = sd_bus_message_open_container(m, 'r', "oa{sv}");
                if (r < 0)
                        return r;
                r = sd_bus_message_append_basic(m, 'o', path.text);
                if (r < 0)
                        return r;
                r = bus_properties_append_with(m, kind->properties, extra,
                                               &(const BusRow){ .result = res, .row = i, .userdata = userdata },
                                               without);
                if (r < 0)
                        return r;
                r = sd_bus_message_close_container(m);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(m);
}

void object_list_reply(Request *q, const ObjectKind *kind, BusPropertyFlags without, const BusProperty *extra,
                       PGresult *res) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

        if (!object_list_fits(q, res))
                return;
        reply = request_reply_new(q);
        if (!reply)
                return;
        request_finish(q, reply, append_list(reply, kind, without, extra, res, q->manager));
}
