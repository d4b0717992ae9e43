/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* list, tasks, problems. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/steps.h"

/* The newest are last; drops all but the newest n rows, where n was given. */
static void keep_newest(Cli *cli, json_t *rows) {
        while (cli->lines > 0 && json_array_size(rows) > cli->lines)
                (void) json_array_remove(rows, 0);
}

static char *format_percent(_unused_ const json_t *value, const json_t *row) {
        json_int_t done = json_integer_value(json_object_get(row, "done"));
        json_int_t total = json_integer_value(json_object_get(row, "total"));

        if (total == 0)
                return strdup("-");
        return text_format("%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT " %3u%%", done, total,
                           percent((uint64_t) done, (uint64_t) total));
}

static char *format_plan(const json_t *value, const json_t *row) {
        const char *name = json_string_value(json_object_get(row, "plan_name"));

        return name ? terminal_safe(name) : text_format("%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

static char *format_duration(_unused_ const json_t *value, const json_t *row) {
        json_int_t started = json_integer_value(json_object_get(row, "started_usec"));
        json_int_t finished = json_integer_value(json_object_get(row, "finished_usec"));

        if (started <= 0 || finished < started)
                return strdup("-");
        return terminal_span((uint64_t) (finished - started));
}

static const Column report_columns[] = {
        { "id", "ID", SCOLS_FL_RIGHT, NULL, false },
        { "state", "STATE", 0, NULL, true },
        { "migration", "MIGRATION", 0, NULL, false },
        { "plan", "PLAN", 0, format_plan, false },
        { "done", "DONE", SCOLS_FL_RIGHT, format_percent, false },
        { "problems", "PROBLEMS", SCOLS_FL_RIGHT, NULL, false },
        { "created_usec", "CREATED", 0, format_time, false },
        { "finished_usec", "TOOK", SCOLS_FL_RIGHT, format_duration, false },
};

int list_verb(Cli *cli, _unused_ char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(json_decrefp) json_t *rows = json_array();
        Report **reports;
        size_t n;
        int r;

        r = cli_connect(cli);
        if (r != 0)
                return r;
        r = report_list(&cli->client, cli->states, &reports, &n, &error);
        if (r < 0)
                return cli_fail_call(r, &error, "list the reports");
        for (size_t i = cli->lines > 0 && n > cli->lines ? n - cli->lines : 0; i < n; i++)
                (void) json_array_append_new(rows, json_from_report(reports[i]));
        report_list_free(reports, n);
        return output_rows(cli, rows, report_columns, ELEMENTSOF(report_columns), "report");
}

/* How the latest attempt ended: the unit's own words. */
static char *format_result(const json_t *value, const json_t *row) {
        const char *class = json_string_value(json_object_get(row, "class")),
                   *result = json_string_value(value);
        const json_t *status = json_object_get(row, "exit_status");

        if (class)
                result = class;
        if (!result)
                return strdup("-");
        if (json_is_integer(status) && json_integer_value(status) != 0)
                return text_format("%s (%" JSON_INTEGER_FORMAT ")", result, json_integer_value(status));
        return strdup(result);
}

static const Column task_columns[] = {
        { "id", "ID", SCOLS_FL_RIGHT, NULL, false },
        { "step", "STEP", 0, NULL, false },
        { "kind", "KIND", 0, NULL, false },
        { "state", "STATE", 0, NULL, true },
        { "attempt", "TRY", SCOLS_FL_RIGHT, NULL, false },
        { "done", "DONE", SCOLS_FL_RIGHT, format_percent, false },
        { "finished_usec", "TOOK", SCOLS_FL_RIGHT, format_duration, false },
        { "cpu_usec", "CPU", SCOLS_FL_RIGHT, format_span, false },
        { "memory_peak", "MEMORY", SCOLS_FL_RIGHT, format_bytes, false },
        { "result", "RESULT", 0, format_result, false },
        { "error", "ERROR", SCOLS_FL_TRUNC, NULL, false },
};

/* Rows of one list, cut to the newest while they come in. */
typedef struct Rows {
        Cli *cli;
        json_t *array;
} Rows;

static int rows_append(Rows *rows, json_t *row) {
        if (json_array_append_new(rows->array, row) < 0)
                return -ENOMEM;
        /* Not at each row: taking away the first moves all others. */
        if (rows->cli->lines > 0 && json_array_size(rows->array) >= (size_t) rows->cli->lines * 2 + 1000)
                keep_newest(rows->cli, rows->array);
        return 0;
}

static int add_task(const Task *task, void *userdata) {
        return rows_append(userdata, json_from_task(task));
}

static int add_problem(const Problem *problem, void *userdata) {
        return rows_append(userdata, json_from_problem(problem));
}

int tasks_verb(Cli *cli, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(json_decrefp) json_t *array = json_array();
        Rows rows = { cli, array };
        uint32_t id;
        int r;

        r = cli_find_report(cli, arguments, /* unfinished_only= */ false, &id);
        if (r == 0)
                r = cli_connect(cli);
        if (r != 0)
                return r;
        r = task_for_each(&cli->client, id, cli->states, cli->step, add_task, &rows, &error);
        if (r < 0)
                return cli_fail_call(r, &error, "list the tasks of report %" PRIu32, id);
        keep_newest(cli, array);
        return output_rows(cli, array, task_columns, ELEMENTSOF(task_columns), "task");
}

static const Column problem_columns[] = {
        { "id", "ID", SCOLS_FL_RIGHT, NULL, false },
        { "step", "STEP", 0, NULL, false },
        { "task", "TASK", SCOLS_FL_RIGHT, NULL, false },
        { "item", "ITEM", SCOLS_FL_TRUNC, NULL, false },
        { "reason", "REASON", SCOLS_FL_TRUNC, NULL, false },
};

int problems_verb(Cli *cli, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(json_decrefp) json_t *array = json_array();
        Rows rows = { cli, array };
        uint32_t id;
        int r;

        r = cli_find_report(cli, arguments, /* unfinished_only= */ false, &id);
        if (r == 0)
                r = cli_connect(cli);
        if (r != 0)
                return r;
        r = problem_for_each(&cli->client, id, add_problem, &rows, &error);
        if (r < 0)
                return cli_fail_call(r, &error, "list the problems of report %" PRIu32, id);
        keep_newest(cli, array);
        return output_rows(cli, array, problem_columns, ELEMENTSOF(problem_columns), "problem");
}
