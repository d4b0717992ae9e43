/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* status: a report in the manner of systemctl status. */

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/pager.h"
#include "cli/steps.h"
#include "model/names.h"

/* The column of the colons, as systemctl has it. */
#define LABEL_WIDTH 9

static void print_field(const char *label, const char *format, ...) _printf_(2, 3);

static void print_field(const char *label, const char *format, ...) {
        _cleanup_(freep) char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        (void) printf("%*s: %s\n", LABEL_WIDTH, label, text ? text : "");
}

static void print_head(const Report *r) {
        _cleanup_(freep) char *plan = terminal_safe(r->plan_name), *message = NULL;
        const ReportStep *current = report_current_step(r);
        const char *color = terminal_color(terminal_state_color(r->state));

        message = current && !report_is_finished(r) ? terminal_safe(current->message) : NULL;
        (void) printf("%s%s%s Report %" PRIu32 " - %s%s%s%s%s\n", color, terminal_dot(r->state),
                      terminal_color(COLOR_NORMAL), r->id, r->migration, plan && plan[0] ? " of plan " : "",
                      plan ? plan : "", message ? ": " : "", message ? message : "");
}

static void print_state(const Report *r) {
        uint64_t since = report_is_finished(r) ? r->finished_usec : r->started_usec;
        _cleanup_(freep) char *when = NULL, *ago = NULL, *took = NULL;

        if (since == 0)
                since = r->created_usec;
        when = terminal_time(since);
        ago = terminal_ago(since);
        if (report_is_finished(r) && r->started_usec > 0 && r->finished_usec >= r->started_usec)
                took = terminal_span(r->finished_usec - r->started_usec);
        print_field("State", "%s%s%s%s%s%s since %s; %s%s%s", terminal_color(terminal_state_color(r->state)),
                    terminal_state(r->state), terminal_color(COLOR_NORMAL), r->pause_mode[0] ? " (" : "",
                    r->pause_mode, r->pause_mode[0] ? ")" : "", when ? when : "-", ago ? ago : "-",
                    took ? "; it took " : "", took ? took : "");
}

/* The options that are on, by name; the service hands them over as a JSON object. */
static char *options_text(const Report *r) {
        _cleanup_(json_decrefp) json_t *options = json_loads(r->options, 0, NULL);
        char *text = strdup("");
        json_t *value;
        const char *key;

        json_object_foreach(options, key, value) {
                _cleanup_(freep) char *before = text;

                if (!text || json_is_false(value) || json_is_null(value))
                        text = text ? strdup(text) : NULL;
                else
                        text = text_format("%s%s%s", text, text[0] ? ", " : "", key);
        }
        return text;
}

static void print_origin(const Report *r) {
        _cleanup_(freep) char *user = terminal_user(r->uid), *when = terminal_time(r->created_usec);
        _cleanup_(freep) char *options = options_text(r),
                              *safe_options = options ? terminal_safe(options) : NULL;
        _cleanup_(freep) char *plan = terminal_safe(r->plan_name);

        print_field("Plan", "%" PRIu32 "%s%s%s; migration %s", report_plan_id(r), plan && plan[0] ? " (" : "",
                    plan ? plan : "", plan && plan[0] ? ")" : "", r->migration);
        print_field("Asked", "by %s, %s", user ? user : "-", when ? when : "-");
        if (safe_options && safe_options[0])
                print_field("Options", "%s", safe_options);
}

/* Steps count different things, bytes of a dump and units: only inside a step a sum says something. */
static size_t steps_completed(const Report *r) {
        size_t n = 0;

        for (size_t i = 0; i < r->n_steps; i++)
                n += r->steps[i].state == STATE_COMPLETED;
        return n;
}

static void print_counters(const Report *r) {
        print_field("Tasks",
                    "%" PRIu32 " running (workers: %" PRIu32 "), %" PRIu32 " waiting, %" PRIu32
                    " completed, %" PRIu32 " failed, %" PRIu32 " skipped, %" PRIu32 " canceled",
                    r->tasks[STATE_RUNNING], r->workers, r->tasks[STATE_WAITING], r->tasks[STATE_COMPLETED],
                    r->tasks[STATE_FAILED], r->tasks[STATE_SKIPPED], r->tasks[STATE_CANCELED]);
        print_field("Progress", "%zu of %zu steps", steps_completed(r), r->n_steps);
        if (r->problems > 0)
                print_field("Problems", "%s%" PRIu64 "%s; to see them: migrationctl problems %" PRIu32,
                            terminal_color(COLOR_YELLOW), r->problems, terminal_color(COLOR_NORMAL), r->id);
}

static void print_holds(const Report *r) {
        _cleanup_(freep) char *text = NULL;

        for (char *const *code = r->held; code && *code; code++) {
                _cleanup_(freep) char *before = text;

                text = text_format("%s%s%s", before ? before : "", before ? ", " : "", *code);
        }
        if (text)
                print_field("Holds", "before step %s; to let it begin: migrationctl release %" PRIu32, text, r->id);
}

static void print_trouble(const Report *r) {
        _cleanup_(freep) char *error = terminal_safe(r->failed_error), *unit = terminal_safe(r->failed_unit);
        _cleanup_(freep) char *reason = terminal_safe(r->wait_reason), *host = terminal_safe(r->elsewhere);

        if (r->elsewhere[0])
                print_field("Host", "%s, not this one", host ? host : "");
        if (r->wait_reason[0])
                print_field("Waiting", "%s%s%s", terminal_color(COLOR_YELLOW), reason ? reason : "",
                            terminal_color(COLOR_NORMAL));
        if (r->failed_unit[0] || r->failed_error[0])
                print_field("Failed", "%s%s%s", terminal_color(COLOR_RED),
                            error && error[0] ? error : "without a message", terminal_color(COLOR_NORMAL));
        if (r->failed_unit[0])
                print_field("Unit", "%s", unit ? unit : "");
}

static void print_steps(const Report *r) {
        unsigned columns, rows;
        StepLayout layout;

        terminal_size(&columns, &rows);
        step_layout(r, columns, &layout);
        print_field("Steps", "%zu", r->n_steps);
        for (size_t i = 0; i < r->n_steps; i++) {
                Line line;

                step_line(r, &r->steps[i], NULL, &layout, &line);
                if (line.text)
                        (void) printf("  %s\n", line.text);
                free(line.text);
        }
}

static void print_units(const Report *r) {
        _cleanup_(freep) char *slice = report_slice_name(r->id), *timer = poll_timer_name(r->id);

        print_field("Units", "migration-%s-*-%" PRIu32 "-*.service in %s", r->migration, r->id,
                    slice ? slice : "-");
        if (!report_is_finished(r))
                print_field("Poll", "%s", timer ? timer : "-");
}

/* What this state lets one do, and where systemd shows the rest. */
static void print_next(const Report *r) {
        _cleanup_(freep) char *slice = report_slice_name(r->id);

        (void) printf("\nType next:\n");
        switch (r->state) {
        case STATE_PAUSED:
                (void) printf("  migrationctl resume %" PRIu32 "\n", r->id);
                break;
        case STATE_FAILED:
                (void) printf("  migrationctl tasks %" PRIu32 " --state=failed\n  migrationctl retry %" PRIu32
                              "\n",
                              r->id, r->id);
                break;
        case STATE_COMPLETED:
        case STATE_CANCELED:
                break;
        default:
                (void) printf("  migrationctl watch %" PRIu32 "\n", r->id);
        }
        (void) printf("  journalctl MIGRATION_REPORT=%" PRIu32 "\n", r->id);
        if (r->failed_unit[0]) {
                _cleanup_(freep) char *unit = terminal_safe(r->failed_unit);

                (void) printf("  journalctl -u %s\n", unit ? unit : "");
        }
        if (!report_is_finished(r))
                (void) printf("  systemctl status %s\n  systemctl list-units 'migration-%s-*-%" PRIu32
                              "-*'\n",
                              slice ? slice : "migration.slice", r->migration, r->id);
}

static void print_report(Cli *cli, const Report *r) {
        pager_open(cli->no_pager);
        print_head(r);
        print_state(r);
        print_origin(r);
        print_counters(r);
        print_holds(r);
        print_trouble(r);
        print_steps(r);
        print_units(r);
        if (!cli->quiet && !cli->no_legend)
                print_next(r);
}

int status_verb(Cli *cli, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(report_freep) Report *report = NULL;
        uint32_t id;
        int r;

        r = cli_find_report(cli, arguments, /* unfinished_only= */ false, &id);
        if (r == 0)
                r = cli_connect(cli);
        if (r != 0)
                return r;
        r = report_get(&cli->client, id, &report, &error);
        if (r < 0)
                return cli_fail_call(r, &error, "show report %" PRIu32, id);
        if (cli->json != JSON_MODE_OFF) {
                _cleanup_(json_decrefp) json_t *object = json_from_report(report);

                return output_json(cli, object);
        }
        print_report(cli, report);
        return EXIT_COMPLETED;
}
