/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* cancel, pause, resume, retry, hold, release, move, set-workers: requests on a report. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "client/report.h"

/* One request with at most one argument before its options. type: 's', 'u' or 0. Returns 0 or, after a
 * message, the exit code. */
static int request_with(Cli *cli, uint32_t id, const char *member, const char *what, char type,
                        const void *argument, const ClientOption *options, size_t n_options) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        _cleanup_(freep) char *path = client_report_path(id);
        int r;

        if (!path)
                return cli_oom();
        r = cli_connect(cli);
        if (r != 0)
                return r;
        cli_allow_asking(cli);
        r = client_message(&cli->client, path, CLIENT_REPORT, member, &m);
        if (r >= 0 && type != 0)
                r = sd_bus_message_append_basic(m, type, argument);
        if (r >= 0)
                r = client_append_options(m, options, n_options);
        if (r >= 0)
                r = client_send(&cli->client, m, /* ask= */ true, &error, NULL);
        if (r < 0)
                return cli_fail_call(r, &error, "%s report %" PRIu32, what, id);
        return 0;
}

static int request(Cli *cli, uint32_t id, const char *member, const char *what, char type,
                   const void *argument) {
        return request_with(cli, id, member, what, type, argument, NULL, 0);
}

static void say(const Cli *cli, const char *format, uint32_t id) {
        if (!cli->quiet && cli->json == JSON_MODE_OFF)
                (void) printf(format, id, id);
}

int cancel_verb(Cli *cli, char **arguments) {
        uint32_t id;
        int r;

        r = cli_find_report(cli, arguments, /* unfinished_only= */ true, &id);
        if (r == 0)
                r = request(cli, id, "Cancel", "cancel", 0, NULL);
        if (r != 0)
                return r;
        if (!cli->wait) {
                say(cli, "Report %" PRIu32 " is being canceled.\nType next: migrationctl wait %" PRIu32 "\n",
                    id);
                return EXIT_COMPLETED;
        }
        r = follow_quietly(cli, id);
        /* That it is canceled is what was asked for. */
        return r == EXIT_CANCELED ? EXIT_COMPLETED : r;
}

int pause_verb(Cli *cli, char **arguments) {
        const char *mode = cli->freeze ? "freeze" : "drain";
        uint32_t id;
        int r;

        if (cli->freeze && cli->drain)
                return cli_fail(EXIT_USAGE, NULL, "--drain and --freeze exclude each other");
        r = cli_find_report(cli, arguments, /* unfinished_only= */ true, &id);
        if (r == 0)
                r = request(cli, id, "Pause", "pause", 's', mode);
        if (r != 0)
                return r;
        say(cli, "Report %" PRIu32 " is paused.\nType next: migrationctl resume %" PRIu32 "\n", id);
        return EXIT_COMPLETED;
}

int resume_verb(Cli *cli, char **arguments) {
        uint32_t id;
        int r;

        r = cli_find_report(cli, arguments, /* unfinished_only= */ true, &id);
        if (r == 0)
                r = request(cli, id, "Resume", "resume", 0, NULL);
        if (r != 0)
                return r;
        say(cli, "Report %" PRIu32 " is resumed.\nType next: migrationctl watch %" PRIu32 "\n", id);
        return EXIT_COMPLETED;
}

int retry_verb(Cli *cli, char **arguments) {
        const ClientOption options[] = {
                { .key = "step", .type = cli->step ? 's' : 0, .text = cli->step },
                { .key = "class", .type = cli->class ? 's' : 0, .text = cli->class },
        };
        uint32_t id;
        int r;

        r = cli_find_report(cli, arguments, /* unfinished_only= */ false, &id);
        if (r == 0)
                r = request_with(cli, id, "Retry", "retry", 0, NULL, options, ELEMENTSOF(options));
        if (r != 0)
                return r;
        if (cli->wait)
                return follow_report(cli, id);
        say(cli, "Report %" PRIu32 " runs again.\nType next: migrationctl watch %" PRIu32 "\n", id);
        return EXIT_COMPLETED;
}

int hold_verb(Cli *cli, char **arguments) {
        uint32_t id;
        int r;

        r = cli_parse_id(arguments[0], "report", &id);
        if (r == 0)
                r = request(cli, id, "Hold", "hold", 's', arguments[1]);
        if (r != 0)
                return r;
        if (!cli->quiet && cli->json == JSON_MODE_OFF)
                (void) printf("Report %" PRIu32 " holds before step %s.\nType next: migrationctl release %" PRIu32
                              " %s\n",
                              id, arguments[1], id, arguments[1]);
        return EXIT_COMPLETED;
}

int release_verb(Cli *cli, char **arguments) {
        uint32_t id;
        int r;

        r = cli_parse_id(arguments[0], "report", &id);
        if (r == 0)
                r = request(cli, id, "Release", "release", 's', arguments[1] ? arguments[1] : "");
        if (r != 0)
                return r;
        say(cli, "Report %" PRIu32 " goes on.\nType next: migrationctl watch %" PRIu32 "\n", id);
        return EXIT_COMPLETED;
}

int move_verb(Cli *cli, char **arguments) {
        uint32_t id;
        int r;

        r = cli_parse_id(arguments[0], "report", &id);
        if (r == 0)
                r = request(cli, id, "Move", "move", 0, NULL);
        if (r != 0)
                return r;
        say(cli, "Report %" PRIu32 " is run by this host.\nType next: migrationctl watch %" PRIu32 "\n", id);
        return EXIT_COMPLETED;
}

int set_workers_verb(Cli *cli, char **arguments) {
        char hint[sizeof("migrationctl pause 4294967295")];
        uint32_t id, workers;
        int r;

        r = cli_parse_id(arguments[0], "report", &id);
        if (r != 0)
                return r;
        if (text_parse_u32(arguments[1], &workers) < 0)
                return cli_fail(EXIT_USAGE, NULL, "Not a number of workers: %s", arguments[1]);
        if (workers == 0) {
                (void) snprintf(hint, sizeof(hint), "migrationctl pause %" PRIu32, id);
                return cli_fail(EXIT_USAGE, hint, "The number of workers is 0, but a pause is what starts no new task");
        }
        r = request(cli, id, "SetWorkers", "set the workers of", 'u', &workers);
        if (r != 0)
                return r;
        if (!cli->quiet && cli->json == JSON_MODE_OFF)
                (void) printf("Report %" PRIu32 " runs up to %" PRIu32 " tasks at once.\n", id, workers);
        return EXIT_COMPLETED;
}
