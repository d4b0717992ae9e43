/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* migration-plans/ */

#include <time.h>

#include "base/text.h"
#include "client/report.h"
#include "model/limits.h"
#include "rest/answer.h"
#include "rest/body.h"
#include "rest/handlers.h"
#include "rest/json.h"
#include "rest/list.h"

#define MIGRATION_DEFAULT "pulp2to3"

static int read_plan(sd_bus_message *m, void *userdata) {
        _cleanup_(plan_freep) Plan *plan = NULL;
        int r;

        r = plan_read(m, &plan, NULL);
        if (r < 0)
                return r;
        return json_array_append_new(userdata, json_of_plan(plan)) < 0 ? -ENOMEM : 0;
}

static int read_plans(sd_bus_message *reply, json_t **ret) {
        json_t *list = json_array();
        int r;

        r = list ? list_each(reply, read_plan, list) : -ENOMEM;
        if (r < 0) {
                json_decref(list);
                return r;
        }
        *ret = list;
        return 0;
}

static int take_plans(Request *q, sd_bus_message *reply) {
        json_t *list;
        int r;

        r = read_plans(reply, &list);
        if (r >= 0)
                list_take(q, list);
        return r;
}

static const ListKind plans = {
        .path = "migration-plans/",
        .count = "CountPlans",
        .list = "ListPlans",
        .more = { .key = "document", .type = 'b', .number = true },
        .heavy = true,
        .read = take_plans,
};

/* The list of at most one plan, by its name. */
static void on_found(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        Query *query = list_query(q);
        const char *path;

        if (reply) {
                if (sd_bus_message_read(reply, "o", &path) < 0)
                        return request_fail(q, -EBADMSG);
                query->id = client_path_id(path);
        } else if (!ask_error_is(e, "NoSuchPlan"))
                return ask_failed(q, error, e);
        query->by_id = true;
        list_start(q, &plans);
}

void plans_list(Request *q) {
        Query *query = list_prepare(q);
        Ask a;

        if (!query)
                return;
        if (!query->name)
                return list_start(q, &plans);
        /* GetPlan takes ids too; a name begins with a letter. */
        if (query->name[0] >= '0' && query->name[0] <= '9') {
                query->nothing = true;
                return list_start(q, &plans);
        }
        a = ask_manager(q, "GetPlan");
        ask_append(&a, "s", query->name);
        ask_send_plainly(&a, on_found);
}

static void ask_plan(Request *q, const uint32_t *id, AskDone done) {
        const ClientOption options[] = {
                { .key = "ids", .type = 'i', .ids = id, .number = 1 },
                { .key = "document", .type = 'b', .number = true },
        };
        Ask a = ask_manager(q, "ListPlans");

        ask_send(&a, options, ELEMENTSOF(options), done);
}

/* The one plan of a reply; NULL: there is none, or the request is answered. */
static json_t *take_plan(Request *q, sd_bus_message *reply) {
        json_t *list, *plan;
        int r;

        r = read_plans(reply, &list);
        if (r < 0) {
                request_fail(q, r);
                return NULL;
        }
        plan = json_incref(json_array_get(list, 0));
        json_decref(list);
        return plan;
}

static void on_plan(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        json_t *plan;

        if (!reply)
                return ask_failed(q, error, e);
        plan = take_plan(q, reply);
        if (plan)
                request_answer(q, MHD_HTTP_OK, plan);
        else if (!request_is_answered(q))
                request_refuse(q, MHD_HTTP_NOT_FOUND, "Not found.");
}

void plans_read(Request *q) {
        ask_plan(q, &q->match.id, on_plan);
}

/* What is being stored, until it is. */
typedef struct PlanNew {
        char *document;
        const char *name, *migration; /* borrowed from the body */
        uint32_t id;                  /* once it is stored */
} PlanNew;

static void plan_new_free(void *p) {
        PlanNew *n = p;

        free(n->document);
        free(n);
}

/* Without the right to read, or when the database has gone just now, the plan is stored all the same: the answer is
 * then made of what was sent. */
static json_t *plan_as_sent(const PlanNew *n) {
        const Plan plan = {
                .id = n->id,
                .name = (char *) (n->name ?: ""),
                .migration = (char *) n->migration,
                .document = n->document,
                .created_usec = (uint64_t) time(NULL) * USEC_PER_SEC,
        };

        return json_of_plan(&plan);
}

static void on_stored(Request *q, sd_bus_message *reply, _unused_ int error, _unused_ const sd_bus_error *e) {
        const PlanNew *n = q->state;
        _cleanup_(freep) char *href = href_of("migration-plans/", n->id);
        json_t *plan = reply ? take_plan(q, reply) : NULL;

        if (!plan)
                plan = plan_as_sent(n);
        request_answer_with(q, MHD_HTTP_CREATED, plan, "Location", href ?: ROUTE_PREFIX "migration-plans/");
}

static void on_created(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        PlanNew *n = q->state;
        const char *path;

        if (!reply)
                return ask_failed_field(q, error, e);
        if (sd_bus_message_read(reply, "o", &path) < 0)
                return request_fail(q, -EBADMSG);
        n->id = client_path_id(path);
        ask_plan(q, &n->id, on_stored);
        /* Could it not be asked for, the request is answered; that it is stored can't be said any more. */
}

/* The document: an object, or a string that holds one. Returns false when the request is answered. */
static bool read_document(Request *q, json_t *value, PlanNew *n) {
        json_t *parsed;

        if (json_is_string(value)) {
                parsed = json_loads(json_string_value(value), JSON_REJECT_DUPLICATES, NULL);
                if (json_is_object(parsed))
                        n->document = strdup(json_string_value(value));
                json_decref(parsed);
        } else if (json_is_object(value))
                n->document = json_dumps(value, JSON_COMPACT);
        if (n->document && strlen(n->document) <= PLAN_DOCUMENT_BYTES_MAX)
                return true;
        if (n->document)
                request_refuse(q, MHD_HTTP_CONTENT_TOO_LARGE, "The plan is too large.");
        else
                request_refuse_field(q, "plan", "A JSON object is needed, or a string that holds one.");
        return false;
}

void plans_create(Request *q) {
        static const BodyField fields[] = {
                { "plan", BODY_ANY },
                { "name", BODY_TEXT },
                { "migration", BODY_TEXT },
                {},
        };
        PlanNew *n;
        Ask a;

        if (!body_check(q, fields))
                return;
        n = calloc(1, sizeof(PlanNew));
        if (!n)
                return request_fail(q, -ENOMEM);
        q->state = n;
        q->free_state = plan_new_free;
        if (!read_document(q, json_object_get(q->json, "plan"), n))
                return;
        n->name = json_string_value(json_object_get(q->json, "name"));
        n->migration = json_string_value(json_object_get(q->json, "migration")) ?: MIGRATION_DEFAULT;
        a = ask_manager(q, "CreatePlan");
        ask_append(&a, "ss", n->migration, n->document);
        ask_send(&a, &(ClientOption){ .key = "name", .type = n->name ? 's' : 0, .text = n->name }, 1, on_created);
}

static void on_deleted(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        if (reply)
                request_answer(q, MHD_HTTP_NO_CONTENT, NULL);
        else
                ask_failed(q, error, e);
}

void plans_delete(Request *q) {
        Ask a = ask_manager(q, "DeletePlan");

        ask_append(&a, "u", q->match.id);
        ask_send(&a, NULL, 0, on_deleted);
}
