/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/report-list-bus.h"

#include <inttypes.h>
#include <stdio.h>

#include "bus/property.h"
#include "daemon/object-list.h"
#include "daemon/page.h"
#include "daemon/report-bus.h"
#include "daemon/request.h"
#include "store-sql.h"

#define UNKNOWN_U64 "18446744073709551615"

static const BusProperty task_keys[] = { { "Id", "u", "id" },
                                         { "Step", "s", "step" },
                                         { "Kind", "s", "kind" },
                                         { "Lane", "s", "lane" },
                                         { "Stage", "i", "stage" },
                                         { "State", "s", "state" },
                                         { "Attempt", "u", "attempt" },
                                         { "Done", "t", "done" },
                                         { "Total", "t", "total" },
                                         { "Class", "s", "class" },
                                         { "Error", "s", "error" },
                                         { "Unit", "s", "unit" },
                                         { "InvocationID", "s", "invocation_id" },
                                         { "Result", "s", "result" },
                                         { "ExitCode", "s", "exit_code" },
                                         { "ExitStatus", "i", "exit_status", .fallback = "-1" },
                                         { "CPUUSec", "t", "cpu_usec", .fallback = UNKNOWN_U64 },
                                         { "MemoryPeak", "t", "memory_peak_bytes", .fallback = UNKNOWN_U64 },
                                         { "IOReadBytes", "t", "io_read_bytes", .fallback = UNKNOWN_U64 },
                                         { "IOWriteBytes", "t", "io_write_bytes", .fallback = UNKNOWN_U64 },
                                         { "CreatedUSec", "t", "created_usec" },
                                         { "StartedUSec", "t", "started_usec" },
                                         { "FinishedUSec", "t", "finished_usec" },
                                         { "Report", "u", "report_id" },
                                         { "TaskCreatedUSec", "t", "task_created_usec" },
                                         {} };

static const BusProperty problem_keys[] = { { "Id", "t", "id" },
                                            { "Task", "u", "task_id" },
                                            { "Step", "s", "step" },
                                            { "Item", "s", "item" },
                                            { "Reason", "s", "reason" },
                                            { "CreatedUSec", "t", "created_usec" },
                                            {} };

/* The lists of one report give no row for an unknown report, and one row without an id for an empty list. */
static int append_rows(sd_bus_message *m, const BusProperty *keys, PGresult *res) {
        int column = PQfnumber(res, "id"), r;

        r = sd_bus_message_open_container(m, 'a', "a{sv}");
        if (r < 0)
                return r;
        for (int i = 0; i < PQntuples(res); i++) {
                if (PQgetisnull(res, i, column))
                        continue;
                r = bus_properties_append(m, keys, &(const BusRow){ .result = res, .row = i }, 0);
                if (r < 0)
                        return r;
        }
        return sd_bus_message_close_container(m);
}

static void reply_rows(Request *q, const BusProperty *keys, PGresult *res) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

        if (!object_list_fits(q, res))
                return;
        reply = request_reply_new(q);
        if (reply)
                request_finish(q, reply, append_rows(reply, keys, res));
}

static void on_tasks(Request *q, PGresult *res) {
        if (PQntuples(res) == 0)
                objects_unknown(q);
        else
                reply_rows(q, task_keys, res);
}

static void on_problems(Request *q, PGresult *res) {
        if (PQntuples(res) == 0)
                objects_unknown(q);
        else
                reply_rows(q, problem_keys, res);
}

static void on_page(Request *q, PGresult *res) {
        reply_rows(q, task_keys, res);
}

static void act_tasks(Request *q) {
        const Page *page = q->args;
        char id[11], limit[11], after[21];

        (void) snprintf(id, sizeof(id), "%" PRIu32, q->about.report);
        (void) snprintf(limit, sizeof(limit), "%" PRIu32, page->limit);
        (void) snprintf(after, sizeof(after), "%" PRIu64, page->skip);
        request_query(q, &sql_task_list, (const char *[]){ id, limit, after, page->states, page->step }, on_tasks);
}

static void act_problems(Request *q) {
        const Page *page = q->args;
        char id[11], limit[11], after[21];

        (void) snprintf(id, sizeof(id), "%" PRIu32, q->about.report);
        (void) snprintf(limit, sizeof(limit), "%" PRIu32, page->limit);
        (void) snprintf(after, sizeof(after), "%" PRIu64, page->skip);
        request_query(q, &sql_problem_list, (const char *[]){ id, limit, after }, on_problems);
}

static int start(sd_bus_message *message, Manager *m, PageOptions options, RequestAct act, sd_bus_error *error) {
        _cleanup_(request_freep) Request *q = NULL;
        Page *page = NULL;
        uint32_t id;
        int r;

        r = objects_id(&report_kind, message, &id, error);
        if (r < 0)
                return r;
        r = request_new(m, message, POLKIT_ACTION_READ, act, &q, error);
        if (r < 0)
                return r;
        r = page_read(message, options, &page, error);
        if (r < 0)
                return r;
        q->args = page;
        q->free_args = page_free;
        q->about.report = id;
        q->on_behalf = page->on_behalf;
        return request_start(TAKE_PTR(q));
}

int report_method_list_tasks(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return start(message, userdata, PAGE_LIMIT | PAGE_AFTER_U32 | PAGE_STATES | PAGE_STEP, act_tasks, error);
}

int report_method_list_problems(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return start(message, userdata, PAGE_LIMIT | PAGE_AFTER_U64, act_problems, error);
}

static void act_page(Request *q) {
        const Page *page = q->args;
        PageNumber limit = page_number(page->limit), offset = page_number(page->skip);
        PageNumber report = page_number(page->report);

        request_query(q, &sql_task_page,
                      (const char *[]){ limit.text, offset.text, page->states, page_filter(&report), page->step,
                                        page->ids, page->created_from, page->created_to, page->order },
                      on_page);
}

int task_method_list(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return page_start(userdata, message,
                          PAGE_LIMIT | PAGE_OFFSET | PAGE_STATES | PAGE_REPORT | PAGE_STEP | PAGE_IDS | PAGE_CREATED |
                                  PAGE_ORDER | PAGE_ORDER_RUN | PAGE_ORDER_NAME,
                          act_page, error);
}
