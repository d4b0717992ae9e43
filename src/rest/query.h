/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parameters that lists take, and what they are on the bus. */

#include "client/client.h"
#include "rest/target.h"

#define QUERY_LIMIT_DEFAULT 100
#define QUERY_LIMIT_MAX 1000

/* Which list's parameters. */
typedef enum QueryKind {
        QUERY_NONE,
        QUERY_PLANS,
        QUERY_REPORTS,
        QUERY_TASKS,
        _QUERY_KIND_MAX,
} QueryKind;

/* Filters, as options of a call that counts or lists; borrowed from the query. */
#define QUERY_FILTERS_MAX 8

typedef struct Query {
        uint32_t limit;
        uint32_t offset;
        const char *order;                           /* word of the bus, static; NULL: the service's own */
        char **states;                               /* NULL: all */
        uint64_t created_from_usec, created_to_usec; /* inclusive; 0 and UINT64_MAX: no bound */
        uint32_t report;                             /* tasks: 0: all */
        char *step;                                  /* tasks: NULL: all */
        char *name;                                  /* plans: NULL: all */
        bool nothing;                                /* the filters exclude each other: the list is empty */
        bool by_id;                                  /* only this one; 0: none */
        uint32_t id;
} Query;

/* One parameter, for the OpenAPI document. */
typedef struct QueryParameter {
        const char *name;
        const char *schema; /* a JSON Schema as text; NULL: one of ret_words */
        const char *description;
        unsigned kinds; /* bit 1 << QueryKind of each list that has it */
        int (*read)(Query *q, QueryKind kind, const char *value, const char **ret_reason);
} QueryParameter;

const QueryParameter *query_parameters(size_t *ret_n);

/* Reads the parameters of a list. Returns 0 with *ret to be freed by query_done(); -EINVAL with *ret_name (borrowed
 * from the target) and *ret_reason (static) of the first that is not valid; or -ENOMEM. */
int query_read(QueryKind kind, const Target *t, Query *ret, const char **ret_name, const char **ret_reason);
void query_done(Query *q);

/* The filters as options of the bus: at most QUERY_FILTERS_MAX, *ret_n of them. */
void query_filters(const Query *q, ClientOption *ret, size_t *ret_n);

/* A time as ISO 8601 writes it, a date or a date and time with Z or an offset. end: a date means the end of its day.
 * Returns 0 or -EINVAL. */
int query_parse_time(const char *s, bool end, uint64_t *ret_usec);
