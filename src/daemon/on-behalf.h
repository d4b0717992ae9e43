/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The option on-behalf-uid: the gateway tells which user it has authenticated, and that user is who calls. */

#include <systemd/sd-bus.h>

#include "bus/caller.h"
#include "bus/option.h"
#include "daemon/manager.h"

/* The one user whose processes may call on behalf of others. */
#define ON_BEHALF_USER "migrationd-rest"

typedef struct OnBehalf {
        bool given;
        uint32_t uid;
} OnBehalf;

/* The option, for the table of a method: every method with options takes it. */
BusOption on_behalf_option(OnBehalf *o);

/* Notes the uid of ON_BEHALF_USER, when there is such a user. Asks the name service, so not for every call. */
void on_behalf_learn(Manager *m);

/* Makes the user of the option the caller, when the sender's user is ON_BEHALF_USER; process and unit stay the
 * sender's. Nothing is done when the option was not given. Returns 0 or a negative errno with *error set:
 * AccessDenied for any other sender, BadOption for what is no user. */
int on_behalf_apply(const OnBehalf *o, Manager *m, Caller *caller, sd_bus_error *error);
