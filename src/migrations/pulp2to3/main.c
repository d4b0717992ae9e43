/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* pulp2to3 STEP [--expand]: a task of the migration of a Pulp 2 server's repositories to Pulp 3. */

#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/steps.h"

static const struct {
        const char *code;
        int (*run)(Step *s);
        int (*expand)(Step *s); /* NULL: the step has one task */
} steps[] = {
        { "validate", validate_run, NULL },
        { "premigration", premigration_run, NULL },
        { "repositories", repositories_run, NULL },
        { "content", content_run, content_expand },
        { "repository_versions", versions_run, versions_expand },
        { "publications", publications_run, publications_expand },
        { "distributions", distributions_run, distributions_expand },
        { "verify", verify_run, verify_expand },
        { "verify_prepare", verify_prepare_run, NULL },
        { "verify_target", verify_run, verify_target_expand },
        { "reset_prepare", reset_prepare_run, NULL },
        { "reset_distributions", reset_distributions_run, reset_distributions_expand },
        { "reset_publications", reset_publications_run, reset_publications_expand },
        { "reset_repositories", reset_repositories_run, reset_repositories_expand },
        { "reset_content", reset_content_run, reset_content_expand },
        { "reset_artifacts", reset_artifacts_run, reset_artifacts_expand },
        { "reset_remotes", reset_remotes_run, reset_remotes_expand },
        { "reset_bookkeeping", reset_bookkeeping_run, NULL },
};

static int usage(void) {
        fprintf(stderr, "pulp2to3 STEP [--expand]\n\nA task of a migration, started by migrationd. Steps:");
        for (size_t i = 0; i < ELEMENTSOF(steps); i++)
                fprintf(stderr, " %s%s", steps[i].code, steps[i].expand ? "*" : "");
        fprintf(stderr, " fence\n*: has --expand\n");
        return MIGRATIOND_EXIT_CONFIG;
}

static int run(const char *code, int (*function)(Step *s)) {
        Step s = {};
        int r;

        r = step_open(&s, code);
        if (r >= 0)
                r = function(&s);
        if (r >= 0) {
                r = migrationd_task_finish(s.task);
                if (r < 0)
                        (void) step_fail_task(&s, r);
        }
        if (r < 0)
                log_error("%s: %s", code, s.error ?: strerror(-r));
        step_done(&s);
        return step_exit_status(r);
}

int main(int argc, char *argv[]) {
        bool expand = argc == 3 && streq(argv[2], "--expand");

        log_open("pulp2to3");
        if (argc == 2 && streq(argv[1], "fence"))
                return fence_main();
        if (argc != 2 && !expand)
                return usage();
        for (size_t i = 0; i < ELEMENTSOF(steps); i++)
                if (streq(argv[1], steps[i].code) && (!expand || steps[i].expand))
                        return run(steps[i].code, expand ? steps[i].expand : steps[i].run);
        return usage();
}
