/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/conninfo.h"

#include <libpq-fe.h>
#include <stdio.h>

#include "base/text.h"

DEFINE_CLEANUP(PQconninfoOption *, PQconninfoFree);

/* libpq's message ends with a newline. */
static int refuse_message(char **ret_reason, const char *message) {
        int n = message ? (int) strcspn(message, "\n") : 0;

        return text_error(ret_reason, -EINVAL, "%.*s", n, message ? message : "");
}

static int parse(const char *conninfo, PQconninfoOption **ret, char **ret_reason) {
        char *message = NULL;
        int r;

        *ret = PQconninfoParse(conninfo, &message);
        if (*ret)
                return 0;
        r = message ? refuse_message(ret_reason, message) : -ENOMEM;
        PQfreemem(message);
        return r;
}

int conninfo_check(const char *conninfo, char **ret_reason) {
        _cleanup_(PQconninfoFreep) PQconninfoOption *options = NULL;
        int r;

        r = parse(conninfo, &options, ret_reason);
        if (r < 0)
                return r;
        for (const PQconninfoOption *o = options; o->keyword; o++)
                if (o->val && (streq(o->keyword, "password") || streq(o->keyword, "sslpassword")))
                        return text_error(ret_reason, -EINVAL,
                                          "\"%s\" may not be here, tasks' environments are readable by "
                                          "everybody; use peer authentication, a certificate or \"passfile\"",
                                          o->keyword);
        return 0;
}

/* As libpq reads it: quotes and backslashes take a backslash. Source: libpq, "Connection Strings". */
static void write_option(FILE *f, const char *keyword, const char *value) {
        fprintf(f, "%s%s='", ftell(f) > 0 ? " " : "", keyword);
        for (; *value; value++) {
                if (*value == '\'' || *value == '\\')
                        fputc('\\', f);
                fputc(*value, f);
        }
        fputc('\'', f);
}

int conninfo_with_user(const char *conninfo, const char *user, char **ret) {
        _cleanup_(PQconninfoFreep) PQconninfoOption *options = NULL;
        _cleanup_(freep) char *text = NULL;
        size_t size;
        FILE *f;
        int r;

        r = parse(conninfo, &options, NULL);
        if (r < 0)
                return r;
        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        for (const PQconninfoOption *o = options; o->keyword; o++)
                if (o->val && !streq(o->keyword, "user"))
                        write_option(f, o->keyword, o->val);
        write_option(f, "user", user);
        if (fclose(f) != 0)
                return -ENOMEM;
        *ret = TAKE_PTR(text);
        return 0;
}
