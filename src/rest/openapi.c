/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/openapi.h"

#include <ctype.h>

#include "base/text.h"
#include "rest/answer.h"
#include "rest/handlers.h"
#include "rest/route.h"
#include "schemas.h"

static json_t *reference(const char *schema) {
        return json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%s", schema));
}

static json_t *content(const char *schema) {
        return json_pack("{s:{s:o}}", "application/json", "schema", reference(schema));
}

static json_t *parameters_of(const Route *route) {
        const QueryParameter *parameters;
        json_t *list = json_array();
        size_t n;

        if (strstr(route->path, "{id}"))
                (void) json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", "id", "in", "path",
                                                             "required", 1, "schema", "type", "integer"));
        parameters = query_parameters(&n);
        for (size_t i = 0; i < n; i++) {
                const QueryParameter *p = &parameters[i];

                if (p->kinds & (1u << route->query))
                        (void) json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "name", p->name, "in",
                                                                     "query", "description", p->description, "schema",
                                                                     json_loads(p->schema, 0, NULL)));
        }
        return list;
}

static json_t *responses_of(const Route *route) {
        _cleanup_(freep) char *status = text_format("%u", route->status);
        json_t *success = json_pack("{s:s}", "description", "Done"), *responses = json_object();

        if (route->answer_schema)
                (void) json_object_set_new(success, "content", content(route->answer_schema));
        (void) json_object_set_new(responses, status ?: "200", success);
        (void) json_object_set_new(
                responses, "default",
                json_pack("{s:s, s:o}", "description", "Refused, or not possible now", "content", content("Error")));
        return responses;
}

/* Security is that of the whole document, but for what is public. */
static json_t *operation_of(const Route *route) {
        json_t *operation;

        operation = json_pack("{s:s, s:s, s:o, s:o}", "operationId", route->operation, "summary", route->summary,
                              "parameters", parameters_of(route), "responses", responses_of(route));
        if (route->request_schema)
                (void) json_object_set_new(operation, "requestBody",
                                           json_pack("{s:b, s:o}", "required",
                                                     !streq(route->request_schema, "RunOptions"), "content",
                                                     content(route->request_schema)));
        if (route->public)
                (void) json_object_set_new(operation, "security", json_array());
        return operation;
}

static json_t *paths_make(void) {
        json_t *paths = json_object();
        const Route *routes;
        size_t n;

        routes = route_table(&n);
        for (size_t i = 0; i < n; i++) {
                _cleanup_(freep) char *path = text_format(ROUTE_PREFIX "%s", routes[i].path);
                char method[8] = "";
                json_t *item;

                if (!path)
                        continue;
                for (size_t j = 0; routes[i].method[j] && j < sizeof(method) - 1; j++)
                        method[j] = (char) tolower((unsigned char) routes[i].method[j]);
                item = json_object_get(paths, path);
                if (!item) {
                        item = json_object();
                        (void) json_object_set_new(paths, path, item);
                }
                (void) json_object_set_new(item, method, operation_of(&routes[i]));
        }
        return paths;
}

json_t *openapi_make(void) {
        return json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:[]}, {s:[]}], s:o, s:{s:{s:{s:s, s:s}, s:{s:s, s:s}}, s:o}}",
                         "openapi", "3.0.3", "info", "title", "migrationd", "description",
                         "Plans, reports and tasks of data migrations, with the conventions of Pulp 3", "version",
                         MIGRATIOND_VERSION, "security", "basic", "bearer", "paths", paths_make(), "components",
                         "securitySchemes", "basic", "type", "http", "scheme", "basic", "bearer", "type", "http",
                         "scheme", "bearer", "schemas", json_loads(text_schemas, 0, NULL));
}

void document_read(Request *q) {
        json_t *document = openapi_make();

        if (document)
                request_answer(q, MHD_HTTP_OK, document);
        else
                request_fail(q, -ENOMEM);
}
