/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Options that lists and counts have in common. */

#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "daemon/on-behalf.h"
#include "daemon/request.h"

#define PAGE_LIMIT_DEFAULT 1000
#define PAGE_LIMIT_MAX 10000
/* Ids that one option may have. */
#define PAGE_IDS_MAX PAGE_LIMIT_MAX
/* Tasks of a step that a report's row may name. */
#define PAGE_STEP_TASKS_MAX 1000

/* A number as a parameter of a statement. */
typedef struct PageNumber {
        char text[sizeof("18446744073709551615")];
} PageNumber;

/* Which rows of a list, as parameters of its statement: NULL restricts nothing. */
typedef struct Page {
        uint32_t limit;
        uint64_t skip;            /* offset, or the id of the last one seen */
        char *states;             /* as a text[] of PostgreSQL */
        char *ids;                /* as a bigint[] of PostgreSQL; '{}': no row */
        uint32_t plan;            /* 0: all */
        uint32_t report;          /* 0: all */
        const char *step;         /* borrowed from the message */
        const char *order;        /* borrowed from the message; never NULL */
        const char *created_from; /* microseconds; points to from */
        const char *created_to;   /* points to to */
        uint32_t step_tasks;      /* tasks named for each step */
        int document;             /* whether with documents */
        OnBehalf on_behalf;
        PageNumber from, to;
} Page;

typedef enum PageOptions {
        PAGE_LIMIT = 1 << 0,       /* limit (u) */
        PAGE_OFFSET = 1 << 1,      /* offset (u) */
        PAGE_AFTER_U32 = 1 << 2,   /* after (u) */
        PAGE_AFTER_U64 = 1 << 3,   /* after (t) */
        PAGE_STATES = 1 << 4,      /* states (as) */
        PAGE_PLAN = 1 << 5,        /* plan (u) */
        PAGE_REPORT = 1 << 6,      /* report (u) */
        PAGE_STEP = 1 << 7,        /* step (s) */
        PAGE_IDS = 1 << 8,         /* ids (au) */
        PAGE_CREATED = 1 << 9,     /* created_from_usec, created_to_usec (t) */
        PAGE_STEP_TASKS = 1 << 10, /* step_tasks (u) */
        PAGE_DOCUMENT = 1 << 11,   /* document (b) */
        /* order (s): id and created always, and: */
        PAGE_ORDER = 1 << 12,
        PAGE_ORDER_RUN = 1 << 13,  /* started, finished, state */
        PAGE_ORDER_NAME = 1 << 14, /* name */
} PageOptions;

/* Reads the options of a list; on-behalf-uid is one of all. Returns a new page for page_free(), or a negative errno
 * with *error set. */
int page_read(sd_bus_message *m, PageOptions options, Page **ret, sd_bus_error *error);

/* Reads the options, then starts a call whose args are the page, and which asks polkit for POLKIT_ACTION_READ.
 * Returns what a bus handler returns. */
int page_start(Manager *m, sd_bus_message *message, PageOptions options, RequestAct act, sd_bus_error *error);

/* For Request.free_args. */
void page_free(void *page);

/* A number as text; and as the parameter of a filter, which is NULL (nothing is filtered) for 0. */
PageNumber page_number(uint64_t value);
const char *page_filter(const PageNumber *number);
