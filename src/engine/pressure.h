/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the throttle measures, and what follows from it. Pressure stall information of the kernel:
 * Documentation/accounting/psi.rst. */

#include "base/macro.h"

/* The share of the last ten seconds in which some task waited, in hundredths of a percent, from the text of a
 * pressure file. Returns 0 or -EBADMSG. */
int pressure_parse(const char *text, uint32_t *ret);

/* The same from a file. Returns 0, -EBADMSG or another errno; -EOPNOTSUPP where the kernel does not account for it.
 */
int pressure_read(const char *path, uint32_t *ret);

/* The next window of a report that may run so many workers: half of what runs while a limit is not kept, down to 0;
 * twice the window when all are, up to UINT32_MAX, which stands for no throttle. window: as it is, UINT32_MAX: none.
 */
uint32_t throttle_window_next(uint32_t window, uint32_t workers, uint32_t active, bool exceeded);

/* A check unit that so many looks in a row found running hangs: a minute by default. */
#define THROTTLE_CHECK_LOOKS_MAX 12

/* What is known of the check unit. */
typedef struct ThrottleCheck {
        bool started;   /* by this process: what an earlier poll started says nothing about now */
        bool known;     /* one that this process started has ended */
        bool failed;    /* the one that ended last */
        int status;     /* its exit status */
        unsigned looks; /* in a row that found it running */
} ThrottleCheck;

typedef enum ThrottleVerdict {
        THROTTLE_UNKNOWN, /* it has not said anything yet */
        THROTTLE_WELL,
        THROTTLE_UNWELL,
        THROTTLE_HANGS, /* it says nothing any more */
} ThrottleVerdict;

/* A look at the check unit; succeeded and status only count when it is not active. While it runs, what it said last
 * stands, until it hangs. */
ThrottleVerdict throttle_check_look(ThrottleCheck *c, bool active, bool succeeded, int status);
