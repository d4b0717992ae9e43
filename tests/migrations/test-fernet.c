/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/secrets.h"

/* The example of the Fernet specification (generate.json, verify.json), by value. */
#define KEY "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
#define TOKEN \
        "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="
#define NOW 499162800

static char directory[] = "/tmp/test-fernet-XXXXXX";

static Fernet key(void) {
        Fernet f;

        assert_int_equal(fernet_parse_key(KEY, &f), 0);
        return f;
}

static void the_example_of_the_specification_is_encrypted_to_its_token(void **state) {
        static const uint8_t iv[FERNET_IV_BYTES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
        _cleanup_(freep) char *token = NULL;
        Fernet f = key();

        assert_int_equal(fernet_encrypt_at(&f, "hello", NOW, iv, &token), 0);
        assert_string_equal(token, TOKEN);
}

static void the_example_of_the_specification_is_decrypted(void **state) {
        _cleanup_(freep) char *text = NULL;
        Fernet f = key();

        assert_int_equal(fernet_decrypt(&f, TOKEN, &text), 0);
        assert_string_equal(text, "hello");
}

static void texts_of_all_lengths_come_back(void **state) {
        Fernet f = key();
        char text[100] = "";

        for (size_t n = 0; n < sizeof(text) - 1; n++) {
                _cleanup_(freep) char *token = NULL, *back = NULL;

                assert_int_equal(fernet_encrypt(&f, text, &token), 0);
                assert_int_equal(fernet_decrypt(&f, token, &back), 0);
                assert_string_equal(back, text);
                text[n] = (char) ('a' + n % 26);
        }
}

static void a_changed_token_is_refused_wherever_it_was_changed(void **state) {
        Fernet f = key();

        for (size_t i = 0; i < strlen(TOKEN) - 2; i++) {
                char token[] = TOKEN;
                char *text = NULL;

                token[i] = token[i] == 'A' ? 'Q' : 'A';
                assert_int_equal(fernet_decrypt(&f, token, &text), -EBADMSG);
        }
}

static void what_is_no_token_is_refused(void **state) {
        static const char *const tokens[] = { "", "=", "====", "hello", "gAAAAAAd", "\xff\xff\xff\xff" };
        Fernet f = key();
        char *text = NULL;

        for (size_t i = 0; i < ELEMENTSOF(tokens); i++)
                assert_int_equal(fernet_decrypt(&f, tokens[i], &text), -EBADMSG);
}

static void a_key_of_another_length_is_refused(void **state) {
        Fernet f;

        assert_int_equal(fernet_parse_key("", &f), -EINVAL);
        assert_int_equal(fernet_parse_key("cw_0x689RpI-jtRR7oE8hw==", &f), -EINVAL);
        assert_int_equal(fernet_parse_key(KEY "AAAA", &f), -EINVAL);
}

static const char *key_file(const char *text) {
        static char path[64];
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/key", directory);
        f = fopen(path, "we");
        assert_non_null(f);
        (void) fputs(text, f);
        (void) fclose(f);
        return path;
}

static void a_key_file_that_is_absent_or_wrong_is_named(void **state) {
        _cleanup_(freep) char *absent = NULL, *wrong = NULL;
        Fernet f;

        assert_int_equal(fernet_load("/nonexistent/key", &f, &absent), -ENOENT);
        assert_non_null(strstr(absent, "/nonexistent/key"));
        assert_non_null(strstr(absent, "KeyFile="));
        assert_int_equal(fernet_load(key_file("short\n"), &f, &wrong), -EINVAL);
        assert_non_null(strstr(wrong, directory));
        assert_int_equal(fernet_load(key_file(KEY "\n"), &f, NULL), 0);
}

static void sealed_secrets_keep_the_present_tokens_and_replace_the_wrong_ones(void **state) {
        Secrets s = { .key_file = key_file(KEY "\n") };
        Remote remote = { .username = (char *) "user", .password = (char *) "word" };
        _cleanup_(freep) char *sealed = NULL;
        const char *present[_SECRET_MAX] = {};
        char *first[_SECRET_MAX] = {}, *second[_SECRET_MAX] = {}, *third[_SECRET_MAX] = {};
        bool changed;

        assert_int_equal(secrets_seal(&s, &remote, &sealed, NULL), 0);
        assert_null(strstr(sealed, "user"));
        assert_int_equal(secrets_unseal(&s, sealed, present, first, &changed, NULL), 0);
        assert_true(changed);
        assert_null(first[SECRET_CLIENT_KEY]);
        assert_non_null(first[SECRET_USERNAME]);

        /* A second run finds nothing to do. */
        memcpy(present, first, sizeof(present));
        assert_int_equal(secrets_unseal(&s, sealed, present, second, &changed, NULL), 0);
        assert_false(changed);
        assert_string_equal(second[SECRET_PASSWORD], first[SECRET_PASSWORD]);

        /* A column that should be NULL, and one that holds something else. */
        present[SECRET_CLIENT_KEY] = first[SECRET_USERNAME];
        present[SECRET_PASSWORD] = first[SECRET_USERNAME];
        assert_int_equal(secrets_unseal(&s, sealed, present, third, &changed, NULL), 0);
        assert_true(changed);
        assert_null(third[SECRET_CLIENT_KEY]);
        assert_string_equal(third[SECRET_USERNAME], first[SECRET_USERNAME]);
        assert_string_not_equal(third[SECRET_PASSWORD], first[SECRET_USERNAME]);
        for (size_t i = 0; i < _SECRET_MAX; i++) {
                free(first[i]);
                free(second[i]);
                free(third[i]);
        }
}

static void without_secrets_no_key_is_needed(void **state) {
        Secrets s = { .key_file = "/nonexistent/key" };
        const char *present[_SECRET_MAX] = {};
        char *values[_SECRET_MAX] = {}, *sealed = NULL;
        bool changed;

        assert_int_equal(secrets_seal(&s, &(Remote){}, &sealed, NULL), 0);
        assert_null(sealed);
        assert_int_equal(secrets_unseal(&s, NULL, present, values, &changed, NULL), 0);
        assert_false(changed);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_example_of_the_specification_is_encrypted_to_its_token),
                cmocka_unit_test(the_example_of_the_specification_is_decrypted),
                cmocka_unit_test(texts_of_all_lengths_come_back),
                cmocka_unit_test(a_changed_token_is_refused_wherever_it_was_changed),
                cmocka_unit_test(what_is_no_token_is_refused),
                cmocka_unit_test(a_key_of_another_length_is_refused),
                cmocka_unit_test(a_key_file_that_is_absent_or_wrong_is_named),
                cmocka_unit_test(sealed_secrets_keep_the_present_tokens_and_replace_the_wrong_ones),
                cmocka_unit_test(without_secrets_no_key_is_needed),
        };
        char path[64];
        int failed;

        if (!mkdtemp(directory))
                return 1;
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        (void) snprintf(path, sizeof(path), "%s/key", directory);
        (void) unlink(path);
        (void) rmdir(directory);
        return failed;
}
