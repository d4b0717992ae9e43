#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A generated dump of all plugins: the same rows whatever the number of workers, and whatever is killed. Output is TAP.
#
# steps-kills.sh BUILD [TEST…]: as steps.sh. KILLS: how many programs are killed at least, 200 by default.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift
# shellcheck source=tests/migrations/steps-samples.sh
. "$HERE/steps-samples.sh"

PLAN='{"plugins": [{"type": "iso"}, {"type": "rpm"}, {"type": "deb"}, {"type": "docker"}]}'

# one_run WORKERS: the migration in an empty target, in short tasks.
one_run() {
        target many
        configure "$WORK/sample-many/pulp2.archive" "$WORK/sample-many/content" '[Tasks]
TargetDuration=500ms'
        run "$PLAN" '{"skip_corrupted": true}' "$1"
        expect_state completed
        expect_counters
}

# What has to be the same: rows, what they are linked with, and files.
outcome() {
        rows_without_ids
        latest_content
        problems
}

test_one_two_and_eight_workers_give_the_same_rows() {
        local workers

        need_shared || return 0
        generate many --on-demand 20 --shared 10 --corrupted 2 --missing 2 --damaged-documents 2
        one_run 2
        outcome >"$WORK/outcome"
        [[ $(wc -l <"$WORK/outcome") -gt 2000 ]]
        for workers in 1 8; do
                one_run "$workers"
                diff "$WORK/outcome" <(outcome)
        done
}

test_programs_killed_at_random_moments_two_hundred_times_and_more_change_no_row() {
        local rounds=0 kills=0

        need_shared || return 0
        while ((kills < ${KILLS:-200})); do
                KILL_AFTER=200
                one_run 3
                KILL_AFTER=
                diff "$WORK/outcome" <(outcome)
                # A run that lost nothing has every file, and none that is temporary.
                diff <(pulp "SELECT file, size FROM core_artifact" | sorted) \
                        <(cd "$WORK/media" && find artifact -type f -printf '%p %s\n' | sorted)
                kills=$((kills + KILLED))
                rounds=$((rounds + 1))
        done
        echo "$kills programs were killed in $rounds runs"
}

titles=(
        test_one_two_and_eight_workers_give_the_same_rows
        test_programs_killed_at_random_moments_two_hundred_times_and_more_change_no_row
)
steps_run "$@"
