/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/text.h"
#include "rest/credentials.h"
#include "rest/verifier.h"

/* SHA-512 of crypt(5): the start of a hash, and the whole one of "secret". */
#define HASH "$6$saltsalt$"
#define HASH_OF_SECRET "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1"
/* SHA-256 of "token". */
#define DIGEST "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"

static char path[] = "/tmp/test-credentials-XXXXXX";

static int load(const char *text, Credentials **ret, char **ret_error) {
        FILE *f = fopen(path, "w");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
        return credentials_load(path, ret, ret_error);
}

static void assert_refused(const char *text, unsigned line) {
        _cleanup_(freep) char *error = NULL, *start = text_format("%s:%u: ", path, line);
        Credentials *c = NULL;

        if (load(text, &c, &error) >= 0)
                fail_msg("'%s' is taken", text);
        assert_non_null(error);
        if (!startswith(error, start))
                fail_msg("'%s' does not begin with '%s'", error, start);
}

static void names_and_tokens_stand_for_local_users(void **state) {
        _cleanup_(credentials_freep) Credentials *c = NULL;
        uid_t uid = 1;

        assert_int_equal(load("# comment\n\nbasic alice " HASH "xyz root\n  bearer " DIGEST " daemon\n", &c, NULL), 0);
        assert_int_equal(c->n_passwords, 1);
        assert_int_equal(credentials_find_password(c, "alice")->uid, 0);
        assert_null(credentials_find_password(c, "Alice"));
        assert_true(credentials_check_token(c, "token", &uid));
        assert_int_equal(uid, 1);
        assert_false(credentials_check_token(c, "tokem", &uid));
        assert_false(credentials_check_token(c, DIGEST, &uid));
        assert_false(credentials_check_token(c, "", &uid));
}

static void a_file_that_there_is_not_has_no_entries(void **state) {
        _cleanup_(credentials_freep) Credentials *c = NULL;
        uid_t uid;

        assert_int_equal(credentials_load("/nonexistent/file", &c, NULL), 0);
        assert_int_equal(c->n_passwords + c->n_tokens, 0);
        assert_false(credentials_check_token(c, "token", &uid));
}

static void a_line_that_is_none_is_refused_by_its_number(void **state) {
        assert_refused("basic alice plain-text root\n", 1);
        assert_refused("# x\nbasic alice " HASH "x\n", 2);
        assert_refused("basic alice " HASH "x root more\n", 1);
        assert_refused("basic alice " HASH "x nobody-of-that-name\n", 1);
        assert_refused("basic alice " HASH "x root\nbasic alice " HASH "y root\n", 2);
        assert_refused("basic a:b " HASH "x root\n", 1);
        assert_refused("bearer 1234 root\n", 1);
        assert_refused("bearer " DIGEST "00 root\n", 1);
        assert_refused("bearer zz469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0 root\n", 1);
        assert_refused("digest x y\n", 1);
}

typedef struct Waiter {
        sd_event *event;
        unsigned n, right;
        unsigned wanted;
} Waiter;

static void on_verified(bool right, void *userdata) {
        Waiter *w = userdata;

        w->right += right;
        if (++w->n == w->wanted)
                (void) sd_event_exit(w->event, 0);
}

static void passwords_are_verified_in_the_background_and_right_ones_remembered(void **state) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(verifier_freep) Verifier *v = NULL;
        char name[] = "alice", hash[] = HASH_OF_SECRET;
        const PasswordEntry entry = { .name = name, .hash = hash };
        Verification *job;
        Waiter w = { .wanted = 3 };

        assert_true(sd_event_new(&event) >= 0);
        w.event = event;
        assert_int_equal(verifier_new(event, &v), 0);
        assert_false(verifier_remembers(v, &entry, "secret"));
        assert_int_equal(verifier_start(v, &entry, "secret", false, on_verified, &w, &job), 0);
        assert_int_equal(verifier_start(v, &entry, "wrong", false, on_verified, &w, &job), 0);
        assert_int_equal(verifier_start(v, &entry, "secret", true, on_verified, &w, &job), 0);
        assert_int_equal(sd_event_loop(event), 0);
        assert_int_equal(w.right, 1);
        assert_true(verifier_remembers(v, &entry, "secret"));
        assert_false(verifier_remembers(v, &entry, "wrong"));
        assert_false(verifier_remembers(v, &(PasswordEntry) { .name = name, .hash = hash }, "secret"));
}

static void too_many_passwords_at_once_are_refused(void **state) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(verifier_freep) Verifier *v = NULL;
        char name[] = "alice", hash[] = HASH_OF_SECRET;
        const PasswordEntry entry = { .name = name, .hash = hash };
        Verification *job;
        Waiter w = {};
        int r = 0;

        assert_true(sd_event_new(&event) >= 0);
        assert_int_equal(verifier_new(event, &v), 0);
        for (unsigned i = 0; r >= 0 && i < 100000; i++) {
                r = verifier_start(v, &entry, "wrong", false, on_verified, &w, &job);
                if (r >= 0)
                        verifier_forget(job);
        }
        assert_int_equal(r, -ENOBUFS);
        assert_int_equal(w.n, 0);
}

static int make_file(void **state) {
        int fd = mkstemp(path);

        if (fd < 0)
                return -1;
        (void) close(fd);
        return 0;
}

static int remove_file(void **state) {
        return unlink(path);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_and_tokens_stand_for_local_users),
                cmocka_unit_test(a_file_that_there_is_not_has_no_entries),
                cmocka_unit_test(a_line_that_is_none_is_refused_by_its_number),
                cmocka_unit_test(passwords_are_verified_in_the_background_and_right_ones_remembered),
                cmocka_unit_test(too_many_passwords_at_once_are_refused),
        };

        return cmocka_run_group_tests(tests, make_file, remove_file);
}
