/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/json.h"

#include "base/text.h"
#include "cli/terminal.h"

/* A number that may be unknown: UINT64_MAX is null. */
static json_t *number(uint64_t value) {
        return value == UINT64_MAX ? json_null() : json_integer((json_int_t) value);
}

/* A time that may be not yet: 0 is null. */
static json_t *usec(uint64_t value) {
        return value == 0 ? json_null() : json_integer((json_int_t) value);
}

/* A text that may be absent: "" and NULL are null. */
static json_t *text(const char *s) {
        return s && *s ? json_string(s) : json_null();
}

json_t *json_from_plan(const Plan *p, bool document) {
        json_t *object;

        object = json_pack("{s:i, s:o, s:s, s:I, s:o}", "id", (int) p->id, "name", text(p->name), "migration",
                           p->migration, "uid", (json_int_t) p->uid, "created_usec", usec(p->created_usec));
        if (object && document) {
                json_t *parsed = json_loads(p->document, JSON_DECODE_ANY, NULL);

                (void) json_object_set_new(object, "document", parsed ? parsed : json_null());
        }
        return object;
}

json_t *json_from_step(const ReportStep *s) {
        return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}",
                         "code", s->code,
                         "message", s->message,
                         "state", terminal_state(s->state),
                         "done", number(s->done),
                         "total", number(s->total),
                         "started_usec", usec(s->started_usec),
                         "finished_usec", usec(s->finished_usec));
}

static json_t *task_counts(const Report *r) {
        json_t *object = json_object();

        for (State s = 0; s < _STATE_MAX; s++)
                if (state_is_of(STATE_OF_TASK, s))
                        (void) json_object_set_new(object, state_to_string(s), json_integer(r->tasks[s]));
        return object;
}

static json_t *steps(const Report *r) {
        json_t *array = json_array();

        for (size_t i = 0; i < r->n_steps; i++)
                (void) json_array_append_new(array, json_from_step(&r->steps[i]));
        return array;
}

/* The service hands the options over as a JSON object. */
static json_t *options(const Report *r) {
        json_t *object = json_loads(r->options, 0, NULL);

        return object ? object : json_object();
}

static json_t *words(char *const *list) {
        json_t *array = json_array();

        for (; list && *list; list++)
                (void) json_array_append_new(array, json_string(*list));
        return array;
}

json_t *json_from_report(const Report *r) {
        return json_pack("{s:i, s:i, s:o, s:s, s:s, s:o, s:i, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
                         "s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:o}",
                         "id", (int) r->id, "plan", (int) report_plan_id(r), "plan_name", text(r->plan_name),
                         "migration", r->migration, "state", terminal_state(r->state), "pause_mode",
                         text(r->pause_mode), "workers", (int) r->workers, "options", options(r), "uid",
                         (json_int_t) r->uid, "steps", steps(r), "held", words(r->held), "done", number(r->done),
                         "total", number(r->total), "tasks", task_counts(r), "problems", number(r->problems),
                         "failed_unit", text(r->failed_unit), "failed_error", text(r->failed_error), "wait_reason",
                         text(r->wait_reason), "elsewhere", text(r->elsewhere), "created_usec",
                         usec(r->created_usec), "started_usec", usec(r->started_usec), "finished_usec",
                         usec(r->finished_usec), "rate", r->rate, "eta_usec",
                         json_pack("[o, o]", usec(r->eta_low_usec), usec(r->eta_high_usec)));
}

json_t *json_from_task(const Task *t) {
        return json_pack("{s:i, s:o, s:o, s:o, s:i, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
                         "s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                         "id", (int) t->id,
                         "step", text(t->step),
                         "kind", text(t->kind),
                         "lane", text(t->lane),
                         "stage", (int) t->stage,
                         "state", terminal_state(t->state),
                         "attempt", (int) t->attempt,
                         "done", number(t->done),
                         "total", number(t->total),
                         "class", text(t->class),
                         "error", text(t->error),
                         "unit", text(t->unit),
                         "invocation_id", text(t->invocation_id),
                         "result", text(t->result),
                         "exit_code", text(t->exit_code),
                         "exit_status", t->exit_status < 0 ? json_null() : json_integer(t->exit_status),
                         "cpu_usec", number(t->cpu_usec),
                         "memory_peak", number(t->memory_peak_bytes),
                         "io_read_bytes", number(t->io_read_bytes),
                         "io_write_bytes", number(t->io_write_bytes),
                         "created_usec", usec(t->created_usec),
                         "started_usec", usec(t->started_usec),
                         "finished_usec", usec(t->finished_usec));
}

json_t *json_from_problem(const Problem *p) {
        return json_pack("{s:I, s:i, s:o, s:o, s:o, s:o}",
                         "id", (json_int_t) p->id,
                         "task", (int) p->task,
                         "step", text(p->step),
                         "item", text(p->item),
                         "reason", text(p->reason),
                         "created_usec", usec(p->created_usec));
}
