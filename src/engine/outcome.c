/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* sysexits.h, and 77 of automake and meson; the same numbers as in task/task.h, which this room does not see. */
enum { STATUS_DATAERR = 65, STATUS_NOINPUT = 66, STATUS_TEMPFAIL = 75, STATUS_SKIPPED = 77, STATUS_CONFIG = 78 };

/* systemd's own exit statuses, when it could not execute the program: systemd.exec(5), "Process Exit Codes". */
enum { STATUS_SYSTEMD_FIRST = 200, STATUS_SYSTEMD_LAST = 245 };

static void outcome_set(Outcome *o, State state, const char *class, bool permanent) {
        o->state = state;
        o->permanent = permanent;
        snprintf(o->class, sizeof(o->class), "%s", class);
}

static void outcome_from_status(int status, Outcome *o) {
        if (status == STATUS_SKIPPED)
                outcome_set(o, STATE_SKIPPED, "", false);
        else if (status == STATUS_TEMPFAIL)
                outcome_set(o, STATE_FAILED, "temporary", false);
        else if (status == STATUS_DATAERR || status == STATUS_NOINPUT || status == STATUS_CONFIG)
                outcome_set(o, STATE_FAILED, "permanent", true);
        else if (status >= STATUS_SYSTEMD_FIRST && status <= STATUS_SYSTEMD_LAST)
                outcome_set(o, STATE_FAILED, "exec", true);
        else
                outcome_set(o, STATE_FAILED, "exit-code", false);
        snprintf(o->error, sizeof(o->error), "exited with status %i", status);
}

void outcome_from_result(const UnitResult *result, Outcome *ret) {
        *ret = (Outcome){};

        if (!result) {
                outcome_set(ret, STATE_LOST, "lost", false);
                snprintf(ret->error, sizeof(ret->error), "the unit is gone and left no result");
        } else if (streq(result->result, "success")) {
                /* A unit that was stopped reads success as well; so does one whose program did not exist long enough
                 * to claim. */
                if (streq(result->exit_code, "exited") && result->exit_status == STATUS_SKIPPED)
                        outcome_from_status(result->exit_status, ret);
                else if (streq(result->exit_code, "killed")) {
                        outcome_set(ret, STATE_FAILED, "stopped", false);
                        snprintf(ret->error, sizeof(ret->error), "was stopped");
                } else {
                        outcome_set(ret, STATE_FAILED, "no-finish", false);
                        snprintf(ret->error, sizeof(ret->error),
                                 "exited with status 0 without finishing its counters");
                }
        } else if (streq(result->result, "exit-code") && result->exit_status >= 0)
                outcome_from_status(result->exit_status, ret);
        else {
                outcome_set(ret, STATE_FAILED, result->result, false);
                if (result->exit_status > 0 && !streq(result->exit_code, "exited"))
                        snprintf(ret->error, sizeof(ret->error), "%s: killed by signal %i (%s)", result->result,
                                 result->exit_status, sigabbrev_np(result->exit_status) ?: "?");
                else
                        snprintf(ret->error, sizeof(ret->error), "ended with result %s", result->result);
        }
}

void outcome_from_start_error(const char *message, Outcome *ret) {
        *ret = (Outcome){};
        outcome_set(ret, STATE_FAILED, "start", false);
        snprintf(ret->error, sizeof(ret->error), "could not be started: %s", message);
}

void outcome_from_stop(const char *class, int64_t msec, Outcome *ret) {
        *ret = (Outcome){};
        outcome_set(ret, STATE_FAILED, class, false);
        if (streq(class, "no-progress"))
                snprintf(ret->error, sizeof(ret->error), "stopped: its counters had not moved for %" PRIi64 " s",
                         msec / 1000);
        else if (streq(class, "timeout"))
                snprintf(ret->error, sizeof(ret->error), "stopped: it had run for %" PRIi64 " s", msec / 1000);
        else
                snprintf(ret->error, sizeof(ret->error), "was stopped, since another task has failed");
}
