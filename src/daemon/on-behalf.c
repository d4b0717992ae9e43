/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/on-behalf.h"

#include <inttypes.h>
#include <pwd.h>

#include "bus/error.h"
#include "bus/polkit.h"

#define OPTION "on-behalf-uid"

BusOption on_behalf_option(OnBehalf *o) {
        return (BusOption){ OPTION, "u", &o->uid, &o->given };
}

void on_behalf_learn(Manager *m) {
        const struct passwd *p = getpwnam(ON_BEHALF_USER);

        if (p)
                m->gateway_uid = p->pw_uid;
}

int on_behalf_apply(const OnBehalf *o, Manager *m, Caller *caller, sd_bus_error *error) {
        if (!o->given)
                return 0;
        if (m->gateway_uid == 0)
                on_behalf_learn(m);
        /* Not even root: whose act it was must not be a matter of trust in whoever asks. */
        if (m->gateway_uid == 0 || caller->uid != m->gateway_uid)
                return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED,
                                         "Option '" OPTION "' is for the user " ON_BEHALF_USER
                                         " only, not for uid %" PRIu32,
                                         caller->uid);
        if (o->uid > POLKIT_UID_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option '" OPTION "': %" PRIu32 " is not a user",
                                     o->uid);
        if (caller->pid == 0)
                return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
                                        "The bus does not know the process of the caller");
        caller->uid = o->uid;
        caller->via = ON_BEHALF_USER;
        return 0;
}
