/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What PID 1 knows of units: lists, results, processes. */

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/text.h"
#include "unit/host-internal.h"

static bool state_is_active(const char *active_state) {
        return !streq(active_state, "inactive") && !streq(active_state, "failed");
}

static int read_unit_list(sd_bus_message *m, UnitReply *reply, void **ret_allocated) {
        UnitInfo *units = NULL;
        size_t n = 0, allocated = 0;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(ssssssouso)");
        if (r < 0)
                return r;
        for (;;) {
                const char *name, *load, *active;
                uint32_t job;

                r = sd_bus_message_read(m, "(ssssssouso)", &name, NULL, &load, &active, NULL, NULL, NULL, &job, NULL,
                                        NULL);
                if (r <= 0)
                        break;
                if (strlen(name) >= sizeof(units->name))
                        continue;
                if (n == allocated) {
                        UnitInfo *grown;

                        allocated = allocated > 0 ? 2 * allocated : 16;
                        grown = reallocarray(units, allocated, sizeof(UnitInfo));
                        if (!grown) {
                                r = -ENOMEM;
                                break;
                        }
                        units = grown;
                }
                units[n] =
                        (UnitInfo){ .active = state_is_active(active) || job > 0, .failed = streq(active, "failed") };
                strcpy(units[n].name, name);
                n++;
        }
        *ret_allocated = units;
        reply->units = units;
        reply->n_units = n;
        return r < 0 ? r : 0;
}

int unit_host_list(UnitHost *h, char *const *patterns, UnitReplyHandler handler, void *userdata) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(h->bus, &m, SYSTEMD_SERVICE, SYSTEMD_PATH, SYSTEMD_MANAGER,
                                           "ListUnitsByPatterns");
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, NULL);
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, (char **) patterns);
        if (r < 0)
                return r;
        return unit_host_send(h, m, read_unit_list, handler, userdata);
}

/* The properties that are read: where each goes. */
typedef enum PropertyKind { PROPERTY_TEXT, PROPERTY_U64, PROPERTY_I32, PROPERTY_ID128 } PropertyKind;

typedef struct Collected {
        const char *active_state;
        const char *result;
        const char *control_group;
        int32_t main_code;
        int32_t main_status;
        uint64_t cpu_nsec, memory_peak, io_read, io_write, started, started_monotonic, exited, active_enter;
        sd_id128_t invocation;
} Collected;

static const struct {
        const char *name;
        PropertyKind kind;
        size_t offset;
} properties[] = {
        { "ActiveState", PROPERTY_TEXT, offsetof(Collected, active_state) },
        { "Result", PROPERTY_TEXT, offsetof(Collected, result) },
        { "ControlGroup", PROPERTY_TEXT, offsetof(Collected, control_group) },
        { "ExecMainCode", PROPERTY_I32, offsetof(Collected, main_code) },
        { "ExecMainStatus", PROPERTY_I32, offsetof(Collected, main_status) },
        { "ExecMainStartTimestamp", PROPERTY_U64, offsetof(Collected, started) },
        { "ExecMainStartTimestampMonotonic", PROPERTY_U64, offsetof(Collected, started_monotonic) },
        { "ExecMainExitTimestamp", PROPERTY_U64, offsetof(Collected, exited) },
        { "InactiveExitTimestampMonotonic", PROPERTY_U64, offsetof(Collected, active_enter) },
        { "CPUUsageNSec", PROPERTY_U64, offsetof(Collected, cpu_nsec) },
        { "MemoryPeak", PROPERTY_U64, offsetof(Collected, memory_peak) },
        { "IOReadBytes", PROPERTY_U64, offsetof(Collected, io_read) },
        { "IOWriteBytes", PROPERTY_U64, offsetof(Collected, io_write) },
        { "InvocationID", PROPERTY_ID128, offsetof(Collected, invocation) },
};

static int read_property(sd_bus_message *m, PropertyKind kind, void *target) {
        const void *bytes;
        size_t size;
        int r;

        switch (kind) {
        case PROPERTY_TEXT:
                return sd_bus_message_read(m, "v", "s", target);
        case PROPERTY_U64:
                return sd_bus_message_read(m, "v", "t", target);
        case PROPERTY_I32:
                return sd_bus_message_read(m, "v", "i", target);
        case PROPERTY_ID128:
                r = sd_bus_message_enter_container(m, 'v', "ay");
                if (r < 0)
                        return r;
                r = sd_bus_message_read_array(m, 'y', &bytes, &size);
                if (r < 0)
                        return r;
                if (size == sizeof(sd_id128_t))
                        memcpy(target, bytes, size);
                return sd_bus_message_exit_container(m);
        }
        return -EINVAL;
}

static int collect(sd_bus_message *m, Collected *c) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *name;
                size_t i;

                r = sd_bus_message_read(m, "s", &name);
                if (r < 0)
                        return r;
                for (i = 0; i < ELEMENTSOF(properties); i++)
                        if (streq(properties[i].name, name))
                                break;
                r = i < ELEMENTSOF(properties)
                            ? read_property(m, properties[i].kind, (char *) c + properties[i].offset)
                            : sd_bus_message_skip(m, "v");
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        return r;
}

static const char *exit_code_to_string(int code) {
        switch (code) {
        case CLD_EXITED:
                return "exited";
        case CLD_KILLED:
                return "killed";
        case CLD_DUMPED:
                return "dumped";
        default:
                return "";
        }
}

static int read_unit_result(sd_bus_message *m, UnitReply *reply, void **ret_allocated) {
        Collected c = { .active_state = "",
                        .result = "",
                        .control_group = "",
                        .cpu_nsec = UINT64_MAX,
                        .memory_peak = UINT64_MAX,
                        .io_read = UINT64_MAX,
                        .io_write = UINT64_MAX };
        UnitResult *result;
        int r;

        r = collect(m, &c);
        if (r < 0)
                return r;
        result = calloc(1, sizeof(UnitResult));
        if (!result)
                return -ENOMEM;
        *ret_allocated = result;
        *result = (UnitResult){
                .active = state_is_active(c.active_state),
                .up = streq(c.active_state, "active"),
                .ran = c.active_enter > 0,
                .exit_status = c.main_code > 0 ? c.main_status : -1,
                .cpu_usec = c.cpu_nsec == UINT64_MAX ? UINT64_MAX : c.cpu_nsec / 1000,
                .memory_peak_bytes = c.memory_peak,
                .io_read_bytes = c.io_read,
                .io_write_bytes = c.io_write,
                .started_usec = c.started,
                .started_monotonic_usec = c.started_monotonic,
                .exited_usec = c.exited,
        };
        snprintf(result->result, sizeof(result->result), "%s", c.result);
        snprintf(result->control_group, sizeof(result->control_group), "%s", c.control_group);
        snprintf(result->exit_code, sizeof(result->exit_code), "%s", exit_code_to_string(c.main_code));
        if (!sd_id128_is_null(c.invocation))
                sd_id128_to_string(c.invocation, result->invocation_id);
        reply->result = result;
        return 0;
}

int unit_host_get_result(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_(freep) char *path = NULL;
        int r;

        r = sd_bus_path_encode(SYSTEMD_PATH "/unit", unit, &path);
        if (r < 0)
                return r;
        r = sd_bus_message_new_method_call(h->bus, &m, SYSTEMD_SERVICE, path, "org.freedesktop.DBus.Properties",
                                           "GetAll");
        if (r < 0)
                return r;
        /* "" asks for the properties of all interfaces in one round trip. */
        r = sd_bus_message_append(m, "s", "");
        if (r < 0)
                return r;
        return unit_host_send(h, m, read_unit_result, handler, userdata);
}

static int read_owned(sd_bus_message *m, UnitReply *reply, _unused_ void **ret_allocated) {
        int owned, r;

        r = sd_bus_message_read(m, "b", &owned);
        reply->owned = r >= 0 && owned;
        return r < 0 ? r : 0;
}

int unit_host_name_has_owner(UnitHost *h, const char *bus_name, UnitReplyHandler handler, void *userdata) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(h->bus, &m, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                           "org.freedesktop.DBus", "NameHasOwner");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", bus_name);
        if (r < 0)
                return r;
        return unit_host_send(h, m, read_owned, handler, userdata);
}

static int read_processes(sd_bus_message *m, UnitReply *reply, _unused_ void **ret_allocated) {
        size_t n = 0;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(sus)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(sus)", NULL, NULL, NULL)) > 0)
                n++;
        reply->n_processes = n;
        return r;
}

int unit_host_count_processes(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata) {
        return unit_host_call_strings(h, "GetUnitProcesses", unit, NULL, read_processes, handler, userdata);
}
