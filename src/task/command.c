/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* migrationd-task: the contract of a task for shell programs. */

#include "task/command.h"

#include <stdio.h>

#include "base/log.h"
#include "base/text.h"

static const struct {
        const char *verb;
        const char *arguments;
        const char *purpose;
        int (*run)(int argc, char **argv);
} verbs[] = {
        { "run", "[--exit-code] [--] PROGRAM [ARGUMENT...]",
          "Claim the attempt, run the program, complete the task when it exits 0", command_run },
        { "input", "[JSON-POINTER]",
          "Print the task's input, or the value at a pointer; 1 when there is none", command_input },
        { "progress", "DONE [TOTAL]", "Set the counters", command_progress },
        { "problem", "ITEM REASON", "Record an item that could not be migrated", command_problem },
        { "add-task", "[--lane LANE] [--stage N] [--total N] [--set KEY=TEXT]... [JSON-OBJECT]",
          "Queue a task of the step; written when the program has exited 0", command_add_task },
};

int command_usage(const char *verb) {
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (streq(verbs[i].verb, verb))
                        fprintf(stderr, "Usage: migrationd-task %s %s\n", verb, verbs[i].arguments);
        return COMMAND_EXIT_USAGE;
}

static void help(void) {
        printf("migrationd-task VERB ...\n\nTask programs of migrationd, written in shell.\n\n");
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                printf("  %s %s\n        %s\n", verbs[i].verb, verbs[i].arguments, verbs[i].purpose);
        printf("\nExit status: 0 done, 64 usage, 75 refused: the attempt is not the task's live one, the "
               "report is being\n"
               "canceled or the database is not reachable; the program is stopped then.\n");
}

int main(int argc, char **argv) {
        log_open("migrationd-task");
        if (argc >= 2 && (streq(argv[1], "--help") || streq(argv[1], "-h"))) {
                help();
                return 0;
        }
        if (argc >= 2 && streq(argv[1], "--version")) {
                printf("migrationd-task %s\n", PROJECT_VERSION);
                return 0;
        }
        for (size_t i = 0; i < ELEMENTSOF(verbs) && argc >= 2; i++)
                if (streq(verbs[i].verb, argv[1]))
                        return verbs[i].run(argc - 1, argv + 1);
        fprintf(stderr,
                argc < 2 ? "migrationd-task: a verb is missing%s\n"
                         : "migrationd-task: unknown verb \"%s\"\n",
                argc < 2 ? "" : argv[1]);
        fprintf(stderr, "Usage: migrationd-task run|input|progress|problem|add-task ...; see migrationd-task "
                        "--help\n");
        return COMMAND_EXIT_USAGE;
}
