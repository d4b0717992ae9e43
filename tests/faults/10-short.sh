#!/bin/bash
# container: faults
# timeout: 400
# SPDX-License-Identifier: LGPL-2.1-or-later
# The short form: each injection at least once, then drawn ones; tools/faults is the long form.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$TESTS/lib/faults.sh"

SEED=1 INDEX=0
faults_prepare

# verdict: of the run that was made.
verdict() {
        faults_line
        ((${#VIOLATIONS[@]} == 0)) || fail "seed $SEED index $INDEX: ${VIOLATIONS[*]}"
}

title "Without a fault, every row, file and counter is there"
NAMES=()
faults_run each
verdict

mapfile -t everything < <(injection_names)
n=0
while ((n < ${#everything[@]})); do
        INDEX=$((INDEX + 1))
        NAMES=("${everything[@]:n:3}")
        n=$((n + 3))
        title "Nothing is lost or doubled with: ${NAMES[*]}"
        faults_run each
        verdict
done
