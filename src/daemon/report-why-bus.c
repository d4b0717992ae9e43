/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/report-why-bus.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "bus/error.h"
#include "bus/option.h"
#include "daemon/objects.h"
#include "daemon/report-bus.h"
#include "daemon/request.h"
#include "daemon/watch.h"
#include "model/names.h"
#include "store-sql.h"

static void fail_no_task(Request *q) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        (void) bus_error_set(&error, BUS_ERROR_NO_SUCH_TASK, "Report %" PRIu32 " has no task %" PRIu32,
                             q->about.report, *(const uint32_t *) q->args);
        request_fail(q, &error);
}

static void on_why(Request *q, PGresult *res) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *why;

        if (PQntuples(res) == 0) {
                objects_unknown(q);
                return;
        }
        why = pg_get_text(res, 0, "why", NULL);
        if (!why) {
                fail_no_task(q);
                return;
        }
        reply = request_reply_new(q);
        if (reply)
                request_finish(q, reply, sd_bus_message_append(reply, "s", why));
}

static void act_why(Request *q) {
        uint32_t task_id = *(const uint32_t *) q->args;
        char report[11], task[11];

        (void) snprintf(report, sizeof(report), "%" PRIu32, q->about.report);
        (void) snprintf(task, sizeof(task), "%" PRIu32, task_id);
        request_query(q, &sql_report_why, (const char *[]){ report, task_id > 0 ? task : NULL }, on_why);
}

/* Of a task too: none of the report goes on without the database. */
static bool act_why_lost(Request *q) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(freep) char *why = watch_wait_reason(q->manager, q->about.report);

        if (!why)
                return false;
        reply = request_reply_new(q);
        if (reply)
                request_finish(q, reply, sd_bus_message_append(reply, "s", why));
        return true;
}

int report_method_why(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        _cleanup_(request_freep) Request *q = NULL;
        uint32_t id, task = 0, *argument;
        OnBehalf on_behalf = {};
        int r;

        r = objects_id(&report_kind, message, &id, error);
        if (r < 0)
                return r;
        r = bus_options_read(message, (const BusOption[]){ { "task", "u", &task }, on_behalf_option(&on_behalf), {} },
                             error);
        if (r < 0)
                return r;
        if (task > ID_MAX)
                return bus_error_set(error, BUS_ERROR_NO_SUCH_TASK, "Report %" PRIu32 " has no task %" PRIu32, id,
                                     task);
        r = request_new(userdata, message, POLKIT_ACTION_READ, act_why, &q, error);
        if (r < 0)
                return r;
        argument = malloc(sizeof(task));
        if (!argument)
                return -ENOMEM;
        *argument = task;
        q->act_lost = act_why_lost;
        q->args = argument;
        q->free_args = free;
        q->about.report = id;
        q->on_behalf = on_behalf;
        return request_start(TAKE_PTR(q));
}
