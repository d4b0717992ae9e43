/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* migration-plans/ID/run/ */

#include "base/text.h"
#include "model/state.h"
#include "rest/answer.h"
#include "rest/body.h"
#include "rest/handlers.h"
#include "rest/json.h"
#include "rest/list.h"

#define ALREADY "Another migration is running."

static int read_path_id(sd_bus_message *reply, uint32_t *ret) {
        const char *path;
        int r;

        r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return r;
        *ret = client_path_id(path);
        return 0;
}

static int read_id(sd_bus_message *m, void *userdata) {
        _cleanup_(report_freep) Report *report = NULL;
        int r;

        r = report_read(m, &report, NULL);
        if (r >= 0)
                *(uint32_t *) userdata = report->id;
        return r;
}

/* Which one it is may not be known: it may have ended since, or the user may not see it. */
static void on_unfinished(Request *q, sd_bus_message *reply, _unused_ int error, _unused_ const sd_bus_error *e) {
        uint32_t id = 0;

        if (!reply || list_each(reply, read_id, &id) < 0 || id == 0)
                return request_refuse(q, MHD_HTTP_CONFLICT, ALREADY);
        request_answer(
                q, MHD_HTTP_CONFLICT,
                json_pack("{s:s, s:o}", "detail", ALREADY, "migration_report", json_of_href("migrationreport/", id)));
}

static void ask_unfinished(Request *q) {
        _cleanup_(strv_freep) char **states = NULL;
        Ask a;

        for (State s = 0; s < _STATE_MAX; s++)
                if (state_is_of(STATE_OF_REPORT, s) && !state_is_final(s) &&
                    strv_append(&states, state_to_string(s)) < 0)
                        return request_fail(q, -ENOMEM);
        a = ask_manager(q, "ListReports");
        ask_send(&a, &(ClientOption){ .key = "states", .type = 'a', .list = states }, 1, on_unfinished);
}

static void on_started(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        _cleanup_(freep) char *href = NULL;
        uint32_t id;

        if (ask_error_is(e, "MigrationRunning"))
                return ask_unfinished(q);
        if (!reply)
                return ask_failed(q, error, e);
        if (read_path_id(reply, &id) < 0)
                return request_fail(q, -EBADMSG);
        href = href_of("migrationreport/", id);
        if (!href)
                return request_fail(q, -ENOMEM);
        request_answer_with(q, MHD_HTTP_ACCEPTED, json_pack("{s:s}", "migration_report", href), "Location", href);
}

void plans_run(Request *q) {
        static const BodyField fields[] = {
                { "validate", BODY_BOOLEAN },
                { "dry_run", BODY_BOOLEAN },
                { "skip_corrupted", BODY_BOOLEAN },
                { "verify", BODY_BOOLEAN },
                { "workers", BODY_WORKERS },
                {},
        };
        ClientOption options[ELEMENTSOF(fields)] = {};
        Ask a;

        if (q->json && !body_check(q, fields))
                return;
        for (size_t i = 0; fields[i].name; i++) {
                const json_t *value = json_object_get(q->json, fields[i].name);
                bool number = fields[i].type == BODY_WORKERS;

                options[i] = (ClientOption){
                        .key = fields[i].name,
                        .type = !value   ? 0
                                : number ? 'u'
                                         : 'b',
                        .number = number ? (uint64_t) json_integer_value(value) : json_is_true(value),
                };
        }
        a = ask_manager(q, "Run");
        ask_append(&a, "u", q->match.id);
        ask_send(&a, options, ELEMENTSOF(options) - 1, on_started);
}
