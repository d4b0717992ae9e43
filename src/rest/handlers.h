/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The handlers that the table of routes names. Each leads to exactly one answer of the request, see request.h. */

#include "rest/gateway.h"

#define ROUTE(handler, ...) void handler(Request *q);
#include "rest/routes.def"
#undef ROUTE
