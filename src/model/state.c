/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "model/state.h"

#include "base/text.h"

static const char *const names[_STATE_MAX] = {
        [STATE_WAITING] = "waiting",     [STATE_RUNNING] = "running", [STATE_PAUSED] = "paused",
        [STATE_COMPLETED] = "completed", [STATE_FAILED] = "failed",   [STATE_CANCELING] = "canceling",
        [STATE_CANCELED] = "canceled",   [STATE_SKIPPED] = "skipped", [STATE_LAUNCHING] = "launching",
        [STATE_LOST] = "lost",
};

static const StateTransition transitions[] = {
        { STATE_OF_REPORT, STATE_RUNNING, STATE_PAUSED, "report_pause" },
        { STATE_OF_REPORT, STATE_PAUSED, STATE_RUNNING, "report_resume" },
        { STATE_OF_REPORT, STATE_RUNNING, STATE_CANCELING, "report_cancel" },
        { STATE_OF_REPORT, STATE_PAUSED, STATE_CANCELING, "report_cancel" },
        { STATE_OF_REPORT, STATE_CANCELING, STATE_CANCELED, "report_canceled" },
        { STATE_OF_REPORT, STATE_RUNNING, STATE_COMPLETED, "report_completed" },
        { STATE_OF_REPORT, STATE_RUNNING, STATE_FAILED, "report_failed" },
        { STATE_OF_REPORT, STATE_FAILED, STATE_RUNNING, "report_retry" },

        { STATE_OF_STEP, STATE_WAITING, STATE_RUNNING, "report_advance" },
        { STATE_OF_STEP, STATE_RUNNING, STATE_COMPLETED, "report_advance" },
        { STATE_OF_STEP, STATE_RUNNING, STATE_FAILED, "report_failed" },
        { STATE_OF_STEP, STATE_FAILED, STATE_RUNNING, "report_retry" },
        { STATE_OF_STEP, STATE_WAITING, STATE_CANCELED, "report_canceled" },
        { STATE_OF_STEP, STATE_RUNNING, STATE_CANCELED, "report_canceled" },

        { STATE_OF_TASK, STATE_WAITING, STATE_RUNNING, "report_launch" },
        { STATE_OF_TASK, STATE_RUNNING, STATE_COMPLETED, "task_finish" },
        { STATE_OF_TASK, STATE_RUNNING, STATE_WAITING, "attempt_end" },
        { STATE_OF_TASK, STATE_RUNNING, STATE_FAILED, "attempt_end" },
        { STATE_OF_TASK, STATE_RUNNING, STATE_SKIPPED, "attempt_end" },
        { STATE_OF_TASK, STATE_WAITING, STATE_CANCELED, "report_canceled" },
        { STATE_OF_TASK, STATE_RUNNING, STATE_CANCELED, "report_canceled" },
        { STATE_OF_TASK, STATE_FAILED, STATE_WAITING, "report_retry" },

        { STATE_OF_ATTEMPT, STATE_LAUNCHING, STATE_RUNNING, "task_claim" },
        { STATE_OF_ATTEMPT, STATE_RUNNING, STATE_COMPLETED, "task_finish" },
        { STATE_OF_ATTEMPT, STATE_LAUNCHING, STATE_FAILED, "attempt_end" },
        { STATE_OF_ATTEMPT, STATE_LAUNCHING, STATE_SKIPPED, "attempt_end" },
        { STATE_OF_ATTEMPT, STATE_LAUNCHING, STATE_LOST, "attempt_end" },
        { STATE_OF_ATTEMPT, STATE_RUNNING, STATE_FAILED, "attempt_end" },
        { STATE_OF_ATTEMPT, STATE_RUNNING, STATE_SKIPPED, "attempt_end" },
        { STATE_OF_ATTEMPT, STATE_RUNNING, STATE_LOST, "attempt_end" },
};

const StateTransition *state_transitions(size_t *ret_n) {
        *ret_n = ELEMENTSOF(transitions);
        return transitions;
}

const char *state_to_string(State s) {
        return s >= 0 && s < _STATE_MAX ? names[s] : NULL;
}

State state_from_string(const char *s) {
        for (int i = 0; s && i < _STATE_MAX; i++)
                if (streq(names[i], s))
                        return (State) i;
        return _STATE_INVALID;
}

bool state_is_of(StateObject object, State s) {
        for (size_t i = 0; i < ELEMENTSOF(transitions); i++)
                if (transitions[i].object == object && (transitions[i].from == s || transitions[i].to == s))
                        return true;
        /* Every report has it in the schema for plans that are to be queued; Run creates reports that are running. */
        return object == STATE_OF_REPORT && s == STATE_WAITING;
}

bool state_is_final(State s) {
        return s == STATE_COMPLETED || s == STATE_FAILED || s == STATE_CANCELED || s == STATE_SKIPPED ||
               s == STATE_LOST;
}

bool state_may_change(StateObject object, State from, State to) {
        for (size_t i = 0; i < ELEMENTSOF(transitions); i++)
                if (transitions[i].object == object && transitions[i].from == from && transitions[i].to == to)
                        return true;
        return false;
}
