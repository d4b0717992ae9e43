/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/list.h"

#include <inttypes.h>

#include "base/text.h"
#include "rest/answer.h"

/* What a list keeps until both replies are there. */
typedef struct List {
        const ListKind *kind;
        Query query;
        bool counted;
        uint64_t count;
        json_t *results; /* NULL: not there yet */
} List;

static void list_free(void *p) {
        List *l = p;

        query_done(&l->query);
        json_decref(l->results);
        free(l);
}

Query *list_prepare(Request *q) {
        const char *name, *reason;
        List *l;
        int r;

        l = calloc(1, sizeof(List));
        if (!l) {
                request_fail(q, -ENOMEM);
                return NULL;
        }
        q->state = l;
        q->free_state = list_free;
        r = query_read(q->match.route->query, &q->target, &l->query, &name, &reason);
        if (r >= 0)
                return &l->query;
        if (r == -EINVAL)
                request_refuse_field(q, name, reason);
        else
                request_fail(q, r);
        return NULL;
}

Query *list_query(Request *q) {
        List *l = q->state;

        return &l->query;
}

/* The scheme of the client's own connection: a proxy says which. */
static const char *scheme_of(const Request *q) {
        return streq_ptr(q->head.forwarded_scheme, "https") ? "https" : "http";
}

/* The same list from another offset: an absolute URL, or a path where the client did not say under which name it
 * found us. */
static json_t *link_to(const Request *q, uint64_t offset) {
        const List *l = q->state;
        _cleanup_(freep) char *link = NULL, *limit = text_format("%" PRIu32, l->query.limit),
                              *from = text_format("%" PRIu64, offset);
        int r = 0;

        if (q->head.host)
                link = text_format("%s://%s" ROUTE_PREFIX "%s", scheme_of(q), q->head.host, l->kind->path);
        else
                link = text_format(ROUTE_PREFIX "%s", l->kind->path);
        if (!link || !limit || !from)
                return NULL;
        for (size_t i = 0; r >= 0 && i < q->target.n; i++) {
                const Parameter *p = &q->target.parameters[i];

                if (!streq(p->name, "limit") && !streq(p->name, "offset"))
                        r = target_append_query(&link, p->name, p->value);
        }
        if (r >= 0)
                r = target_append_query(&link, "limit", limit);
        if (r >= 0 && offset > 0)
                r = target_append_query(&link, "offset", from);
        return r < 0 ? NULL : json_string(link);
}

static void list_answer(Request *q) {
        List *l = q->state;
        json_t *next = json_null(), *previous = json_null();
        uint64_t offset = l->query.offset, limit = l->query.limit;

        if (!l->counted || !l->results)
                return;
        if (offset + limit < l->count && offset + limit <= UINT32_MAX)
                next = link_to(q, offset + limit);
        if (offset > 0)
                previous = link_to(q, offset > limit ? offset - limit : 0);
        request_answer(q, MHD_HTTP_OK,
                       json_pack("{s:I, s:o, s:o, s:o}", "count", (json_int_t) l->count, "next", next, "previous",
                                 previous, "results", TAKE_PTR(l->results)));
}

void list_take(Request *q, json_t *results) {
        List *l = q->state;

        l->results = results;
        list_answer(q);
}

static void on_counted(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        List *l = q->state;
        int r;

        if (!reply)
                return ask_failed(q, error, e);
        r = sd_bus_message_read(reply, "t", &l->count);
        if (r < 0)
                return request_fail(q, r);
        l->counted = true;
        list_answer(q);
}

static void on_listed(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        const List *l = q->state;
        int r;

        if (reply) {
                r = l->kind->read(q, reply);
                if (r < 0)
                        request_fail(q, r);
        } else if (l->kind->heavy && l->query.limit > 1 && sd_bus_error_has_name(e, SD_BUS_ERROR_LIMITS_EXCEEDED))
                request_refuse_field(q, "limit", "The page would be too large: ask for less.");
        else
                ask_failed(q, error, e);
}

void list_start(Request *q, const ListKind *kind) {
        List *l = q->state;
        ClientOption options[QUERY_FILTERS_MAX + 4];
        Ask count, list;
        size_t n;

        l->kind = kind;
        query_filters(&l->query, options, &n);
        count = ask_manager(q, kind->count);
        ask_send(&count, options, n, on_counted);
        if (request_is_answered(q))
                return;
        options[n++] = (ClientOption){ .key = "limit", .type = 'u', .number = l->query.limit };
        options[n++] = (ClientOption){ .key = "offset", .type = 'u', .number = l->query.offset };
        if (l->query.order)
                options[n++] = (ClientOption){ .key = "order", .type = 's', .text = l->query.order };
        if (kind->more.type)
                options[n++] = kind->more;
        list = ask_manager(q, kind->list);
        list.heavy = kind->heavy;
        ask_send(&list, options, n, on_listed);
}

int list_each(sd_bus_message *reply, int (*read)(sd_bus_message *m, void *userdata), void *userdata) {
        int r;

        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "(oa{sv})");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_STRUCT, "oa{sv}")) > 0) {
                r = sd_bus_message_skip(reply, "o");
                if (r >= 0)
                        r = read(reply, userdata);
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
                if (r < 0)
                        return r;
        }
        return r;
}
