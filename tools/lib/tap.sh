# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tools/test: runs programs that print TAP, shows their tests a line each, and counts.
# shellcheck shell=bash

TAP_PASSED=0
TAP_FAILED=0
TAP_SKIPPED=0
TAP_FAILURES=()
TAP_SECONDS=()

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

# tap_reset, tap_save, tap_add FILE: counts of a part that runs in a process of its own, and adding what it saved.
tap_reset() {
        TAP_PASSED=0
        TAP_FAILED=0
        TAP_SKIPPED=0
        TAP_FAILURES=()
        TAP_SECONDS=()
}

tap_save() {
        printf '%d %d %d\n' "$TAP_PASSED" "$TAP_FAILED" "$TAP_SKIPPED"
        printf 'failure %s\n' "${TAP_FAILURES[@]}"
        printf 'seconds %s\n' "${TAP_SECONDS[@]}"
}

tap_add() {
        local passed failed skipped kind text

        {
                read -r passed failed skipped
                TAP_PASSED=$((TAP_PASSED + passed))
                TAP_FAILED=$((TAP_FAILED + failed))
                TAP_SKIPPED=$((TAP_SKIPPED + skipped))
                while read -r kind text; do
                        case $kind in
                        failure) [[ -z $text ]] || TAP_FAILURES+=("$text") ;;
                        seconds) [[ -z $text ]] || TAP_SECONDS+=("$text") ;;
                        esac
                done
        } <"$1"
}

# tap_took LABEL SECONDS: remembered for the summary. Files of one label add up there.
tap_took() {
        TAP_SECONDS+=("$2 $1")
}

# tap_slowest N: the labels that took longest, a line each; none that took less than a second.
tap_slowest() {
        ((${#TAP_SECONDS[@]} > 0)) || return 0
        printf '%s\n' "${TAP_SECONDS[@]}" |
                awk '{ total[$2] += $1 } END { for (label in total) if (total[label] >= 1)
                        printf "%6d s %s\n", total[label], label }' | LC_ALL=C sort -rn | sed -n "1,$1p"
}

# tap_summary: the failures once more, then the line that CI reads. 1 if something failed or nothing ran.
tap_summary() {
        if ((TAP_FAILED > 0)); then
                printf '\nFailed:\n'
                printf '        %s\n' "${TAP_FAILURES[@]}"
        fi
        if ((${#TAP_SECONDS[@]} > 1)); then
                printf '\nSlowest:\n'
                tap_slowest 12
        fi
        printf '%d passed, %d failed, %d skipped\n' "$TAP_PASSED" "$TAP_FAILED" "$TAP_SKIPPED"
        ((TAP_FAILED == 0 && TAP_PASSED > 0))
}
