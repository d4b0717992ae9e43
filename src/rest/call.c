/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/call.h"

#include "base/log.h"

/* How long after a failure the bus is tried again: doubled each time, from the first to the second. */
#define RECONNECT_USEC_MIN (100 * USEC_PER_MSEC)
#define RECONNECT_USEC_MAX (5 * USEC_PER_SEC)

struct Call {
        Calls *calls;
        Call *previous, *next; /* in one of the lists, once it was started */
        sd_bus_message *message;
        sd_bus_slot *slot; /* set: it is on the bus */
        bool started, heavy;
        usec_t timeout_usec;
        CallDone done;
        void *userdata;
        Call **owner;
};

typedef struct CallList {
        Call *first, *last;
        unsigned n;
} CallList;

struct Calls {
        sd_event *event;
        Client client;
        CallList waiting, active;
        unsigned n_heavy;                       /* of the active ones */
        usec_t retry_delay_usec, retry_at_usec; /* after a failure to connect */
};

static void list_append(CallList *list, Call *call) {
        call->previous = list->last;
        call->next = NULL;
        if (list->last)
                list->last->next = call;
        else
                list->first = call;
        list->last = call;
        list->n++;
}

static void list_remove(CallList *list, Call *call) {
        if (call->previous)
                call->previous->next = call->next;
        else
                list->first = call->next;
        if (call->next)
                call->next->previous = call->previous;
        else
                list->last = call->previous;
        list->n--;
}

/* Takes it out of its list and frees it, without starting others. */
static Call *call_drop(Call *call) {
        if (call->started) {
                list_remove(call->slot ? &call->calls->active : &call->calls->waiting, call);
                call->calls->n_heavy -= call->slot && call->heavy;
                *call->owner = NULL;
        }
        sd_bus_slot_unref(call->slot);
        sd_bus_message_unref(call->message);
        free(call);
        return NULL;
}

/* Tells its owner, and frees it. */
static void call_finish(Call *call, sd_bus_message *reply, int error, const sd_bus_error *e) {
        CallDone done = call->done;
        void *userdata = call->userdata;

        call_drop(call);
        done(reply, error, e, userdata);
}

static void calls_dispatch(Calls *c);

static int on_reply(sd_bus_message *reply, void *userdata, _unused_ sd_bus_error *error) {
        Call *call = userdata;
        Calls *c = call->calls;
        const sd_bus_error *e = sd_bus_message_get_error(reply);

        call_finish(call, e ? NULL : reply, e ? -sd_bus_error_get_errno(e) : 0, e);
        calls_dispatch(c);
        return 0;
}

/* Returns 0 when it is on the bus. */
static int call_send(Call *call) {
        Calls *c = call->calls;
        int r;

        if (sd_bus_message_get_bus(call->message) != c->client.bus)
                return -ECONNRESET;
        list_remove(&c->waiting, call);
        r = sd_bus_call_async(c->client.bus, &call->slot, call->message, on_reply, call, call->timeout_usec);
        if (r < 0) {
                call->slot = NULL;
                list_append(&c->waiting, call);
                return r;
        }
        list_append(&c->active, call);
        c->n_heavy += call->heavy;
        return 0;
}

static Call *next_to_send(Calls *c) {
        if (c->active.n >= CALLS_ACTIVE_MAX)
                return NULL;
        for (Call *call = c->waiting.first; call; call = call->next)
                if (!call->heavy || c->n_heavy < CALLS_HEAVY_MAX)
                        return call;
        return NULL;
}

static void calls_dispatch(Calls *c) {
        Call *call;

        while ((call = next_to_send(c))) {
                int r = call_send(call);

                if (r < 0)
                        call_finish(call, NULL, r, NULL);
        }
}

static usec_t now_usec(Calls *c) {
        uint64_t now = 0;

        (void) sd_event_now(c->event, CLOCK_MONOTONIC, &now);
        return now;
}

static int calls_connect(Calls *c) {
        int r;

        if (c->client.bus && sd_bus_is_open(c->client.bus) > 0)
                return 0;
        client_disconnect(&c->client);
        if (now_usec(c) < c->retry_at_usec)
                return -ENOTCONN;
        r = client_connect(&c->client);
        if (r >= 0)
                r = sd_bus_attach_event(c->client.bus, c->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0) {
                client_disconnect(&c->client);
                c->retry_delay_usec = MAX(2 * c->retry_delay_usec, RECONNECT_USEC_MIN);
                c->retry_delay_usec = MIN(c->retry_delay_usec, RECONNECT_USEC_MAX);
                c->retry_at_usec = now_usec(c) + c->retry_delay_usec;
                return log_warning_errno(r, "Failed to connect to the system bus: %m");
        }
        c->retry_delay_usec = 0;
        return 0;
}

int call_new(Calls *c, const char *path, const char *interface, const char *member, Call **ret) {
        _cleanup_(call_cancelp) Call *call = NULL;
        int r;

        r = calls_connect(c);
        if (r < 0)
                return r == -ENOMEM ? r : -ENOTCONN;
        call = calloc(1, sizeof(Call));
        if (!call)
                return -ENOMEM;
        call->calls = c;
        r = client_message(&c->client, path, interface, member, &call->message);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(call);
        return 0;
}

sd_bus_message *call_message(Call *call) {
        return call->message;
}

int call_start(Call *call, bool heavy, usec_t timeout_usec, CallDone done, void *userdata, Call **slot) {
        Calls *c = call->calls;

        if (c->waiting.n >= CALLS_WAITING_MAX) {
                call_cancel(call);
                return -ENOBUFS;
        }
        call->heavy = heavy;
        call->timeout_usec = timeout_usec;
        call->done = done;
        call->userdata = userdata;
        call->owner = slot;
        call->started = true;
        *slot = call;
        list_append(&c->waiting, call);
        calls_dispatch(c);
        return 0;
}

Call *call_cancel(Call *call) {
        Calls *c;

        if (!call)
                return NULL;
        c = call->calls;
        call_drop(call);
        calls_dispatch(c);
        return NULL;
}

int calls_new(sd_event *event, Calls **ret) {
        Calls *c = calloc(1, sizeof(Calls));

        if (!c)
                return -ENOMEM;
        c->event = sd_event_ref(event);
        *ret = c;
        return 0;
}

Calls *calls_free(Calls *c) {
        if (!c)
                return NULL;
        while (c->active.first)
                call_drop(c->active.first);
        while (c->waiting.first)
                call_drop(c->waiting.first);
        client_disconnect(&c->client);
        sd_event_unref(c->event);
        free(c);
        return NULL;
}
