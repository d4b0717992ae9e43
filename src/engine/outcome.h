/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the result of a task's unit means for its attempt, when the attempt's own commit did not complete it. */

#include "model/state.h"
#include "unit/host.h"

typedef struct Outcome {
        State state;     /* STATE_FAILED, STATE_SKIPPED or STATE_LOST */
        char class[32];  /* the unit's Result=, or: temporary (exit 75), permanent (65, 66, 78), exec (the program
                            could not be  started), no-finish (exit 0 without the finishing commit), lost (no result to
                            be read), start */
        char error[256]; /* one line for people */
        bool permanent;  /* no other attempt */
} Outcome;

/* result NULL: the unit is not there any more. message: why a start failed, NULL when there was none. */
void outcome_from_result(const UnitResult *result, Outcome *ret);

/* A StartTransientUnit that was refused. */
void outcome_from_start_error(const char *message, Outcome *ret);

/* An attempt that the poll stopped, why (attempt_watch.stop_class), and after how long. */
void outcome_from_stop(const char *class, int64_t msec, Outcome *ret);
