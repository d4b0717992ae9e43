/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/comps-columns.h"
#include "migrations/pulp2to3/comps-digest.h"

static json_t *parse(const char *text) {
        json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

        assert_non_null(value);
        return value;
}

/* The columns of a unit's document, with single quotes for double ones. */
static json_t *columns_of(const char *type, const char *document) {
        _cleanup_(freep) char *text = strdup(document), *reason = NULL;
        json_auto_t *object = NULL;
        json_t *columns = NULL;

        for (char *p = text; *p; p++)
                if (*p == '\'')
                        *p = '"';
        object = parse(text);
        if (comps_columns(type, object, &columns, &reason) < 0)
                fail_msg("%s", reason);
        return columns;
}

static void assert_digest(const char *type, const char *document, const char *digest) {
        json_auto_t *columns = columns_of(type, document);

        assert_string_equal(json_string_value(json_object_get(columns, "digest")), digest);
}

static void assert_refused(const char *type, const char *document, const char *reason_expected) {
        _cleanup_(freep) char *reason = NULL;
        json_auto_t *object = parse(document);
        json_t *columns = NULL;

        assert_int_equal(comps_columns(type, object, &columns, &reason), -EBADMSG);
        assert_string_equal(reason, reason_expected);
}

static void assert_python(const char *value, const char *expected) {
        json_auto_t *parsed = parse(value);
        _cleanup_(freep) char *text = comps_python_text(parsed);

        assert_string_equal(text, expected);
}

/* The digests are those that the upstream tool made of the same units. */
static void the_digest_of_a_group_is_pulps(void **state _unused_) {
        assert_digest("package_group",
                      "{'package_group_id': 'test-02', 'repo_id': 'srpm-unsigned', 'default_package_names': [], "
                      "'optional_package_names': [], 'mandatory_package_names': ['test-srpm02', 'test-srpm03'], "
                      "'name': 'test-02', 'default': true, 'display_order': 1024, 'user_visible': true, "
                      "'translated_name': {}, 'translated_description': {}, 'conditional_package_names': []}",
                      "25f20b9446765232241d1aeb3e589c2800d3d8c9c717619850f4b5f82d93343f");
}

static void the_digest_of_a_category_is_pulps(void **state _unused_) {
        assert_digest("package_category",
                      "{'package_category_id': 'all', 'repo_id': 'x', 'packagegroupids': ['mammals', 'birds'], "
                      "'translated_description': {}, 'translated_name': {}, 'display_order': 99, 'name': 'all'}",
                      "0addff458948cad3317aa8cc516dc754d9616912e1cc06607a12006336237150");
}

static void the_digest_of_an_environment_is_pulps(void **state _unused_) {
        assert_digest("package_environment",
                      "{'package_environment_id': 'Shark', 'repo_id': 'x', 'group_ids': ['shark'], "
                      "'description': 'Desc of Shark Env', 'translated_name': {}, 'translated_description': {}, "
                      "'options': [], 'display_order': 90, 'name': 'SharkEnvironment'}",
                      "af15893b42f1250e055ebc5c8e5451dd28bb2924c38b9b6b059b47487c16fd80");
}

static void the_digest_of_langpacks_is_pulps(void **state _unused_) {
        assert_digest("package_langpacks",
                      "{'repo_id': 'x', 'matches': [{'name': 'gorilla-en', 'install': 'gorilla-%s'}, "
                      "{'name': 'zebra-docs', 'install': 'zebra-%s'}]}",
                      "05b898fd8b3151b7e5aff9e198daaa19b6f0c523248cfe5a7d1234f592863ab5");
}

static void a_group_has_its_packages_by_kind_and_what_they_require(void **state _unused_) {
        json_auto_t *columns = columns_of("package_group",
                                          "{'package_group_id': 'g', 'name': 'G', 'mandatory_package_names': ['m'], "
                                          "'default_package_names': ['d'], 'optional_package_names': ['o'], "
                                          "'conditional_package_names': [['c', 'needed']], "
                                          "'translated_name': {'de': 'Gruppe', 'cs': 'Skupina'}}");
        _cleanup_(freep) char *packages = json_dumps(json_object_get(columns, "packages"), JSON_COMPACT),
                              *names = json_dumps(json_object_get(columns, "name_by_lang"), JSON_COMPACT);

        assert_string_equal(packages, "[{\"name\":\"m\",\"type\":3,\"basearchonly\":null,\"requires\":null},"
                                      "{\"name\":\"d\",\"type\":0,\"basearchonly\":null,\"requires\":null},"
                                      "{\"name\":\"o\",\"type\":1,\"basearchonly\":null,\"requires\":null},"
                                      "{\"name\":\"c\",\"type\":2,\"basearchonly\":null,\"requires\":\"needed\"}]");
        assert_string_equal(names, "{\"cs\":\"Skupina\",\"de\":\"Gruppe\"}");
        assert_true(json_is_null(json_object_get(columns, "display_order")));
        assert_true(json_is_false(json_object_get(columns, "biarch_only")));
}

static void an_environments_options_say_which_is_a_default(void **state _unused_) {
        json_auto_t *columns =
                columns_of("package_environment",
                           "{'package_environment_id': 'e', 'name': 'E', 'group_ids': [], "
                           "'options': [{'group': 'a', 'default': true}, {'group': 'b', 'default': false}]}");
        _cleanup_(freep) char *options = json_dumps(json_object_get(columns, "option_ids"), JSON_COMPACT);

        assert_string_equal(options, "[{\"name\":\"a\",\"default\":true},{\"name\":\"b\",\"default\":false}]");
}

static void values_are_written_as_python_does(void **state _unused_) {
        assert_python("\"it's\"", "it's");
        assert_python("[\"a\", 1, true, null, {\"k\": false}]", "['a', 1, True, None, {'k': False}]");
        assert_python("[\"it's\"]", "[\"it's\"]");
        assert_python("[\"'\\\"\"]", "['\\'\"']");
        assert_python("[\"\\\\ \\n\\t\\r\\u0001\"]", "['\\\\ \\n\\t\\r\\x01']");
        assert_python("[\"\\u00e9\\u00a0\\u200b\\u4e2d\\ud83d\\ude00\"]",
                      "['\xc3\xa9\\xa0\\u200b\xe4\xb8\xad\xf0\x9f\x98\x80']");
        assert_python("{}", "{}");
}

static void a_document_of_another_form_is_refused_with_the_field(void **state _unused_) {
        assert_refused("package_group", "{\"package_group_id\": 1}", "field package_group_id is not a text");
        assert_refused("package_group", "{\"package_group_id\": \"g\", \"name\": \"G\", \"default\": \"yes\"}",
                       "field default is not a boolean");
        assert_refused("package_group", "{\"mandatory_package_names\": {}}",
                       "field mandatory_package_names is not an array");
        assert_refused("package_group", "{\"conditional_package_names\": [[1]]}",
                       "field conditional_package_names has an item that names no package");
        assert_refused("package_category", "{\"packagegroupids\": [null]}",
                       "field packagegroupids has an item that names no group");
        assert_refused("package_category", "{\"display_order\": 3000000000}",
                       "field display_order is not an integer of 32 bits");
        assert_refused("package_langpacks", "{\"matches\": [{\"name\": \"a\"}]}",
                       "field matches.0 has no name or no install");
        assert_refused("package_category", "{\"translated_name\": {\"de\": 1}}",
                       "field translated_name.de is not a text");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_digest_of_a_group_is_pulps),
                cmocka_unit_test(the_digest_of_a_category_is_pulps),
                cmocka_unit_test(the_digest_of_an_environment_is_pulps),
                cmocka_unit_test(the_digest_of_langpacks_is_pulps),
                cmocka_unit_test(a_group_has_its_packages_by_kind_and_what_they_require),
                cmocka_unit_test(an_environments_options_say_which_is_a_default),
                cmocka_unit_test(values_are_written_as_python_does),
                cmocka_unit_test(a_document_of_another_form_is_refused_with_the_field),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
