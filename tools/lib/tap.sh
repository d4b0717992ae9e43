# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tools/test: runs programs that print TAP, shows their tests a line each, and counts.
# shellcheck shell=bash

TAP_PASSED=0
TAP_FAILED=0
TAP_SKIPPED=0
TAP_FAILURES=()

# tap_report RESULT LABEL TITLE: RESULT is passed, failed or skipped.
tap_report() {
        case $1 in
        passed)
                TAP_PASSED=$((TAP_PASSED + 1))
                printf 'ok      %s: %s\n' "$2" "$3"
                ;;
        skipped)
                TAP_SKIPPED=$((TAP_SKIPPED + 1))
                printf 'skipped %s: %s\n' "$2" "$3"
                ;;
        failed)
                TAP_FAILED=$((TAP_FAILED + 1))
                TAP_FAILURES+=("$2: $3")
                printf 'FAILED  %s: %s\n' "$2" "$3"
                ;;
        esac
}

# tap_line LABEL LINE: 0 when the line was a test.
tap_line() {
        local result=passed title=$2

        case $2 in
        'ok '*) ;;
        'not ok '*) result=failed ;;
        *) return 1 ;;
        esac
        title=${title#not }
        title=${title#ok }
        title=${title##+([0-9])*( )}
        title=${title#- }
        # cmocka writes `not ok 3 # SKIP name`.
        if [[ $result == passed && $title =~ \#\ *SKIP || $title == '# SKIP '* ]]; then
                result=skipped
        fi
        tap_report "$result" "$1" "$title"
}

# tap_run LABEL PLAN COMMAND…: count the tests that the command prints. PLAN is `needed` or `optional`: whether it
# must say how many it has (`1..N`); it may do so several times, once per group. A command that prints no TAP is
# one test, by its exit status (77: skipped). A failing status without a failed test, or fewer or more tests than
# planned, is a failure of its own.
tap_run() {
        local label=$1 plan=$2 line status=1 planned=0 plans=0 seen=0 failed=$TAP_FAILED
        shift 2

        while IFS= read -r line; do
                if [[ $line =~ ^1\.\.([0-9]+) ]]; then
                        planned=$((planned + BASH_REMATCH[1]))
                        plans=$((plans + 1))
                elif [[ $line =~ ^'# status '([0-9]+)$ ]]; then
                        status=${BASH_REMATCH[1]}
                elif tap_line "$label" "$line"; then
                        seen=$((seen + 1))
                elif [[ -n $line && $line != '# ok - '* && $line != '# not ok - '* ]]; then
                        # Those two sum up a group of cmocka's.
                        printf '        %s\n' "$line"
                fi
        done < <(
                set +e
                "$@" </dev/null
                printf '\n# status %d\n' $?
        )

        if ((plans == 0 && seen == 0)); then
                case $status in
                0) tap_report passed "$label" 'exits 0' ;;
                77) tap_report skipped "$label" 'exits 77' ;;
                *) tap_report failed "$label" "exits with status $status" ;;
                esac
        elif ((plans == 0)) && [[ $plan == needed ]]; then
                tap_report failed "$label" "ended before its plan, after $seen tests, status $status"
        elif ((plans > 0 && planned != seen)); then
                tap_report failed "$label" "ended early: $seen of $planned tests, status $status"
        elif ((status != 0 && failed == TAP_FAILED)); then
                tap_report failed "$label" "exits with status $status although no test failed"
        fi
}

# tap_summary: the failures once more, then the line that CI reads. 1 if something failed or nothing ran.
tap_summary() {
        if ((TAP_FAILED > 0)); then
                printf '\nFailed:\n'
                printf '        %s\n' "${TAP_FAILURES[@]}"
        fi
        printf '%d passed, %d failed, %d skipped\n' "$TAP_PASSED" "$TAP_FAILED" "$TAP_SKIPPED"
        ((TAP_FAILED == 0 && TAP_PASSED > 0))
}
