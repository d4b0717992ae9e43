/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/report-bus.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "bus/error.h"
#include "bus/object.h"
#include "daemon/object-list.h"
#include "daemon/page.h"
#include "daemon/report-list-bus.h"
#include "daemon/report-request-bus.h"
#include "daemon/report-step.h"
#include "daemon/report-why-bus.h"
#include "daemon/watch.h"
#include "model/names.h"
#include "store-sql.h"

static int append_plan(sd_bus_message *m, const BusRow *row, const BusProperty *p) {
        uint32_t id = (uint32_t) pg_get_i64(row->result, row->row, p->column, 0);

        return sd_bus_message_append(m, "o", bus_object_path(BUS_PATH_PLAN, id).text);
}

static int append_steps(sd_bus_message *m, const BusRow *row, const BusProperty *p) {
        return report_steps_append(m, pg_get_text(row->result, row->row, p->column, "[]"));
}

static int append_held(sd_bus_message *m, const BusRow *row, const BusProperty *p) {
        return report_codes_append(m, pg_get_text(row->result, row->row, p->column, "[]"));
}

static int append_tasks(sd_bus_message *m, const BusRow *row, const BusProperty *p) {
        return report_tasks_append(m, pg_get_text(row->result, row->row, p->column, "{}"));
}

/* The clock of an estimate: when the running step began, and when it would be now had nothing kept it from being
 * worked on. Returns false when no step is running. */
static bool step_clock(const BusRow *row, RunningStep *ret_step, usec_t *ret_now) {
        int64_t busy = pg_get_i64(row->result, row->row, "busy_usec", -1);

        if (busy < 0 || report_step_running(pg_get_text(row->result, row->row, "steps", "[]"), ret_step) < 0)
                return false;
        *ret_now = ret_step->started_usec + (usec_t) busy;
        return true;
}

/* A report that does not run (paused, canceling, ended) has no time left that could be told. */
static EtaEstimate estimate(const BusRow *row) {
        uint32_t id = (uint32_t) pg_get_i64(row->result, row->row, "id", 0);
        const Manager *m = row->userdata;
        RunningStep step;
        usec_t now;

        if (!streq(pg_get_text(row->result, row->row, "state", ""), "running") || !step_clock(row, &step, &now))
                return (EtaEstimate){};
        return eta_estimate(&m->eta, id, step.ord, now, step.started_usec, step.done, step.total);
}

static int append_rate(sd_bus_message *m, const BusRow *row, const BusProperty *p) {
        return sd_bus_message_append_basic(m, 'd', &(double){ estimate(row).per_sec });
}

static int append_eta_low(sd_bus_message *m, const BusRow *row, const BusProperty *p) {
        return sd_bus_message_append_basic(m, 't', &(usec_t){ estimate(row).low_usec });
}

static int append_eta_high(sd_bus_message *m, const BusRow *row, const BusProperty *p) {
        return sd_bus_message_append_basic(m, 't', &(usec_t){ estimate(row).high_usec });
}

static const BusProperty report_properties[] = {
        { "Id", "u", "id", BUS_PROPERTY_CONST },
        { "Plan", "o", "plan_id", BUS_PROPERTY_CONST, .append = append_plan },
        { "PlanName", "s", "plan_name", BUS_PROPERTY_CONST },
        { "Migration", "s", "migration", BUS_PROPERTY_CONST },
        { "State", "s", "state", BUS_PROPERTY_CHANGES },
        { "PauseMode", "s", "pause_mode", BUS_PROPERTY_CHANGES },
        { "Workers", "u", "workers", BUS_PROPERTY_CHANGES },
        { "Options", "s", "options", BUS_PROPERTY_CONST },
        { "UID", "u", "uid", BUS_PROPERTY_CONST },
        { "Steps", "a(ssstttt)", "steps", BUS_PROPERTY_CHANGES, .append = append_steps },
        { "Held", "as", "held", BUS_PROPERTY_CHANGES, .append = append_held },
        { "Done", "t", "done", BUS_PROPERTY_CHANGES },
        { "Total", "t", "total", BUS_PROPERTY_CHANGES },
        { "Tasks", "a{su}", "tasks", BUS_PROPERTY_CHANGES, .append = append_tasks },
        { "Problems", "t", "problems", BUS_PROPERTY_CHANGES },
        { "FailedUnit", "s", "failed_unit", BUS_PROPERTY_CHANGES },
        { "FailedError", "s", "failed_error", BUS_PROPERTY_CHANGES },
        { "WaitReason", "s", "wait_reason", BUS_PROPERTY_CHANGES },
        { "Elsewhere", "s", "elsewhere", BUS_PROPERTY_CHANGES },
        { "CreatedUSec", "t", "created_usec", BUS_PROPERTY_CONST },
        { "StartedUSec", "t", "started_usec", BUS_PROPERTY_CHANGES },
        { "FinishedUSec", "t", "finished_usec", BUS_PROPERTY_CHANGES },
        { "Rate", "d", "steps", 0, .append = append_rate },
        { "EtaLowUSec", "t", "steps", 0, .append = append_eta_low },
        { "EtaHighUSec", "t", "steps", 0, .append = append_eta_high },
        {}
};

static char *text_lost(const Manager *m, uint32_t id, const BusProperty *p) {
        return streq(p->name, "WaitReason") ? watch_wait_reason(m, id) : NULL;
}

const ObjectKind report_kind = {
        .prefix = BUS_PATH_REPORT,
        .interface = BUS_INTERFACE_REPORT,
        .properties = report_properties,
        .get = &sql_report_get,
        .newest = &sql_report_newest,
        .text_lost = text_lost,
};

void report_bus_sample(Manager *m, const BusRow *row) {
        RunningStep step;
        usec_t now;

        if (step_clock(row, &step, &now))
                eta_sample(&m->eta, (uint32_t) pg_get_i64(row->result, row->row, "id", 0), step.ord, now, step.done);
}

int report_bus_emit_changed(Manager *m, uint32_t id, const BusRow *before, const BusRow *now) {
        return bus_properties_emit_changed(m->bus, bus_object_path(BUS_PATH_REPORT, id).text, BUS_INTERFACE_REPORT,
                                           report_properties, before, now);
}

int report_bus_emit_new(Manager *m, uint32_t id, const BusRow *row) {
        int r;

        r = object_list_emit_added(m->bus, &report_kind, id, row);
        if (r < 0)
                return r;
        return sd_bus_emit_signal(m->bus, BUS_PATH, BUS_INTERFACE_MANAGER, "ReportNew", "uo", id,
                                  bus_object_path(BUS_PATH_REPORT, id).text);
}

int report_bus_emit_finished(Manager *m, uint32_t id, const char *state) {
        return sd_bus_emit_signal(m->bus, BUS_PATH, BUS_INTERFACE_MANAGER, "ReportFinished", "uos", id,
                                  bus_object_path(BUS_PATH_REPORT, id).text, state);
}

static void on_found(Request *q, PGresult *res) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

        if (PQntuples(res) == 0) {
                (void) bus_error_set(&error, BUS_ERROR_NO_SUCH_REPORT, "No such report: %" PRIu32, q->about.report);
                request_fail(q, &error);
                return;
        }
        reply = request_reply_new(q);
        if (reply)
                request_finish(
                        q, reply,
                        sd_bus_message_append(reply, "o", bus_object_path(BUS_PATH_REPORT, q->about.report).text));
}

static void act_get(Request *q) {
        char id[11];

        (void) snprintf(id, sizeof(id), "%" PRIu32, q->about.report);
        request_query(q, &sql_report_find, (const char *[]){ id }, on_found);
}

int report_method_get(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Request *q;
        uint32_t id;
        int r;

        r = sd_bus_message_read(message, "u", &id);
        if (r < 0)
                return r;
        if (id == 0 || id > ID_MAX)
                return bus_error_set(error, BUS_ERROR_NO_SUCH_REPORT, "No such report: %" PRIu32, id);
        r = request_new(userdata, message, POLKIT_ACTION_READ, act_get, &q, error);
        if (r < 0)
                return r;
        q->about.report = id;
        return request_start(q);
}

static int append_step_tasks(sd_bus_message *m, const BusRow *row, const BusProperty *p) {
        return report_step_tasks_append(m, pg_get_text(row->result, row->row, p->column, "{}"));
}

/* Not a property: tasks are named in lists that ask for it. */
static const BusProperty step_tasks_key = { "StepTasks", "a{sau}", "step_tasks", .append = append_step_tasks };

static void on_list(Request *q, PGresult *res) {
        const Page *page = q->args;

        object_list_reply(q, &report_kind, BUS_PROPERTY_SINGLE, page->step_tasks > 0 ? &step_tasks_key : NULL, res);
}

static void act_list(Request *q) {
        const Page *page = q->args;
        PageNumber limit = page_number(page->limit), offset = page_number(page->skip), plan = page_number(page->plan);
        PageNumber step_tasks = page_number(page->step_tasks);

        request_query(q, &sql_report_list,
                      (const char *[]){ limit.text, offset.text, page->states, page_filter(&plan), page->ids,
                                        page->created_from, page->created_to, page->order, step_tasks.text },
                      on_list);
}

int report_method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return page_start(userdata, message,
                          PAGE_LIMIT | PAGE_OFFSET | PAGE_STATES | PAGE_PLAN | PAGE_IDS | PAGE_CREATED |
                                  PAGE_STEP_TASKS | PAGE_ORDER | PAGE_ORDER_RUN,
                          act_list, error);
}

static const sd_bus_vtable report_members[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("Cancel", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT, report_method_cancel,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Pause", SD_BUS_ARGS("s", mode, "a{sv}", options), SD_BUS_NO_RESULT,
                                report_method_pause, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Resume", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT, report_method_resume,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Retry", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT, report_method_retry,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetWorkers", SD_BUS_ARGS("u", workers, "a{sv}", options), SD_BUS_NO_RESULT,
                                report_method_set_workers, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Hold", SD_BUS_ARGS("s", step, "a{sv}", options), SD_BUS_NO_RESULT, report_method_hold,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_ARGS("s", step, "a{sv}", options), SD_BUS_NO_RESULT,
                                report_method_release, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Move", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT, report_method_move,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Why", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("s", why), report_method_why,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListTasks", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", tasks),
                                report_method_list_tasks, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListProblems", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("aa{sv}", problems),
                                report_method_list_problems, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END
};

static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return objects_on_message(userdata, &report_kind, message, error);
}

int report_bus_register(Manager *m) {
        return objects_register(m, &report_kind, report_members, on_message, &m->report_vtable, &m->report_slot);
}
