/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/definition-fixture.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"

char root[64];

static void make_directories(const char *path) {
        char text[512];

        snprintf(text, sizeof(text), "%s", path);
        for (char *slash = strchr(text + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = 0;
                (void) mkdir(text, 0755);
                *slash = '/';
        }
}

const char *put(const char *name, const char *text, size_t size) {
        static char path[256];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", root, name);
        make_directories(path);
        (void) unlink(path);
        f = fopen(path, "we");
        assert_non_null(f);
        assert_int_equal(fwrite(text, 1, size, f), size);
        fclose(f);
        assert_int_equal(chmod(path, 0644), 0);
        return path;
}

const char *put_text(const char *name, const char *text) {
        return put(name, text, strlen(text));
}

char *with_members(const char *members) {
        return text_format(
                "{\"name\": \"x\", \"user\": \"root\", %s%s\"steps\": [{\"code\": \"a\", \"message\": \"m\", "
                "\"exec\": [\"/bin/true\"]}]}",
                members, *members ? ", " : "");
}

char *with_step(const char *members) {
        return text_format(
                "{\"name\": \"x\", \"user\": \"root\", \"steps\": [{\"code\": \"a\", \"message\": \"m\", "
                "\"exec\": [\"/bin/true\"]%s%s}]}",
                *members ? ", " : "", members);
}

Definition *load(const char *text) {
        _cleanup_(freep) char *error = NULL;
        Definition *d = NULL;
        int r;

        r = definition_load_file(put_text("x.json", text), false, &d, &error);
        if (r < 0)
                fail_msg("%s: %i %s", text, r, error ? error : "(no text)");
        assert_null(error);
        return d;
}

void expect_refused(const char *text, size_t size, bool trusted, int error_wanted, const char *pointer,
                           const char *reason) {
        _cleanup_(definition_freep) Definition *d = NULL;
        _cleanup_(freep) char *error = NULL, *place = NULL;
        const char *path = put("x.json", text, size);
        int r;

        r = definition_load_file(path, trusted, &d, &error);
        place = text_format("%s:%s%s", path, *pointer == '/' ? " " : "", pointer);
        if (r != error_wanted || d || !error || !startswith(error, place) || !strstr(error, reason) ||
            strchr(error, '\n'))
                fail_msg("%.300s\ngave %i %s\nnot %i %s … %s", text, r, error ? error : "(no text)",
                         error_wanted, place, reason);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

int definition_setup(void **state) {
        snprintf(root, sizeof(root), "%s/test-definition-XXXXXX", geteuid() == 0 ? "/run" : "/tmp");
        return mkdtemp(root) && chmod(root, 0755) == 0 ? 0 : -1;
}

int definition_teardown(void **state) {
        return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
