/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/objects.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "bus/object.h"
#include "daemon/plan-bus.h"
#include "daemon/report-bus.h"

#define XML_DOCTYPE                                                                          \
        "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n" \
        "\"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n"

/* Of a call for properties. */
typedef struct ObjectCall {
        const ObjectKind *kind;
        uint32_t id;
        const BusProperty *property; /* NULL: all */
} ObjectCall;

static int object_call_new(Manager *m, const ObjectKind *kind, sd_bus_message *message, RequestAct act, Request **ret,
                           ObjectCall **ret_call, sd_bus_error *error) {
        _cleanup_(request_freep) Request *q = NULL;
        ObjectCall *call;
        int r;

        r = request_new(m, message, POLKIT_ACTION_READ, act, &q, error);
        if (r < 0)
                return r;
        call = calloc(1, sizeof(ObjectCall));
        if (!call)
                return -ENOMEM;
        call->kind = kind;
        q->args = call;
        q->free_args = free;
        *ret = TAKE_PTR(q);
        *ret_call = call;
        return 0;
}

int objects_id(const ObjectKind *kind, sd_bus_message *message, uint32_t *ret, sd_bus_error *error) {
        const char *path = sd_bus_message_get_path(message);

        if (bus_object_parse(kind->prefix, path, ret) < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_UNKNOWN_OBJECT, "Unknown object '%s'", path);
        return 0;
}

void objects_unknown(Request *q) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        (void) sd_bus_error_setf(&error, SD_BUS_ERROR_UNKNOWN_OBJECT, "Unknown object '%s'",
                                 sd_bus_message_get_path(q->message));
        request_fail(q, &error);
}

static void on_object(Request *q, PGresult *res) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const ObjectCall *call = q->args;
        const BusRow row = { .result = res, .row = 0, .userdata = q->manager };

        if (PQntuples(res) == 0) {
                objects_unknown(q);
                return;
        }
        reply = request_reply_new(q);
        if (!reply)
                return;
        request_finish(q, reply,
                       call->property ? bus_property_append(reply, call->property, &row)
                                      : bus_properties_append(reply, call->kind->properties, &row, 0));
}

static void act_get(Request *q) {
        const ObjectCall *call = q->args;
        char id[11];

        (void) snprintf(id, sizeof(id), "%" PRIu32, call->id);
        request_query(q, call->kind->get, (const char *[]){ id }, on_object);
}

static bool act_get_lost(Request *q) {
        const ObjectCall *call = q->args;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(freep) char *text = NULL;

        if (call->property && call->kind->text_lost)
                text = call->kind->text_lost(q->manager, call->id, call->property);
        if (!text)
                return false;
        reply = request_reply_new(q);
        if (reply)
                request_finish(q, reply, sd_bus_message_append(reply, "v", "s", text));
        return true;
}

static int start_get(Manager *m, const ObjectKind *kind, sd_bus_message *message, const BusProperty *property,
                     sd_bus_error *error) {
        ObjectCall *call;
        Request *q;
        uint32_t id;
        int r;

        r = objects_id(kind, message, &id, error);
        if (r < 0)
                return r;
        r = object_call_new(m, kind, message, act_get, &q, &call, error);
        if (r < 0)
                return r;
        call->id = id;
        call->property = property;
        q->act_lost = act_get_lost;
        if (kind == &plan_kind)
                q->about.plan = id;
        else
                q->about.report = id;
        return request_start(q);
}

/* Reads the arguments of Get and GetAll. Returns 0: not for us, left to sd-bus, whose errors are the usual ones
 * (other interfaces, unknown properties, Set, wrong arguments); 1: *ret_property is wanted, NULL: all of them. */
static int read_property(const ObjectKind *kind, sd_bus_message *message, const BusProperty **ret_property) {
        const char *interface, *name;

        *ret_property = NULL;
        if (sd_bus_message_is_method_call(message, NULL, "GetAll") > 0)
                return sd_bus_message_read(message, "s", &interface) >= 0 &&
                       (!*interface || streq(interface, kind->interface));
        if (sd_bus_message_is_method_call(message, NULL, "Get") <= 0 ||
            sd_bus_message_read(message, "ss", &interface, &name) < 0 || !streq(interface, kind->interface))
                return 0;
        *ret_property = bus_property_find(kind->properties, name);
        return !!*ret_property;
}

static int on_properties(Manager *m, const ObjectKind *kind, sd_bus_message *message, sd_bus_error *error) {
        const BusProperty *property;

        if (read_property(kind, message, &property) > 0)
                return start_get(m, kind, message, property, error);
        return sd_bus_message_rewind(message, /* complete= */ true) < 0 ? -EIO : 0;
}

static void on_children(Request *q, PGresult *res) {
        const ObjectCall *call = q->args;
        _cleanup_(freep) char *xml = NULL;
        size_t size;
        FILE *f;
        int r;

        f = open_memstream(&xml, &size);
        if (!f) {
                request_fail_errno(q, -ENOMEM);
                return;
        }
        fputs(XML_DOCTYPE "<node>\n", f);
        for (int i = 0; i < PQntuples(res); i++)
                fprintf(f, " <node name=\"%s\"/>\n",
                        bus_object_path(call->kind->prefix, (uint32_t) pg_get_i64(res, i, "id", 0)).text +
                                strlen(call->kind->prefix) + 1);
        fputs("</node>\n", f);
        if (fclose(f) != 0) {
                request_fail_errno(q, -ENOMEM);
                return;
        }
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = request_reply_new(q);

        if (!reply)
                return;
        r = sd_bus_message_append_basic(reply, 's', xml);
        request_finish(q, reply, r);
}

void objects_query_newest(Request *q, const ObjectKind *kind, RequestRows rows) {
        char limit[11];

        (void) snprintf(limit, sizeof(limit), "%i", OBJECTS_MANAGED_MAX);
        request_query(q, kind->newest, (const char *[]){ limit }, rows);
}

static void act_children(Request *q) {
        const ObjectCall *call = q->args;

        objects_query_newest(q, call->kind, on_children);
}

int objects_on_message(Manager *m, const ObjectKind *kind, sd_bus_message *message, sd_bus_error *error) {
        const char *path = sd_bus_message_get_path(message);
        ObjectCall *call;
        Request *q;
        int r;

        if (streq(path, kind->prefix)) {
                if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Introspectable", "Introspect") <= 0)
                        return 0;
                r = object_call_new(m, kind, message, act_children, &q, &call, error);
                return r < 0 ? r : request_start(q);
        }
        if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Properties", NULL) > 0)
                return on_properties(m, kind, message, error);
        return 0;
}

/* Any path that could be one: whether there is such a row is found when it is asked for. */
static int on_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret_found,
                   sd_bus_error *error) {
        uint32_t id;

        if (bus_object_parse(BUS_PATH_PLAN, path, &id) < 0 && bus_object_parse(BUS_PATH_REPORT, path, &id) < 0)
                return 0;
        *ret_found = userdata;
        return 1;
}

int objects_register(Manager *m, const ObjectKind *kind, const sd_bus_vtable *members,
                     sd_bus_message_handler_t callback, sd_bus_vtable **ret_vtable, sd_bus_slot **ret_slot) {
        int r;

        r = bus_vtable_new(members, kind->properties, ret_vtable);
        if (r < 0)
                return r;
        r = sd_bus_add_fallback_vtable(m->bus, ret_slot, kind->prefix, kind->interface, *ret_vtable, on_find, m);
        if (r < 0)
                return r;
        return sd_bus_add_fallback(m->bus, NULL, kind->prefix, callback, m);
}
