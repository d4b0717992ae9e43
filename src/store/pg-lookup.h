/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A host name's addresses, looked up beside the event loop: getaddrinfo() blocks for as long as a name server does
 * not answer, and can't be stopped. */

#include <systemd/sd-event.h>

#include "base/macro.h"

typedef struct PgLookup PgLookup;

/* Called once, from the event loop. addresses: numeric, in the order in which they are to be tried, borrowed; NULL
 * when there are none, and then error is a text for a person. May free the lookup. */
typedef void (*PgLookupHandler)(char *const *addresses, const char *error, void *userdata);

/* So many addresses of a name are tried. */
#define PG_LOOKUP_ADDRESSES_MAX 16

/* Starts a thread that looks for addresses of TCP servers of that name. Returns 0 or a negative errno. */
int pg_lookup_new(sd_event *event, const char *host, PgLookupHandler handler, void *userdata, PgLookup **ret);

/* Does not wait for the thread, which ends when getaddrinfo() does. Accepts NULL, returns NULL. */
PgLookup *pg_lookup_free(PgLookup *l);
DEFINE_CLEANUP(PgLookup *, pg_lookup_free);
