/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/content-path.h"
#include "migrations/pulp2to3/plan.h"

static json_t *document;

static Plan *parse(const char *text, char **ret_error) {
        Plan *plan = NULL;

        json_decref(document);
        document = json_loads(text, JSON_DECODE_ANY, NULL);
        assert_non_null(document);
        return plan_parse(document, &plan, ret_error) < 0 ? NULL : plan;
}

static void expect_refused(const char *text, const char *expected) {
        _cleanup_(freep) char *error = NULL;
        _cleanup_(plan_freep) Plan *plan = parse(text, &error);

        assert_null(plan);
        assert_string_equal(error, expected);
}

static void a_plan_without_repositories_means_all(void **state) {
        _cleanup_(plan_freep) Plan *plan = parse("{\"plugins\": [{\"type\": \"iso\"}]}", NULL);

        assert_non_null(plan);
        assert_true(plan->plugins[0].all);
        assert_int_equal(plan->plugins[0].n_repositories, 0);
}

static void a_plan_names_repositories_versions_importer_and_distributors(void **state) {
        _cleanup_(plan_freep) Plan *plan =
                parse("{\"plugins\": [{\"type\": \"iso\", \"repositories\": [{\"name\": \"new\","
                      " \"pulp2_importer_repository_id\": \"old\", \"repository_versions\": ["
                      "{\"pulp2_repository_id\": \"old\", \"pulp2_distributor_repository_ids\": [\"old\", \"b\"]},"
                      "{\"pulp2_repository_id\": \"older\"}]}, {\"name\": \"plain\","
                      " \"pulp2_importer_repository_id\": null, \"repository_versions\":"
                      " [{\"pulp2_repository_id\": \"old\"}]}]}]}",
                      NULL);

        assert_non_null(plan);
        assert_false(plan->plugins[0].all);
        assert_int_equal(plan->plugins[0].n_repositories, 2);
        assert_string_equal(plan->plugins[0].repositories[0].name, "new");
        assert_string_equal(plan->plugins[0].repositories[0].importer, "old");
        assert_int_equal(plan->plugins[0].repositories[0].n_versions, 2);
        assert_int_equal(json_array_size(plan->plugins[0].repositories[0].versions[0].distributors), 2);
        assert_string_equal(plan->plugins[0].repositories[0].versions[1].repository, "older");
        assert_null(plan->plugins[0].repositories[0].versions[1].distributors);
        assert_null(plan->plugins[0].repositories[1].importer);
}

#define REPOSITORIES(r) "{\"plugins\": [{\"type\": \"iso\", \"repositories\": " r "}]}"
#define VERSION(v) REPOSITORIES("[{\"name\": \"a\", \"repository_versions\": [" v "]}]")

static void what_is_wrong_is_named_by_a_json_pointer(void **state) {
        expect_refused("[]", "plan: /: is not an object");
        expect_refused("{}", "plan: /plugins: is missing");
        expect_refused("{\"plugins\": [], \"x\": 1}", "plan: /: unknown key \"x\"");
        expect_refused("{\"plugins\": []}", "plan: /plugins: is not an array with at least one element");
        expect_refused("{\"plugins\": [1]}", "plan: /plugins/0: is not an object");
        expect_refused("{\"plugins\": [{}]}", "plan: /plugins/0/type: is missing");
        expect_refused(REPOSITORIES("{}"), "plan: /plugins/0/repositories: is not an array");
        expect_refused(REPOSITORIES("[]"),
                       "plan: /plugins/0/repositories: names no repository; leave the key out to migrate all");
        expect_refused(REPOSITORIES("[{\"name\": \"\"}]"), "plan: /plugins/0/repositories/0/name: is empty");
        expect_refused(REPOSITORIES("[{\"name\": 1}]"), "plan: /plugins/0/repositories/0/name: is not a text");
        expect_refused(REPOSITORIES("[{\"name\": \"a\\nb\"}]"),
                       "plan: /plugins/0/repositories/0/name: contains a control character");
        expect_refused(REPOSITORIES("[{\"name\": \"a\"}]"),
                       "plan: /plugins/0/repositories/0/repository_versions: is missing");
        expect_refused(VERSION("{}"), "plan: /plugins/0/repositories/0/repository_versions/0/pulp2_repository_id: is "
                                      "missing");
        expect_refused(VERSION("{\"pulp2_repository_id\": \"a\", \"pulp2_distributor_repository_ids\": [2]}"),
                       "plan: /plugins/0/repositories/0/repository_versions/0/"
                       "pulp2_distributor_repository_ids/0: is not a text");
        expect_refused(VERSION("{\"pulp2_repository_id\": \"a\", \"distributors\": []}"),
                       "plan: /plugins/0/repositories/0/repository_versions/0: unknown key \"distributors\"");
}

static void several_plugins_are_taken_in_their_order(void **state) {
        _cleanup_(plan_freep) Plan *plan =
                parse("{\"plugins\": [{\"type\": \"rpm\"}, {\"type\": \"iso\", \"repositories\": [{\"name\": \"a\","
                      " \"repository_versions\": [{\"pulp2_repository_id\": \"a\"}]}]}, {\"type\": \"deb\"}]}",
                      NULL);

        assert_non_null(plan);
        assert_int_equal(plan->n_plugins, 3);
        assert_string_equal(plan->plugins[0].plugin->name, "rpm");
        assert_true(plan->plugins[0].all);
        assert_string_equal(plan->plugins[1].plugin->name, "iso");
        assert_int_equal(plan->plugins[1].n_repositories, 1);
        assert_string_equal(plan->list[2]->name, "deb");
        assert_null(plan->list[3]);
}

static void a_repository_name_counts_over_all_plugins(void **state) {
        expect_refused(
                "{\"plugins\": [{\"type\": \"rpm\", \"repositories\": [{\"name\": \"a\", \"repository_versions\":"
                " [{\"pulp2_repository_id\": \"a\"}]}]}, {\"type\": \"deb\", \"repositories\": [{\"name\": \"a\","
                " \"repository_versions\": [{\"pulp2_repository_id\": \"b\"}]}]}]}",
                "plan: /plugins/1/repositories/0: the repository \"a\" is named twice");
}

static void other_plugins_are_refused_by_name(void **state) {
        expect_refused("{\"plugins\": [{\"type\": \"docker\"}, {\"type\": \"tape\"}]}",
                       "plan: /plugins/1/type: unknown plugin \"tape\"; iso, rpm, deb and docker are known");
        expect_refused("{\"plugins\": [{\"type\": \"rpm\"}, {\"type\": \"rpm\"}]}",
                       "plan: /plugins/1: plugin rpm is named twice");
}

static void what_would_be_made_twice_is_refused(void **state) {
        expect_refused(REPOSITORIES("[{\"name\": \"a\", \"repository_versions\": [{\"pulp2_repository_id\": \"a\"}]},"
                                    " {\"name\": \"a\", \"repository_versions\": []}]"),
                       "plan: /plugins/0/repositories/1: the repository \"a\" is named twice");
        expect_refused(VERSION("{\"pulp2_repository_id\": \"a\", \"pulp2_distributor_repository_ids\": [\"d\"]},"
                               "{\"pulp2_repository_id\": \"b\", \"pulp2_distributor_repository_ids\": [\"d\"]}"),
                       "plan: /plugins/0/repositories/0/repository_versions/1/"
                       "pulp2_distributor_repository_ids/0: the distributors of repository \"d\" are named twice");
}

static void a_name_may_have_1024_bytes(void **state) {
        _cleanup_(freep) char *name = malloc(1026), *longest = NULL, *longer = NULL, *error = NULL;

        assert_non_null(name);
        memset(name, 'n', 1025);
        name[1024] = 0;
        longest = text_format(REPOSITORIES("[{\"name\": \"%s\", \"repository_versions\": [{\"pulp2_repository_id\": "
                                           "\"a\"}]}]"),
                              name);
        name[1024] = 'n';
        name[1025] = 0;
        longer = text_format(REPOSITORIES("[{\"name\": \"%s\", \"repository_versions\": []}]"), name);

        _cleanup_(plan_freep) Plan *plan = parse(longest, NULL);

        assert_non_null(plan);
        assert_null(parse(longer, &error));
        assert_string_equal(error, "plan: /plugins/0/repositories/0/name: is longer than 1024 bytes");
}

static void a_storage_path_below_the_content_directory_is_mapped(void **state) {
        assert_string_equal(content_path_relative("/var/lib/pulp/content/units/iso/ab/cd/1.iso"),
                            "units/iso/ab/cd/1.iso");
        assert_string_equal(content_path_relative("/var/lib/pulp/content/units/a..b"), "units/a..b");
}

static void a_storage_path_that_leaves_the_content_directory_is_refused(void **state) {
        static const char *const paths[] = {
                "",
                "/",
                "units/iso/1.iso",
                "/etc/shadow",
                "/var/lib/pulp/content",
                "/var/lib/pulp/content/",
                "/var/lib/pulp/contents/1",
                "/var/lib/pulp/content/../media/key",
                "/var/lib/pulp/content/units/..",
                "/var/lib/pulp/content/units/../../../../etc/shadow",
                "/var/lib/pulp/content//etc/shadow",
                "/var/lib/pulp/content/units/./1.iso",
                "/var/lib/pulp/content/units/",
        };

        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                if (content_path_relative(paths[i]))
                        fail_msg("%s was taken", paths[i]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_plan_without_repositories_means_all),
                cmocka_unit_test(a_plan_names_repositories_versions_importer_and_distributors),
                cmocka_unit_test(what_is_wrong_is_named_by_a_json_pointer),
                cmocka_unit_test(several_plugins_are_taken_in_their_order),
                cmocka_unit_test(a_repository_name_counts_over_all_plugins),
                cmocka_unit_test(other_plugins_are_refused_by_name),
                cmocka_unit_test(what_would_be_made_twice_is_refused),
                cmocka_unit_test(a_name_may_have_1024_bytes),
                cmocka_unit_test(a_storage_path_below_the_content_directory_is_mapped),
                cmocka_unit_test(a_storage_path_that_leaves_the_content_directory_is_refused),
        };
        int failed = cmocka_run_group_tests(tests, NULL, NULL);

        json_decref(document);
        return failed;
}
