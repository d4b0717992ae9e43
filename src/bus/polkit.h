/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Asynchronous authorisation by polkit: one action per risk. tests/static/dbus-contract.sh holds the actions against
 * dbus/org.migrationd1.policy. */

#include <systemd/sd-bus.h>

#include "base/macro.h"

#define POLKIT_ACTION_READ "org.migrationd1.read"
#define POLKIT_ACTION_MANAGE_PLANS "org.migrationd1.manage-plans"
#define POLKIT_ACTION_RUN "org.migrationd1.run"
#define POLKIT_ACTION_CONTROL "org.migrationd1.control"

/* What the question is about, for rules and for the text of the dialog. 0: not about one. */
typedef struct PolkitDetails {
        uint32_t plan;
        uint32_t report;
} PolkitDetails;

/* polkit takes the uid of a subject as an int32. */
#define POLKIT_UID_MAX UINT32_C(2147483647)

/* A user on whose behalf a process acts. */
typedef struct PolkitSubject {
        uint32_t uid; /* at most POLKIT_UID_MAX */
        uint32_t pid; /* the process; must be alive when polkit looks */
} PolkitSubject;

/* Asks whether the sender of call may do action, or, with a subject, whether that user may. The dialog may be shown
 * when the call allows it, but never for another user: it would come up where that user is not. handler gets the
 * reply, to be read with polkit_read(). Returns 0 or a negative errno. */
int polkit_ask(sd_bus_message *call, const PolkitSubject *subject, const char *action, const PolkitDetails *details,
               sd_bus_message_handler_t handler, void *userdata, sd_bus_slot **ret_slot);

/* Returns 0 when allowed, else a negative errno with *error set: AccessDenied, or InteractiveAuthorizationRequired
 * when a dialog that the call did not allow would help. No polkit, no answer: denied. */
int polkit_read(sd_bus_message *reply, sd_bus_error *error);
