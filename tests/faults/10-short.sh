#!/bin/bash
# container: faults
# timeout: 1800
# unit: no
# SPDX-License-Identifier: LGPL-2.1-or-later
# The short form: each kind of injection but the host's reset at least once, some in one run; one that did not strike is tried again.
# Those that cancel the report have a run of their own. tools/faults is the long form, tests/system/63-host-reset.sh has the reset.
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

# Alone: these take as long as the rest of a run.
ALONE='^(bus_lost|slice_refused|effects_away|effects_kill|effects_restart)$'
mapfile -t everything < <(injection_names | grep -vE "$ENDINGS|$ALONE")
for ((n = 0; n < ${#everything[@]}; n += 6)); do
        title "Nothing is lost or doubled with: ${everything[*]:n:6}"
        run_of "${everything[@]:n:6}"
done

title "Nothing is lost or doubled with what takes long"
mapfile -t everything < <(injection_names | grep -E "$ALONE")
FAULTS_WITHIN=$((FAULTS_TASKS * FAULTS_BATCHES / 2))
for each in "${everything[@]}"; do
        run_of "$each"
done
unset FAULTS_WITHIN

mapfile -t endings < <(injection_names | grep -E "$ENDINGS")
for each in "${endings[@]}"; do
        title "Nothing moves in a canceled report: $each"
        run_of "$each"
done

title "Each kind of injection struck"
# Early: a run is soon over on a quiet machine.
FAULTS_WITHIN=10
for ((n = 0; n < 8 && ${#MISSED[@]} > 0; n++)); do
        again=() alone=()
        for each in "${MISSED[@]}"; do
                if [[ $each =~ $ENDINGS || $each =~ $ALONE ]]; then alone+=("$each"); else again+=("$each"); fi
        done
        MISSED=()
        # Fewer at a time: those before it may have taken the rest of its run.
        for ((i = 0; i < ${#again[@]}; i += 3)); do
                run_of "${again[@]:i:3}"
        done
        for each in "${alone[@]}"; do
                run_of "$each"
        done
done
expect_eq "${MISSED[*]}" ''
printf '# %d injections, %d struck\n' "$TRIED" "$STRUCK"
