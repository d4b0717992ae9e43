/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Follows the unfinished report and tells the bus what changes: PropertiesChanged, ReportNew, ReportFinished,
 * InterfacesAdded. NOTIFY says when to look; while a report is unfinished its counters are looked at each second as
 * well. */

#include "daemon/manager.h"

/* Looks now. */
void watch_look(Manager *m);

/* Something changed: looks soon; many calls in short time become one look. */
void watch_changed(Manager *m);

/* The store is not reachable: that is what the unfinished report waits for, until the next look tells otherwise. */
void watch_store_lost(Manager *m);

/* What a report waits for while the store is not reachable; NULL: it is reachable, or the report is known not to be
 * unfinished, or there is no memory. Owned by the caller. */
char *watch_wait_reason(const Manager *m, uint32_t id);

void watch_done(Manager *m);
