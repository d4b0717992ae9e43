/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/manager.h"

#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/text.h"
#include "bus/object.h"
#include "daemon/manager-bus.h"
#include "daemon/on-behalf.h"
#include "daemon/plan-bus.h"
#include "daemon/report-bus.h"
#include "daemon/request.h"
#include "daemon/store.h"
#include "daemon/watch.h"

/* An activated service whose store does not answer shows itself after that long; bus activation gives up after 25 s.
 */
#define ANNOUNCE_TIMEOUT_USEC (5 * USEC_PER_SEC)
/* Calls in flight at a stop: the store's time-out and some. The unit's TimeoutStopSec= is longer. */
#define STOP_TIMEOUT_USEC (25 * USEC_PER_SEC)

static int on_name_acquired(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Manager *m = userdata;
        uint32_t answer = 0;

        /* 1: DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER, D-Bus specification. */
        if (!sd_bus_message_is_method_error(reply, NULL) && sd_bus_message_read(reply, "u", &answer) >= 0 &&
            answer == 1) {
                log_debug("Took the name %s.", BUS_NAME);
                return 0;
        }
        log_error("Failed to take the bus name %s: %s", BUS_NAME,
                  sd_bus_message_is_method_error(reply, NULL) ? sd_bus_message_get_error(reply)->message
                                                              : "another process has it");
        return sd_event_exit(m->event, EXIT_FAILURE);
}

int manager_announce(Manager *m) {
        int r;

        if (m->announced || m->stopping)
                return 0;
        m->announced = true;
        m->announce_timer = sd_event_source_disable_unref(m->announce_timer);
        r = sd_bus_request_name_async(m->bus, NULL, BUS_NAME, 0, on_name_acquired, m);
        if (r < 0)
                return log_error_errno(r, "Failed to ask for the bus name: %m");
        manager_settle(m);
        return 0;
}

static int on_announce_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        return manager_announce(userdata);
}

static bool manager_is_busy(const Manager *m) {
        return m->n_requests > 0 || m->n_pokes > 0;
}

static int on_idle(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        /* What is busy restarts the clock when it ends. */
        if (manager_is_busy(m) || m->unfinished > 0)
                return 0;
        log_debug("Idle, leaving.");
        manager_stop(m);
        return 0;
}

void manager_settle(Manager *m) {
        int r;

        if (m->stopping) {
                if (m->name_released && !manager_is_busy(m))
                        (void) sd_event_exit(m->event, 0);
                return;
        }
        if (!m->announced || m->settings->idle_usec == USEC_INFINITY)
                return;
        if (m->idle_timer) {
                r = sd_event_source_set_time_relative(m->idle_timer, m->settings->idle_usec);
                if (r >= 0)
                        r = sd_event_source_set_enabled(m->idle_timer, SD_EVENT_ONESHOT);
        } else
                r = sd_event_add_time_relative(m->event, &m->idle_timer, CLOCK_MONOTONIC, m->settings->idle_usec, 0,
                                               on_idle, m);
        if (r < 0)
                log_warning_errno(r, "Failed to set the idle timer, ignoring: %m");
}

static int on_stop_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        log_warning("%u calls did not end, leaving.", m->n_requests);
        return sd_event_exit(m->event, 0);
}

/* The reply comes after every call that the bus had for our name: those are in m->requests now, and none follows. */
static int on_name_released(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Manager *m = userdata;

        m->name_released = true;
        manager_settle(m);
        return 0;
}

void manager_stop(Manager *m) {
        int r;

        if (m->stopping)
                return;
        m->stopping = true;
        /* PID 1 then expects the name to go, and starts a new instance only after this one has ended. */
        (void) sd_notify(/* unset_environment= */ 0, "STOPPING=1");
        r = sd_event_add_time_relative(m->event, &m->stop_timer, CLOCK_MONOTONIC, STOP_TIMEOUT_USEC, 0, on_stop_timer,
                                       m);
        if (r < 0)
                log_warning_errno(r, "Failed to set the stop timer, ignoring: %m");
        if (!m->announced) {
                m->name_released = true;
                manager_settle(m);
                return;
        }
        r = sd_bus_release_name_async(m->bus, NULL, BUS_NAME, on_name_released, m);
        if (r < 0) {
                log_warning_errno(r, "Failed to release the bus name, ignoring: %m");
                m->name_released = true;
                manager_settle(m);
        }
}

/* Every call restarts the idle clock, those that sd-bus answers by itself too. */
static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        if (sd_bus_message_is_method_call(message, NULL, NULL) > 0)
                manager_settle(userdata);
        return 0;
}

const char *manager_store_hint(const Manager *m) {
        return m->settings->embedded ? "systemctl status migrationd-postgresql" : "migrationctl doctor";
}

int manager_register(Manager *m) {
        int r;

        r = manager_bus_register(m);
        if (r < 0)
                return r;
        r = plan_bus_register(m);
        if (r < 0)
                return r;
        return report_bus_register(m);
}

int manager_new(sd_event *event, sd_bus *bus, Settings *settings, Manager **ret) {
        _cleanup_(manager_freep) Manager *m = NULL;
        int r;

        m = calloc(1, sizeof(Manager));
        if (!m) {
                settings_free(settings);
                return -ENOMEM;
        }
        m->settings = settings;
        m->event = sd_event_ref(event);
        m->bus = sd_bus_ref(bus);

        r = sd_bus_add_filter(bus, NULL, on_message, m);
        if (r < 0)
                return log_error_errno(r, "Failed to add a message filter: %m");
        r = manager_register(m);
        if (r < 0)
                return log_error_errno(r, "Failed to register the bus objects: %m");
        r = sd_event_add_time_relative(event, &m->announce_timer, CLOCK_MONOTONIC, ANNOUNCE_TIMEOUT_USEC, 0,
                                       on_announce_timer, m);
        if (r < 0)
                return log_error_errno(r, "Failed to set a timer: %m");
        on_behalf_learn(m);
        r = store_open(m);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        /* Statements in flight call back: requests must still be there to be answered, then what is left of them
         * goes. */
        m->stopping = true;
        m->store = pg_client_free(m->store);
        while (m->requests)
                request_free(m->requests);
        watch_done(m);
        sd_event_source_disable_unref(m->idle_timer);
        sd_event_source_disable_unref(m->stop_timer);
        sd_event_source_disable_unref(m->announce_timer);
        sd_bus_slot_unref(m->plan_slot);
        sd_bus_slot_unref(m->report_slot);
        sd_bus_flush_close_unref(m->bus);
        free(m->plan_vtable);
        free(m->report_vtable);
        settings_free(m->settings);
        free(m->store_problem);
        sd_event_unref(m->event);
        free(m);
        return NULL;
}
