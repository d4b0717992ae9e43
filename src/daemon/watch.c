/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/watch.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "bus/object.h"
#include "bus/property.h"
#include "daemon/manager-bus.h"
#include "daemon/poke.h"
#include "daemon/report-bus.h"
#include "daemon/store.h"
#include "model/state.h"
#include "store-sql.h"

/* A burst of NOTIFY (each finished task sends one) becomes one look in that time. */
#define WATCH_SOON_USEC (200 * USEC_PER_MSEC)
/* Counters move without a NOTIFY. */
#define WATCH_TICK_USEC USEC_PER_SEC
/* A look sums up all tasks of the report, which takes most of a second where there are a million. Looking may take
 * that share of the time, one part in so many; more when something is known to have changed. */
#define WATCH_SHARE 10
#define WATCH_SHARE_SOON 2

DEFINE_CLEANUP(PGresult *, PQclear);

static usec_t now_usec(Manager *m) {
        uint64_t usec;

        return sd_event_now(m->event, CLOCK_MONOTONIC, &usec) >= 0 ? usec : 0;
}

static int on_look_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        watch_look(userdata);
        return 0;
}

static void look_in(Manager *m, usec_t delay_usec) {
        usec_t due = now_usec(m) + delay_usec;
        uint64_t armed;
        int enabled, r;

        if (!m->look_timer)
                r = sd_event_add_time(m->event, &m->look_timer, CLOCK_MONOTONIC, due, 0, on_look_timer, m);
        else {
                if (sd_event_source_get_enabled(m->look_timer, &enabled) >= 0 && enabled != SD_EVENT_OFF &&
                    sd_event_source_get_time(m->look_timer, &armed) >= 0 && armed <= due)
                        return;
                r = sd_event_source_set_time(m->look_timer, due);
                if (r >= 0)
                        r = sd_event_source_set_enabled(m->look_timer, SD_EVENT_ONESHOT);
        }
        if (r < 0)
                log_warning_errno(r, "Failed to set the timer that looks for changes: %m");
}

static void set_unfinished(Manager *m, uint32_t id) {
        int r;

        if (m->unfinished == id)
                return;
        m->unfinished = id;
        r = sd_bus_emit_properties_changed(m->bus, BUS_PATH, BUS_INTERFACE_MANAGER, "Unfinished", NULL);
        if (r < 0)
                log_warning_errno(r, "Failed to tell that the unfinished report changed, ignoring: %m");
        manager_settle(m);
}

/* Keeps a copy of one row, so that the next look can tell what changed; NULL: forgets it. */
static void remember(Manager *m, const BusRow *row) {
        PGresult *copy = NULL;

        if (row) {
                copy = PQcopyResult(row->result, PG_COPYRES_ATTRS);
                for (int i = 0; copy && i < PQnfields(row->result); i++)
                        if (!PQsetvalue(copy, 0, i, PQgetvalue(row->result, row->row, i),
                                        PQgetisnull(row->result, row->row, i)
                                                ? -1
                                                : PQgetlength(row->result, row->row, i))) {
                                PQclear(copy);
                                copy = NULL;
                        }
        }
        PQclear(m->seen);
        m->seen = copy;
}

static void tell_row(Manager *m, const BusRow *row) {
        uint32_t id = (uint32_t) pg_get_i64(row->result, row->row, "id", 0);
        const char *state = pg_get_text(row->result, row->row, "state", "");
        const BusRow before = { .result = m->seen };
        bool is_new = m->watching && id > m->last_report, was_unfinished = id == m->unfinished, final;
        int r;

        final = state_is_final(state_from_string(state));
        report_bus_sample(m, row);
        if (is_new)
                r = report_bus_emit_new(m, id, row);
        else if (m->watching)
                r = report_bus_emit_changed(m, id, was_unfinished && m->seen ? &before : NULL, row);
        else
                r = 0;
        if (r >= 0 && final && (is_new || was_unfinished))
                r = report_bus_emit_finished(m, id, state);
        if (r < 0)
                log_warning_errno(r, "Failed to tell what changed in report %" PRIu32 ", ignoring: %m", id);
        m->last_report = MAX(m->last_report, id);
        if (!final) {
                set_unfinished(m, id);
                remember(m, row);
        } else if (was_unfinished) {
                set_unfinished(m, 0);
                remember(m, NULL);
        }
}

static void look_again(Manager *m) {
        usec_t took = now_usec(m) - m->look_started_usec;

        m->looking = false;
        if (m->look_again)
                look_in(m, MAX(WATCH_SOON_USEC, took * WATCH_SHARE_SOON));
        else if (m->unfinished > 0)
                look_in(m, MAX(WATCH_TICK_USEC, took * WATCH_SHARE));
        m->look_again = false;
        poke_retry(m, now_usec(m));
}

static void on_rows(PgClient *c, const PgError *failure, PGresult *res, void *userdata) {
        Manager *m = userdata;

        if (failure) {
                /* The connection's own handler says why; after the next connect a look follows. */
                log_debug("Failed to look for changes: %s", failure->message);
                m->looking = false;
                if (failure->error == -EIO || failure->error == -ETIMEDOUT)
                        look_in(m, WATCH_TICK_USEC);
                return;
        }
        for (int i = 0; i < PQntuples(res); i++)
                tell_row(m, &(const BusRow){ .result = res, .row = i, .userdata = m });
        look_again(m);
}

/* The first look of this process: what was there before is not news. */
static void on_last(PgClient *c, const PgError *failure, PGresult *res, void *userdata) {
        Manager *m = userdata;

        m->looking = false;
        if (failure) {
                log_warning("Failed to look for the unfinished report: %s", failure->message);
                (void) manager_announce(m);
                return;
        }
        m->watching = true;
        m->last_report = (uint32_t) pg_get_i64(res, 0, "last_id", 0);
        set_unfinished(m, (uint32_t) pg_get_i64(res, 0, "unfinished_id", 0));
        (void) manager_announce(m);
        /* A poll timer that was lost with the machine, or that could not be started, is armed by whoever comes first.
         */
        if (m->unfinished > 0)
                poke_poll(m, m->unfinished, NULL, NULL);
        watch_look(m);
}

void watch_look(Manager *m) {
        char unfinished[11], last[11];
        int r;

        if (m->stopping)
                return;
        if (m->looking) {
                m->look_again = true;
                return;
        }
        m->looking = true;
        m->look_again = false;
        m->look_started_usec = now_usec(m);
        if (!m->watching)
                r = pg_client_query(m->store, &sql_report_last, NULL, MANAGER_STORE_TIMEOUT_USEC, on_last, m);
        else {
                (void) snprintf(unfinished, sizeof(unfinished), "%" PRIu32, m->unfinished);
                (void) snprintf(last, sizeof(last), "%" PRIu32, m->last_report);
                r = pg_client_query(m->store, &sql_report_watch, (const char *[]){ unfinished, last },
                                    MANAGER_STORE_TIMEOUT_USEC, on_rows, m);
        }
        if (r < 0) {
                m->looking = false;
                log_warning_errno(r, "Failed to look for changes: %m");
        }
}

void watch_changed(Manager *m) {
        if (m->looking)
                m->look_again = true;
        else
                look_in(m, WATCH_SOON_USEC);
}

char *watch_wait_reason(const Manager *m, uint32_t id) {
        /* Before the first look any report may be the unfinished one. */
        if (m->store_lost_usec == 0 || (m->watching && id != m->unfinished))
                return NULL;
        return store_wait_reason(m);
}

void watch_store_lost(Manager *m) {
        _cleanup_(freep) char *reason = NULL;
        _cleanup_(PQclearp) PGresult *row = NULL;
        int column, r;

        if (!m->seen || m->unfinished == 0)
                return;
        reason = watch_wait_reason(m, m->unfinished);
        row = PQcopyResult(m->seen, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES);
        column = PQfnumber(m->seen, "wait_reason");
        if (!reason || !row || PQsetvalue(row, 0, column, reason, (int) strlen(reason)) == 0) {
                log_warning("Out of memory: what report %" PRIu32 " waits for is not told.", m->unfinished);
                return;
        }
        r = report_bus_emit_changed(m, m->unfinished, &(const BusRow){ .result = m->seen },
                                    &(const BusRow){ .result = row, .userdata = m });
        if (r < 0)
                log_warning_errno(r, "Failed to tell what report %" PRIu32 " waits for, ignoring: %m", m->unfinished);
        PQclear(m->seen);
        m->seen = TAKE_PTR(row);
}

void watch_done(Manager *m) {
        m->look_timer = sd_event_source_disable_unref(m->look_timer);
        PQclear(m->seen);
        m->seen = NULL;
}
