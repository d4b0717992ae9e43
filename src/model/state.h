/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The states of reports, steps, tasks and attempts, and the one table of their transitions. The words are the same in
 * SQL, on the bus, on the command line and over HTTP. tests/model/test-state.c holds the CHECK constraints of the
 * schema against it. */

#include "base/macro.h"

typedef enum State {
        STATE_WAITING,
        STATE_RUNNING,
        STATE_PAUSED,
        STATE_COMPLETED,
        STATE_FAILED,
        STATE_CANCELING,
        STATE_CANCELED,
        STATE_SKIPPED,
        STATE_LAUNCHING, /* attempts only: the intent is written, nothing has claimed it */
        STATE_LOST,      /* attempts only: gone without a result */
        _STATE_MAX,
        _STATE_INVALID = -EINVAL,
} State;

typedef enum StateObject {
        STATE_OF_REPORT,
        STATE_OF_STEP,
        STATE_OF_TASK,
        STATE_OF_ATTEMPT,
        _STATE_OBJECT_MAX,
} StateObject;

/* One allowed change and who makes it, for the manual and the tests. */
typedef struct StateTransition {
        StateObject object;
        State from;
        State to;
        const char *by; /* the SQL function that does it */
} StateTransition;

/* The table, ended by nothing: *ret_n entries. */
const StateTransition *state_transitions(size_t *ret_n);

/* NULL for a value out of range. */
const char *state_to_string(State s);
State state_from_string(const char *s);

/* Whether objects of that kind have the state at all. */
bool state_is_of(StateObject object, State s);

/* Whether the state is an end: completed, failed, canceled, skipped, lost. A failed report or task leaves it by Retry
 * only. */
bool state_is_final(State s);

bool state_may_change(StateObject object, State from, State to);
