/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/watch.h"

#include <signal.h>
#include <systemd/sd-event.h>

#include "base/text.h"
#include "client/errors.h"

/* Without hints the report is read this often. */
#define POLL_USEC (1 * USEC_PER_SEC)

/* With hints not more often than this: many tasks may report at once, and a person sees no more. */
#define HINT_USEC (200 * USEC_PER_MSEC)

/* A service that does not answer is asked again after this. */
#define RETRY_USEC (2 * USEC_PER_SEC)

/* How often a service may say that it has no such object before its own word on the id is asked for. */
#define CONFIRM_AFTER 2

typedef struct Watch {
        Client *client;
        const WatchHandler *handler;
        char *path;
        uint32_t id;
        sd_event *event;
        sd_event_source *refresh;       /* timer of the next read */
        sd_event_source *deadline;
        sd_bus_slot *call;              /* the read that is in flight */
        sd_bus_slot *changed, *finished, *owner;        /* matches */
        bool lost;                      /* on_lost was called and nothing was read since */
        bool again;                     /* a hint came while a read was in flight */
        unsigned no_object;             /* answers in a row that there is no such object */
        Report *last;                   /* as it was read last, NULL: never */
        WatchEnd end;
        State state;
        sd_bus_error *ret_error;
} Watch;

static void watch_disconnect(Watch *w) {
        w->call = sd_bus_slot_unref(w->call);
        w->changed = sd_bus_slot_unref(w->changed);
        w->finished = sd_bus_slot_unref(w->finished);
        w->owner = sd_bus_slot_unref(w->owner);
        if (w->client->bus)
                (void) sd_bus_detach_event(w->client->bus);
}

static void watch_done(Watch *w) {
        watch_disconnect(w);
        sd_event_source_disable_unref(w->refresh);
        sd_event_source_disable_unref(w->deadline);
        sd_event_unref(w->event);
        report_free(w->last);
        free(w->path);
}

/* Plans the next read at most usec from now; a plan for earlier stays. */
static int watch_schedule(Watch *w, usec_t usec) {
        uint64_t now, planned;
        int enabled, r;

        r = sd_event_now(w->event, CLOCK_MONOTONIC, &now);
        if (r < 0)
                return r;
        r = sd_event_source_get_enabled(w->refresh, &enabled);
        if (r < 0)
                return r;
        if (enabled != SD_EVENT_OFF) {
                r = sd_event_source_get_time(w->refresh, &planned);
                if (r < 0)
                        return r;
                if (planned <= now + usec)
                        return 0;
        }
        r = sd_event_source_set_time(w->refresh, now + usec);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(w->refresh, SD_EVENT_ONESHOT);
}

/* A hint while a read is in flight may tell of something that read has missed: read again after it. */
static int watch_hint(Watch *w, usec_t usec) {
        if (w->call) {
                w->again = true;
                return 0;
        }
        return watch_schedule(w, usec);
}

/* The report changed, or the service appeared or went. */
static int on_hint(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *ret_error) {
        return watch_hint(userdata, HINT_USEC);
}

static int on_finished(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *ret_error) {
        Watch *w = userdata;
        uint32_t id;

        if (sd_bus_message_read(m, "u", &id) < 0 || id != w->id)
                return 0;
        return watch_hint(w, 0);
}

static int watch_stop(Watch *w, WatchEnd end) {
        w->end = end;
        return sd_event_exit(w->event, 0);
}

/* The service can't be asked now. Before the first answer a final error ends the watch. After it, nothing but
 * the word that the report is gone does: a service or a polkit that restarts may refuse in many ways. */
static int watch_failed(Watch *w, int error, const sd_bus_error *e) {
        if (!w->last && (!error_is_transient(error, e) || error_is_absent(e))) {
                (void) sd_bus_error_copy(w->ret_error, e);
                return sd_event_exit(w->event, error);
        }
        if (!w->lost && w->handler->on_lost)
                w->handler->on_lost(w->last, e && e->message ? e->message : strerror(-error),
                                    w->handler->userdata);
        w->lost = true;
        return watch_schedule(w, RETRY_USEC);
}

static int on_confirmed(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *ret_error) {
        Watch *w = userdata;
        const sd_bus_error *e = sd_bus_message_get_error(m);

        w->call = sd_bus_slot_unref(w->call);
        w->no_object = 0;
        if (e && sd_bus_error_has_name(e, ERROR_PREFIX "NoSuchReport")) {
                (void) sd_bus_error_copy(w->ret_error, e);
                return sd_event_exit(w->event, -ESRCH);
        }
        return watch_schedule(w, RETRY_USEC);
}

/* An object may be missing because the service just starts. Whether the report exists, its manager says by
 * name. */
static int watch_confirm(Watch *w) {
        return sd_bus_call_method_async(w->client->bus, &w->call, CLIENT_SERVICE, CLIENT_PATH, CLIENT_MANAGER,
                                        "GetReport", on_confirmed, w, "u", w->id);
}

static int watch_read_report(Watch *w, sd_bus_message *m) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(report_freep) Report *report = NULL;
        int r;

        r = report_read(m, &report, &error);
        if (r < 0)
                return watch_failed(w, r, &error);
        report_free(w->last);
        w->last = TAKE_PTR(report);
        w->lost = false;
        w->no_object = 0;
        if (w->handler->on_report)
                w->handler->on_report(w->last, w->handler->userdata);
        if (report_is_finished(w->last)) {
                w->state = w->last->state;
                return watch_stop(w, WATCH_FINISHED);
        }
        return watch_schedule(w, w->again ? HINT_USEC : POLL_USEC);
}

static int on_report_reply(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *ret_error) {
        Watch *w = userdata;
        const sd_bus_error *e = sd_bus_message_get_error(m);

        w->call = sd_bus_slot_unref(w->call);
        if (!e)
                return watch_read_report(w, m);
        if (error_is_no_object(e)) {
                if (++w->no_object >= CONFIRM_AFTER)
                        return watch_confirm(w);
                return watch_schedule(w, HINT_USEC);
        }
        return watch_failed(w, -sd_bus_error_get_errno(e), e);
}

static int add_matches(Watch *w) {
        int r;

        r = sd_bus_match_signal_async(w->client->bus, &w->changed, CLIENT_SERVICE, w->path,
                                      "org.freedesktop.DBus.Properties", "PropertiesChanged", on_hint, NULL,
                                      w);
        if (r < 0)
                return r;
        r = sd_bus_match_signal_async(w->client->bus, &w->finished, CLIENT_SERVICE, CLIENT_PATH,
                                      CLIENT_MANAGER, "ReportFinished", on_finished, NULL, w);
        if (r < 0)
                return r;
        return sd_bus_add_match_async(
                w->client->bus, &w->owner,
                "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" CLIENT_SERVICE "'",
                on_hint, NULL, w);
}

/* Attaches the connection, after making a new one when it is gone. */
static int watch_connect(Watch *w) {
        int r;

        if (!w->client->bus || sd_bus_is_open(w->client->bus) <= 0) {
                r = client_connect(w->client);
                if (r < 0)
                        return r;
        }
        r = sd_bus_attach_event(w->client->bus, w->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        return add_matches(w);
}

static int watch_request(Watch *w) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        w->again = false;
        r = client_message(w->client, w->path, "org.freedesktop.DBus.Properties", "GetAll", &m);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", CLIENT_REPORT);
        if (r < 0)
                return r;
        return sd_bus_call_async(w->client->bus, &w->call, m, on_report_reply, w, CLIENT_CALL_USEC);
}

static int on_refresh(_unused_ sd_event_source *s, _unused_ uint64_t usec, void *userdata) {
        Watch *w = userdata;
        int r = 0;

        if (w->call)
                return 0;
        if (!w->client->bus || sd_bus_is_open(w->client->bus) <= 0) {
                watch_disconnect(w);
                r = watch_connect(w);
        }
        if (r >= 0)
                r = watch_request(w);
        if (r < 0) {
                watch_disconnect(w);
                client_disconnect(w->client);
                return watch_failed(w, error_is_transient(r, NULL) ? r : -ENOTCONN, NULL);
        }
        return 0;
}

static int on_deadline(_unused_ sd_event_source *s, _unused_ uint64_t usec, void *userdata) {
        return watch_stop(userdata, WATCH_TIMEOUT);
}

static int on_interrupt(_unused_ sd_event_source *s, _unused_ const struct signalfd_siginfo *si,
                        void *userdata) {
        return watch_stop(userdata, WATCH_DETACHED);
}

static int on_winch(_unused_ sd_event_source *s, _unused_ const struct signalfd_siginfo *si, void *userdata) {
        Watch *w = userdata;

        if (w->handler->on_resize)
                w->handler->on_resize(w->last, w->handler->userdata);
        return 0;
}

/* The accuracy of the timers: 1 us asks for the kernel's own; the default of sd-event may add 250 ms. */
static int add_sources(Watch *w, usec_t timeout_usec) {
        int r;

        r = sd_event_new(&w->event);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(w->event, &w->refresh, CLOCK_MONOTONIC, 0, 1, on_refresh, w);
        if (r < 0)
                return r;
        if (timeout_usec != USEC_INFINITY) {
                r = sd_event_add_time_relative(w->event, &w->deadline, CLOCK_MONOTONIC, timeout_usec, 1,
                                               on_deadline, w);
                if (r < 0)
                        return r;
        }
        r = sd_event_add_signal(w->event, NULL, SIGINT, on_interrupt, w);
        if (r < 0)
                return r;
        return sd_event_add_signal(w->event, NULL, SIGWINCH, on_winch, w);
}

static int watch_run(Watch *w, usec_t timeout_usec) {
        int r;

        w->path = client_report_path(w->id);
        if (!w->path)
                return -ENOMEM;
        r = add_sources(w, timeout_usec);
        if (r < 0)
                return r;
        r = watch_connect(w);
        if (r < 0)
                return r;
        return sd_event_loop(w->event);
}

int watch_report(Client *c, uint32_t id, usec_t timeout_usec, const WatchHandler *handler, WatchEnd *ret_end,
                 State *ret_state, sd_bus_error *ret_error) {
        _cleanup_(watch_done) Watch w = {
                .client = c,
                .handler = handler,
                .id = id,
                .state = _STATE_INVALID,
                .ret_error = ret_error,
        };
        sigset_t signals, before;
        int r;

        (void) sigemptyset(&signals);
        (void) sigaddset(&signals, SIGINT);
        (void) sigaddset(&signals, SIGWINCH);
        if (sigprocmask(SIG_BLOCK, &signals, &before) < 0)
                return sd_bus_error_set_errno(ret_error, -errno);
        r = watch_run(&w, timeout_usec);
        (void) sigprocmask(SIG_SETMASK, &before, NULL);
        if (r < 0)
                return ret_error->name ? r : sd_bus_error_set_errno(ret_error, r);
        *ret_end = w.end;
        *ret_state = w.state;
        return 0;
}
