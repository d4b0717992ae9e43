/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/route.h"

#include <stdio.h>

#include "base/text.h"
#include "model/limits.h"
#include "model/names.h"
#include "rest/handlers.h"

#define PUBLIC true
#define KNOWN false
static const Route routes[] = {
#define ROUTE(handler, method, path, who, query, request, status, answer, summary) \
        { #handler, method, path, who, query, request, status, answer, summary, handler },
#include "rest/routes.def"
#undef ROUTE
};

const Route *route_table(size_t *ret_n) {
        *ret_n = ELEMENTSOF(routes);
        return routes;
}

size_t route_body_max(const Route *r) {
        return r->request_schema && streq(r->request_schema, "PlanNew") ? ROUTE_PLAN_BYTES_MAX : ROUTE_BODY_BYTES_MAX;
}

uint32_t route_parse_id(const char *s, size_t n) {
        char text[16];
        uint32_t id;

        if (n == 0 || n >= sizeof(text) || s[0] == '0')
                return 0;
        memcpy(text, s, n);
        text[n] = 0;
        return text_parse_u32(text, &id) < 0 || id > ID_MAX ? 0 : id;
}

uint32_t route_parse_href(const char *href, const char *path) {
        size_t n;

        if (!startswith(href, ROUTE_PREFIX))
                return route_parse_id(href, strlen(href));
        href += strlen(ROUTE_PREFIX);
        if (!startswith(href, path))
                return 0;
        href += strlen(path);
        n = strcspn(href, "/");
        return streq(href + n, "/") ? route_parse_id(href, n) : 0;
}

static bool path_matches(const char *pattern, const char *path, uint32_t *ret_id) {
        *ret_id = 0;
        while (*pattern) {
                if (*pattern == '{') {
                        size_t n = strcspn(path, "/");

                        *ret_id = route_parse_id(path, n);
                        if (*ret_id == 0)
                                return false;
                        pattern += strcspn(pattern, "/");
                        path += n;
                } else if (*pattern++ != *path++)
                        return false;
        }
        return *path == 0;
}

/* Adds a method to an Allow header. */
static void allow_add(RouteMatch *m, const char *method) {
        size_t n = strlen(m->allow);

        (void) snprintf(m->allow + n, sizeof(m->allow) - n, "%s%s%s", n > 0 ? ", " : "", method,
                        streq(method, "GET") ? ", HEAD" : "");
}

static RouteOutcome find(const char *method, const char *path, RouteMatch *ret) {
        RouteOutcome outcome = ROUTE_NO_PATH;
        uint32_t id;

        for (size_t i = 0; i < ELEMENTSOF(routes); i++) {
                if (!path_matches(routes[i].path, path, &id))
                        continue;
                if (streq(routes[i].method, streq(method, "HEAD") ? "GET" : method)) {
                        *ret = (RouteMatch){ .route = &routes[i], .id = id };
                        return ROUTE_FOUND;
                }
                allow_add(ret, routes[i].method);
                outcome = ROUTE_NO_METHOD;
        }
        return outcome;
}

RouteOutcome route_find(const char *method, const char *path, RouteMatch *ret) {
        _cleanup_(freep) char *with_slash = NULL;
        RouteOutcome outcome;

        *ret = (RouteMatch){};
        if (!startswith(path, ROUTE_PREFIX))
                return ROUTE_NO_PATH;
        path += strlen(ROUTE_PREFIX);
        outcome = find(method, path, ret);
        if (outcome != ROUTE_NO_PATH || (!streq(method, "GET") && !streq(method, "HEAD")))
                return outcome;
        with_slash = text_format("%s/", path);
        if (with_slash && find(method, with_slash, &(RouteMatch){}) == ROUTE_FOUND)
                return ROUTE_NO_SLASH;
        return ROUTE_NO_PATH;
}
