/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Calls on the bus for requests: asynchronous, at most so many at a time as migrationd takes from one caller, the
 * others wait in a queue. The connection is made when it is needed, and again when it was lost. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "client/client.h"

/* migrationd refuses the 65th call of one sender. */
#define CALLS_ACTIVE_MAX 48
/* Of those, calls whose reply may have the documents of many plans, 32 MiB each. */
#define CALLS_HEAVY_MAX 1
/* Calls that wait; what comes then is refused. */
#define CALLS_WAITING_MAX 2048

typedef struct Calls Calls;
typedef struct Call Call;

/* reply: NULL when the call failed: then error and e say why. Called once; the call is freed after. */
typedef void (*CallDone)(sd_bus_message *reply, int error, const sd_bus_error *e, void *userdata);

int calls_new(sd_event *event, Calls **ret);

/* Drops what is left, without calling back. Accepts NULL, returns NULL. */
Calls *calls_free(Calls *c);
DEFINE_CLEANUP(Calls *, calls_free);

/* A new call, to be filled and handed to call_start(), which owns it then. Fails when the bus can't be reached. */
int call_new(Calls *c, const char *path, const char *interface, const char *member, Call **ret);

/* For the arguments. Borrowed. */
sd_bus_message *call_message(Call *call);

/* Sends it, or lets it wait. heavy: see above. timeout_usec counts from when it is sent. *slot: set to the call, and
 * to NULL when it is done; call_cancel(*slot) forgets it. Frees the call and returns a negative errno when there are
 * too many. */
int call_start(Call *call, bool heavy, usec_t timeout_usec, CallDone done, void *userdata, Call **slot);

/* Drops a call that was not started, or forgets about one that was: no callback comes. Accepts NULL, returns NULL. */
Call *call_cancel(Call *call);
DEFINE_CLEANUP(Call *, call_cancel);
