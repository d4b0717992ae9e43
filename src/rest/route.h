/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which handler answers a method and a path. */

#include "rest/gateway.h"
#include "rest/query.h"

#define ROUTE_PREFIX "/pulp/api/v3/"

/* Bodies: a plan as JSON, where each byte of the document may be written as a string's escape of two, and the keys
 * around it; and all others. */
#define ROUTE_PLAN_BYTES_MAX (PLAN_DOCUMENT_BYTES_MAX + 256 * 1024)
#define ROUTE_BODY_BYTES_MAX (64 * 1024)

typedef struct Route {
        const char *operation; /* id in the OpenAPI document */
        const char *method;
        const char *path; /* below the prefix; "{id}" stands for a number */
        bool public;      /* needs no credentials */
        QueryKind query;
        const char *request_schema; /* NULL: takes no body */
        unsigned status;            /* of success */
        const char *answer_schema;  /* NULL: no body */
        const char *summary;
        void (*handle)(Request *q); /* acts and answers, now or later */
} Route;

typedef enum RouteOutcome {
        ROUTE_FOUND,
        ROUTE_NO_PATH,
        ROUTE_NO_SLASH,  /* there is one with a slash at the end */
        ROUTE_NO_METHOD, /* the path has other methods */
} RouteOutcome;

typedef struct RouteMatch {
        const Route *route; /* NULL unless found */
        uint32_t id;        /* of the path, 0: it has none */
        char allow[64];     /* methods of the path for the Allow header, when the method is none of them */
} RouteMatch;

/* The table, for the OpenAPI document. */
const Route *route_table(size_t *ret_n);

/* Finds the route. HEAD is what GET is. */
RouteOutcome route_find(const char *method, const char *path, RouteMatch *ret);

/* Bytes that the body of a request may have. */
size_t route_body_max(const Route *r);

/* An id as our paths have it: decimal, no sign, no leading zero, 1..ID_MAX. Returns the id, 0 for another text. n:
 * bytes of it. */
uint32_t route_parse_id(const char *s, size_t n);

/* As above, of "PREFIX PATH ID/" or of the bare id; for filters. */
uint32_t route_parse_href(const char *href, const char *path);
