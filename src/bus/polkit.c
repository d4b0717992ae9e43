/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bus/polkit.h"

#include <inttypes.h>
#include <stdio.h>

/* A person may have to type a password. */
#define POLKIT_TIMEOUT_USEC (120 * USEC_PER_SEC)
/* polkit's CheckAuthorizationFlags. */
#define POLKIT_ALLOW_USER_INTERACTION UINT32_C(1)

static int append_detail(sd_bus_message *m, const char *key, uint32_t id) {
        char value[11];

        if (id == 0)
                return 0;
        (void) snprintf(value, sizeof(value), "%" PRIu32, id);
        return sd_bus_message_append(m, "{ss}", key, value);
}

static int append_details(sd_bus_message *m, const PolkitDetails *details) {
        int r;

        r = sd_bus_message_open_container(m, 'a', "{ss}");
        if (r < 0)
                return r;
        r = append_detail(m, "plan", details->plan);
        if (r < 0)
                return r;
        r = append_detail(m, "report", details->report);
        if (r < 0)
                return r;
        return sd_bus_message_close_container(m);
}

static int append_subject(sd_bus_message *m, const char *sender, const PolkitSubject *subject) {
        /* The bus name is the subject: polkit itself asks the bus who that is, so a process id cannot be reused in
         * between. */
        if (!subject)
                return sd_bus_message_append(m, "(sa{sv})", "system-bus-name", 1, "name", "s", sender);
        /* polkit compares the uid with the process's: where they differ, it answers the owner of the action only, as
         * it does for details; and asks its rules about the given user and that user's groups. The process is looked
         * at for its session (ours have none) and its start time, 0: as found. */
        return sd_bus_message_append(m, "(sa{sv})", "unix-process", 3, "pid", "u", subject->pid, "start-time", "t",
                                     UINT64_C(0), "uid", "i", (int32_t) subject->uid);
}

int polkit_ask(sd_bus_message *call, const PolkitSubject *subject, const char *action, const PolkitDetails *details,
               sd_bus_message_handler_t handler, void *userdata, sd_bus_slot **ret_slot) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        sd_bus *bus = sd_bus_message_get_bus(call);
        bool dialog = !subject && sd_bus_message_get_allow_interactive_authorization(call) > 0;
        uint32_t flags = dialog ? POLKIT_ALLOW_USER_INTERACTION : 0;
        int r;

        r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.PolicyKit1",
                                           "/org/freedesktop/PolicyKit1/Authority",
                                           "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
        if (r < 0)
                return r;
        r = append_subject(m, sd_bus_message_get_sender(call), subject);
        if (r < 0)
                return r;
        r = sd_bus_message_append_basic(m, 's', action);
        if (r < 0)
                return r;
        r = append_details(m, details);
        if (r < 0)
                return r;
        r = sd_bus_message_append(m, "us", flags, /* cancellation_id= */ "");
        if (r < 0)
                return r;
        r = sd_bus_call_async(bus, ret_slot, m, handler, userdata, POLKIT_TIMEOUT_USEC);
        return r < 0 ? r : 0;
}

int polkit_read(sd_bus_message *reply, sd_bus_error *error) {
        int authorized, challenge, r;

        if (sd_bus_message_is_method_error(reply, NULL)) {
                const sd_bus_error *e = sd_bus_message_get_error(reply);

                if (sd_bus_error_has_names(e, SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                        return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
                                                "polkit is not there: only root may do this");
                return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED, "polkit does not answer: %s", e->message);
        }
        r = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "bb", &authorized, &challenge);
        if (r < 0)
                return r;
        if (authorized)
                return 0;
        if (challenge)
                return sd_bus_error_set(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                                        "Interactive authentication required");
        return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "Permission denied");
}
