/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every verb of migrationctl gets, and how it fails: one line what went wrong, one line what to type
 * next. */

#include "client/client.h"
#include "client/errors.h"

typedef enum JsonMode {
        JSON_MODE_OFF,
        JSON_MODE_SHORT,        /* one line */
        JSON_MODE_PRETTY,       /* indented */
} JsonMode;

/* The options as they were given. Which verb takes which is in commands.c. */
typedef struct Cli {
        Client client;          /* connected by cli_connect() */
        JsonMode json;
        bool no_pager;
        bool no_legend;
        bool quiet;
        bool full;
        bool no_ask_password;
        char *host;
        char *machine;
        uint32_t lines;         /* 0: not given */
        char **states;          /* NULL: all */
        char *step;             /* NULL: all */
        uint32_t task;          /* 0: all */
        char *name;             /* NULL: none */
        uint32_t workers;       /* 0: the service's default */
        usec_t timeout_usec;    /* USEC_INFINITY: none */
        bool wait;
        bool dry_run;
        bool validate;
        bool skip_corrupted;
        bool verify;
        char **hold;            /* codes of steps, NULL: none */
        char *class;            /* NULL: all */
        bool follow;
        bool drain;
        bool freeze;
} Cli;

/* Connects, unless it was done before. Returns 0 or, after a message, the exit code. */
int cli_connect(Cli *cli);

/* Reads an id from an argument. Returns 0 or, after a message, the exit code. what: "report", "task", for the
 * message. */
int cli_parse_id(const char *argument, const char *what, uint32_t *ret);

/* The report that the arguments name: arguments[0], or, without it, the unfinished one, else (unless
 * unfinished_only) the newest. Connects when it has to ask. Returns 0 or, after a message, the exit code. */
int cli_find_report(Cli *cli, char **arguments, bool unfinished_only, uint32_t *ret);

/* Before a call for which polkit may ask: starts the agent that asks on this terminal, where there is
 * none. */
void cli_allow_asking(Cli *cli);

/* Print to standard error what failed, why, and what to type next (hint, may be NULL). Return the exit
 * code. */
int cli_fail(ExitCode code, const char *hint, const char *format, ...) _printf_(3, 4);
int cli_fail_call(int error, const sd_bus_error *bus_error, const char *format, ...) _printf_(3, 4);
int cli_oom(void);
