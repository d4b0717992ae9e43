/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The one table of verbs and the one of options: parsing, --help, completion and the check of the manual page
 * come from them. */

#include "cli/cli.h"

/* What an argument of a verb is, for completion. */
typedef enum ArgumentKind {
        ARGUMENT_NONE,
        ARGUMENT_PLAN,
        ARGUMENT_REPORT,
        ARGUMENT_MIGRATION,
        ARGUMENT_FILE,
        ARGUMENT_VERB,
} ArgumentKind;

typedef struct Verb {
        const char *name;               /* one or two words */
        const char *arguments;          /* for help, "" for none */
        unsigned n_min, n_max;          /* how many arguments */
        ArgumentKind kinds[2];
        const char *options;            /* long names of the options of its own, by blanks; "" for none */
        const char *help;
        /* arguments: NULL-terminated, n_min to n_max of them. Returns the exit code; messages are printed. */
        int (*run)(Cli *cli, char **arguments);
} Verb;

typedef enum OptionKind {
        OPTION_FLAG,            /* bool */
        OPTION_TEXT,            /* char*, allocated */
        OPTION_U32,             /* uint32_t, from 1 */
        OPTION_SPAN,            /* usec_t */
        OPTION_STATES,          /* char**, states by commas */
        OPTION_WORDS,           /* char**, words by commas */
        OPTION_JSON,            /* JsonMode */
        OPTION_JSON_AUTO,       /* JsonMode: pretty on a terminal, else short */
        OPTION_HELP,
        OPTION_VERSION,
} OptionKind;

typedef struct Option {
        const char *name;
        char letter;            /* 0: none */
        const char *argument;   /* NULL: takes none */
        OptionKind kind;
        size_t offset;          /* into Cli */
        bool general;           /* of every verb; else of those that name it */
        const char *help;
} Option;

/* The tables: *ret_n entries. A verb with a NULL name starts a group; its help is the title. */
const Verb *command_verbs(size_t *ret_n);
const Option *command_options(size_t *ret_n);

/* Finds the verb that the words name; *ret_used is how many of them (1 or 2) are its name. NULL: none. */
const Verb *command_find(char **words, unsigned *ret_used);

/* Says that the words name no verb, or of which verbs they name a part. Returns the exit code. */
int command_fail_unknown(char **words);

bool verb_has_option(const Verb *verb, const Option *option);

/* The verbs. */
int plan_create(Cli *cli, char **arguments);
int plan_list_verb(Cli *cli, char **arguments);
int plan_show(Cli *cli, char **arguments);
int plan_delete(Cli *cli, char **arguments);
int run_verb(Cli *cli, char **arguments);
int wait_verb(Cli *cli, char **arguments);
int watch_verb(Cli *cli, char **arguments);
int list_verb(Cli *cli, char **arguments);
int status_verb(Cli *cli, char **arguments);
int tasks_verb(Cli *cli, char **arguments);
int problems_verb(Cli *cli, char **arguments);
int logs_verb(Cli *cli, char **arguments);
int cancel_verb(Cli *cli, char **arguments);
int pause_verb(Cli *cli, char **arguments);
int resume_verb(Cli *cli, char **arguments);
int retry_verb(Cli *cli, char **arguments);
int hold_verb(Cli *cli, char **arguments);
int release_verb(Cli *cli, char **arguments);
int move_verb(Cli *cli, char **arguments);
int why_verb(Cli *cli, char **arguments);
int set_workers_verb(Cli *cli, char **arguments);
int doctor_verb(Cli *cli, char **arguments);
int definition_list_verb(Cli *cli, char **arguments);
int definition_show(Cli *cli, char **arguments);
int definition_verify(Cli *cli, char **arguments);
int help_verb(Cli *cli, char **arguments);

/* Prints what can stand at the last of the words, one candidate a line: what the completion scripts of shells
 * call. */
int complete_verb(Cli *cli, char **words);
