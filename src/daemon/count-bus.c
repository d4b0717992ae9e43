/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/count-bus.h"

#include "daemon/page.h"
#include "daemon/request.h"
#include "store-sql.h"

static void on_counted(Request *q, PGresult *res) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = request_reply_new(q);

        if (reply)
                request_finish(q, reply,
                               sd_bus_message_append(reply, "t", (uint64_t) pg_get_i64(res, 0, "number", 0)));
}

static void act_plans(Request *q) {
        const Page *page = q->args;

        request_query(q, &sql_plan_count, (const char *[]){ page->ids, page->created_from, page->created_to },
                      on_counted);
}

static void act_reports(Request *q) {
        const Page *page = q->args;
        PageNumber plan = page_number(page->plan);

        request_query(
                q, &sql_report_count,
                (const char *[]){ page->states, page_filter(&plan), page->ids, page->created_from, page->created_to },
                on_counted);
}

static void act_tasks(Request *q) {
        const Page *page = q->args;
        PageNumber report = page_number(page->report);

        request_query(q, &sql_task_count,
                      (const char *[]){ page->states, page_filter(&report), page->step, page->ids, page->created_from,
                                        page->created_to },
                      on_counted);
}

int plan_method_count(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return page_start(userdata, message, PAGE_IDS | PAGE_CREATED, act_plans, error);
}

int report_method_count(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return page_start(userdata, message, PAGE_STATES | PAGE_PLAN | PAGE_IDS | PAGE_CREATED, act_reports, error);
}

int task_method_count(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return page_start(userdata, message, PAGE_STATES | PAGE_REPORT | PAGE_STEP | PAGE_IDS | PAGE_CREATED,
                          act_tasks, error);
}
