/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/modulemd.h"

typedef int (*Convert)(const json_t *document, json_t **ret, char **ret_reason);

static void assert_columns(Convert convert, const char *document, const char *expected) {
        _cleanup_(freep) char *reason = NULL, *text = NULL;
        json_auto_t *object = json_loads(document, 0, NULL), *columns = NULL;

        assert_non_null(object);
        if (convert(object, &columns, &reason) < 0)
                fail_msg("%s", reason);
        text = json_dumps(columns, JSON_COMPACT | JSON_SORT_KEYS);
        assert_string_equal(text, expected);
}

static void assert_refused(Convert convert, const char *document, const char *expected) {
        _cleanup_(freep) char *reason = NULL;
        json_auto_t *object = json_loads(document, 0, NULL);
        json_t *columns = NULL;

        assert_non_null(object);
        assert_int_equal(convert(object, &columns, &reason), -EBADMSG);
        assert_string_equal(reason, expected);
}

static void a_module_has_its_version_as_text_and_the_packages_of_its_artifacts(void **state _unused_) {
        assert_columns(
                modulemd_columns,
                "{\"name\": \"duck\", \"stream\": \"0\", \"version\": 201809302113907, \"context\": \"deadbeef\", "
                "\"arch\": \"noarch\", \"dependencies\": [{\"platform\": [\"f28\"]}], "
                "\"artifacts\": [\"duck-0:0.8-1.noarch\", \"a-b-2.1-3.el8.x86_64\", \"odd\"]}",
                "{\"arch\":\"noarch\",\"artifacts\":[\"duck-0:0.8-1.noarch\",\"a-b-2.1-3.el8.x86_64\",\"odd\"],"
                "\"context\":\"deadbeef\",\"dependencies\":[{\"platform\":[\"f28\"]}],\"name\":\"duck\",\"packages\":["
                "{\"arch\":\"noarch\",\"epoch\":\"0\",\"name\":\"duck\",\"release\":\"1\",\"version\":\"0.8\"},"
                "{\"arch\":\"x86_64\",\"epoch\":\"0\",\"name\":\"a-b\",\"release\":\"3.el8\",\"version\":\"2.1\"}],"
                "\"stream\":\"0\",\"version\":\"201809302113907\"}");
}

/* Bytes as Pulp 2 has them: {"0": ["default"]}. */
static void profiles_are_read_from_bson(void **state _unused_) {
        assert_columns(
                modulemd_defaults_columns,
                "{\"name\": \"kangaroo\", \"stream\": \"0\", \"checksum\": \"5c8c\", \"repo_id\": \"r\", "
                "\"profiles\": \"HAAAAAQwABQAAAACMAAIAAAAZGVmYXVsdAAAAA==\"}",
                "{\"digest\":\"5c8c\",\"module\":\"kangaroo\",\"profiles\":{\"0\":[\"default\"]},\"stream\":\"0\"}");
}

static void defaults_without_profiles_and_stream_have_none(void **state _unused_) {
        assert_columns(modulemd_defaults_columns, "{\"name\": \"k\", \"checksum\": \"5c8c\", \"stream\": null}",
                       "{\"digest\":\"5c8c\",\"module\":\"k\",\"profiles\":{},\"stream\":\"\"}");
}

static void a_document_of_another_form_is_refused_with_the_field(void **state _unused_) {
        assert_refused(modulemd_columns, "{\"name\": []}", "field name is not a text");
        assert_refused(modulemd_columns, "{\"version\": true}", "field version is not a text");
        assert_refused(modulemd_columns, "{\"artifacts\": \"a\"}", "field artifacts is not an array");
        assert_refused(modulemd_columns, "{\"artifacts\": [1]}", "field artifacts.0 is not a text");
        assert_refused(modulemd_defaults_columns, "{\"profiles\": 1}", "field profiles is not a BSON document");
        assert_refused(modulemd_defaults_columns, "{\"profiles\": \"====\"}",
                       "field profiles is not a BSON document");
        assert_refused(modulemd_defaults_columns, "{\"profiles\": \"\"}", "field profiles is not a BSON document");
        /* The array inside says that it is longer than the document. */
        assert_refused(modulemd_defaults_columns, "{\"profiles\": \"HAAAAAQwAFQAAAACMAAIAAAAZGVmYXVsdAAAAA==\"}",
                       "field profiles is not a BSON document");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_module_has_its_version_as_text_and_the_packages_of_its_artifacts),
                cmocka_unit_test(profiles_are_read_from_bson),
                cmocka_unit_test(defaults_without_profiles_and_stream_have_none),
                cmocka_unit_test(a_document_of_another_form_is_refused_with_the_field),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
