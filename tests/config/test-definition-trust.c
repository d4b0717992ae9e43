/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/definition-fixture.h"

/* Loads x.json, trusted. */
static int load_trusted(char **ret_error) {
        _cleanup_(definition_freep) Definition *d = NULL;
        _cleanup_(freep) char *path = text_format("%s/x.json", root);

        return definition_load_file(path, true, &d, ret_error);
}

static void expect_untrusted(int error_wanted, const char *part) {
        _cleanup_(freep) char *error = NULL;
        int r = load_trusted(&error);

        if (r != error_wanted || !error || !strstr(error, part) || strchr(error, '\n'))
                fail_msg("%i %s, not %i %s", r, error ? error : "(no text)", error_wanted, part);
}

static void expect_trusted(void) {
        _cleanup_(freep) char *error = NULL;

        if (load_trusted(&error) < 0)
                fail_msg("%s", error);
}

static const char *below_root(const char *name) {
        static char path[256];

        snprintf(path, sizeof(path), "%s/%s", root, name);
        return path;
}

static void a_file_that_others_could_have_written_is_not_trusted(void **state) {
        _cleanup_(freep) char *text = with_step("");

        if (geteuid() != 0)
                skip();
        put_text("x.json", text);
        expect_trusted();
        assert_int_equal(chmod(below_root("x.json"), 0664), 0);
        expect_untrusted(-EPERM, "x.json is writable by its group or by others");
        assert_int_equal(chmod(below_root("x.json"), 0646), 0);
        expect_untrusted(-EPERM, "x.json is writable by its group or by others");
        assert_int_equal(chmod(below_root("x.json"), 0644), 0);
        assert_int_equal(chown(below_root("x.json"), 65534, 0), 0);
        expect_untrusted(-EPERM, "x.json is not owned by root");
        assert_int_equal(chown(below_root("x.json"), 0, 65534), 0);
        expect_trusted();

        assert_int_equal(chmod(root, 0775), 0);
        expect_untrusted(-EPERM, "is a directory that its group or others may write to");
        assert_int_equal(chmod(root, 01777), 0);
        expect_untrusted(-EPERM, "is in a directory that others may write to");
        assert_int_equal(chmod(root, 0755), 0);
        assert_int_equal(chown(root, 65534, 0), 0);
        expect_untrusted(-EPERM, "is a directory that is not owned by root");
        assert_int_equal(chown(root, 0, 0), 0);
        expect_trusted();
}

static void links_are_followed_and_everything_on_the_way_is_checked(void **state) {
        _cleanup_(freep) char *text = with_step(""), *target = NULL;

        if (geteuid() != 0)
                skip();
        put_text("deep/er/target", text);
        assert_int_equal(unlink(below_root("x.json")), 0);
        assert_int_equal(symlink("deep/../deep/er/./target", below_root("x.json")), 0);
        expect_trusted();
        assert_int_equal(chmod(below_root("deep"), 0777), 0);
        expect_untrusted(-EPERM, "deep is a directory that its group or others may write to");
        /* Sticky: nobody can rename root's directories there. */
        assert_int_equal(chmod(below_root("deep"), 01777), 0);
        expect_trusted();
        assert_int_equal(chmod(below_root("deep"), 0755), 0);
        assert_int_equal(chmod(below_root("deep/er/target"), 0666), 0);
        expect_untrusted(-EPERM, "target is writable");
        assert_int_equal(chmod(below_root("deep/er/target"), 0644), 0);

        assert_int_equal(unlink(below_root("x.json")), 0);
        target = strdup(below_root("deep/er/target"));
        assert_int_equal(symlink(target, below_root("x.json")), 0);
        expect_trusted();
        assert_int_equal(lchown(below_root("x.json"), 65534, 65534), 0);
        expect_untrusted(-EPERM, "x.json is not owned by root");

        assert_int_equal(unlink(below_root("x.json")), 0);
        assert_int_equal(symlink("x.json", below_root("x.json")), 0);
        expect_untrusted(-ELOOP, "too many symbolic links");
        assert_int_equal(unlink(below_root("x.json")), 0);
        assert_int_equal(symlink("nowhere", below_root("x.json")), 0);
        expect_untrusted(-ENOENT, "x.json");
        assert_int_equal(unlink(below_root("x.json")), 0);
        assert_int_equal(symlink("/dev/null", below_root("x.json")), 0);
        expect_untrusted(-EINVAL, "not a regular file");
        assert_int_equal(unlink(below_root("x.json")), 0);
        assert_int_equal(mkfifo(below_root("x.json"), 0600), 0);
        expect_untrusted(-EINVAL, "not a regular file");
        assert_int_equal(unlink(below_root("x.json")), 0);
        assert_int_equal(symlink("deep", below_root("x.json")), 0);
        expect_untrusted(-EISDIR, "is a directory");
        assert_int_equal(unlink(below_root("x.json")), 0);
}

static void programs_must_be_there_executable_and_roots(void **state) {
        static const struct {
                const char *pointer, *format;
        } cases[] = {
                { "/fence/0: ",
                  "{\"name\": \"x\", \"user\": \"root\", \"fence\": [\"%s\"], \"steps\": [{\"code\": \"a\", "
                  "\"message\": \"m\", \"exec\": [\"/bin/true\"]}]}" },
                { "/steps/0/expand/0: ",
                  "{\"name\": \"x\", \"user\": \"root\", \"steps\": [{\"code\": \"a\", \"message\": \"m\", "
                  "\"exec\": [\"/bin/true\"], \"expand\": [\"%s\"]}]}" },
                { "/steps/0/exec/0: ",
                  "{\"name\": \"x\", \"user\": \"root\", \"steps\": [{\"code\": \"a\", \"message\": \"m\", "
                  "\"exec\": [\"%s\"]}]}" },
        };
        _cleanup_(freep) char *program = text_format("%s/program", root);

        if (geteuid() != 0)
                skip();
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(freep) char *text = text_format(cases[i].format, program);
                const char *pointer = cases[i].pointer;

                (void) unlink(program);
                expect_refused(text, strlen(text), true, -EBADMSG, pointer, "No such file");
                put_text("program", "#!/bin/sh\n");
                expect_refused(text, strlen(text), true, -EBADMSG, pointer, "is not executable");
                assert_int_equal(chmod(program, 0775), 0);
                expect_refused(text, strlen(text), true, -EPERM, pointer, "is writable by its group");
                assert_int_equal(chmod(program, 0755), 0);
                put_text("x.json", text);
                expect_trusted();
        }
}

static void users_must_exist_and_root_is_named_as_root(void **state) {
        static const char text[] = "{\"name\": \"x\", \"user\": \"no-such-user\", \"steps\": [{\"code\": "
                                   "\"a\", \"message\": \"m\", "
                                   "\"exec\": [\"/bin/true\"]}]}";
        _cleanup_(freep) char *step = with_step("\"user\": \"no-such-user\"");

        if (geteuid() != 0)
                skip();
        expect_refused(text, strlen(text), true, -EBADMSG, "/user: ", "there is no user \"no-such-user\"");
        expect_refused(step, strlen(step), true, -EBADMSG,
                       "/steps/0/user: ", "there is no user \"no-such-user\"");
        /* A draft may be checked where it is written. */
        definition_free(load(text));
}

static void etc_wins_over_run_and_run_over_usr(void **state) {
        _cleanup_(freep) char *text = with_step(""), *error = NULL;
        static const char *const places[] = { "usr/lib", "run", "etc" };
        Definition *d;

        if (geteuid() != 0)
                skip();
        assert_int_equal(definition_load(root, "x", &d, &error), -ENOENT);
        assert_non_null(strstr(error, "migrationctl definition list"));
        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                _cleanup_(freep) char *name = text_format("%s/migrationd/migrations/x.json", places[i]);
                const char *path = put_text(name, text);

                assert_int_equal(definition_load(root, "x", &d, NULL), 0);
                assert_string_equal(d->path, path);
                definition_free(d);
        }
        /* A broken one is not passed over. */
        free(error);
        error = NULL;
        put_text("etc/migrationd/migrations/x.json", "{");
        assert_int_equal(definition_load(root, "x", &d, &error), -EBADMSG);
        assert_non_null(strstr(error, "/etc/migrationd/migrations/x.json:1:"));
        free(error);
        error = NULL;
        /* Nor is a link to nothing. */
        assert_int_equal(unlink(below_root("etc/migrationd/migrations/x.json")), 0);
        assert_int_equal(symlink("nowhere", below_root("etc/migrationd/migrations/x.json")), 0);
        assert_int_equal(definition_load(root, "x", &d, &error), -EBADMSG);
        free(error);
        error = NULL;
        assert_int_equal(definition_load(root, "../x", &d, &error), -EINVAL);
        assert_non_null(strstr(error, "not a name"));
}

static void the_list_has_each_name_once_in_order(void **state) {
        _cleanup_(strv_freep) char **names = NULL;

        put_text("usr/lib/migrationd/migrations/zebra.json", "{}");
        put_text("usr/lib/migrationd/migrations/x.json", "{}");
        put_text("etc/migrationd/migrations/x.json", "{}");
        put_text("run/migrationd/migrations/a_1.json", "");
        put_text("run/migrationd/migrations/README", "");
        put_text("run/migrationd/migrations/not-a-name.json", "");
        put_text("run/migrationd/migrations/.json", "");
        assert_int_equal(definition_list(root, &names), 0);
        assert_int_equal(strv_length(names), 3);
        assert_string_equal(names[0], "a_1");
        assert_string_equal(names[1], "x");
        assert_string_equal(names[2], "zebra");
        names = strv_free(names);
        assert_int_equal(definition_list("/nonexistent", &names), 0);
        assert_int_equal(strv_length(names), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_file_that_others_could_have_written_is_not_trusted),
                cmocka_unit_test(links_are_followed_and_everything_on_the_way_is_checked),
                cmocka_unit_test(programs_must_be_there_executable_and_roots),
                cmocka_unit_test(users_must_exist_and_root_is_named_as_root),
                cmocka_unit_test(etc_wins_over_run_and_run_over_usr),
                cmocka_unit_test(the_list_has_each_name_once_in_order),
        };

        return cmocka_run_group_tests_name("definition-trust", tests, definition_setup, definition_teardown);
}
