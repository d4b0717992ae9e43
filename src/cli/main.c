/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* migrationctl: reads the command line by the tables in commands.c and calls the verb. */

#include <getopt.h>
#include <locale.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/terminal.h"

/* Values of getopt_long() for options without a letter: beyond all characters. */
#define VALUE_FIRST 0x100

static void cli_done(Cli *cli) {
        client_disconnect(&cli->client);
        free(cli->host);
        free(cli->machine);
        free(cli->step);
        free(cli->name);
        strv_free(cli->states);
        strv_free(cli->hold);
        free(cli->class);
}

static int parse_states(const char *text, char ***ret) {
        _cleanup_(freep) char *copy = strdup(text);
        char *save = NULL;

        if (!copy)
                return -ENOMEM;
        for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
                State s = state_from_string(word);

                if (s < 0 || (!state_is_of(STATE_OF_REPORT, s) && !state_is_of(STATE_OF_TASK, s)))
                        return -EINVAL;
                if (strv_append(ret, word) < 0)
                        return -ENOMEM;
        }
        return *ret ? 0 : -EINVAL;
}

static int parse_words(const char *text, char ***ret) {
        _cleanup_(freep) char *copy = strdup(text);
        char *save = NULL;

        if (!copy)
                return -ENOMEM;
        for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
                if (strv_append(ret, word) < 0)
                        return -ENOMEM;
        return *ret ? 0 : -EINVAL;
}

static int parse_json(const char *text, JsonMode *ret) {
        if (streq(text, "off"))
                *ret = JSON_MODE_OFF;
        else if (streq(text, "short"))
                *ret = JSON_MODE_SHORT;
        else if (streq(text, "pretty"))
                *ret = JSON_MODE_PRETTY;
        else
                return -EINVAL;
        return 0;
}

static int parse_text(const char *text, char **ret) {
        free(*ret);
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static int parse_value(Cli *cli, const Option *o, const char *text) {
        void *member = (char *) cli + o->offset;
        int r = 0;

        switch (o->kind) {
        case OPTION_FLAG:
                *(bool *) member = true;
                break;
        case OPTION_TEXT:
                return parse_text(text, member);
        case OPTION_U32:
                r = text_parse_u32(text, member);
                return r >= 0 && *(uint32_t *) member == 0 ? -ERANGE : r;
        case OPTION_SPAN:
                return text_parse_usec(text, member);
        case OPTION_STATES:
                return parse_states(text, member);
        case OPTION_WORDS:
                return parse_words(text, member);
        case OPTION_JSON:
                return parse_json(text, member);
        case OPTION_JSON_AUTO:
                *(JsonMode *) member = terminal_is_tty() ? JSON_MODE_PRETTY : JSON_MODE_SHORT;
                break;
        case OPTION_HELP:
        case OPTION_VERSION:
                break;
        }
        return r;
}

/* What getopt_long() needs, built from the table of options. */
typedef struct Parser {
        struct option longs[44];
        char letters[64];
        bool given[44];
} Parser;

static void parser_build(Parser *p, const Option *options, size_t n) {
        size_t k = 0, length = 0;

        for (size_t i = 0; i < n; i++) {
                int value = options[i].letter ? options[i].letter : (int) (VALUE_FIRST + i);

                if (options[i].name)
                        p->longs[k++] = (struct option) {
                                .name = options[i].name,
                                .has_arg = options[i].argument ? required_argument : no_argument,
                                .val = value,
                        };
                if (options[i].letter) {
                        p->letters[length++] = options[i].letter;
                        if (options[i].argument)
                                p->letters[length++] = ':';
                }
        }
}

static size_t option_index(const Option *options, size_t n, int value) {
        for (size_t i = 0; i < n; i++)
                if (value == (options[i].letter ? options[i].letter : (int) (VALUE_FIRST + i)))
                        return i;
        return n;
}

static int option_name_fail(const Option *o, const char *text) {
        if (o->name)
                return cli_fail(EXIT_USAGE, "migrationctl --help", "Bad value of --%s: %s", o->name,
                                text ? text : "");
        return cli_fail(EXIT_USAGE, "migrationctl --help", "Bad value of -%c: %s", o->letter,
                        text ? text : "");
}

/* Reads the options; marks those that were given. Returns 0, or the exit code. */
static int parse_options(Cli *cli, Parser *p, int argc, char **argv, const Option **ret_end) {
        const Option *options;
        size_t n;
        int value;

        options = command_options(&n);
        parser_build(p, options, n);
        while ((value = getopt_long(argc, argv, p->letters, p->longs, NULL)) >= 0) {
                size_t i = option_index(options, n, value);

                if (i == n) {
                        (void) fprintf(stderr, "Type next: migrationctl --help\n");
                        return EXIT_USAGE;
                }
                p->given[i] = true;
                if (options[i].kind == OPTION_HELP || options[i].kind == OPTION_VERSION) {
                        *ret_end = &options[i];
                        continue;
                }
                if (parse_value(cli, &options[i], optarg) < 0)
                        return option_name_fail(&options[i], optarg);
        }
        return 0;
}

static int check_options(const Parser *p, const Verb *verb) {
        const Option *options;
        size_t n;

        options = command_options(&n);
        for (size_t i = 0; i < n; i++)
                if (p->given[i] && !verb_has_option(verb, &options[i]))
                        return cli_fail(EXIT_USAGE, "migrationctl --help", "%s has no option --%s",
                                        verb->name, options[i].name);
        return 0;
}

static int call_verb(Cli *cli, const Parser *p, char **words) {
        static char list_name[] = "list";
        char *default_words[] = { list_name, NULL };
        unsigned used = 0, given;
        const Verb *verb;
        int r;

        if (!words[0])
                words = default_words;
        verb = command_find(words, &used);
        if (!verb)
                return command_fail_unknown(words);
        r = check_options(p, verb);
        if (r != 0)
                return r;
        given = (unsigned) strv_length(words) - used;
        if (given < verb->n_min || given > verb->n_max)
                return cli_fail(EXIT_USAGE, NULL, "Usage: migrationctl %s%s%s", verb->name,
                                verb->arguments[0] ? " " : "", verb->arguments);
        if (cli->host && cli->machine)
                return cli_fail(EXIT_USAGE, NULL, "--host and --machine exclude each other");
        return verb->run(cli, words + used);
}

static int flush(int code) {
        /* A full disk behind a redirection is a failure; a reader that has enough of a pipe is none. */
        if (fflush(stdout) != 0 && errno != EPIPE)
                return cli_fail(EXIT_FAILED, NULL, "Failed to write the output: %s", strerror(errno));
        return code;
}

int main(int argc, char **argv) {
        _cleanup_(cli_done) Cli cli = { .timeout_usec = USEC_INFINITY };
        const Option *end = NULL;
        Parser parser = {};
        int r;

        (void) setlocale(LC_ALL, "");
        terminal_init(isatty(STDOUT_FILENO));

        /* For the completion scripts of shells; the words after it are not ours to parse. */
        if (argc >= 3 && streq(argv[1], "--complete") && streq(argv[2], "--"))
                return flush(complete_verb(&cli, argv + 3));

        r = parse_options(&cli, &parser, argc, argv, &end);
        if (r != 0)
                return r;
        if (end && end->kind == OPTION_VERSION) {
                (void) printf("migrationctl %s\n", MIGRATIOND_VERSION);
                return flush(EXIT_COMPLETED);
        }
        if (end)
                return flush(help_verb(&cli, argv + optind));
        return flush(call_verb(&cli, &parser, argv + optind));
}
