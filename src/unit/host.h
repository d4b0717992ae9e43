/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A host's PID 1: the handle that every call to it goes through. All calls are asynchronous; the replies come in the
 * order of the calls, and a reply means that every earlier call of this connection has been executed or refused.
 * local is the system bus. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>

#include "base/macro.h"

typedef struct UnitHost UnitHost;

/* What ListUnits says of a unit. A unit with a job is neither at rest nor ended, whatever its active state reads. */
typedef struct UnitInfo {
        char name[256]; /* UNIT_NAME_MAX of systemd, with the terminator */
        bool active;    /* active, activating, deactivating, reloading, or a job is queued */
        bool failed;    /* ActiveState=failed */
} UnitInfo;

/* What an ended unit leaves; a value that this systemd or this host's cgroups do not have is UINT64_MAX. */
typedef struct UnitResult {
        bool active;        /* active, activating, deactivating or reloading; the rest is then not final */
        bool up;            /* ActiveState=active: of a oneshot unit with RemainAfterExit= only */
        bool ran;           /* it has been active once since it was loaded */
        char result[32];    /* Result=: success, exit-code, signal, core-dump, timeout, watchdog, oom-kill, resources,
                               ... */
        char exit_code[16]; /* exited, killed, dumped; "" when no main process ended */
        int exit_status;    /* exit status or signal number; -1: none */
        char invocation_id[33]; /* hex, "" when it never ran */
        char control_group[512]; /* path below the root of the cgroup tree, "" when it has none */
        uint64_t cpu_usec;
        uint64_t memory_peak_bytes; /* systemd 255 and later */
        uint64_t io_read_bytes;
        uint64_t io_write_bytes;
        usec_t started_usec; /* of the main process, CLOCK_REALTIME, 0: none */
        usec_t started_monotonic_usec; /* the same on CLOCK_MONOTONIC */
        usec_t exited_usec;
} UnitResult;

/* The answer to any call. error: 0 or a negative errno (-ENOENT: no such unit; -ETIMEDOUT, -ECONNRESET: not known
 * whether it was executed; -EHOSTDOWN: the unit is not active, so that it can be neither frozen nor thawed;
 * -EBUSY: nor while it has a job; -EOPNOTSUPP: this host can't do that). Strings and arrays are borrowed for the
 * duration of the callback. */
typedef struct UnitReply {
        int error;
        const char *message;   /* one line, "" without error */
        const UnitInfo *units; /* of unit_host_list() */
        size_t n_units;
        const UnitResult *result; /* of unit_host_get_result() */
        bool owned;               /* of unit_host_name_has_owner() */
        size_t n_processes;       /* of unit_host_count_processes() */
} UnitReply;

typedef void (*UnitReplyHandler)(const UnitReply *reply, void *userdata);

/* Called on each hint that a unit named migration* has changed, or that PID 1 was reloaded: look again. */
typedef void (*UnitChangedHandler)(UnitHost *h, void *userdata);

/* A call that PID 1 does not answer within this counts as lost: the bus's own default, sd_bus_call(3). */
#define UNIT_CALL_TIMEOUT_USEC (25 * USEC_PER_SEC)

/* Connects to the system bus and subscribes to PID 1's signals. When the connection is lost the event loop is ended
 * with an error: the poll's timer starts a new one. Returns 0 or a negative errno. */
int unit_host_new_local(sd_event *event, UnitChangedHandler on_changed, void *userdata, UnitHost **ret);

/* Drops all pending calls without calling their handlers. Accepts NULL, returns NULL. */
UnitHost *unit_host_free(UnitHost *h);
DEFINE_CLEANUP(UnitHost *, unit_host_free);

/* The unique name of the connection; borrowed. */
const char *unit_host_unique_name(UnitHost *h);

/* The id of the bus's instance, which a restart of the bus or a boot changes, as a UUID in text form;
 * sd_bus_get_bus_id(3). Returns 0 or a negative errno. */
int unit_host_bus_id(UnitHost *h, char ret[static SD_ID128_UUID_STRING_MAX]);

/* The loaded units that match one of the glob patterns. */
int unit_host_list(UnitHost *h, char *const *patterns, UnitReplyHandler handler, void *userdata);
int unit_host_get_result(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata);
int unit_host_name_has_owner(UnitHost *h, const char *bus_name, UnitReplyHandler handler, void *userdata);

/* Processes in the unit's cgroup and below; -ENOENT when the unit is not loaded. */
int unit_host_count_processes(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata);

/* StopUnit and StartUnit with mode replace: the reply says that the job is queued, not that it is done. */
int unit_host_stop(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata);
int unit_host_start(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata);

/* ThawUnit, its answer, then StopUnit: systemd 257 refuses to stop what is frozen. Whatever stops a unit of a
 * report does it by this, since anybody may have frozen it. One answer for both: an error says that it is not being
 * stopped. */
int unit_host_thaw_and_stop(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata);

/* RefUnit pins a unit so that its result can be read after its end; UnrefUnit and ResetFailedUnit let it go. */
int unit_host_ref(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata);
int unit_host_unref(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata);
int unit_host_reset_failed(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata);

int unit_host_freeze(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata);
int unit_host_thaw(UnitHost *h, const char *unit, UnitReplyHandler handler, void *userdata);
