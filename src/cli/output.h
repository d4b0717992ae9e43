/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Data goes out as JSON or as a table, both from the same JSON objects. */

#include <jansson.h>
#include <libsmartcols.h>

#include "cli/cli.h"
#include "cli/terminal.h"

typedef struct Column {
        const char *key;        /* of the objects */
        const char *title;
        int flags;              /* SCOLS_FL_RIGHT, SCOLS_FL_TRUNC, … */
        char *(*format)(const json_t *value, const json_t *row); /* NULL: text and numbers as they are */
        bool state;             /* coloured as a state */
} Column;

/* Prints the objects of an array by --json, else as a table with a legend ("3 reports listed."). noun: the
 * singular. Returns EXIT_COMPLETED, or another code after a message. */
int output_rows(Cli *cli, const json_t *rows, const Column *columns, size_t n_columns, const char *noun);

/* Prints the table alone, in the middle of other text, each line after an indent. Returns as above. */
int output_table(Cli *cli, const json_t *rows, const Column *columns, size_t n_columns, unsigned indent);

/* Prints one JSON value by --json, which must be on. */
int output_json(Cli *cli, const json_t *value);

/* For Column.format; new strings, NULL when out of memory. */
char *format_time(const json_t *value, const json_t *row);
char *format_bytes(const json_t *value, const json_t *row);
char *format_span(const json_t *value, const json_t *row);
