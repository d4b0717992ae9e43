/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/poke.h"

#include "base/log.h"
#include "base/test-point.h"
#include "base/text.h"
#include "model/names.h"

#define POKE_RETRY_USEC (10 * USEC_PER_SEC)

typedef struct Poke {
        Manager *manager;
        uint32_t report;
        unsigned n_pending;
        bool failed;
        PokeDone done;
        void *userdata;
} Poke;

static void poke_finish(Poke *p) {
        Manager *m = p->manager;
        uint64_t now = 0;

        (void) sd_event_now(m->event, CLOCK_MONOTONIC, &now);
        m->poke_retry_usec = p->failed ? now + POKE_RETRY_USEC : 0;
        if (p->done)
                p->done(m, p->userdata);
        free(p);
        manager_settle(m);
}

static int on_started(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Poke *p = userdata;

        /* Timer and service fail for the same reason: it is told once. */
        if (sd_bus_message_is_method_error(reply, NULL) && !p->failed) {
                p->failed = true;
                log_full(
                        LOG_ERR, 0, &(const LogContext){ .report = p->report },
                        "Failed to start the poll of report %u, will be tried again: %s; see "
                        "'systemctl status migrationd-poll@%u.timer'",
                        p->report, sd_bus_message_get_error(reply)->message, p->report);
        }
        p->manager->n_pokes--;
        if (--p->n_pending == 0)
                poke_finish(p);
        return 0;
}

static int start_unit(Poke *p, const char *unit) {
        int r;

        if (!unit)
                return -ENOMEM;
        test_point("bus", "StartUnit", "before");
        r = sd_bus_call_method_async(p->manager->bus, NULL, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                     "org.freedesktop.systemd1.Manager", "StartUnit", on_started, p, "ss", unit,
                                     "replace");
        if (r < 0)
                return r;
        p->n_pending++;
        p->manager->n_pokes++;
        return 0;
}

void poke_poll(Manager *m, uint32_t report, PokeDone done, void *userdata) {
        _cleanup_(freep) char *timer = NULL, *service = NULL;
        Poke *p;
        int r;

        p = calloc(1, sizeof(Poke));
        if (!p) {
                log_error("Out of memory, the poll of report %u is not started.", report);
                if (done)
                        done(m, userdata);
                return;
        }
        *p = (Poke){ .manager = m, .report = report, .done = done, .userdata = userdata };
        timer = poll_timer_name(report);
        service = poll_service_name(report);
        r = start_unit(p, timer);
        if (r >= 0)
                r = start_unit(p, service);
        if (r < 0) {
                p->failed = true;
                log_full(LOG_ERR, r, &(const LogContext){ .report = report },
                         "Failed to start the poll of report %u: %m", report);
        }
        if (p->n_pending == 0)
                poke_finish(p);
}

void poke_retry(Manager *m, usec_t now_usec) {
        if (m->unfinished == 0 || m->poke_retry_usec == 0 || now_usec < m->poke_retry_usec)
                return;
        m->poke_retry_usec = 0;
        poke_poll(m, m->unfinished, NULL, NULL);
}
