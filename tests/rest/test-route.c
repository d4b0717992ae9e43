/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "rest/openapi.h"
#include "rest/route.h"

static void assert_found(const char *method, const char *path, const char *operation, uint32_t id) {
        RouteMatch m;

        if (route_find(method, path, &m) != ROUTE_FOUND)
                fail_msg("%s %s is not found", method, path);
        assert_string_equal(m.route->operation, operation);
        assert_int_equal(m.id, id);
}

static void each_method_and_path_has_its_handler(void **state) {
        assert_found("GET", "/pulp/api/v3/status/", "status_read", 0);
        assert_found("HEAD", "/pulp/api/v3/tasks/", "tasks_list", 0);
        assert_found("GET", "/pulp/api/v3/tasks/17/", "tasks_read", 17);
        assert_found("PATCH", "/pulp/api/v3/migrationreport/2147483647/", "reports_cancel", 2147483647);
        assert_found("POST", "/pulp/api/v3/migration-plans/3/run/", "plans_run", 3);
        assert_found("GET", "/pulp/api/v3/docs/api.json", "document_read", 0);
}

static void what_is_no_id_is_no_path(void **state) {
        static const char *const ids[] = { "0", "01", "-1", "+1", "1x", "0x1", "2147483648", "4294967297", "99999999999999999999", "", "_1" };

        for (size_t i = 0; i < ELEMENTSOF(ids); i++) {
                _cleanup_(freep) char *path = text_format("/pulp/api/v3/tasks/%s/x", ids[i]);
                RouteMatch m;

                assert_non_null(path);
                assert_int_equal(route_find("GET", path, &m), ROUTE_NO_PATH);
                path[strlen(path) - 1] = 0;
                if (*ids[i])
                        assert_int_equal(route_find("GET", path, &m), ROUTE_NO_PATH);
        }
}

static void a_method_that_a_path_lacks_is_told_those_that_it_has(void **state) {
        RouteMatch m;

        assert_int_equal(route_find("PUT", "/pulp/api/v3/migrationreport/1/", &m), ROUTE_NO_METHOD);
        assert_string_equal(m.allow, "GET, HEAD, PATCH");
        assert_int_equal(route_find("GET", "/pulp/api/v3/migration-plans/1/run/", &m), ROUTE_NO_METHOD);
        assert_string_equal(m.allow, "POST");
        assert_int_equal(route_find("get", "/pulp/api/v3/status/", &m), ROUTE_NO_METHOD);
}

static void a_missing_slash_is_told_to_readers_alone(void **state) {
        RouteMatch m;

        assert_int_equal(route_find("GET", "/pulp/api/v3/tasks", &m), ROUTE_NO_SLASH);
        assert_int_equal(route_find("HEAD", "/pulp/api/v3/tasks/1", &m), ROUTE_NO_SLASH);
        assert_int_equal(route_find("POST", "/pulp/api/v3/migration-plans", &m), ROUTE_NO_PATH);
        assert_int_equal(route_find("GET", "/pulp/api/v3/migration-plans/1/run", &m), ROUTE_NO_PATH);
        assert_int_equal(route_find("GET", "/pulp/api/v3", &m), ROUTE_NO_PATH);
        assert_int_equal(route_find("GET", "/pulp/api/v3//tasks/", &m), ROUTE_NO_PATH);
        assert_int_equal(route_find("GET", "/", &m), ROUTE_NO_PATH);
}

static void a_href_or_a_number_names_a_report(void **state) {
        assert_int_equal(route_parse_href("/pulp/api/v3/migrationreport/5/", "migrationreport/"), 5);
        assert_int_equal(route_parse_href("5", "migrationreport/"), 5);
        assert_int_equal(route_parse_href("/pulp/api/v3/tasks/5/", "migrationreport/"), 0);
        assert_int_equal(route_parse_href("/pulp/api/v3/migrationreport/5", "migrationreport/"), 0);
        assert_int_equal(route_parse_href("/etc/passwd", "migrationreport/"), 0);
        assert_int_equal(route_parse_href("", "migrationreport/"), 0);
}

/* Each operation of the table is in the document, and each schema that it names there is. */
static void the_document_has_what_the_router_has(void **state) {
        json_t *document = openapi_make(), *schemas, *paths;
        const Route *routes;
        size_t n;

        assert_non_null(document);
        paths = json_object_get(document, "paths");
        schemas = json_object_get(json_object_get(document, "components"), "schemas");
        assert_true(json_is_object(schemas));
        routes = route_table(&n);
        for (size_t i = 0; i < n; i++) {
                _cleanup_(freep) char *path = text_format(ROUTE_PREFIX "%s", routes[i].path);

                assert_non_null(json_object_get(paths, path));
                if (routes[i].request_schema)
                        assert_non_null(json_object_get(schemas, routes[i].request_schema));
                if (routes[i].answer_schema)
                        assert_non_null(json_object_get(schemas, routes[i].answer_schema));
        }
        json_decref(document);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_method_and_path_has_its_handler),
                cmocka_unit_test(what_is_no_id_is_no_path),
                cmocka_unit_test(a_method_that_a_path_lacks_is_told_those_that_it_has),
                cmocka_unit_test(a_missing_slash_is_told_to_readers_alone),
                cmocka_unit_test(a_href_or_a_number_names_a_report),
                cmocka_unit_test(the_document_has_what_the_router_has),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
