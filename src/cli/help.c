/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* --help and help COMMAND, read off the tables in commands.c. */

#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/pager.h"
#include "cli/terminal.h"

/* The column at which explanations start. */
#define HELP_COLUMN 34

static void print_entry(const char *left, const char *help) {
        size_t width = terminal_width(left);

        if (width + 1 >= HELP_COLUMN)
                (void) printf("%s\n%*s%s\n", left, HELP_COLUMN, "", help);
        else
                (void) printf("%s%*s%s\n", left, (int) (HELP_COLUMN - width), "", help);
}

static void print_option(const Option *o) {
        _cleanup_(freep) char *left = NULL;

        if (!o->name)
                left = text_format("  -%c", o->letter);
        else if (o->letter)
                left = text_format("  -%c --%s%s%s", o->letter, o->name, o->argument ? "=" : "",
                                   o->argument ? o->argument : "");
        else
                left = text_format("     --%s%s%s", o->name, o->argument ? "=" : "",
                                   o->argument ? o->argument : "");
        if (left)
                print_entry(left, o->help);
}

static void print_options(const Verb *verb, bool general) {
        const Option *options;
        size_t n;

        options = command_options(&n);
        for (size_t i = 0; i < n; i++)
                if (options[i].general == general && (!verb || verb_has_option(verb, &options[i])))
                        print_option(&options[i]);
}

static void print_verbs(void) {
        const Verb *verbs;
        size_t n;

        verbs = command_verbs(&n);
        for (size_t i = 0; i < n; i++) {
                _cleanup_(freep) char *left = NULL;

                if (!verbs[i].name) {
                        (void) printf("\n%s%s:%s\n", terminal_color(COLOR_BOLD), verbs[i].help,
                                      terminal_color(COLOR_NORMAL));
                        continue;
                }
                left = text_format("  %s %s", verbs[i].name, verbs[i].arguments);
                if (left)
                        print_entry(left, verbs[i].help);
        }
}

static void print_exit_codes(void) {
        const ExitText *texts;
        size_t n;

        texts = exit_texts(&n);
        (void) printf("\nExit status (verdicts: run --wait, wait, watch, retry --wait):\n");
        for (size_t i = 0; i < n; i++)
                (void) printf("%5i  %s\n", texts[i].code, texts[i].text);
}

static void print_all(void) {
        (void) printf("migrationctl [OPTIONS...] COMMAND ...\n\n"
                      "Run data migrations as systemd units, watch them, and act on them.\n");
        print_verbs();
        (void) printf("\n%sOptions of some commands:%s\n", terminal_color(COLOR_BOLD),
                      terminal_color(COLOR_NORMAL));
        print_options(NULL, /* general= */ false);
        (void) printf("\n%sOptions:%s\n", terminal_color(COLOR_BOLD), terminal_color(COLOR_NORMAL));
        print_options(NULL, /* general= */ true);
        print_exit_codes();
        (void) printf("\nSee migrationctl(1) for details.\n");
}

int help_verb(Cli *cli, char **arguments) {
        const Verb *verb;
        unsigned used;

        if (!arguments[0]) {
                pager_open(cli->no_pager);
                print_all();
                return EXIT_COMPLETED;
        }
        verb = command_find(arguments, &used);
        if (!verb)
                return command_fail_unknown(arguments);
        (void) printf("migrationctl [OPTIONS...] %s %s\n\n%s.\n", verb->name, verb->arguments, verb->help);
        if (verb->options[0]) {
                (void) printf("\nOptions:\n");
                print_options(verb, /* general= */ false);
        }
        (void) printf("\nGeneral options:\n");
        print_options(verb, /* general= */ true);
        return EXIT_COMPLETED;
}
