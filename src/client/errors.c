/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/errors.h"

#include "base/text.h"

static const ExitText texts[] = {
#define EXIT(symbol, number, text) { EXIT_##symbol, text },
#include "client/exit-codes.def"
#undef EXIT
};

/* The service's own errors. The hint is kept here: it speaks of this client's verbs. */
static const struct {
        const char *name;
        int exit_code;
} named[] = {
#define ERROR(symbol, bus_name, error, code, text) { ERROR_PREFIX bus_name, code },
#include "model/errors.def"
#undef ERROR
};

static const struct {
        const char *name;
        const char *hint;
} hints[] = {
        { ERROR_PREFIX "MigrationRunning", "migrationctl status  (or: watch, cancel)" },
        { ERROR_PREFIX "NoSuchPlan", "migrationctl plan list" },
        { ERROR_PREFIX "NoSuchReport", "migrationctl list" },
        { SD_BUS_ERROR_UNKNOWN_OBJECT, "migrationctl list" },
        { ERROR_PREFIX "NoSuchTask", "migrationctl tasks" },
        { ERROR_PREFIX "NoSuchMigration", "migrationctl definition list" },
        { ERROR_PREFIX "BadState", "migrationctl status" },
        { ERROR_PREFIX "BadDefinition", "migrationctl definition verify FILE" },
        { ERROR_PREFIX "PlanInUse", "migrationctl list" },
        { ERROR_PREFIX "PlanExists", "migrationctl plan list" },
        { ERROR_PREFIX "StoreUnavailable", "migrationctl doctor" },
};

/* Errors of the bus and of sd-bus. transient: see error_is_transient(). */
static const struct {
        const char *name;
        ExitCode exit_code;
        bool transient;
} generic[] = {
        { SD_BUS_ERROR_ACCESS_DENIED, EXIT_NOT_ALLOWED, false },
        { SD_BUS_ERROR_AUTH_FAILED, EXIT_NOT_ALLOWED, false },
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EXIT_NOT_ALLOWED, false },
        { SD_BUS_ERROR_TIMEOUT, EXIT_TIMED_OUT, true },
        { SD_BUS_ERROR_NO_REPLY, EXIT_UNREACHABLE, true },
        { SD_BUS_ERROR_SERVICE_UNKNOWN, EXIT_UNREACHABLE, true },
        { SD_BUS_ERROR_NAME_HAS_NO_OWNER, EXIT_UNREACHABLE, true },
        { SD_BUS_ERROR_DISCONNECTED, EXIT_UNREACHABLE, true },
        { SD_BUS_ERROR_NO_SERVER, EXIT_UNREACHABLE, true },
        { SD_BUS_ERROR_LIMITS_EXCEEDED, EXIT_UNREACHABLE, true },
        { ERROR_PREFIX "StoreUnavailable", EXIT_UNREACHABLE, true },
        { SD_BUS_ERROR_UNKNOWN_OBJECT, EXIT_NOT_FOUND, false },
        { SD_BUS_ERROR_INVALID_ARGS, EXIT_USAGE, false },
};

const ExitText *exit_texts(size_t *ret_n) {
        *ret_n = ELEMENTSOF(texts);
        return texts;
}

/* Activation that failed: org.freedesktop.DBus.Error.Spawn.*, and systemd's own when the unit does not come
 * up. */
static bool name_is_activation(const char *name) {
        return startswith(name, "org.freedesktop.DBus.Error.Spawn.") ||
               startswith(name, "org.freedesktop.systemd1.");
}

static bool errno_is_transport(int error) {
        return error == -ECONNRESET || error == -ENOTCONN || error == -EPIPE || error == -ESHUTDOWN ||
               error == -ECONNREFUSED || error == -ENOENT || error == -EHOSTDOWN || error == -EHOSTUNREACH;
}

ExitCode error_exit_code(int error, const sd_bus_error *e) {
        if (e && e->name) {
                for (size_t i = 0; i < ELEMENTSOF(named); i++)
                        if (streq(e->name, named[i].name))
                                return (ExitCode) named[i].exit_code;
                for (size_t i = 0; i < ELEMENTSOF(generic); i++)
                        if (streq(e->name, generic[i].name))
                                return generic[i].exit_code;
                if (name_is_activation(e->name))
                        return EXIT_UNREACHABLE;
        }
        if (error == -ETIMEDOUT)
                return EXIT_TIMED_OUT;
        if (error == -EACCES || error == -EPERM)
                return EXIT_NOT_ALLOWED;
        return errno_is_transport(error) ? EXIT_UNREACHABLE : EXIT_FAILED;
}

ExitCode verdict_exit_code(State s) {
        switch (s) {
        case STATE_COMPLETED:
                return EXIT_COMPLETED;
        case STATE_CANCELED:
                return EXIT_CANCELED;
        default:
                return EXIT_FAILED;
        }
}

bool error_is_transient(int error, const sd_bus_error *e) {
        if (e && e->name) {
                for (size_t i = 0; i < ELEMENTSOF(generic); i++)
                        if (streq(e->name, generic[i].name))
                                return generic[i].transient;
                if (name_is_activation(e->name))
                        return true;
                if (startswith(e->name, ERROR_PREFIX))
                        return false;
        }
        return error == -ETIMEDOUT || errno_is_transport(error);
}

bool error_is_absent(const sd_bus_error *e) {
        return sd_bus_error_has_names(e, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER,
                                      "org.freedesktop.DBus.Error.Spawn.ServiceNotFound");
}

bool error_is_no_object(const sd_bus_error *e) {
        return sd_bus_error_has_names(e, SD_BUS_ERROR_UNKNOWN_OBJECT, SD_BUS_ERROR_UNKNOWN_METHOD,
                                      SD_BUS_ERROR_UNKNOWN_INTERFACE);
}

const char *error_hint(int error, const sd_bus_error *e) {
        if (e && e->name)
                for (size_t i = 0; i < ELEMENTSOF(hints); i++)
                        if (streq(e->name, hints[i].name))
                                return hints[i].hint;
        switch (error_exit_code(error, e)) {
        case EXIT_NOT_ALLOWED:
                return "run it as root, or without --no-ask-password where a polkit agent can ask";
        case EXIT_TIMED_OUT:
        case EXIT_UNREACHABLE:
                return "migrationctl doctor";
        default:
                return NULL;
        }
}
