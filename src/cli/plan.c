/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* plan create, list, show, delete. */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/pager.h"
#include "client/report.h"
#include "model/limits.h"

/* Reads all of a file; "-" is standard input. Returns 0 or, after a message, the exit code. */
static int read_document(const char *path, char **ret) {
        _cleanup_(freep) char *text = malloc(PLAN_DOCUMENT_BYTES_MAX + 2);
        _cleanup_(closep) int fd = -EBADF;
        size_t length = 0;
        ssize_t n;

        if (!text)
                return cli_oom();
        if (!streq(path, "-")) {
                fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
                if (fd < 0)
                        return cli_fail(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILED, NULL,
                                        "Failed to open %s: %s", path, strerror(errno));
        }
        do {
                n = read(fd < 0 ? STDIN_FILENO : fd, text + length, PLAN_DOCUMENT_BYTES_MAX + 1 - length);
                if (n > 0)
                        length += (size_t) n;
        } while (n > 0 || (n < 0 && errno == EINTR));
        if (n < 0)
                return cli_fail(EXIT_FAILED, NULL, "Failed to read %s: %s", path, strerror(errno));
        if (length > PLAN_DOCUMENT_BYTES_MAX)
                return cli_fail(EXIT_USAGE, NULL,
                                "%s is larger than %i bytes, the most that a plan's document may have", path,
                                PLAN_DOCUMENT_BYTES_MAX);
        text[length] = 0;
        if (strlen(text) != length)
                return cli_fail(EXIT_USAGE, NULL, "%s has a zero byte at offset %zu: it is no JSON text",
                                path, strlen(text));
        *ret = TAKE_PTR(text);
        return 0;
}

/* The service checks it too; here the message can name the file and the line. */
static int check_document(const char *path, const char *text) {
        _cleanup_(json_decrefp) json_t *document = NULL;
        json_error_t error;

        document = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
        if (!document)
                return cli_fail(EXIT_USAGE, NULL, "%s:%i:%i: not valid JSON: %s",
                                streq(path, "-") ? "standard input" : path, error.line, error.column,
                                error.text);
        if (!json_is_object(document))
                return cli_fail(EXIT_USAGE, NULL, "%s:1:1: a plan's document is a JSON object, {...}",
                                streq(path, "-") ? "standard input" : path);
        return 0;
}

static int send_plan(Cli *cli, const char *migration, const char *document, uint32_t *ret) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        const ClientOption option = { .key = "name", .type = cli->name ? 's' : 0, .text = cli->name };
        const char *path;
        int r;

        cli_allow_asking(cli);
        r = client_message(&cli->client, CLIENT_PATH, CLIENT_MANAGER, "CreatePlan", &m);
        if (r >= 0)
                r = sd_bus_message_append(m, "ss", migration, document);
        if (r >= 0)
                r = client_append_options(m, &option, 1);
        if (r >= 0)
                r = client_send(&cli->client, m, /* ask= */ true, &error, &reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return cli_fail_call(r, &error, "create the plan");
        *ret = client_path_id(path);
        return 0;
}

int plan_create(Cli *cli, char **arguments) {
        _cleanup_(freep) char *document = NULL, *id_text = NULL;
        uint32_t id = 0;
        int r;

        r = read_document(arguments[1], &document);
        if (r == 0)
                r = check_document(arguments[1], document);
        if (r == 0)
                r = cli_connect(cli);
        if (r == 0)
                r = send_plan(cli, arguments[0], document, &id);
        if (r != 0)
                return r;
        if (cli->json != JSON_MODE_OFF) {
                _cleanup_(json_decrefp) json_t *object = NULL;

                object = json_pack("{s:i, s:s?}", "id", (int) id, "name", cli->name);
                return output_json(cli, object);
        }
        id_text = text_format("%" PRIu32, id);
        if (!cli->quiet)
                (void) printf("Plan %" PRIu32 " created.\nType next: migrationctl run %s\n", id,
                              cli->name ? cli->name : id_text);
        return EXIT_COMPLETED;
}

static char *format_user(const json_t *value, _unused_ const json_t *row) {
        return terminal_user((uint32_t) json_integer_value(value));
}

static const Column plan_columns[] = {
        { "id", "ID", SCOLS_FL_RIGHT, NULL, false },
        { "name", "NAME", 0, NULL, false },
        { "migration", "MIGRATION", 0, NULL, false },
        { "uid", "BY", 0, format_user, false },
        { "created_usec", "CREATED", 0, format_time, false },
};

int plan_list_verb(Cli *cli, _unused_ char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(json_decrefp) json_t *rows = json_array();
        Plan **plans;
        size_t n;
        int r;

        r = cli_connect(cli);
        if (r != 0)
                return r;
        r = plan_list(&cli->client, &plans, &n, &error);
        if (r < 0)
                return cli_fail_call(r, &error, "list the plans");
        for (size_t i = 0; i < n; i++)
                (void) json_array_append_new(rows, json_from_plan(plans[i], /* document= */ false));
        plan_list_free(plans, n);
        return output_rows(cli, rows, plan_columns, ELEMENTSOF(plan_columns), "plan");
}

static void print_plan(const Plan *p) {
        _cleanup_(freep) char *user = terminal_user(p->uid), *when = terminal_time(p->created_usec);
        _cleanup_(json_decrefp) json_t *document = json_loads(p->document, JSON_DECODE_ANY, NULL);

        (void) printf("     Plan: %" PRIu32 "%s%s\n", p->id, p->name[0] ? " " : "", p->name);
        (void) printf("Migration: %s\n", p->migration);
        (void) printf("  Created: %s by %s\n\n", when ? when : "-", user ? user : "-");
        /* Printed anew and not as stored: JSON's escapes keep control characters off the terminal. */
        if (document && json_dumpf(document, stdout, JSON_INDENT(8) | JSON_ENCODE_ANY) >= 0)
                (void) putchar('\n');
}

int plan_show(Cli *cli, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(plan_freep) Plan *plan = NULL;
        int r;

        r = cli_connect(cli);
        if (r != 0)
                return r;
        r = plan_get(&cli->client, arguments[0], &plan, &error);
        if (r < 0)
                return cli_fail_call(r, &error, "show plan %s", arguments[0]);
        if (cli->json != JSON_MODE_OFF) {
                _cleanup_(json_decrefp) json_t *object = json_from_plan(plan, /* document= */ true);

                return output_json(cli, object);
        }
        pager_open(cli->no_pager);
        print_plan(plan);
        return EXIT_COMPLETED;
}

int plan_delete(Cli *cli, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_(plan_freep) Plan *plan = NULL;
        int r;

        r = cli_connect(cli);
        if (r != 0)
                return r;
        r = plan_get(&cli->client, arguments[0], &plan, &error);
        if (r < 0)
                return cli_fail_call(r, &error, "delete plan %s", arguments[0]);
        cli_allow_asking(cli);
        r = client_message(&cli->client, CLIENT_PATH, CLIENT_MANAGER, "DeletePlan", &m);
        if (r >= 0)
                r = sd_bus_message_append(m, "u", plan->id);
        if (r >= 0)
                r = client_append_options(m, NULL, 0);
        if (r >= 0)
                r = client_send(&cli->client, m, /* ask= */ true, &error, NULL);
        if (r < 0)
                return cli_fail_call(r, &error, "delete plan %s", arguments[0]);
        if (!cli->quiet)
                (void) printf("Plan %" PRIu32 " deleted.\n", plan->id);
        return EXIT_COMPLETED;
}
