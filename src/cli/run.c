/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* run, wait, watch. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/output.h"
#include "client/report.h"

/* Returns 0 or, after a message, the exit code. */
static int send_run(Cli *cli, const char *plan_name, uint32_t plan, uint32_t *ret) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        const ClientOption options[] = {
                { .key = "workers", .type = cli->workers > 0 ? 'u' : 0, .number = cli->workers },
                { .key = "validate", .type = cli->validate ? 'b' : 0, .number = 1 },
                { .key = "dry_run", .type = cli->dry_run ? 'b' : 0, .number = 1 },
                { .key = "skip_corrupted", .type = cli->skip_corrupted ? 'b' : 0, .number = 1 },
                { .key = "verify", .type = cli->verify ? 'b' : 0, .number = 1 },
                { .key = "hold", .type = cli->hold ? 'a' : 0, .list = cli->hold },
        };
        const char *path;
        int r;

        cli_allow_asking(cli);
        r = client_message(&cli->client, CLIENT_PATH, CLIENT_MANAGER, "Run", &m);
        if (r >= 0)
                r = sd_bus_message_append(m, "u", plan);
        if (r >= 0)
                r = client_append_options(m, options, ELEMENTSOF(options));
        if (r >= 0)
                r = client_send(&cli->client, m, /* ask= */ true, &error, &reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return cli_fail_call(r, &error, "run plan %s", plan_name);
        *ret = client_path_id(path);
        return 0;
}

static int tell_started(Cli *cli, uint32_t id) {
        if (cli->json != JSON_MODE_OFF) {
                _cleanup_(json_decrefp) json_t *object = json_pack("{s:i}", "report", (int) id);

                return output_json(cli, object);
        }
        if (!cli->quiet)
                (void) printf("Report %" PRIu32 " runs.\nType next: migrationctl watch %" PRIu32 "\n", id,
                              id);
        return EXIT_COMPLETED;
}

int run_verb(Cli *cli, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(plan_freep) Plan *plan = NULL;
        uint32_t id = 0;
        int r;

        r = cli_connect(cli);
        if (r != 0)
                return r;
        r = plan_get(&cli->client, arguments[0], &plan, &error);
        if (r < 0)
                return cli_fail_call(r, &error, "run plan %s", arguments[0]);
        r = send_run(cli, arguments[0], plan->id, &id);
        if (r != 0)
                return r;
        return cli->wait ? follow_report(cli, id) : tell_started(cli, id);
}

int wait_verb(Cli *cli, char **arguments) {
        uint32_t id;
        int r;

        r = cli_parse_id(arguments[0], "report", &id);
        return r != 0 ? r : follow_quietly(cli, id);
}

int watch_verb(Cli *cli, char **arguments) {
        uint32_t id;
        int r;

        r = cli_find_report(cli, arguments, /* unfinished_only= */ false, &id);
        return r != 0 ? r : follow_report(cli, id);
}
