/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Options that lists have in common. */

#include <systemd/sd-bus.h>

#include "base/macro.h"

#define PAGE_LIMIT_DEFAULT 1000
#define PAGE_LIMIT_MAX 10000

/* Which rows of a list; zeroed: from the start, all states, all plans, all steps. */
typedef struct Page {
        uint32_t limit;
        uint64_t skip;    /* offset, or the id of the last one seen */
        char *states;     /* as a text[] of PostgreSQL, NULL: all */
        uint32_t plan;    /* 0: all */
        const char *step; /* borrowed from the message, NULL: all */
} Page;

typedef enum PageOptions {
        PAGE_OFFSET = 1 << 0,    /* offset (u) */
        PAGE_AFTER_U32 = 1 << 1, /* after (u) */
        PAGE_AFTER_U64 = 1 << 2, /* after (t) */
        PAGE_STATES = 1 << 3,    /* states (as) */
        PAGE_PLAN = 1 << 4,      /* plan (u) */
        PAGE_STEP = 1 << 5,      /* step (s) */
} PageOptions;

/* Reads the options of a list; limit is one of all. Returns a new page for page_free(), or a negative errno with
 * *error set. */
int page_read(sd_bus_message *m, PageOptions options, Page **ret, sd_bus_error *error);

/* For Request.free_args. */
void page_free(void *page);
