/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tells the hook, an ordinary unit that the definition names, that a step or the report has ended. The row of an end
 * comes with the end, in one transaction; it is taken off when the unit was started, which for a oneshot unit is its
 * end: that PID 1 has answered says only that it will try, and the host may die before. So a hook is told at least
 * once, whatever dies in between, and the report's end is the poll's last check only when nothing is left to be told.
 * After a Retry the instance of an earlier end may still run, and to start it then would do nothing: it is started
 * when it has ended. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/engine-internal.h"
#include "store-sql.h"

/* What the answer of PID 1 belongs to. */
typedef struct Hook {
        Operation *operation;
        int64_t id;
        char *unit;
} Hook;

static Hook *hook_free(Hook *h) {
        if (h)
                free(h->unit);
        free(h);
        return NULL;
}

static void on_noted(_unused_ PgClient *c, const PgError *error, _unused_ PGresult *res, void *userdata) {
        Operation *o = userdata;

        if (operation_failed(o, "noting that a hook was told", error))
                return;
        o->engine->changed = true;
        operation_end(o, 0, NULL, NULL);
}

/* The hook was told, or there is nothing to tell. */
static void hook_note(Hook *h) {
        Operation *o = h->operation;
        Engine *e = o->engine;
        char id[21];

        for (size_t i = 0; i < e->n_hooks_asked; i++)
                if (e->hooks_asked[i] == h->id)
                        e->hooks_asked[i] = e->hooks_asked[--e->n_hooks_asked];
        snprintf(id, sizeof(id), "%" PRIi64, h->id);
        engine_query(e, 0, &sql_poll_hook_started, (const char *[]){ id }, on_noted);
        operation_end(o, 0, NULL, NULL);
        hook_free(h);
}

static bool hook_was_asked(const Engine *e, int64_t id) {
        for (size_t i = 0; i < e->n_hooks_asked; i++)
                if (e->hooks_asked[i] == id)
                        return true;
        return false;
}

static void on_hook_started(const UnitReply *reply, void *userdata) {
        Hook *h = userdata;
        Operation *o = h->operation;
        Engine *e = o->engine;
        LogContext context = engine_log_context(e, NULL);

        /* Without an answer nobody knows: it is told again. A refusal is final: the unit is not there or not valid.
         */
        if (reply->error == -ETIMEDOUT || reply->error == -ECONNRESET || reply->error == -ECANCELED) {
                operation_end(o, reply->error, "starting a hook", reply->message);
                hook_free(h);
                return;
        }
        if (reply->error < 0)
                (void) log_full(LOG_WARNING, reply->error, &context, "Starting the hook %s: %s, ignoring", h->unit,
                                reply->message);
        if (reply->error < 0 || e->n_hooks_asked == ELEMENTSOF(e->hooks_asked)) {
                hook_note(h);
                return;
        }
        e->hooks_asked[e->n_hooks_asked++] = h->id;
        operation_end(o, 0, NULL, NULL);
        hook_free(h);
}

/* A unit with a job is active here: it has yet to be started. */
static void on_hook_listed(const UnitReply *reply, void *userdata) {
        Hook *h = userdata;
        bool busy = false;

        for (size_t i = 0; i < reply->n_units; i++)
                busy = busy || reply->units[i].active;
        if (reply->error == 0 && !busy) {
                hook_note(h);
                return;
        }
        operation_end(h->operation, reply->error, "looking at a hook", reply->message);
        hook_free(h);
}

/* PID 1 has answered: whether it has also done it. */
static void hook_confirm(Hook *h, const UnitReply *reply) {
        char pattern[256], *patterns[] = { pattern, NULL };
        int r = 0;

        if (reply->error == 0 && reply->result->up) {
                hook_note(h);
                return;
        }
        /* Of the characters of unit names only the backslash is one of patterns too. */
        (void) snprintf(pattern, sizeof(pattern), "%s", h->unit);
        for (char *c = pattern; (c = strchr(c, '\\'));)
                *c = '?';
        if (reply->error < 0 || !reply->result->active) {
                r = unit_host_list(h->operation->engine->host, patterns, on_hook_listed, h);
                if (r >= 0)
                        return;
        }
        operation_end(h->operation, r, "looking at a hook", NULL);
        hook_free(h);
}

static void on_hook_looked(const UnitReply *reply, void *userdata) {
        Hook *h = userdata;
        Operation *o = h->operation;
        Engine *e = o->engine;
        LogContext context = engine_log_context(e, NULL);
        int r = 0;

        if (hook_was_asked(e, h->id)) {
                hook_confirm(h, reply);
                return;
        }
        /* Not said anew in each check. */
        if (reply->error == 0 && reply->result->active) {
                if (e->hook_busy != h->id)
                        (void) log_full(LOG_NOTICE, 0, &context,
                                        "The hook %s still runs since an earlier end, it is told when it has ended",
                                        h->unit);
                e->hook_busy = h->id;
        } else {
                /* Also when nobody could say what it does: the answer to the start counts. */
                r = unit_host_start(e->host, h->unit, on_hook_started, h);
                if (r >= 0)
                        return;
        }
        operation_end(o, r, "starting a hook", NULL);
        hook_free(h);
}

static void hook_look(Engine *e, int64_t id, const char *unit) {
        Hook *h = calloc(1, sizeof(Hook));
        int r = -ENOMEM;

        if (h) {
                *h = (Hook){ .operation = operation_new(e, 0), .id = id, .unit = strdup(unit) };
                if (h->operation && h->unit)
                        r = unit_host_get_result(e->host, unit, on_hook_looked, h);
        }
        if (r >= 0)
                return;
        if (h && h->operation)
                operation_end(h->operation, r, "starting a hook", NULL);
        e->broken = true;
        hook_free(h);
}

static void on_hooks(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;

        if (operation_failed(o, "reading the hooks that are due", error))
                return;
        e->n_hooks = (size_t) PQntuples(res);
        for (int i = 0; i < PQntuples(res); i++)
                hook_look(e, pg_get_i64(res, i, "id", 0), pg_get_text(res, i, "unit", ""));
        operation_end(o, 0, NULL, NULL);
}

void engine_phase_hook(Engine *e) {
        char report[12];

        snprintf(report, sizeof(report), "%" PRIu32, e->report);
        engine_query(e, 0, &sql_poll_hooks, (const char *[]){ report }, on_hooks);
}
