/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/advisory.h"

static const char bear[] =
        "{\"errata_id\": \"RHEA-2012:0057\", \"status\": \"stable\", \"updated\": \"2013-01-27 16:08:05\", "
        "\"description\": \"Bear_Erratum\", \"issued\": \"2013-01-27 16:08:05\", \"pushcount\": \"\", "
        "\"references\": [], "
        "\"reboot_suggested\": false, \"from\": \"errata@redhat.com\", \"severity\": \"\", \"rights\": \"\", "
        "\"version\": \"1\", \"release\": \"1\", \"type\": \"security\", \"pkglist\": [], "
        "\"title\": \"Bear_ErratumPARTHA\", \"solution\": \"\", \"summary\": \"\"}";

static json_t *columns_of(const char *document) {
        _cleanup_(freep) char *reason = NULL;
        json_auto_t *object = json_loads(document, 0, NULL);
        json_t *columns = NULL;

        assert_non_null(object);
        if (advisory_columns(object, &columns, &reason) < 0)
                fail_msg("%s", reason);
        return columns;
}

/* The upstream tool's digest of the same advisory. */
static void the_digest_of_an_advisory_is_pulps(void **state _unused_) {
        json_auto_t *columns = columns_of(bear);
        char digest[ADVISORY_DIGEST_SIZE];

        assert_int_equal(
                advisory_digest(columns,
                                "[{\"name\": \"collection-0\", \"shortname\": \"\", \"module\": null, "
                                "\"packages\": [{\"name\": \"bear\", \"version\": \"4.1\", \"release\": \"1\", "
                                "\"epoch\": null, \"arch\": \"noarch\", \"filename\": \"bear-4.1-1.noarch.rpm\", "
                                "\"src\": \"http://www.fedoraproject.org\", \"sum\": \"\", \"sum_type\": null, "
                                "\"reboot_suggested\": false, \"relogin_suggested\": false, "
                                "\"restart_suggested\": false}]}]",
                                digest, NULL),
                0);
        assert_string_equal(digest, "65a4f456380c0bfe6408a13f91b0b6853845b4e9928945863f8eedb70a438734");
}

/* Its date has a time zone in Pulp 2; upstream's digest is of the date without. */
static void the_digest_is_of_the_date_as_pulp_3_has_it(void **state _unused_) {
        json_auto_t *columns = columns_of(
                "{\"errata_id\": \"RHEA-2012:0058\", \"status\": \"stable\", \"updated\": \"2014-07-20 06:00:01 UTC\", "
                "\"description\": \"Gorilla_Erratum\", \"issued\": \"2013-01-27 16:08:09\", "
                "\"from\": \"errata@redhat.com\", \"version\": \"1\", \"release\": \"1\", \"type\": \"enhancement\", "
                "\"title\": \"Gorilla_Erratum\"}");
        char digest[ADVISORY_DIGEST_SIZE];

        assert_int_equal(advisory_digest(columns,
                                         "[{\"name\": \"collection-0\", \"shortname\": \"\", \"packages\": [{"
                                         "\"name\": \"gorilla\", \"version\": \"0.62\", \"release\": \"1\", "
                                         "\"arch\": \"noarch\", \"filename\": \"gorilla-0.62-1.noarch.rpm\", "
                                         "\"src\": \"http://www.fedoraproject.org\"}]}]",
                                         digest, NULL),
                         0);
        assert_string_equal(digest, "18c8956cace3ee0a3c5919c5ace794969e9f1bf0a2d8413e0889d0aafbb7f1c7");
}

static void the_digest_changes_with_every_text_and_package(void **state _unused_) {
        json_auto_t *columns = columns_of(bear);
        char digest[ADVISORY_DIGEST_SIZE], other[ADVISORY_DIGEST_SIZE];

        assert_int_equal(advisory_digest(columns, "[]", digest, NULL), 0);
        json_object_set_new(columns, "solution", json_string("none"));
        assert_int_equal(advisory_digest(columns, "[]", other, NULL), 0);
        assert_string_not_equal(digest, other);
        assert_int_equal(advisory_digest(columns, "[{\"name\": \"collection-0\", \"packages\": []}]", digest, NULL),
                         0);
        assert_string_not_equal(digest, other);
}

static void absent_texts_are_empty_and_references_are_taken(void **state _unused_) {
        json_auto_t *columns =
                columns_of("{\"errata_id\": \"E\", \"severity\": null, \"reboot_suggested\": true, "
                           "\"references\": [{\"href\": \"http://x\", \"id\": null, \"type\": \"bugzilla\", "
                           "\"title\": \"T\"}]}");
        _cleanup_(freep) char *references = json_dumps(json_object_get(columns, "references"), JSON_COMPACT);

        assert_string_equal(json_string_value(json_object_get(columns, "severity")), "");
        assert_string_equal(json_string_value(json_object_get(columns, "issued_date")), "");
        assert_true(json_is_true(json_object_get(columns, "reboot_suggested")));
        assert_string_equal(references,
                            "[{\"href\":\"http://x\",\"ref_id\":null,\"title\":\"T\",\"ref_type\":\"bugzilla\"}]");
}

static void assert_date(const char *text, const char *expected) {
        _cleanup_(freep) char *date = advisory_date(text);

        assert_string_equal(date, expected);
}

static void dates_are_written_in_one_way(void **state _unused_) {
        assert_date("2014-07-20 06:00:01 UTC", "2014-07-20 06:00:01");
        assert_date("2014-07-20 06:00:01", "2014-07-20 06:00:01");
        assert_date("2014-07-20", "2014-07-20 00:00:00");
        assert_date("1405836001", "2014-07-20 06:00:01");
        assert_date("", "");
        assert_date("in spring", "in spring");
        assert_date("2014-99-20", "2014-99-20");
}

static void a_document_of_another_form_is_refused_with_the_field(void **state _unused_) {
        static const struct {
                const char *document, *reason;
        } cases[] = {
                { "{\"title\": 1}", "field title is not a text" },
                { "{\"references\": {}}", "field references is not an array" },
                { "{\"references\": [1]}", "field references.0 is not a document" },
                { "{\"references\": [{\"href\": []}]}", "in references.0: field href is not a text" },
                { "{\"reboot_suggested\": \"no\"}", "field reboot_suggested is not a boolean" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(freep) char *reason = NULL;
                json_auto_t *object = json_loads(cases[i].document, 0, NULL);
                json_t *columns = NULL;

                assert_int_equal(advisory_columns(object, &columns, &reason), -EBADMSG);
                assert_string_equal(reason, cases[i].reason);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_digest_of_an_advisory_is_pulps),
                cmocka_unit_test(the_digest_is_of_the_date_as_pulp_3_has_it),
                cmocka_unit_test(the_digest_changes_with_every_text_and_package),
                cmocka_unit_test(absent_texts_are_empty_and_references_are_taken),
                cmocka_unit_test(dates_are_written_in_one_way),
                cmocka_unit_test(a_document_of_another_form_is_refused_with_the_field),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
