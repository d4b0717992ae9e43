/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/output.h"

#include <inttypes.h>

#include "base/text.h"
#include "cli/pager.h"

DEFINE_CLEANUP(struct libscols_table *, scols_unref_table);

char *format_time(const json_t *value, _unused_ const json_t *row) {
        return terminal_time((uint64_t) json_integer_value(value));
}

char *format_bytes(const json_t *value, _unused_ const json_t *row) {
        return json_is_integer(value) ? text_format_bytes((uint64_t) json_integer_value(value)) : strdup("-");
}

char *format_span(const json_t *value, _unused_ const json_t *row) {
        return json_is_integer(value) ? terminal_span((uint64_t) json_integer_value(value)) : strdup("-");
}

static char *format_plain(const json_t *value) {
        if (json_is_integer(value))
                return text_format("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        if (json_is_string(value) && json_string_length(value) > 0)
                return terminal_safe(json_string_value(value));
        return strdup("-");
}

static int set_cell(struct libscols_line *line, size_t i, const Column *column, const json_t *row) {
        const json_t *value = json_object_get(row, column->key);
        _cleanup_(freep) char *text = NULL;
        int r;

        text = column->format ? column->format(value, row) : format_plain(value);
        if (!text)
                return -ENOMEM;
        r = scols_line_set_data(line, i, text);
        if (r < 0)
                return r;
        if (column->state && terminal_has_color() && json_is_string(value)) {
                State s = state_from_string(json_string_value(value));

                r = scols_cell_set_color(scols_line_get_cell(line, i),
                                         terminal_color(terminal_state_color(s)));
        }
        return r;
}

static int add_columns(Cli *cli, struct libscols_table *table, const Column *columns, size_t n) {
        for (size_t i = 0; i < n; i++) {
                int flags = columns[i].flags;

                if (cli->full)
                        flags &= ~(SCOLS_FL_TRUNC | SCOLS_FL_WRAP);
                if (!scols_table_new_column(table, columns[i].title, 0, flags))
                        return -ENOMEM;
        }
        return 0;
}

static int build_table(Cli *cli, const json_t *rows, const Column *columns, size_t n, unsigned indent,
                       struct libscols_table **ret) {
        _cleanup_(scols_unref_tablep) struct libscols_table *table = scols_new_table();
        unsigned width, height;
        const json_t *row;
        size_t i;
        int r;

        if (!table)
                return -ENOMEM;
        terminal_size(&width, &height);
        (void) scols_table_enable_colors(table, terminal_has_color());
        (void) scols_table_enable_noheadings(table, cli->no_legend);
        (void) scols_table_set_termforce(table, terminal_is_tty() && !cli->full ? SCOLS_TERMFORCE_ALWAYS
                                                                                : SCOLS_TERMFORCE_NEVER);
        (void) scols_table_set_termwidth(table, width > indent ? width - indent : 1);
        r = add_columns(cli, table, columns, n);
        if (r < 0)
                return r;
        json_array_foreach((json_t *) rows, i, row) {
                struct libscols_line *line = scols_table_new_line(table, NULL);

                if (!line)
                        return -ENOMEM;
                for (size_t k = 0; k < n; k++) {
                        r = set_cell(line, k, &columns[k], row);
                        if (r < 0)
                                return r;
                }
        }
        *ret = TAKE_PTR(table);
        return 0;
}

/* Without trailing blanks: a line that ends in an empty cell is padded by the library. */
static void print_indented(const char *text, unsigned indent) {
        while (*text) {
                size_t length = strcspn(text, "\n"), kept = length;

                while (kept > 0 && text[kept - 1] == ' ')
                        kept--;
                (void) printf("%*s%.*s\n", (int) indent, "", (int) kept, text);
                text += length + (text[length] == '\n');
        }
}

int output_table(Cli *cli, const json_t *rows, const Column *columns, size_t n, unsigned indent) {
        _cleanup_(scols_unref_tablep) struct libscols_table *table = NULL;
        _cleanup_(freep) char *text = NULL;
        int r;

        r = build_table(cli, rows, columns, n, indent, &table);
        if (r >= 0 && json_array_size(rows) > 0)
                r = scols_print_table_to_string(table, &text);
        if (r < 0)
                return cli_fail(EXIT_FAILED, NULL, "Failed to print a table: %s", strerror(-r));
        if (text)
                print_indented(text, indent);
        return EXIT_COMPLETED;
}

int output_json(Cli *cli, const json_t *value) {
        size_t flags = JSON_ENCODE_ANY | (cli->json == JSON_MODE_PRETTY ? JSON_INDENT(8) : JSON_COMPACT);

        if (json_dumpf(value, stdout, flags) < 0)
                return cli_fail(EXIT_FAILED, NULL, "Failed to write JSON");
        (void) putchar('\n');
        return EXIT_COMPLETED;
}

int output_rows(Cli *cli, const json_t *rows, const Column *columns, size_t n, const char *noun) {
        size_t count = json_array_size(rows);
        int r;

        if (cli->json != JSON_MODE_OFF)
                return output_json(cli, rows);
        pager_open(cli->no_pager);
        r = output_table(cli, rows, columns, n, 0);
        if (r == EXIT_COMPLETED && !cli->no_legend && !cli->quiet)
                (void) printf("%s%zu %s%s listed.\n", count > 0 ? "\n" : "", count, noun,
                              count == 1 ? "" : "s");
        return r;
}
