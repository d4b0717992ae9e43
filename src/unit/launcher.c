/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "unit/launcher.h"

#include "base/text.h"
#include "model/limits.h"
#include "unit/host-internal.h"

/* The sandbox floor, the same for every task; drop-ins of the administrator win over it: systemd.exec(5). */
static const char *const floor_flags[] = {
        "NoNewPrivileges",      "PrivateTmp",           "PrivateDevices",
        "ProtectControlGroups", "ProtectKernelModules", "ProtectKernelTunables",
        "ProtectKernelLogs",    "ProtectClock",         "LockPersonality",
        "RestrictSUIDSGID",     "RestrictRealtime",
};

static const struct {
        const char *name;
        const char *value;
} fixed_strings[] = {
        { "Type", "exec" },
        /* inactive, not inactive-or-failed: a failed unit keeps its result until the poll has stored it. */
        { "CollectMode", "inactive" },
        { "NotifyAccess", "main" },
        /* SIGTERM to the main process only: `migrationd-task run` passes it on, and whatever a program starts then
         * to wind up is not hit by a second one. What is left when the main process is gone gets SIGKILL at once:
         * systemd.kill(5). */
        { "KillMode", "mixed" },
        { "ProtectSystem", "strict" },
        { "ProtectHome", "read-only" },
        { "StandardInput", "null" },
        { "StandardOutput", "journal" },
        { "StandardError", "journal" },
};

static const char *const accounting_flags[] = { "CPUAccounting", "MemoryAccounting", "IOAccounting",
                                                "TasksAccounting" };

/* A newline in a string property of a transient unit injects directives at the next daemon-reload. */
static bool text_is_plain(const char *s, size_t length_max) {
        size_t n = strnlen(s, length_max + 1);

        if (n == 0 || n > length_max)
                return false;
        for (const char *c = s; *c; c++)
                if ((unsigned char) *c < 0x20 || (unsigned char) *c == 0x7f)
                        return false;
        return true;
}

static bool list_is_plain(char *const *list, bool absolute) {
        for (char *const *i = list; i && *i; i++)
                if (!text_is_plain(*i, 4096) || (absolute && **i != '/'))
                        return false;
        return true;
}

static bool spec_is_valid(const LauncherSpec *s) {
        if (!text_is_plain(s->unit, 255) ||
            strspn(s->unit, "abcdefghijklmnopqrstuvwxyz0123456789_-.") != strlen(s->unit))
                return false;
        if (!startswith(s->unit, "migration") || !text_is_plain(s->description, 255) || !text_is_plain(s->slice, 255))
                return false;
        if (!text_is_plain(s->user, 32) || !s->argv || !s->argv[0] || s->argv[0][0] != '/')
                return false;
        return list_is_plain(s->argv + 1, false) && list_is_plain(s->writable, true) &&
               list_is_plain(s->environment, false) && list_is_plain(s->log_fields, false);
}

static int append_strings(sd_bus_message *m, const char *name, char *const *list) {
        int r;

        r = sd_bus_message_open_container(m, 'r', "sv");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", name);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'v', "as");
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, (char **) list);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* ExecStartEx takes the flag that keeps PID 1 from expanding ${VAR} in arguments: a(sasas). */
static int append_exec(sd_bus_message *m, char *const *argv) {
        int r;

        r = sd_bus_message_open_container(m, 'r', "sv");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", "ExecStartEx");
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'v', "a(sasas)");
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'a', "(sasas)");
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'r', "sasas");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", argv[0]);
        if (r < 0)
                return r;
        r = sd_bus_message_append_strv(m, (char **) argv);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "as", 1, "no-env-expand");
        for (int i = 0; i < 4 && r >= 0; i++)
                r = sd_bus_message_close_container(m);
        return r;
}

static int append_log_fields(sd_bus_message *m, char *const *fields) {
        int r;

        r = sd_bus_message_open_container(m, 'r', "sv");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "s", "LogExtraFields");
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'v', "aay");
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'a', "ay");
        for (char *const *f = fields; f && *f && r >= 0; f++)
                r = sd_bus_message_append_array(m, 'y', *f, strlen(*f));
        for (int i = 0; i < 3 && r >= 0; i++)
                r = sd_bus_message_close_container(m);
        return r;
}

static int append_fixed(sd_bus_message *m) {
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(fixed_strings) && r >= 0; i++)
                r = sd_bus_message_append(m, "(sv)", fixed_strings[i].name, "s", fixed_strings[i].value);
        for (size_t i = 0; i < ELEMENTSOF(floor_flags) && r >= 0; i++)
                r = sd_bus_message_append(m, "(sv)", floor_flags[i], "b", 1);
        for (size_t i = 0; i < ELEMENTSOF(accounting_flags) && r >= 0; i++)
                r = sd_bus_message_append(m, "(sv)", accounting_flags[i], "b", 1);
        if (r >= 0)
                r = sd_bus_message_append(m, "(sv)(sv)(sv)(sv)", "AddRef", "b", 1, "CapabilityBoundingSet", "t",
                                          UINT64_C(0), "LogRateLimitIntervalUSec", "t", 30 * USEC_PER_SEC,
                                          "LogRateLimitBurst", "u", (uint32_t) TASK_LOG_BURST);
        return r;
}

static int append_spec(sd_bus_message *m, const LauncherSpec *s) {
        char *groups[] = { (char *) LAUNCHER_GROUP, NULL };
        int r;

        r = sd_bus_message_append(m, "(sv)(sv)(sv)(sv)", "Description", "s", s->description, "Slice", "s", s->slice,
                                  "User", "s", s->user, "TimeoutStopUSec", "t", s->stop_timeout_usec);
        if (r >= 0 && s->timeout_usec != USEC_INFINITY)
                r = sd_bus_message_append(m, "(sv)", "RuntimeMaxUSec", "t", s->timeout_usec);
        if (r >= 0 && s->memory_max_bytes > 0)
                r = sd_bus_message_append(m, "(sv)", "MemoryMax", "t", s->memory_max_bytes);
        if (r >= 0)
                r = append_strings(m, "SupplementaryGroups", groups);
        if (r >= 0)
                r = append_strings(m, "Environment", s->environment);
        if (r >= 0 && strv_length(s->writable) > 0)
                r = append_strings(m, "ReadWritePaths", s->writable);
        if (r >= 0)
                r = append_log_fields(m, s->log_fields);
        if (r >= 0)
                r = append_exec(m, s->argv);
        return r;
}

int launcher_start(UnitHost *h, const LauncherSpec *spec, UnitReplyHandler handler, void *userdata) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        if (!spec_is_valid(spec))
                return -EINVAL;
        r = sd_bus_message_new_method_call(h->bus, &m, SYSTEMD_SERVICE, SYSTEMD_PATH, SYSTEMD_MANAGER,
                                           "StartTransientUnit");
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "ss", spec->unit, "fail");
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(m, 'a', "(sv)");
        if (r < 0)
                return r;
        r = append_fixed(m);
        if (r < 0)
                return r;
        r = append_spec(m, spec);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(m);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "a(sa(sv))", 0);
        if (r < 0)
                return r;
        return unit_host_send(h, m, NULL, handler, userdata);
}
