/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/events.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "cli/json.h"
#include "cli/rate.h"
#include "cli/steps.h"
#include "cli/terminal.h"

/* Counters of one step are told at most this often; their last value is told with the step's end. */
#define PROGRESS_USEC (1 * USEC_PER_SEC)

typedef struct StepSeen {
        State state;
        uint64_t done, total;
        usec_t told_usec;       /* when counters were printed last */
        Rate rate;
} StepSeen;

struct Events {
        bool json;
        bool started;
        bool lost;
        uint32_t id;
        State state;
        char *pause_mode;
        char *wait_reason;
        uint32_t workers;
        uint64_t problems;
        StepSeen *steps;
        size_t n_steps;
};

Events *events_new(bool json) {
        Events *e = calloc(1, sizeof(Events));

        if (e)
                *e = (Events) { .json = json, .state = _STATE_INVALID };
        return e;
}

Events *events_free(Events *e) {
        if (!e)
                return NULL;
        free(e->pause_mode);
        free(e->wait_reason);
        free(e->steps);
        free(e);
        return NULL;
}

static usec_t now_usec(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_REALTIME, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

static void print_object(const Events *e, const char *event, json_t *fields) {
        json_t *object = json_pack("{s:s, s:I, s:i}", "event", event, "time_usec", (json_int_t) now_usec(),
                                   "id", (int) e->id);

        if (object && fields && json_object_update_missing(object, fields) >= 0 &&
            json_dumpf(object, stdout, JSON_COMPACT) >= 0)
                (void) putchar('\n');
        json_decref(object);
}

static void print_text(const char *text) {
        _cleanup_(freep) char *safe = terminal_safe(text);
        time_t now = time(NULL);
        char clock[16];
        struct tm tm;

        if (safe && localtime_r(&now, &tm) && strftime(clock, sizeof(clock), "%H:%M:%S", &tm) > 0)
                (void) printf("%s %s\n", clock, safe);
}

/* Prints one event; takes fields and text. */
static void tell(const Events *e, const char *event, json_t *fields, char *text) {
        if (e->json)
                print_object(e, event, fields);
        else if (text)
                print_text(text);
        json_decref(fields);
        free(text);
        /* Whoever reads a pipe wants it now. */
        (void) fflush(stdout);
}

static void tell_state(Events *e, const Report *r) {
        const char *plan = r->plan_name[0] ? r->plan_name : r->migration;
        char *text;

        if (r->state == STATE_PAUSED)
                text = text_format("Report %" PRIu32 " (%s): paused (%s)", r->id, plan, r->pause_mode);
        else if (r->state == STATE_FAILED && r->failed_error[0])
                text = text_format("Report %" PRIu32 " (%s): failed: %s: %s", r->id, plan, r->failed_unit,
                                   r->failed_error);
        else
                text = text_format("Report %" PRIu32 " (%s): %s", r->id, plan, terminal_state(r->state));
        tell(e, report_is_finished(r) ? "finished" : e->started ? "state" : "report",
             json_pack("{s:s, s:o}", "state", terminal_state(r->state), "report", json_from_report(r)), text);
}

static void tell_step(Events *e, const Report *r, const ReportStep *s, StepSeen *seen) {
        _cleanup_(freep) char *pace = step_pace(r, s, &seen->rate);
        char *text;

        if (s->state == STATE_RUNNING)
                text = text_format("%s: running: %s", s->code, s->message);
        else
                text = text_format("%s: %s %" PRIu64 "/%" PRIu64 "%s%s", s->code, terminal_state(s->state),
                                   s->done, s->total, pace && pace[0] ? ", " : "", pace ? pace : "");
        tell(e, "step", json_pack("{s:o}", "step", json_from_step(s)), text);
}

static void tell_progress(Events *e, const Report *r, const ReportStep *s, StepSeen *seen) {
        _cleanup_(freep) char *pace = step_pace(r, s, &seen->rate);
        usec_t low, high;

        step_left(r, s, &seen->rate, &low, &high);
        tell(e, "progress",
             json_pack("{s:s, s:I, s:I, s:f, s:[I, I]}", "step", s->code, "done", (json_int_t) s->done,
                       "total", (json_int_t) s->total, "per_sec", seen->rate.per_sec, "left_usec",
                       (json_int_t) low, (json_int_t) high),
             text_format("%s: %" PRIu64 "/%" PRIu64 " (%u%%)%s%s", s->code, s->done, s->total,
                         percent(s->done, s->total), pace && pace[0] ? ", " : "", pace ? pace : ""));
}

static void step_changes(Events *e, const Report *r, const ReportStep *s, StepSeen *seen) {
        usec_t now = now_usec();
        bool moved = s->done != seen->done || s->total != seen->total;

        if (r->state == STATE_RUNNING && s->state == STATE_RUNNING)
                rate_update(&seen->rate, s->done, s->started_usec, now);
        else
                rate_skip(&seen->rate, now);

        if (s->state != seen->state && (e->started || s->state != STATE_WAITING))
                tell_step(e, r, s, seen);
        if (s->state == STATE_RUNNING && moved) {
                if (now - seen->told_usec < PROGRESS_USEC)
                        return; /* told at a later reading, since seen stays */
                tell_progress(e, r, s, seen);
                seen->told_usec = now;
        }
        seen->state = s->state;
        seen->done = s->done;
        seen->total = s->total;
}

/* Keeps a copy of a text; whether it is another one. */
static bool text_changed(char **seen, const char *now) {
        char *copy;

        if (streq(*seen ? *seen : "", now))
                return false;
        copy = strdup(now);
        if (!copy)
                return false;
        free(*seen);
        *seen = copy;
        return true;
}

static void report_changes(Events *e, const Report *r) {
        bool mode = text_changed(&e->pause_mode, r->pause_mode);

        if ((r->state != e->state || mode) && !report_is_finished(r))
                tell_state(e, r);
        if (e->started && r->workers != e->workers)
                tell(e, "workers", json_pack("{s:i}", "workers", (int) r->workers),
                     text_format("Workers: %" PRIu32, r->workers));
        if (text_changed(&e->wait_reason, r->wait_reason) && r->wait_reason[0])
                tell(e, "waiting", json_pack("{s:s}", "reason", r->wait_reason),
                     text_format("Waiting: %s", r->wait_reason));
}

void events_report(Events *e, const Report *r) {
        e->id = r->id;
        if (e->lost)
                tell(e, "back", json_object(), strdup("The service is back."));
        e->lost = false;
        if (r->n_steps != e->n_steps) {
                StepSeen *grown = calloc(r->n_steps + 1, sizeof(StepSeen));

                if (!grown)
                        return;
                for (size_t i = 0; i < r->n_steps; i++)
                        grown[i].state = STATE_WAITING;
                free(e->steps);
                e->steps = grown;
                e->n_steps = r->n_steps;
        }
        report_changes(e, r);
        for (size_t i = 0; i < r->n_steps; i++)
                step_changes(e, r, &r->steps[i], &e->steps[i]);
        if (r->problems != e->problems)
                tell(e, "problems", json_pack("{s:I}", "problems", (json_int_t) r->problems),
                     text_format("Problems: %" PRIu64, r->problems));
        /* The end is the last line, whatever else the same reading brought. */
        if (report_is_finished(r) && r->state != e->state)
                tell_state(e, r);
        e->state = r->state;
        e->workers = r->workers;
        e->problems = r->problems;
        e->started = true;
}

void events_lost(Events *e, const char *reason) {
        e->lost = true;
        tell(e, "lost", json_pack("{s:s}", "reason", reason),
             text_format("The service is not reachable, still waiting: %s", reason));
}
