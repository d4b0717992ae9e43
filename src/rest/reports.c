/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* migrationreport/ */

#include "base/text.h"
#include "client/report.h"
#include "rest/answer.h"
#include "rest/handlers.h"
#include "rest/json.h"
#include "rest/list.h"

/* Tasks of a step that a report names. */
#define STEP_TASKS 100

static const ClientOption step_tasks = { .key = "step_tasks", .type = 'u', .number = STEP_TASKS };

static int read_report(sd_bus_message *m, void *userdata) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(report_freep) Report *report = NULL;
        int r;

        r = report_read(m, &report, &error);
        if (r < 0)
                return r;
        return json_array_append_new(userdata, json_of_report(report)) < 0 ? -ENOMEM : 0;
}

static int read_reports(sd_bus_message *reply, json_t **ret) {
        json_t *list = json_array();
        int r;

        r = list ? list_each(reply, read_report, list) : -ENOMEM;
        if (r < 0) {
                json_decref(list);
                return r;
        }
        *ret = list;
        return 0;
}

static int take_reports(Request *q, sd_bus_message *reply) {
        json_t *list;
        int r;

        r = read_reports(reply, &list);
        if (r >= 0)
                list_take(q, list);
        return r;
}

void reports_list(Request *q) {
        static const ListKind kind = {
                .path = "migrationreport/",
                .count = "CountReports",
                .list = "ListReports",
                .more = { .key = "step_tasks", .type = 'u', .number = STEP_TASKS },
                .read = take_reports,
        };

        if (list_prepare(q))
                list_start(q, &kind);
}

static void on_report(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        json_t *list, *report;
        int r;

        if (!reply)
                return ask_failed(q, error, e);
        r = read_reports(reply, &list);
        if (r < 0)
                return request_fail(q, r);
        report = json_incref(json_array_get(list, 0));
        json_decref(list);
        if (report)
                request_answer(q, q->match.route->status, report);
        else
                request_refuse(q, MHD_HTTP_NOT_FOUND, "Not found.");
}

/* Asks for the report of the path, and answers with it. */
static void answer_report(Request *q) {
        const ClientOption options[] = { { .key = "ids", .type = 'i', .ids = &q->match.id, .number = 1 },
                                         step_tasks };
        Ask a = ask_manager(q, "ListReports");

        ask_send(&a, options, ELEMENTSOF(options), on_report);
}

void reports_read(Request *q) {
        answer_report(q);
}

static void on_canceled(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        if (reply)
                answer_report(q);
        else if (ask_error_is(e, "BadState"))
                request_answer(q, MHD_HTTP_CONFLICT, json_pack("{s:[s]}", "state", e->message));
        else
                ask_failed(q, error, e);
}

static void refuse_word(Request *q, const char *key, const char *word) {
        _cleanup_(freep) char *reason = text_format("\"%.32s\" is not \"cancel\" or \"canceled\".", word ?: "");

        request_refuse_field(q, key, word && reason ? reason : "\"cancel\" is needed, or \"canceled\".");
}

void reports_cancel(Request *q) {
        const char *key, *word;
        json_t *value;
        Ask a;

        json_object_foreach(
                q->json, key,
                value) if (!streq(key, "state") &&
                           !streq(key, "status")) return request_refuse_field(q, key, "Only state can be changed.");
        if (json_object_size(q->json) != 1)
                return request_refuse_field(q, "state", "state, or status, is needed, and not both.");
        key = json_object_iter_key(json_object_iter(q->json));
        word = json_string_value(json_object_iter_value(json_object_iter(q->json)));
        if (!word || (!streq(word, "cancel") && !streq(word, "canceled")))
                return refuse_word(q, key, word);
        a = ask_report(q, q->match.id, "Cancel");
        ask_send(&a, NULL, 0, on_canceled);
}
