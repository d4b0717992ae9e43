/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/text.h"
#include "client/report.h"

/* Elements of one call. A reply that is too large for the bus is asked for in smaller parts. */
#define PAGE 1000

void plan_list_free(Plan **list, size_t n) {
        for (size_t i = 0; i < n; i++)
                plan_free(list[i]);
        free(list);
}

void report_list_free(Report **list, size_t n) {
        for (size_t i = 0; i < n; i++)
                report_free(list[i]);
        free(list);
}

/* One call of a list method: the reply stands before its elements. */
static int list_page(Client *c, const char *member, char *const *states, uint32_t limit, uint32_t offset,
                     sd_bus_message **ret, sd_bus_error *ret_error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        const ClientOption options[] = {
                { .key = "limit", .type = 'u', .number = limit },
                { .key = "offset", .type = offset > 0 ? 'u' : 0, .number = offset },
                { .key = "states", .type = states && states[0] ? 'a' : 0, .list = states },
        };
        int r;

        r = client_message(c, CLIENT_PATH, CLIENT_MANAGER, member, &m);
        if (r >= 0)
                r = client_append_options(m, options, ELEMENTSOF(options));
        if (r < 0)
                return sd_bus_error_set_errno(ret_error, r);
        r = client_send(c, m, /* ask= */ false, ret_error, ret);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(*ret, SD_BUS_TYPE_ARRAY, "(oa{sv})");
        return r < 0 ? sd_bus_error_set_errno(ret_error, r) : 0;
}

/* How the two lists differ. */
typedef struct ListKind {
        const char *member;
        int (*read)(sd_bus_message *m, void **ret, sd_bus_error *ret_error);
        void (*free)(void *element);
        uint32_t (*id)(const void *element);
} ListKind;

typedef struct List {
        void **elements;
        size_t n;
} List;

static int list_append(List *list, const ListKind *kind, sd_bus_message *m, sd_bus_error *ret_error) {
        void **grown, *element;
        int r;

        r = sd_bus_message_enter_container(m, SD_BUS_TYPE_STRUCT, "oa{sv}");
        if (r <= 0)
                return r;
        r = sd_bus_message_skip(m, "o");
        if (r < 0)
                return r;
        r = kind->read(m, &element, ret_error);
        if (r < 0)
                return r;
        grown = reallocarray(list->elements, list->n + 1, sizeof(void *));
        if (!grown) {
                kind->free(element);
                return -ENOMEM;
        }
        list->elements = grown;
        grown[list->n++] = element;
        r = sd_bus_message_exit_container(m);
        return r < 0 ? r : 1;
}

static int list_pages(Client *c, const ListKind *kind, char *const *states, List *list,
                      sd_bus_error *ret_error) {
        uint32_t limit = PAGE;
        int r;

        for (;;) {
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
                size_t before = list->n;

                r = list_page(c, kind->member, states, limit, (uint32_t) list->n, &reply, ret_error);
                if (r < 0 && limit > 1 && sd_bus_error_has_name(ret_error, SD_BUS_ERROR_LIMITS_EXCEEDED)) {
                        sd_bus_error_free(ret_error);
                        limit = MAX(limit / 8, 1u);
                        continue;
                }
                if (r < 0)
                        return r;
                while ((r = list_append(list, kind, reply, ret_error)) > 0)
                        ;
                if (r < 0)
                        return ret_error->name ? r : sd_bus_error_set_errno(ret_error, r);
                if (list->n - before < limit)
                        return 0;
        }
}

static int compare_ids(const void *a, const void *b, void *userdata) {
        const ListKind *kind = userdata;
        uint32_t x = kind->id(*(void *const *) a), y = kind->id(*(void *const *) b);

        return x < y ? -1 : x > y;
}

/* Pages are put in order by id here, so that it does not matter from which end the service counts offsets. */
static int list_all(Client *c, const ListKind *kind, char *const *states, List *ret,
                    sd_bus_error *ret_error) {
        List list = {};
        int r;

        r = list_pages(c, kind, states, &list, ret_error);
        if (r < 0) {
                for (size_t i = 0; i < list.n; i++)
                        kind->free(list.elements[i]);
                free(list.elements);
                return r;
        }
        if (list.n > 0)
                qsort_r(list.elements, list.n, sizeof(void *), compare_ids, (void *) kind);
        *ret = list;
        return 0;
}

static int plan_read_any(sd_bus_message *m, void **ret, sd_bus_error *e) {
        return plan_read(m, (Plan **) ret, e);
}

static int report_read_any(sd_bus_message *m, void **ret, sd_bus_error *e) {
        return report_read(m, (Report **) ret, e);
}

static void plan_free_any(void *p) {
        plan_free(p);
}

static void report_free_any(void *p) {
        report_free(p);
}

static uint32_t plan_id(const void *p) {
        return ((const Plan *) p)->id;
}

static uint32_t report_id(const void *p) {
        return ((const Report *) p)->id;
}

static const ListKind plans_kind = { "ListPlans", plan_read_any, plan_free_any, plan_id };
static const ListKind reports_kind = { "ListReports", report_read_any, report_free_any, report_id };

int plan_list(Client *c, Plan ***ret, size_t *ret_n, sd_bus_error *ret_error) {
        List list;
        int r;

        r = list_all(c, &plans_kind, NULL, &list, ret_error);
        if (r < 0)
                return r;
        *ret = (Plan **) list.elements;
        *ret_n = list.n;
        return 0;
}

int report_list(Client *c, char *const *states, Report ***ret, size_t *ret_n, sd_bus_error *ret_error) {
        List list;
        int r;

        r = list_all(c, &reports_kind, states, &list, ret_error);
        if (r < 0)
                return r;
        *ret = (Report **) list.elements;
        *ret_n = list.n;
        return 0;
}

int report_default(Client *c, bool unfinished_only, uint32_t *ret, sd_bus_error *ret_error) {
        _cleanup_(freep) char *path = NULL;
        Report **list;
        size_t n;
        int r;

        r = client_get_text(c, CLIENT_PATH, CLIENT_MANAGER, "Unfinished", 'o', ret_error, &path);
        if (r < 0)
                return r;
        *ret = client_path_id(path);
        if (*ret > 0 || unfinished_only)
                return 0;
        r = report_list(c, NULL, &list, &n, ret_error);
        if (r < 0)
                return r;
        if (n > 0)
                *ret = list[n - 1]->id;
        report_list_free(list, n);
        return 0;
}
