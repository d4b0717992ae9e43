/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/follow.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/events.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "client/watch.h"

/* Where progress goes: one of the two, or none. */
typedef struct Follow {
        Cli *cli;
        Progress *progress;
        Events *events;
} Follow;

static void on_report(const Report *r, void *userdata) {
        Follow *f = userdata;

        if (f->progress)
                progress_report(f->progress, r);
        else if (f->events)
                events_report(f->events, r);
        else if (f->cli->json != JSON_MODE_OFF && report_is_finished(r)) {
                _cleanup_(json_decrefp) json_t *object = json_from_report(r);

                (void) output_json(f->cli, object);
        }
}

static void on_lost(const Report *last, const char *reason, void *userdata) {
        Follow *f = userdata;

        if (f->progress)
                progress_lost(f->progress, last, reason);
        else if (f->events)
                events_lost(f->events, reason);
        else if (!f->cli->quiet)
                (void) fprintf(stderr, "The service is not reachable, still waiting: %s\n", reason);
}

static void on_resize(const Report *last, void *userdata) {
        Follow *f = userdata;

        if (f->progress)
                progress_resize(f->progress, last);
}

static int tell_verdict(const Cli *cli, uint32_t id, State state) {
        ExitCode code = verdict_exit_code(state);

        if (cli->quiet || cli->json != JSON_MODE_OFF)
                return code;
        (void) printf("Report %" PRIu32 " %s%s%s.\n", id, terminal_color(terminal_state_color(state)),
                      terminal_state(state), terminal_color(COLOR_NORMAL));
        (void) fflush(stdout);
        if (state == STATE_FAILED)
                (void) fprintf(stderr,
                               "Type next: migrationctl status %" PRIu32 "  (then: retry %" PRIu32 ")\n", id,
                               id);
        return code;
}

static int follow_with(Follow *f, uint32_t id) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const WatchHandler handler = { on_report, on_lost, on_resize, f };
        _cleanup_(freep) char *hint = text_format("migrationctl watch %" PRIu32, id);
        State state;
        WatchEnd end;
        int r;

        r = cli_connect(f->cli);
        if (r != 0)
                return r;
        r = watch_report(&f->cli->client, id, f->cli->timeout_usec, &handler, &end, &state, &error);
        if (r < 0)
                return cli_fail_call(r, &error, "wait for report %" PRIu32, id);
        switch (end) {
        case WATCH_TIMEOUT:
                return cli_fail(EXIT_TIMED_OUT, hint, "Timed out; report %" PRIu32 " goes on", id);
        case WATCH_DETACHED:
                return cli_fail(EXIT_DETACHED, hint, "Detached; report %" PRIu32 " goes on", id);
        case WATCH_FINISHED:
                break;
        }
        return tell_verdict(f->cli, id, state);
}

int follow_report(Cli *cli, uint32_t id) {
        _cleanup_(progress_freep) Progress *progress = NULL;
        _cleanup_(events_freep) Events *events = NULL;
        Follow f = { .cli = cli };

        if (cli->quiet)
                return follow_quietly(cli, id);
        if (terminal_is_tty() && cli->json == JSON_MODE_OFF) {
                f.progress = progress = progress_new();
                if (!progress)
                        return cli_oom();
        } else {
                f.events = events = events_new(cli->json != JSON_MODE_OFF);
                if (!events)
                        return cli_oom();
        }
        return follow_with(&f, id);
}

int follow_quietly(Cli *cli, uint32_t id) {
        Follow f = { .cli = cli };

        return follow_with(&f, id);
}
