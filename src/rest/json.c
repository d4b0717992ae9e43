/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "rest/route.h"

/* The ETA is shown in whole seconds. */
#define SECONDS(usec) ((json_int_t) ((usec) / USEC_PER_SEC))

char *href_of(const char *list, uint32_t id) {
        return text_format(ROUTE_PREFIX "%s%" PRIu32 "/", list, id);
}

json_t *json_of_href(const char *list, uint32_t id) {
        _cleanup_(freep) char *href = href_of(list, id);

        return href ? json_string(href) : NULL;
}

/* ISO 8601 in UTC, with microseconds; 0: null. */
static json_t *json_of_time(uint64_t usec) {
        time_t seconds = (time_t) (usec / USEC_PER_SEC);
        struct tm tm;

        if (usec == 0 || !gmtime_r(&seconds, &tm))
                return json_null();
        return json_sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%06uZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                            tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned) (usec % USEC_PER_SEC));
}

/* "" and NULL: null. */
static json_t *json_of_text(const char *s) {
        return s && *s ? json_string(s) : json_null();
}

/* Pulp has no word for a report that is paused. */
static const char *state_word(State s) {
        return s == STATE_PAUSED ? "running" : state_to_string(s) ?: "waiting";
}

/* What is stored as the text of a JSON object; as a number that JSON cannot hold may be in it, it is never refused
 * for that. */
static json_t *json_of_object(const char *text) {
        json_t *object = json_loads(text ?: "", 0, NULL);

        return object ? object : json_object();
}

json_t *json_of_plan(const Plan *p) {
        return json_pack("{s:o, s:o, s:o, s:o, s:s}", "pulp_href", json_of_href("migration-plans/", p->id),
                         "pulp_created", json_of_time(p->created_usec), "plan", json_of_object(p->document), "name",
                         json_of_text(p->name), "migration", p->migration);
}

static json_t *tasks_of_step(const Report *r, const char *code) {
        json_t *list = json_array();

        for (size_t i = 0; i < r->n_step_tasks; i++) {
                if (!streq(r->step_tasks[i].code, code))
                        continue;
                for (size_t j = 0; j < r->step_tasks[i].n; j++)
                        (void) json_array_append_new(list, json_of_href("tasks/", r->step_tasks[i].ids[j]));
        }
        return list;
}

static json_t *progress_of_report(const Report *r) {
        json_t *list = json_array();

        for (size_t i = 0; i < r->n_steps; i++) {
                const ReportStep *s = &r->steps[i];

                (void) json_array_append_new(
                        list,
                        json_pack("{s:s, s:s, s:s, s:I, s:I, s:n, s:o, s:o, s:o}", "code", s->code, "message",
                                  s->message, "state", state_word(s->state), "total", (json_int_t) s->total, "done",
                                  (json_int_t) s->done, "suffix", "task", tasks_of_step(r, s->code), "started_at",
                                  json_of_time(s->started_usec), "finished_at", json_of_time(s->finished_usec)));
        }
        return list;
}

static uint64_t later(uint64_t a, uint64_t b) {
        return MAX(a, b);
}

/* The latest of the times that are known. */
static uint64_t last_updated_usec(const Report *r) {
        uint64_t usec = later(r->created_usec, later(r->started_usec, r->finished_usec));

        for (size_t i = 0; i < r->n_steps; i++)
                usec = later(usec, later(r->steps[i].started_usec, r->steps[i].finished_usec));
        return usec;
}

static json_t *error_of_report(const Report *r) {
        if (!*r->failed_unit && !*r->failed_error)
                return json_null();
        return json_pack("{s:o, s:o}", "description", json_of_text(r->failed_error), "unit",
                         json_of_text(r->failed_unit));
}

static json_t *eta_of_report(const Report *r) {
        if (r->eta_low_usec == 0 && r->eta_high_usec == 0)
                return json_null();
        return json_pack("{s:I, s:I}", "low_seconds", SECONDS(r->eta_low_usec), "high_seconds",
                         SECONDS(r->eta_high_usec));
}

json_t *json_of_report(const Report *r) {
        return json_pack("{s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:I, s:o, s:o}",
                         "pulp_href", json_of_href("migrationreport/", r->id), "pulp_created",
                         json_of_time(r->created_usec), "pulp_last_updated", json_of_time(last_updated_usec(r)),
                         "migration_plan", json_of_href("migration-plans/", report_plan_id(r)), "migration",
                         r->migration, "state", state_word(r->state), "started_at", json_of_time(r->started_usec),
                         "finished_at", json_of_time(r->finished_usec), "progress_reports", progress_of_report(r),
                         "workers", (int) r->workers, "options", json_of_object(r->options), "wait_reason",
                         json_of_text(r->wait_reason), "pause_mode", json_of_text(r->pause_mode), "problems",
                         (json_int_t) r->problems, "error", error_of_report(r), "eta", eta_of_report(r));
}

static const char *message_of_task(const Task *t, const Report *report) {
        for (size_t i = 0; report && i < report->n_steps; i++)
                if (streq(report->steps[i].code, t->step))
                        return report->steps[i].message;
        return t->step;
}

static json_t *error_of_task(const Task *t) {
        if ((!t->error || !*t->error) && (!t->class || !*t->class))
                return json_null();
        return json_pack("{s:o, s:o}", "description", json_of_text(t->error), "class", json_of_text(t->class));
}

json_t *json_of_task(const Task *t, const Report *report) {
        return json_pack(
                "{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:n, s:n, s:[{s:s, s:s, s:s, s:I, s:I, s:n}], s:o, s:o, s:i}",
                "pulp_href", json_of_href("tasks/", t->id), "pulp_created", json_of_time(t->task_created_usec),
                "name", json_sprintf("%s.%s", report ? report->migration : "", t->step), "state",
                state_word(t->state), "started_at", json_of_time(t->started_usec), "finished_at",
                json_of_time(t->finished_usec), "error", error_of_task(t), "worker", "parent_task",
                "progress_reports", "code", t->step, "message", message_of_task(t, report), "state",
                state_word(t->state), "total", (json_int_t) t->total, "done", (json_int_t) t->done, "suffix",
                "migration_report", json_of_href("migrationreport/", t->report), "unit", json_of_text(t->unit),
                "attempt", (int) t->attempt);
}
