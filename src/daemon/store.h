/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon's database connection: opened at start, the schema applied once, then LISTEN after every connect. */

#include "daemon/manager.h"

/* Starts to connect. Returns 0 or a negative errno (-EINVAL: Database= cannot be parsed); logs. */
int store_open(Manager *m);

/* Tries to apply the schema again when that was refused before; a call that needs the store is the occasion. */
void store_retry(Manager *m);

/* One line for the property StoreStatus; borrowed. */
const char *store_status(const Manager *m);

/* What an unfinished report waits for while the store is not reachable (store_lost_usec > 0): since when, why, and
 * the command that says more. Owned by the caller; NULL: no memory. */
char *store_wait_reason(const Manager *m);
