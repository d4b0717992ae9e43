/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Completion for shells, read off the tables in commands.c and asked of the service. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/commands.h"
#include "client/report.h"
#include "config/definition.h"

static void complete_options(const Verb *verb) {
        const Option *options;
        size_t n;

        options = command_options(&n);
        for (size_t i = 0; i < n; i++)
                if (options[i].name && (verb ? verb_has_option(verb, &options[i]) : options[i].general))
                        (void) printf("--%s%s\n", options[i].name, options[i].argument ? "=" : "");
}

/* Whether two names start with the same word. */
static bool same_first_word(const char *a, const char *b) {
        size_t length = strcspn(a, " ");

        return length == strcspn(b, " ") && strncmp(a, b, length) == 0;
}

/* The first words of all verbs, each once: verbs of one first word stand together. */
static void complete_first_word(void) {
        const char *last = "";
        const Verb *verbs;
        size_t n;

        verbs = command_verbs(&n);
        for (size_t i = 0; i < n; i++) {
                if (!verbs[i].name)
                        continue;
                if (!same_first_word(verbs[i].name, last))
                        (void) printf("%.*s\n", (int) strcspn(verbs[i].name, " "), verbs[i].name);
                last = verbs[i].name;
        }
}

static void complete_second_word(const char *first) {
        const Verb *verbs;
        size_t n;

        verbs = command_verbs(&n);
        for (size_t i = 0; i < n; i++) {
                const char *blank = verbs[i].name ? strchr(verbs[i].name, ' ') : NULL;

                if (blank && same_first_word(verbs[i].name, first))
                        (void) printf("%s\n", blank + 1);
        }
}

static void complete_plans(Cli *cli) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Plan **plans;
        size_t n;

        if (client_connect(&cli->client) < 0 || plan_list(&cli->client, &plans, &n, &error) < 0)
                return;
        for (size_t i = 0; i < n; i++)
                if (plans[i]->name[0])
                        (void) printf("%s\n", plans[i]->name);
                else
                        (void) printf("%" PRIu32 "\n", plans[i]->id);
        plan_list_free(plans, n);
}

static void complete_reports(Cli *cli) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Report **reports;
        size_t n;

        if (client_connect(&cli->client) < 0 || report_list(&cli->client, NULL, &reports, &n, &error) < 0)
                return;
        for (size_t i = 0; i < n; i++)
                (void) printf("%" PRIu32 "\n", reports[i]->id);
        report_list_free(reports, n);
}

static void complete_migrations(void) {
        _cleanup_(strv_freep) char **names = NULL;

        if (definition_list("", &names) < 0)
                return;
        for (char **name = names; name && *name; name++)
                (void) printf("%s\n", *name);
}

static void complete_argument(Cli *cli, ArgumentKind kind) {
        switch (kind) {
        case ARGUMENT_PLAN:
                complete_plans(cli);
                break;
        case ARGUMENT_REPORT:
                complete_reports(cli);
                break;
        case ARGUMENT_MIGRATION:
                complete_migrations();
                break;
        case ARGUMENT_VERB:
                complete_first_word();
                break;
        case ARGUMENT_FILE:
        case ARGUMENT_NONE:
                break;
        }
}

static void complete_value(const char *option) {
        if (streq(option, "--json"))
                (void) printf("short\npretty\noff\n");
        if (streq(option, "--state"))
                for (State s = 0; s < _STATE_MAX; s++)
                        if (state_is_of(STATE_OF_REPORT, s) || state_is_of(STATE_OF_TASK, s))
                                (void) printf("%s\n", state_to_string(s));
}

/* The words before the last that are no options: the verb's name and its arguments. */
static size_t plain_words(char **words, size_t n, char **ret, size_t size) {
        size_t k = 0;

        for (size_t i = 0; i < n && k + 1 < size; i++) {
                if (words[i][0] == '-' && words[i][1])
                        continue;
                if (streq(words[i], "=") || (i > 0 && streq(words[i - 1], "=")))
                        continue;
                ret[k++] = words[i];
        }
        ret[k] = NULL;
        return k;
}

int complete_verb(Cli *cli, char **words) {
        size_t n = strv_length(words), n_plain;
        const char *current = n > 0 ? words[n - 1] : "";
        char *plain[8];
        const Verb *verb;
        unsigned used = 0;

        n_plain = plain_words(words, n > 0 ? n - 1 : 0, plain, ELEMENTSOF(plain));
        verb = command_find(plain, &used);

        /* bash gives "=" as a word of its own. */
        if (n >= 2 && streq(current, "="))
                complete_value(words[n - 2]);
        else if (n >= 3 && streq(words[n - 2], "="))
                complete_value(words[n - 3]);
        else if (current[0] == '-')
                complete_options(verb);
        else if (!verb && n_plain == 0)
                complete_first_word();
        else if (!verb)
                complete_second_word(plain[0]);
        else if (n_plain - used < ELEMENTSOF(verb->kinds))
                complete_argument(cli, verb->kinds[n_plain - used]);
        return EXIT_COMPLETED;
}
