/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* definition list, show, verify: reads the files of this machine, without the service. */

#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/pager.h"
#include "config/definition.h"

static int only_here(const Cli *cli) {
        if (!cli->host && !cli->machine)
                return 0;
        return cli_fail(EXIT_USAGE, NULL, "definition reads the files of this machine; run it on %s",
                        cli->host ? cli->host : cli->machine);
}

static json_t *strings(char *const *list) {
        json_t *array = json_array();

        for (; list && *list; list++)
                (void) json_array_append_new(array, json_string(*list));
        return array;
}

static json_t *span(usec_t usec) {
        return usec == USEC_INFINITY ? json_null() : json_integer((json_int_t) usec);
}

static json_t *bytes_or_null(uint64_t bytes) {
        return bytes == 0 ? json_null() : json_integer((json_int_t) bytes);
}

static json_t *json_from_failures(const DefinitionStep *s) {
        json_t *failures = json_object();

        for (size_t i = 0; i < s->n_policies; i++) {
                const FailurePolicy *f = s->policies + i;

                (void) json_object_set_new(
                        failures, f->class,
                        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:i}", "action", failure_actions[f->action], "then",
                                  failure_actions[f->then], "attempts",
                                  f->attempts == 0 ? json_null() : json_integer(f->attempts), "backoff_usec",
                                  span(f->backoff_usec), "backoff_max_usec", span(f->backoff_max_usec),
                                  "memory_max_bytes", bytes_or_null(f->memory_ceiling_bytes), "memory_percent",
                                  (int) f->memory_percent));
        }
        return failures;
}

static json_t *limit_or_null(uint32_t n) {
        return n == UINT32_MAX ? json_null() : json_integer(n);
}

static json_t *json_from_definition_step(const DefinitionStep *s) {
        return json_pack(
                "{s:s, s:s, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:s, s:i, s:i, s:o, s:i, s:o, s:o, s:s, s:s, s:o, "
                "s:b}",
                "code", s->code, "message", s->message, "exec", strings(s->exec), "expand",
                s->expand ? strings(s->expand) : json_null(), "parallel",
                limit_or_null(s->parallel), "attempts", (int) s->attempts,
                "backoff_usec", span(s->backoff_usec), "backoff_max_usec", span(s->backoff_max_usec), "timeout_usec",
                span(s->timeout_usec), "progress_timeout_usec", span(s->progress_timeout_usec), "on_failure",
                s->on_failure == ON_FAILURE_STOP ? "stop" : "finish", "max_failures", (int) s->max_failures,
                "max_failures_percent", (int) s->max_failures_percent, "max_skipped", limit_or_null(s->max_skipped),
                "max_skipped_percent", (int) s->max_skipped_percent, "memory_max_bytes",
                bytes_or_null(s->memory_max_bytes), "failures", json_from_failures(s), "contract",
                s->contract == CONTRACT_EXIT_CODE ? "exit-code" : "claim", "user", s->user ? s->user : "", "writable",
                strings(s->writable), "dry_run", (int) s->dry_run);
}

static json_t *json_from_definition(const Definition *d) {
        json_t *steps = json_array();

        for (size_t i = 0; i < d->n_steps; i++)
                (void) json_array_append_new(steps, json_from_definition_step(&d->steps[i]));
        return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:o, s:o, s:s?, s:o, s:o}",
                         "name", d->name,
                         "path", d->path,
                         "description", d->description,
                         "digest", d->digest,
                         "user", d->user,
                         "writable", strings(d->writable),
                         "fence", d->fence ? strings(d->fence) : json_null(),
                         "hook", d->hook,
                         "environment", strings(d->environment),
                         "steps", steps);
}

static const Column list_columns[] = {
        { "name", "NAME", 0, NULL, false },
        { "path", "FILE", 0, NULL, false },
        { "description", "DESCRIPTION", SCOLS_FL_TRUNC, NULL, false },
        { "error", "ERROR", SCOLS_FL_TRUNC, NULL, false },
};

static json_t *list_row(const char *name, bool *ret_bad) {
        _cleanup_(definition_freep) Definition *d = NULL;
        _cleanup_(freep) char *error = NULL;

        if (definition_load("", name, &d, &error) >= 0)
                return json_pack("{s:s, s:s, s:s, s:n}", "name", name, "path", d->path, "description",
                                 d->description, "error");
        *ret_bad = true;
        return json_pack("{s:s, s:n, s:n, s:s}", "name", name, "path", "description", "error",
                         error ? error : "it can't be read");
}

int definition_list_verb(Cli *cli, _unused_ char **arguments) {
        _cleanup_(strv_freep) char **names = NULL;
        _cleanup_(json_decrefp) json_t *rows = json_array();
        bool bad = false;
        int r;

        r = only_here(cli);
        if (r != 0)
                return r;
        r = definition_list("", &names);
        if (r < 0)
                return cli_fail(EXIT_FAILED, NULL, "Failed to list the definitions: %s", strerror(-r));
        for (char **name = names; name && *name; name++)
                (void) json_array_append_new(rows, list_row(*name, &bad));
        /* The column of errors is there when there is one. */
        return output_rows(cli, rows, list_columns, ELEMENTSOF(list_columns) - !bad, "definition");
}

static const Column step_columns[] = {
        { "code", "STEP", 0, NULL, false },
        { "message", "MESSAGE", 0, NULL, false },
        { "program", "PROGRAM", 0, NULL, false },
        { "expander", "EXPANDER", 0, NULL, false },
        { "user", "USER", 0, NULL, false },
        { "attempts", "TRIES", SCOLS_FL_RIGHT, NULL, false },
        { "limit", "TIMEOUT", SCOLS_FL_RIGHT, NULL, false },
};

static char *joined(char *const *list) {
        char *text = strdup("");

        for (; text && list && *list; list++) {
                _cleanup_(freep) char *before = text;

                text = text_format("%s%s%s", before, before[0] ? " " : "", *list);
        }
        return text;
}

static json_t *step_row(const DefinitionStep *s) {
        _cleanup_(freep) char *program = joined(s->exec), *expander = joined(s->expand), *limit = NULL;

        if (s->timeout_usec != USEC_INFINITY)
                limit = terminal_span(s->timeout_usec);
        return json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:i, s:s?}",
                         "code", s->code,
                         "message", s->message,
                         "program", program,
                         "expander", expander,
                         "user", s->user,
                         "attempts", (int) s->attempts,
                         "limit", limit);
}

static json_t *step_rows(const Definition *d) {
        json_t *rows = json_array();

        for (size_t i = 0; i < d->n_steps; i++)
                (void) json_array_append_new(rows, step_row(&d->steps[i]));
        return rows;
}

static int print_definition(Cli *cli, const Definition *d) {
        _cleanup_(json_decrefp) json_t *rows = step_rows(d);
        _cleanup_(freep) char *writable = joined(d->writable);

        if (cli->json != JSON_MODE_OFF) {
                _cleanup_(json_decrefp) json_t *object = json_from_definition(d);

                return output_json(cli, object);
        }
        pager_open(cli->no_pager);
        (void) printf("Migration: %s%s%s\n", d->name, d->description[0] ? " - " : "", d->description);
        (void) printf("     File: %s\n", d->path);
        (void) printf("     User: %s\n", d->user && d->user[0] ? d->user : "of each step");
        if (writable && writable[0])
                (void) printf(" Writable: %s\n", writable);
        (void) printf("    Steps:\n");
        return output_table(cli, rows, step_columns, ELEMENTSOF(step_columns), 2);
}

int definition_show(Cli *cli, char **arguments) {
        _cleanup_(definition_freep) Definition *d = NULL;
        _cleanup_(freep) char *error = NULL;
        int r;

        r = only_here(cli);
        if (r != 0)
                return r;
        r = definition_load("", arguments[0], &d, &error);
        if (r < 0)
                return cli_fail(r == -ENOENT || r == -EINVAL ? EXIT_NOT_FOUND : EXIT_USAGE,
                                "migrationctl definition list", "%s", error ? error : strerror(-r));
        return print_definition(cli, d);
}

int definition_verify(Cli *cli, char **arguments) {
        _cleanup_(definition_freep) Definition *d = NULL;
        _cleanup_(freep) char *error = NULL;
        int r;

        r = only_here(cli);
        if (r != 0)
                return r;
        /* A draft may lie anywhere and belong to anybody; what runs is checked for that when it is loaded. */
        r = definition_load_file(arguments[0], /* trusted= */ false, &d, &error);
        if (r < 0)
                return cli_fail(r == -ENOENT ? EXIT_NOT_FOUND : EXIT_USAGE, NULL, "%s",
                                error ? error : strerror(-r));
        if (cli->json != JSON_MODE_OFF)
                return print_definition(cli, d);
        if (!cli->quiet)
                (void) printf("%s: valid, migration %s, %zu step%s.\n", arguments[0], d->name, d->n_steps,
                              d->n_steps == 1 ? "" : "s");
        return EXIT_COMPLETED;
}
