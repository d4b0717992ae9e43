#!/bin/bash
# container: faults
# timeout: 1800
# unit: no
# SPDX-License-Identifier: LGPL-2.1-or-later
# The short form: each kind of injection at least once, some in one run; one that did not strike is tried again. tools/faults is
# the long form.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$TESTS/lib/faults.sh"

SEED=1 INDEX=0
[[ -e /run/faults-prepared ]] || faults_prepare
touch /run/faults-prepared
PLAN=$(plan_create faults '{}')
TRIED=0 STRUCK=0
MISSED=()

# run_of NAME…: a run with these, in this order.
run_of() {
        local each

        INDEX=$((INDEX + 1))
        NAMES=("$@")
        faults_run each
        faults_line
        ((${#VIOLATIONS[@]} == 0)) || fail "seed $SEED index $INDEX: ${VIOLATIONS[*]}"
        TRIED=$((TRIED + ${#INJECTED[@]}))
        STRUCK=$((STRUCK + HITS))
        for each in "$@"; do
                [[ " ${INJECTED[*]} " =~ \ $each@[^\ ]*\+\  ]] || MISSED+=("$each")
        done
}

title "Without a fault, every row, file and counter is there"
run_of

# This one waits for a deadline of 25 s.
mapfile -t everything < <(injection_names | grep -v '^bus_lost$')
for ((n = 0; n < ${#everything[@]}; n += 6)); do
        title "Nothing is lost or doubled with: ${everything[*]:n:6}"
        run_of "${everything[@]:n:6}"
done

title "Each kind of injection struck"
for ((n = 0; n < 6 && ${#MISSED[@]} > 0; n++)); do
        again=("${MISSED[@]}") MISSED=()
        run_of "${again[@]}"
done
expect_eq "${MISSED[*]}" ''
printf '# %d injections, %d struck\n' "$TRIED" "$STRUCK"
