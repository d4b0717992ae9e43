#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Generated dumps with repositories of all plugins through the steps, as plain processes, into the real schema:
# numbers as the generator says, later dumps of the same server, damaged documents. Output is TAP.
#
# steps-generated.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift
# shellcheck source=tests/migrations/steps-samples.sh
. "$HERE/steps-samples.sh"

PLAN='{"plugins": [{"type": "iso"}, {"type": "rpm"}, {"type": "deb"}, {"type": "docker"}]}'

test_a_generated_dump_of_all_plugins_gives_the_expected_rows() {
        need_shared || return 0
        generate plain
        target plain
        run "$PLAN"
        expect_sample
        expect_counters
        [[ -z $(problems) ]] || fail "problems: $(problems)"
}

test_a_second_run_on_the_same_dump_changes_no_row() {
        local before

        need_shared || return 0
        before=$(all_rows)
        run "$PLAN"
        expect_state completed
        diff <(echo "$before") <(all_rows)
}

test_documents_that_are_damaged_are_the_listed_problems() {
        need_shared || return 0
        generate damaged --damaged-documents 4 --corrupted 5
        target damaged
        : >"$LOG"
        run "$PLAN"
        expect_state failed
        expect_log 'units_[a-z_]+ [0-9a-f-]+: .*; the option skip_corrupted'
        run "$PLAN" '{"skip_corrupted": true}'
        expect_sample
        diff <(expected_problems | sorted) <(actual_problems | sorted)
        # Each kind of damage is there.
        [[ $(jq -r '[.plugins[].problems[].kind] | unique | length' "$EXPECTED") -eq 5 ]]
}

test_three_generations_in_one_target_end_as_the_last_one_in_an_empty_target() {
        local generation

        need_shared || return 0
        for generation in 0 1 2; do
                generate "generation-$generation" --generation "$generation"
                if [[ $generation -eq 0 ]]; then
                        target generation-0
                else
                        use "generation-$generation"
                fi
                run "$PLAN"
                expect_state completed
                expect_counters
                diff <(expected_contents | sorted) <(actual_contents | sorted)
        done
        [[ $(pulp "SELECT count(*) FROM core_repositoryversion WHERE number = 3") -ge 6 ]]
        latest_content >"$WORK/history"
        target generation-2
        run "$PLAN"
        expect_sample
        expect_counters
        diff "$WORK/history" <(latest_content)
}

titles=(
        test_a_generated_dump_of_all_plugins_gives_the_expected_rows
        test_a_second_run_on_the_same_dump_changes_no_row
        test_documents_that_are_damaged_are_the_listed_problems
        test_three_generations_in_one_target_end_as_the_last_one_in_an_empty_target
)

steps_run "$@"
