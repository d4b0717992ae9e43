/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/plan-bus.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "bus/error.h"
#include "bus/object.h"
#include "bus/option.h"
#include "daemon/document.h"
#include "daemon/migration.h"
#include "daemon/object-list.h"
#include "daemon/page.h"
#include "model/limits.h"
#include "model/names.h"
#include "store-sql.h"

static const BusProperty plan_properties[] = { { "Id", "u", "id", BUS_PROPERTY_CONST },
                                               { "Name", "s", "name", BUS_PROPERTY_CONST },
                                               { "Migration", "s", "migration", BUS_PROPERTY_CONST },
                                               { "Document", "s", "document",
                                                 BUS_PROPERTY_CONST | BUS_PROPERTY_SINGLE },
                                               { "UID", "u", "uid", BUS_PROPERTY_CONST },
                                               { "CreatedUSec", "t", "created_usec", BUS_PROPERTY_CONST },
                                               {} };

const ObjectKind plan_kind = {
        .prefix = BUS_PATH_PLAN,
        .interface = BUS_INTERFACE_PLAN,
        .properties = plan_properties,
        .get = &sql_plan_get,
        .newest = &sql_plan_newest,
};

/* CreatePlan, DeletePlan and GetPlan; strings are borrowed from the message. */
typedef struct PlanCall {
        const char *migration;
        const char *document;
        const char *name;
        uint32_t id;
        OnBehalf on_behalf;
} PlanCall;

static int plan_call_new(Manager *m, sd_bus_message *message, const char *action, RequestAct act,
                         const PlanCall *call, Request **ret, sd_bus_error *error) {
        _cleanup_(request_freep) Request *q = NULL;
        int r;

        r = request_new(m, message, action, act, &q, error);
        if (r < 0)
                return r;
        q->args = malloc(sizeof(PlanCall));
        if (!q->args)
                return -ENOMEM;
        q->free_args = free;
        *(PlanCall *) q->args = *call;
        q->about.plan = call->id;
        q->on_behalf = call->on_behalf;
        *ret = TAKE_PTR(q);
        return 0;
}

static void reply_path(Request *q, uint32_t id) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = request_reply_new(q);

        if (reply)
                request_finish(q, reply, sd_bus_message_append(reply, "o", bus_object_path(BUS_PATH_PLAN, id).text));
}

static void fail_no_such_plan(Request *q, const char *name_or_id) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        (void) bus_error_set(&error, BUS_ERROR_NO_SUCH_PLAN, "No such plan: %.64s", name_or_id);
        request_fail(q, &error);
}

static void on_created(Request *q, PGresult *res) {
        const BusRow row = { .result = res, .userdata = q->manager };
        uint32_t id = (uint32_t) pg_get_i64(res, 0, "id", 0);
        int r;

        log_info("Plan %" PRIu32 " of migration %s stored by uid %" PRIu32 ".", id,
                 pg_get_text(res, 0, "migration", ""), q->caller.uid);
        r = object_list_emit_added(q->manager->bus, &plan_kind, id, &row);
        if (r < 0)
                log_warning_errno(r, "Failed to tell of a new plan, ignoring: %m");
        reply_path(q, id);
}

/* The parser is given a document only after its sender was found to be allowed to store one. */
static int check_create(const PlanCall *call, sd_bus_error *error) {
        _cleanup_(definition_freep) Definition *d = NULL;
        _cleanup_(freep) char *problem = NULL;
        int r;

        r = document_check(call->document, &problem);
        if (r < 0 && r != -ENOMEM)
                return bus_error_set(error, BUS_ERROR_BAD_DOCUMENT, "The plan's document is not valid: %s", problem);
        if (r < 0)
                return r;
        return migration_load(call->migration, &d, error);
}

static void act_create(Request *q) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const PlanCall *call = q->args;
        CallerText caller = caller_text(&q->caller);
        int r;

        r = check_create(call, &error);
        if (r < 0 && sd_bus_error_is_set(&error))
                request_fail(q, &error);
        else if (r < 0)
                request_fail_errno(q, r);
        else
                request_query(q, &sql_plan_create,
                              (const char *[]){ call->name, call->migration, call->document, caller.uid, caller.pid,
                                                caller.unit, caller.via },
                              on_created);
}

/* As the CHECK on migrationd.plan.name; no name looks like an id. */
static bool is_plan_name(const char *s) {
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

        return s[n] == 0 && n >= 1 && n <= 64 && ((s[0] >= 'a' && s[0] <= 'z') || (s[0] >= 'A' && s[0] <= 'Z'));
}

int plan_method_create(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        PlanCall call = {};
        const BusOption options[] = { { "name", "s", &call.name }, on_behalf_option(&call.on_behalf), {} };
        _cleanup_(request_freep) Request *q = NULL;
        int r;

        r = sd_bus_message_read(message, "ss", &call.migration, &call.document);
        if (r < 0)
                return r;
        r = bus_options_read(message, options, error);
        if (r < 0)
                return r;
        if (call.name && !is_plan_name(call.name))
                return bus_error_set(error, BUS_ERROR_BAD_OPTION,
                                     "Option 'name': '%.64s' is not a plan's name (a letter, then "
                                     "letters, digits, '.', '_', '-'; at most 64 characters)",
                                     call.name);
        if (strlen(call.document) > PLAN_DOCUMENT_BYTES_MAX)
                return bus_error_set(error, BUS_ERROR_TOO_LARGE, "The document has %zu bytes, more than %u",
                                     strlen(call.document), PLAN_DOCUMENT_BYTES_MAX);
        r = plan_call_new(userdata, message, POLKIT_ACTION_MANAGE_PLANS, act_create, &call, &q, error);
        if (r < 0)
                return r;
        r = request_hold(q, strlen(call.document), error);
        if (r < 0)
                return r;
        return request_start(TAKE_PTR(q));
}

static void on_deleted(Request *q, PGresult *res) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const PlanCall *call = q->args;
        const char *outcome = pg_get_text(res, 0, "outcome", "");
        char id[11];
        int r;

        (void) snprintf(id, sizeof(id), "%" PRIu32, call->id);
        if (streq(outcome, "absent")) {
                fail_no_such_plan(q, id);
                return;
        }
        if (streq(outcome, "in-use")) {
                (void) bus_error_set(&error, BUS_ERROR_PLAN_IN_USE, "Plan %s has reports; see 'migrationctl list'",
                                     id);
                request_fail(q, &error);
                return;
        }
        log_info("Plan %s deleted by uid %" PRIu32 ".", id, q->caller.uid);
        r = object_list_emit_removed(q->manager->bus, &plan_kind, call->id);
        if (r < 0)
                log_warning_errno(r, "Failed to tell of a deleted plan, ignoring: %m");
        request_reply_empty(q);
}

static void act_delete(Request *q) {
        const PlanCall *call = q->args;
        CallerText caller = caller_text(&q->caller);
        char id[11];

        (void) snprintf(id, sizeof(id), "%" PRIu32, call->id);
        request_query(q, &sql_plan_delete, (const char *[]){ id, caller.uid, caller.pid, caller.unit, caller.via },
                      on_deleted);
}

int plan_method_delete(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        PlanCall call = {};
        Request *q;
        int r;

        r = sd_bus_message_read(message, "u", &call.id);
        if (r < 0)
                return r;
        r = bus_options_read(message, (const BusOption[]){ on_behalf_option(&call.on_behalf), {} }, error);
        if (r < 0)
                return r;
        if (call.id == 0 || call.id > ID_MAX)
                return bus_error_set(error, BUS_ERROR_NO_SUCH_PLAN, "No such plan: %" PRIu32, call.id);
        r = plan_call_new(userdata, message, POLKIT_ACTION_MANAGE_PLANS, act_delete, &call, &q, error);
        return r < 0 ? r : request_start(q);
}

static void on_found(Request *q, PGresult *res) {
        const PlanCall *call = q->args;

        if (PQntuples(res) == 0)
                fail_no_such_plan(q, call->name);
        else
                reply_path(q, (uint32_t) pg_get_i64(res, 0, "id", 0));
}

static void act_get(Request *q) {
        const PlanCall *call = q->args;

        if (call->id > 0)
                request_query(q, &sql_plan_find, (const char *[]){ call->name, NULL }, on_found);
        else
                request_query(q, &sql_plan_find, (const char *[]){ NULL, call->name }, on_found);
}

int plan_method_get(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        PlanCall call = {};
        Request *q;
        int r;

        r = sd_bus_message_read(message, "s", &call.name);
        if (r < 0)
                return r;
        r = text_parse_u32(call.name, &call.id);
        if ((r >= 0 && (call.id == 0 || call.id > ID_MAX)) || (r < 0 && !is_plan_name(call.name)))
                return bus_error_set(error, BUS_ERROR_NO_SUCH_PLAN, "No such plan: %.64s", call.name);
        r = plan_call_new(userdata, message, POLKIT_ACTION_READ, act_get, &call, &q, error);
        return r < 0 ? r : request_start(q);
}

static void on_list(Request *q, PGresult *res) {
        const Page *page = q->args;

        /* The statement leaves out documents that are too many, so that they are not in memory here either. */
        if (PQntuples(res) > 0 && pg_get_i64(res, 0, "document_bytes", 0) > OBJECT_LIST_BYTES_MAX)
                object_list_refuse(q);
        else
                object_list_reply(q, &plan_kind, page->document ? 0 : BUS_PROPERTY_SINGLE, NULL, res);
}

static void act_list(Request *q) {
        const Page *page = q->args;
        PageNumber limit = page_number(page->limit), offset = page_number(page->skip);
        PageNumber bytes = page_number(OBJECT_LIST_BYTES_MAX);

        request_query(q, &sql_plan_list,
                      (const char *[]){ limit.text, offset.text, page->ids, page->created_from, page->created_to,
                                        page->order, page->document ? "t" : "f", bytes.text },
                      on_list);
}

int plan_method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return page_start(userdata, message,
                          PAGE_LIMIT | PAGE_OFFSET | PAGE_IDS | PAGE_CREATED | PAGE_DOCUMENT | PAGE_ORDER |
                                  PAGE_ORDER_NAME,
                          act_list, error);
}

static const sd_bus_vtable plan_members[] = { SD_BUS_VTABLE_START(0), SD_BUS_VTABLE_END };

static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return objects_on_message(userdata, &plan_kind, message, error);
}

int plan_bus_register(Manager *m) {
        return objects_register(m, &plan_kind, plan_members, on_message, &m->plan_vtable, &m->plan_slot);
}
