/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/agent.h"
#include "cli/terminal.h"
#include "client/report.h"
#include "model/names.h"

static void print_hint(const char *hint) {
        if (hint)
                (void) fprintf(stderr, "Type next: %s\n", hint);
}

int cli_fail(ExitCode code, const char *hint, const char *format, ...) {
        _cleanup_(freep) char *text = NULL, *safe = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        safe = text ? terminal_safe(text) : NULL;
        (void) fprintf(stderr, "%s%s%s\n", terminal_color_error(), safe ? safe : "Out of memory",
                       terminal_color_error_end());
        print_hint(hint);
        return code;
}

int cli_oom(void) {
        return cli_fail(EXIT_FAILED, NULL, "Out of memory");
}

static const char *why(int error, const sd_bus_error *e) {
        /* The only objects that are called by a path made here are reports. */
        if (sd_bus_error_has_name(e, SD_BUS_ERROR_UNKNOWN_OBJECT))
                return "No such report";
        if (e && e->message && e->message[0])
                return e->message;
        return e && e->name ? e->name : strerror(-error);
}

int cli_fail_call(int error, const sd_bus_error *e, const char *format, ...) {
        _cleanup_(freep) char *what = NULL;
        ExitCode code = error_exit_code(error, e);
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&what, format, ap) < 0)
                what = NULL;
        va_end(ap);
        if (!what)
                return cli_oom();
        return cli_fail(code, error_hint(error, e), "Failed to %s: %s", what, why(error, e));
}

int cli_connect(Cli *cli) {
        int r;

        if (cli->client.bus)
                return 0;
        cli->client.ask_password = !cli->no_ask_password;
        if (cli->host) {
                cli->client.transport = CLIENT_HOST;
                cli->client.host = cli->host;
        } else if (cli->machine) {
                cli->client.transport = CLIENT_MACHINE;
                cli->client.host = cli->machine;
        }
        r = client_connect(&cli->client);
        if (r < 0)
                return cli_fail(EXIT_UNREACHABLE, "systemctl status dbus",
                                "Failed to connect to the system bus%s%s: %s", cli->client.host ? " of " : "",
                                cli->client.host ? cli->client.host : "", strerror(-r));
        return 0;
}

int cli_parse_id(const char *argument, const char *what, uint32_t *ret) {
        if (text_parse_u32(argument, ret) < 0 || *ret == 0 || *ret > ID_MAX)
                return cli_fail(EXIT_USAGE, streq(what, "task") ? "migrationctl tasks" : "migrationctl list",
                                "Not the id of a %s: %s", what, argument);
        return 0;
}

int cli_find_report(Cli *cli, char **arguments, bool unfinished_only, uint32_t *ret) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        if (arguments[0])
                return cli_parse_id(arguments[0], "report", ret);
        r = cli_connect(cli);
        if (r != 0)
                return r;
        r = report_default(&cli->client, unfinished_only, ret, &error);
        if (r < 0)
                return cli_fail_call(r, &error, "find the report");
        if (*ret == 0 && unfinished_only)
                return cli_fail(EXIT_NOT_FOUND, "migrationctl list", "No report is unfinished");
        if (*ret == 0)
                return cli_fail(EXIT_NOT_FOUND, "migrationctl run PLAN", "There is no report yet");
        return 0;
}

void cli_allow_asking(Cli *cli) {
        if (!cli->no_ask_password && cli->client.transport == CLIENT_LOCAL)
                agent_open();
}
