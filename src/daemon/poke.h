/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Arms and pokes the poll of a report through PID 1: StartUnit of its timer, which is the guarantee, and of its
 * service, which is the speed. Nothing else is ever started from here; PID 1 asks polkit, dbus/10-migrationd.rules
 * allows exactly these. */

#include "daemon/manager.h"

/* Both jobs were accepted, or were not: then it was logged, and poke_retry() tries again. */
typedef void (*PokeDone)(Manager *m, void *userdata);

/* done may be NULL. It is called once, perhaps before this returns. */
void poke_poll(Manager *m, uint32_t report, PokeDone done, void *userdata);

/* Pokes the unfinished report's poll again when the last attempt failed and some time has passed. */
void poke_retry(Manager *m, usec_t now_usec);
