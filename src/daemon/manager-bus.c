/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/manager-bus.h"

#include "base/text.h"
#include "bus/error.h"
#include "bus/object.h"
#include "config/definition.h"
#include "daemon/count-bus.h"
#include "daemon/object-list.h"
#include "daemon/plan-bus.h"
#include "daemon/report-bus.h"
#include "daemon/report-list-bus.h"
#include "daemon/request.h"
#include "daemon/run-bus.h"
#include "daemon/store.h"
#include "store/schema.h"

static int property_get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                                sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        return sd_bus_message_append(reply, "s", MIGRATIOND_VERSION);
}

static int property_get_unfinished(sd_bus *bus, const char *path, const char *interface, const char *property,
                                   sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Manager *m = userdata;

        return sd_bus_message_append(reply, "o",
                                     m->unfinished > 0 ? bus_object_path(BUS_PATH_REPORT, m->unfinished).text : "/");
}

static int property_get_store_status(sd_bus *bus, const char *path, const char *interface, const char *property,
                                     sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        return sd_bus_message_append(reply, "s", store_status(userdata));
}

static int property_get_schema_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                                       sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Manager *m = userdata;

        return sd_bus_message_append(reply, "u", m->phase == STORE_READY ? schema_version_latest() : 0);
}

static int append_migration(sd_bus_message *reply, const char *name) {
        _cleanup_(definition_freep) Definition *d = NULL;
        _cleanup_(freep) char *problem = NULL;
        int r;

        r = definition_load("", name, &d, &problem);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return sd_bus_message_append(reply, "(ssss)", name, "", "",
                                             problem ? bus_text_make_valid(problem) : "cannot be read");
        return sd_bus_message_append(reply, "(ssss)", name, d->path, d->description, "");
}

static int append_migrations(sd_bus_message *reply) {
        _cleanup_(strv_freep) char **names = NULL;
        int r;

        r = definition_list("", &names);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "(ssss)");
        for (char **name = names; r >= 0 && name && *name; name++)
                r = append_migration(reply, *name);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static void act_list_migrations(Request *q) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = request_reply_new(q);

        if (reply)
                request_finish(q, reply, append_migrations(reply));
}

static int method_list_migrations(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Request *q;
        int r;

        r = request_new(userdata, message, POLKIT_ACTION_READ, act_list_migrations, &q, error);
        if (r < 0)
                return r;
        q->without_store = true;
        return request_start(q);
}

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("CreatePlan", SD_BUS_ARGS("s", migration, "s", document, "a{sv}", options),
                                SD_BUS_RESULT("o", plan), plan_method_create, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("DeletePlan", SD_BUS_ARGS("u", id, "a{sv}", options), SD_BUS_NO_RESULT,
                                plan_method_delete, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Run", SD_BUS_ARGS("u", plan_id, "a{sv}", options), SD_BUS_RESULT("o", report),
                                run_method, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetPlan", SD_BUS_ARGS("s", name_or_id), SD_BUS_RESULT("o", plan), plan_method_get,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetReport", SD_BUS_ARGS("u", id), SD_BUS_RESULT("o", report), report_method_get,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListPlans", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("a(oa{sv})", plans),
                                plan_method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListReports", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("a(oa{sv})", reports),
                                report_method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListTasks", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", tasks),
                                task_method_list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CountPlans", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("t", number),
                                plan_method_count, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CountReports", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("t", number),
                                report_method_count, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CountTasks", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("t", number),
                                task_method_count, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListMigrations", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(ssss)", migrations),
                                method_list_migrations, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("ReportNew", SD_BUS_ARGS("u", id, "o", report), 0),
        SD_BUS_SIGNAL_WITH_ARGS("ReportFinished", SD_BUS_ARGS("u", id, "o", report, "s", state), 0),
        SD_BUS_PROPERTY("Version", "s", property_get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Unfinished", "o", property_get_unfinished, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("StoreStatus", "s", property_get_store_status, 0, 0),
        SD_BUS_PROPERTY("SchemaVersion", "u", property_get_schema_version, 0, 0),
        SD_BUS_VTABLE_END
};

static int on_root_message(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects") > 0)
                return object_list_method_managed(userdata, message, error);
        return 0;
}

int manager_bus_register(Manager *m) {
        int r;

        r = sd_bus_add_object(m->bus, NULL, BUS_PATH, on_root_message, m);
        if (r < 0)
                return r;
        r = sd_bus_add_object_manager(m->bus, NULL, BUS_PATH);
        if (r < 0)
                return r;
        return sd_bus_add_object_vtable(m->bus, NULL, BUS_PATH, BUS_INTERFACE_MANAGER, manager_vtable, m);
}
