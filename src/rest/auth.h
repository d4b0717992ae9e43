/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who asks: credentials, when there are any, else the user at the other end of a Unix socket. */

#include "rest/request.h"

typedef enum AuthOutcome {
        AUTH_DONE,  /* uid is set, or the request is answered */
        AUTH_LATER, /* a password is being verified; request_go_on() follows */
} AuthOutcome;

AuthOutcome auth_ask(Request *q);

/* Forgets about a password that is being verified. */
void auth_forget(Request *q);
