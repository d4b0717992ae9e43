/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The interface org.migrationd1.Manager of /org/migrationd1, and the object manager there. */

#include "daemon/manager.h"

int manager_bus_register(Manager *m);
