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

void watch_done(Manager *m);
