/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* why: what a report or a task waits for. */

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"

/* Returns 0 or, after a message, the exit code. *ret is owned by the caller. */
static int ask(Cli *cli, uint32_t id, char **ret) {
        const ClientOption options[] = {
                { .key = "task", .type = cli->task > 0 ? 'u' : 0, .number = cli->task },
        };
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        _cleanup_(freep) char *path = client_report_path(id);
        const char *why = NULL;
        int r;

        if (!path)
                return cli_oom();
        r = cli_connect(cli);
        if (r != 0)
                return r;
        r = client_message(&cli->client, path, CLIENT_REPORT, "Why", &m);
        if (r >= 0)
                r = client_append_options(m, options, ELEMENTSOF(options));
        if (r >= 0)
                r = client_send(&cli->client, m, /* ask= */ false, &error, &reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &why);
        if (r < 0)
                return cli_fail_call(r, &error, "ask why report %" PRIu32 " waits", id);
        *ret = terminal_safe(why);
        return *ret ? 0 : cli_oom();
}

int why_verb(Cli *cli, char **arguments) {
        _cleanup_(freep) char *why = NULL;
        uint32_t id;
        int r;

        r = cli_find_report(cli, arguments, /* unfinished_only= */ false, &id);
        if (r == 0)
                r = ask(cli, id, &why);
        if (r != 0)
                return r;
        if (cli->json != JSON_MODE_OFF) {
                _cleanup_(json_decrefp) json_t *object = json_pack(
                        "{s:i, s:o, s:s}", "report", (int) id, "task",
                        cli->task > 0 ? json_integer(cli->task) : json_null(), "why", why);

                return output_json(cli, object);
        }
        (void) printf("%s\n", why);
        return EXIT_COMPLETED;
}
