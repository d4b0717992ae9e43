/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "unit/host.h"

#include "base/test-point.h"
#include "base/text.h"
#include "unit/host-internal.h"

/* Bus path of every unit whose name starts with "migration" (tasks, slices, the fence): sd_bus_path_encode(3) leaves
 * letters. */
#define UNIT_PATH_PREFIX SYSTEMD_PATH "/unit/migration"

static int on_unit_signal(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        UnitHost *h = userdata;
        const char *path = sd_bus_message_get_path(m);

        if (path && startswith(path, UNIT_PATH_PREFIX))
                h->on_changed(h, h->userdata);
        return 0;
}

static int on_manager_signal(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        UnitHost *h = userdata;

        /* Jobs of other units are not ours; a reload may lose job data, so it is a reason to look. */
        if (sd_bus_message_is_signal(m, SYSTEMD_MANAGER, "JobRemoved")) {
                const char *job, *unit, *result;
                uint32_t id;

                if (sd_bus_message_read(m, "uoss", &id, &job, &unit, &result) < 0 || !startswith(unit, "migration"))
                        return 0;
        } else if (!sd_bus_message_is_signal(m, SYSTEMD_MANAGER, "Reloading"))
                return 0;
        h->on_changed(h, h->userdata);
        return 0;
}

static int on_owner_changed(_unused_ sd_bus_message *m, void *userdata, _unused_ sd_bus_error *error) {
        UnitHost *h = userdata;

        /* After daemon-reexec PID 1 is a new peer, which has to be subscribed to again. */
        (void) sd_bus_call_method_async(h->bus, NULL, SYSTEMD_SERVICE, SYSTEMD_PATH, SYSTEMD_MANAGER, "Subscribe",
                                        NULL, NULL, NULL);
        h->on_changed(h, h->userdata);
        return 0;
}

int unit_host_new_local(sd_event *event, UnitChangedHandler on_changed, void *userdata, UnitHost **ret) {
        _cleanup_(unit_host_freep) UnitHost *h = NULL;
        int r;

        h = calloc(1, sizeof(UnitHost));
        if (!h)
                return -ENOMEM;
        h->on_changed = on_changed;
        h->userdata = userdata;
        r = sd_bus_open_system(&h->bus);
        if (r < 0)
                return r;
        r = sd_bus_set_exit_on_disconnect(h->bus, true);
        if (r < 0)
                return r;
        r = sd_bus_attach_event(h->bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return r;
        r = sd_bus_match_signal_async(h->bus, NULL, SYSTEMD_SERVICE, NULL, "org.freedesktop.DBus.Properties",
                                      "PropertiesChanged", on_unit_signal, NULL, h);
        if (r < 0)
                return r;
        r = sd_bus_match_signal_async(h->bus, NULL, SYSTEMD_SERVICE, SYSTEMD_PATH, SYSTEMD_MANAGER, NULL,
                                      on_manager_signal, NULL, h);
        if (r < 0)
                return r;
        r = sd_bus_add_match_async(h->bus, NULL,
                                   "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                                   "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" SYSTEMD_SERVICE
                                   "'",
                                   on_owner_changed, NULL, h);
        if (r < 0)
                return r;
        r = sd_bus_call_method_async(h->bus, NULL, SYSTEMD_SERVICE, SYSTEMD_PATH, SYSTEMD_MANAGER, "Subscribe", NULL,
                                     NULL, NULL);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(h);
        return 0;
}

UnitHost *unit_host_free(UnitHost *h) {
        if (!h)
                return NULL;
        if (h->bus)
                sd_bus_flush_close_unref(h->bus);
        free(h);
        return NULL;
}

const char *unit_host_unique_name(UnitHost *h) {
        const char *name = NULL;

        return sd_bus_get_unique_name(h->bus, &name) >= 0 ? name : "";
}

int unit_host_bus_id(UnitHost *h, char ret[static SD_ID128_UUID_STRING_MAX]) {
        sd_id128_t id;
        int r;

        r = sd_bus_get_bus_id(h->bus, &id);
        if (r < 0)
                return r;
        sd_id128_to_uuid_string(id, ret);
        return 0;
}

/* One call that waits for its answer. */
typedef struct PendingCall {
        UnitHost *host;
        ReplyReader reader;
        UnitReplyHandler handler;
        void *userdata;
        char stop[256]; /* this unit is to be stopped when it is not frozen any more, "": none */
} PendingCall;

static int error_from_bus(const sd_bus_error *e) {
        if (sd_bus_error_has_names(e, SYSTEMD_SERVICE ".NoSuchUnit", SYSTEMD_SERVICE ".NoSuchProcess",
                                   SD_BUS_ERROR_UNKNOWN_OBJECT))
                return -ENOENT;
        if (sd_bus_error_has_names(e, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT))
                return -ETIMEDOUT;
        /* Neither active nor frozen: it has not begun to run yet, or has ended. */
        if (sd_bus_error_has_names(e, SYSTEMD_SERVICE ".UnitInactive"))
                return -EHOSTDOWN;
        if (sd_bus_error_has_names(e, SYSTEMD_SERVICE ".UnitBusy"))
                return -EBUSY;
        return sd_bus_error_get_errno(e) > 0 ? -sd_bus_error_get_errno(e) : -EIO;
}

/* Nothing is frozen that a stop would be refused for: it is not active, has a job, or can't be frozen on this host. */
static bool thaw_is_settled(int error) {
        return error == 0 || error == -EHOSTDOWN || error == -EBUSY || error == -EOPNOTSUPP;
}

static int on_reply(sd_bus_message *m, void *userdata, _unused_ sd_bus_error *unused) {
        PendingCall *call = userdata;
        const sd_bus_error *e = sd_bus_message_get_error(m);
        UnitReply reply = { .message = "" };
        _cleanup_(freep) void *allocated = NULL;

        if (e) {
                reply.error = error_from_bus(e);
                reply.message = e->message ?: e->name;
        } else if (call->reader) {
                reply.error = call->reader(m, &reply, &allocated);
                if (reply.error < 0)
                        reply.message = "the answer has an unexpected form";
        }
        if (*call->stop && thaw_is_settled(reply.error)) {
                reply.error = unit_host_stop(call->host, call->stop, call->handler, call->userdata);
                if (reply.error >= 0)
                        return 0;
                reply.message = strerror(-reply.error);
        }
        if (call->handler)
                call->handler(&reply, call->userdata);
        return 0;
}

/* pending: copied. */
static int host_send(UnitHost *h, sd_bus_message *m, const PendingCall *pending) {
        _cleanup_(freep) PendingCall *call = NULL;
        sd_bus_slot *slot = NULL;
        int r;

        call = malloc(sizeof(PendingCall));
        if (!call)
                return -ENOMEM;
        *call = *pending;
        test_point("bus", sd_bus_message_get_member(m), "before");
        r = sd_bus_call_async(h->bus, &slot, m, on_reply, call, UNIT_CALL_TIMEOUT_USEC);
        if (r < 0)
                return r;
        test_point("bus", sd_bus_message_get_member(m), "sent");
        /* The slot owns the call from here: floating, it goes with its answer or with the bus. */
        (void) sd_bus_slot_set_destroy_callback(slot, free);
        TAKE_PTR(call);
        (void) sd_bus_slot_set_floating(slot, true);
        sd_bus_slot_unref(slot);
        return 0;
}

int unit_host_send(UnitHost *h, sd_bus_message *m, ReplyReader reader, UnitReplyHandler handler, void *userdata) {
        return host_send(h, m,
                         &(PendingCall){ .host = h, .reader = reader, .handler = handler, .userdata = userdata });
}

int unit_host_call_strings(UnitHost *h, const char *method, const char *first, const char *second, ReplyReader reader,
                           UnitReplyHandler handler, void *userdata) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(h->bus, &m, SYSTEMD_SERVICE, SYSTEMD_PATH, SYSTEMD_MANAGER, method);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", first);
        if (r >= 0 && second)
                r = sd_bus_message_append(m, "s", second);
        if (r < 0)
                return r;
        return unit_host_send(h, m, reader, handler, userdata);
}

int unit_host_stop(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata) {
        return unit_host_call_strings(h, "StopUnit", unit, "replace", NULL, handler, userdata);
}

int unit_host_start(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata) {
        return unit_host_call_strings(h, "StartUnit", unit, "replace", NULL, handler, userdata);
}

int unit_host_ref(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata) {
        return unit_host_call_strings(h, "RefUnit", unit, NULL, NULL, handler, userdata);
}

int unit_host_unref(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata) {
        return unit_host_call_strings(h, "UnrefUnit", unit, NULL, NULL, handler, userdata);
}

int unit_host_reset_failed(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata) {
        return unit_host_call_strings(h, "ResetFailedUnit", unit, NULL, NULL, handler, userdata);
}

int unit_host_freeze(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata) {
        return unit_host_call_strings(h, "FreezeUnit", unit, NULL, NULL, handler, userdata);
}

int unit_host_thaw(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata) {
        return unit_host_call_strings(h, "ThawUnit", unit, NULL, NULL, handler, userdata);
}

int unit_host_thaw_and_stop(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        PendingCall pending = { .host = h, .handler = handler, .userdata = userdata };
        int r;

        if (strlen(unit) >= sizeof(pending.stop))
                return -EINVAL;
        strcpy(pending.stop, unit);
        r = sd_bus_message_new_method_call(h->bus, &m, SYSTEMD_SERVICE, SYSTEMD_PATH, SYSTEMD_MANAGER, "ThawUnit");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", unit);
        return r < 0 ? r : host_send(h, m, &pending);
}
