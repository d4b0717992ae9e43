/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/config-option.h"

static char *found; /* "OPTION: REASON\n" of each */

static int on_option(const char *option, const char *reason, void *userdata) {
        char *longer = text_format("%s%s: %s\n", found ?: "", option, reason);

        (void) userdata;
        free(found);
        found = longer;
        return found ? 0 : -ENOMEM;
}

static const char *left_of(const char *plugin, ConfigKind kind, const char *json) {
        bson_t *config = bson_new_from_json((const uint8_t *) json, -1, NULL);

        assert_non_null(config);
        free(found);
        found = NULL;
        assert_int_equal(config_options_left(config, kind, plugin_find(plugin), on_option, NULL), 0);
        bson_destroy(config);
        return found ?: "";
}

static void options_that_are_migrated_are_not_told_of(void **state) {
        assert_string_equal(
                left_of("rpm", CONFIG_IMPORTER,
                        "{\"feed\": \"https://a.example/\", \"ssl_client_key\": \"k\", \"retain_old_count\": 2,"
                        " \"proxy_port\": 3128, \"validate\": true}"),
                "");
        assert_string_equal(left_of("iso", CONFIG_DISTRIBUTOR, "{\"serve_https\": true, \"serve_http\": false}"), "");
}

static void an_option_of_another_plugin_is_one_without_counterpart(void **state) {
        assert_string_equal(left_of("iso", CONFIG_IMPORTER, "{\"retain_old_count\": 2}"),
                            "retain_old_count: has no counterpart in Pulp 3\n");
}

static void options_that_say_nothing_are_passed_over(void **state) {
        assert_string_equal(left_of("rpm", CONFIG_IMPORTER,
                                    "{\"max_speed\": null, \"remove_missing\": false, \"type_skip_list\": [],"
                                    " \"allowed_keys\": \"\", \"other\": {}, \"another\": 0}"),
                            "");
}

static void an_option_that_is_not_known_is_named_without_its_value(void **state) {
        assert_string_equal(left_of("deb", CONFIG_IMPORTER, "{\"secret_of_a_fork\": \"hunter2\"}"),
                            "secret_of_a_fork: has no counterpart in Pulp 3\n");
}

static void a_proxy_without_host_is_told_to_be_none(void **state) {
        (void) state;
        assert_string_equal(left_of("iso", CONFIG_IMPORTER,
                                    "{\"proxy_username\": \"u\", \"proxy_password\": \"p\", \"proxy_host\": \"\"}"),
                            "proxy_username: there is no proxy_host: the remote has no proxy\n"
                            "proxy_password: there is no proxy_host: the remote has no proxy\n");
        assert_string_equal(left_of("iso", CONFIG_IMPORTER, "{\"proxy_username\": \"u\", \"proxy_host\": \"h\"}"),
                            "");
}

static void a_protected_repository_is_told_to_be_open(void **state) {
        assert_string_equal(left_of("rpm", CONFIG_DISTRIBUTOR, "{\"https\": true, \"protected\": true}"),
                            "protected: the distribution is open to everybody: give it a certificate guard with the "
                            "same authority\n");
}

static void a_repository_that_was_not_served_is_told_of(void **state) {
        assert_string_equal(left_of("rpm", CONFIG_DISTRIBUTOR, "{\"http\": false, \"https\": false}"),
                            "https: the repository was not served; its distribution is\n");
        assert_string_equal(left_of("rpm", CONFIG_DISTRIBUTOR, "{\"http\": true, \"https\": false}"), "");
        assert_string_equal(left_of("iso", CONFIG_DISTRIBUTOR, "{\"serve_http\": false, \"serve_https\": false}"),
                            "serve_https: the repository was not served; its distribution is\n");
}

static int end_at_first(const char *option, const char *reason, void *userdata) {
        (void) option;
        (void) reason;
        ++*(int *) userdata;
        return -ECANCELED;
}

static void a_negative_return_ends_the_walk(void **state) {
        bson_t *config = bson_new_from_json((const uint8_t *) "{\"a\": 1, \"b\": 1}", -1, NULL);
        int n = 0;

        assert_int_equal(config_options_left(config, CONFIG_IMPORTER, plugin_find("iso"), end_at_first, &n),
                         -ECANCELED);
        assert_int_equal(n, 1);
        bson_destroy(config);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(options_that_are_migrated_are_not_told_of),
                cmocka_unit_test(an_option_of_another_plugin_is_one_without_counterpart),
                cmocka_unit_test(options_that_say_nothing_are_passed_over),
                cmocka_unit_test(an_option_that_is_not_known_is_named_without_its_value),
                cmocka_unit_test(a_proxy_without_host_is_told_to_be_none),
                cmocka_unit_test(a_protected_repository_is_told_to_be_open),
                cmocka_unit_test(a_repository_that_was_not_served_is_told_of),
                cmocka_unit_test(a_negative_return_ends_the_walk),
        };
        int r = cmocka_run_group_tests(tests, NULL, NULL);

        free(found);
        return r;
}
