/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/commands.h"

#include "base/text.h"

#define GROUP(title) { .help = title }

static const Verb verbs[] = {
        GROUP("Plans"),
        { "plan create", "MIGRATION FILE|-", 2, 2, { ARGUMENT_MIGRATION, ARGUMENT_FILE }, "name",
          "Store a plan, a JSON document, from a file or standard input", plan_create },
        { "plan list", "", 0, 0, {}, "", "List plans", plan_list_verb },
        { "plan show", "PLAN", 1, 1, { ARGUMENT_PLAN }, "", "Show a plan and its document", plan_show },
        { "plan delete", "PLAN", 1, 1, { ARGUMENT_PLAN }, "",
          "Delete a plan that has no reports", plan_delete },

        GROUP("Running"),
        { "run", "PLAN", 1, 1, { ARGUMENT_PLAN }, "wait workers hold dry-run validate skip-corrupted verify timeout",
          "Run a plan; with --wait, show its progress and return its verdict", run_verb },
        { "wait", "REPORT", 1, 1, { ARGUMENT_REPORT }, "timeout",
          "Wait until a report is finished and return its verdict", wait_verb },
        { "watch", "[REPORT]", 0, 1, { ARGUMENT_REPORT }, "timeout",
          "Show a report's progress until it is finished and return its verdict", watch_verb },
        { "cancel", "[REPORT]", 0, 1, { ARGUMENT_REPORT }, "wait timeout",
          "Cancel an unfinished report", cancel_verb },
        { "pause", "[REPORT]", 0, 1, { ARGUMENT_REPORT }, "drain freeze",
          "Pause a report: start no new task, or also freeze running ones", pause_verb },
        { "resume", "[REPORT]", 0, 1, { ARGUMENT_REPORT }, "", "Resume a paused report", resume_verb },
        { "retry", "[REPORT]", 0, 1, { ARGUMENT_REPORT }, "step class wait timeout",
          "Run the failed tasks of a failed report once more", retry_verb },
        { "hold", "REPORT STEP", 2, 2, { ARGUMENT_REPORT }, "",
          "Do not begin a step before it is released", hold_verb },
        { "release", "REPORT [STEP]", 1, 2, { ARGUMENT_REPORT }, "",
          "Let a step begin that is held, or all of them", release_verb },
        { "move", "REPORT", 1, 1, { ARGUMENT_REPORT }, "",
          "Run a report on this host, when the one that ran it never comes back", move_verb },
        { "set-workers", "REPORT N", 2, 2, { ARGUMENT_REPORT }, "",
          "Change how many tasks run at once", set_workers_verb },

        GROUP("Looking"),
        { "list", "", 0, 0, {}, "state lines", "List reports (the default)", list_verb },
        { "status", "[REPORT]", 0, 1, { ARGUMENT_REPORT }, "",
          "Show a report: state, steps, failure, what to type next", status_verb },
        { "why", "[REPORT]", 0, 1, { ARGUMENT_REPORT }, "task",
          "Say in one line what a report or a task waits for", why_verb },
        { "tasks", "[REPORT]", 0, 1, { ARGUMENT_REPORT }, "state step lines",
          "List a report's tasks with their results", tasks_verb },
        { "problems", "[REPORT]", 0, 1, { ARGUMENT_REPORT }, "lines",
          "List the items that were skipped, and why", problems_verb },
        { "logs", "[REPORT]", 0, 1, { ARGUMENT_REPORT }, "follow lines task",
          "Show a report's log from the journal", logs_verb },

        GROUP("This machine"),
        { "doctor", "", 0, 0, {}, "",
          "Check what migrationd needs, and say what to type where something is missing", doctor_verb },
        { "definition list", "", 0, 0, {}, "", "List the installed migrations", definition_list_verb },
        { "definition show", "NAME", 1, 1, { ARGUMENT_MIGRATION }, "",
          "Show a migration's steps and programs", definition_show },
        { "definition verify", "FILE", 1, 1, { ARGUMENT_FILE }, "",
          "Check a definition file", definition_verify },
        { "help", "[COMMAND]", 0, 2, { ARGUMENT_VERB }, "",
          "Show all commands, or one with its options", help_verb },
};

#define OFFSET(member) offsetof(Cli, member)

static const Option options[] = {
        { "name", 0, "NAME", OPTION_TEXT, OFFSET(name), false, "Name to refer to the plan by" },
        { "wait", 0, NULL, OPTION_FLAG, OFFSET(wait), false,
          "Wait until the report is finished, and return its verdict" },
        { "timeout", 0, "SPAN", OPTION_SPAN, OFFSET(timeout_usec), false,
          "Wait no longer than this; the report goes on" },
        { "workers", 0, "N", OPTION_U32, OFFSET(workers), false, "How many tasks run at once" },
        { "hold", 0, "STEP,...", OPTION_WORDS, OFFSET(hold), false,
          "Do not begin these steps before they are released" },
        { "dry-run", 0, NULL, OPTION_FLAG, OFFSET(dry_run), false, "Run only the steps that change nothing" },
        { "validate", 0, NULL, OPTION_FLAG, OFFSET(validate), false,
          "Let the programs check the plan first" },
        { "skip-corrupted", 0, NULL, OPTION_FLAG, OFFSET(skip_corrupted), false,
          "Make a problem of an item that can't be migrated, instead of a failure" },
        { "verify", 0, NULL, OPTION_FLAG, OFFSET(verify), false,
          "Let the programs compare what they have written at the end" },
        { "drain", 0, NULL, OPTION_FLAG, OFFSET(drain), false, "Let running tasks finish (the default)" },
        { "freeze", 0, NULL, OPTION_FLAG, OFFSET(freeze), false, "Freeze running tasks where they are" },
        { "state", 0, "STATE,...", OPTION_STATES, OFFSET(states), false,
          "Only those in one of these states" },
        { "step", 0, "CODE", OPTION_TEXT, OFFSET(step), false, "Only tasks of this step" },
        { "class", 0, "CLASS", OPTION_TEXT, OFFSET(class), false, "Only tasks that failed with this class" },
        { "task", 0, "ID", OPTION_U32, OFFSET(task), false, "Only this task" },
        { "follow", 'f', NULL, OPTION_FLAG, OFFSET(follow), false, "Follow the log" },
        { "lines", 'n', "N", OPTION_U32, OFFSET(lines), false, "Only the newest N" },

        { "json", 0, "MODE", OPTION_JSON, OFFSET(json), true, "Print JSON: short, pretty, or off" },
        { NULL, 'j', NULL, OPTION_JSON_AUTO, OFFSET(json), true,
          "Same as --json=pretty on a terminal, else --json=short" },
        { "full", 'l', NULL, OPTION_FLAG, OFFSET(full), true, "Do not shorten columns" },
        { "no-legend", 0, NULL, OPTION_FLAG, OFFSET(no_legend), true, "No column titles and footers" },
        { "no-pager", 0, NULL, OPTION_FLAG, OFFSET(no_pager), true, "Do not pipe output into a pager" },
        { "quiet", 'q', NULL, OPTION_FLAG, OFFSET(quiet), true,
          "Print nothing but what was asked for, and errors" },
        { "no-ask-password", 0, NULL, OPTION_FLAG, OFFSET(no_ask_password), true,
          "Do not ask for a password" },
        { "host", 'H', "[USER@]HOST", OPTION_TEXT, OFFSET(host), true, "Operate on another host, over ssh" },
        { "machine", 'M', "CONTAINER", OPTION_TEXT, OFFSET(machine), true, "Operate on a local container" },
        { "help", 'h', NULL, OPTION_HELP, 0, true, "Show this help" },
        { "version", 0, NULL, OPTION_VERSION, 0, true, "Show the version" },
};

const Verb *command_verbs(size_t *ret_n) {
        *ret_n = ELEMENTSOF(verbs);
        return verbs;
}

const Option *command_options(size_t *ret_n) {
        *ret_n = ELEMENTSOF(options);
        return options;
}

/* Whether the words start with the name; how many words that are, 0: no. */
static unsigned name_matches(const char *name, char **words) {
        const char *blank = strchr(name, ' ');

        if (!blank)
                return streq(words[0], name) ? 1 : 0;
        if (strlen(words[0]) != (size_t) (blank - name) || !startswith(name, words[0]) || !words[1])
                return 0;
        return streq(words[1], blank + 1) ? 2 : 0;
}

const Verb *command_find(char **words, unsigned *ret_used) {
        if (!words[0])
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                unsigned used = verbs[i].name ? name_matches(verbs[i].name, words) : 0;

                if (used > 0) {
                        *ret_used = used;
                        return &verbs[i];
                }
        }
        return NULL;
}

bool verb_has_option(const Verb *verb, const Option *option) {
        const char *s = verb->options;
        size_t length;

        if (option->general)
                return true;
        for (; *s; s += length + (s[length] == ' ')) {
                length = strcspn(s, " ");
                if (strlen(option->name) == length && strncmp(s, option->name, length) == 0)
                        return true;
        }
        return false;
}

int command_fail_unknown(char **words) {
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (verbs[i].name && startswith(verbs[i].name, words[0]) &&
                    verbs[i].name[strlen(words[0])] == ' ')
                        return cli_fail(EXIT_USAGE, "migrationctl help",
                                        "%s needs one of its commands, for example: %s", words[0],
                                        verbs[i].name);
        return cli_fail(EXIT_USAGE, "migrationctl help", "No such command: %s", words[0]);
}
