/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* logs: hands over to journalctl with the fields that every line of a report carries. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"

static int append(char ***argv, char *text) {
        int r = text ? strv_append(argv, text) : -ENOMEM;

        free(text);
        return r;
}

static int build_arguments(Cli *cli, uint32_t report, char ***ret) {
        _cleanup_(strv_freep) char **argv = NULL;
        const char *flags[8] = { "journalctl" };
        size_t n = 1;
        int r = 0;

        if (cli->quiet)
                flags[n++] = "--quiet";
        if (cli->no_pager)
                flags[n++] = "--no-pager";
        if (cli->follow)
                flags[n++] = "--follow";
        if (cli->full)
                flags[n++] = "--full";
        if (cli->json != JSON_MODE_OFF)
                flags[n++] = cli->json == JSON_MODE_PRETTY ? "--output=json-pretty" : "--output=json";
        for (size_t i = 0; i < n && r >= 0; i++)
                r = strv_append(&argv, flags[i]);
        if (r >= 0 && cli->lines > 0)
                r = append(&argv, text_format("--lines=%" PRIu32, cli->lines));
        if (r >= 0 && cli->machine)
                r = append(&argv, text_format("--machine=%s", cli->machine));
        if (r >= 0)
                r = append(&argv, text_format("MIGRATION_REPORT=%" PRIu32, report));
        if (r >= 0 && cli->task > 0)
                r = append(&argv, text_format("MIGRATION_TASK=%" PRIu32, cli->task));
        if (r < 0)
                return r;
        *ret = TAKE_PTR(argv);
        return 0;
}

int logs_verb(Cli *cli, char **arguments) {
        _cleanup_(strv_freep) char **argv = NULL;
        _cleanup_(freep) char *hint = NULL;
        uint32_t id;
        int r;

        r = cli_find_report(cli, arguments, /* unfinished_only= */ false, &id);
        if (r != 0)
                return r;
        if (cli->host) {
                hint = text_format("ssh %s journalctl MIGRATION_REPORT=%" PRIu32, cli->host, id);
                return cli_fail(EXIT_USAGE, hint, "logs reads this machine's journal, not that of %s",
                                cli->host);
        }
        if (build_arguments(cli, id, &argv) < 0)
                return cli_oom();
        (void) fflush(stdout);
        (void) execvp(argv[0], argv);
        return cli_fail(EXIT_FAILED, "apt install systemd", "Failed to run journalctl: %s", strerror(errno));
}
