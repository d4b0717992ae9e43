#!/bin/bash
# container: faults
# timeout: 30
# SPDX-License-Identifier: LGPL-2.1-or-later
# The long form's runs, called by tools/faults with SEED FIRST COUNT INJECTIONS [NAME…]; does nothing in tools/test.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

title "Drawn injections lose and double nothing"
if (($# < 4)); then
        skip "tools/faults runs it"
        exit 0
fi
# shellcheck source=tests/lib/faults.sh
. "$TESTS/lib/faults.sh"

SEED=$1
INDEX=$2
last=$(($2 + $3 - 1))
if [[ ! -e /run/faults-prepared ]]; then
        faults_prepare
        touch /run/faults-prepared
fi
PLAN=$(plan_create faults '{}')
NAMES=("${@:5}")
((${#NAMES[@]} > 0)) || mapfile -t NAMES < <(injection_deck)
for ((; INDEX <= last; INDEX++)); do
        faults_run "$4"
        faults_line
        ((${#VIOLATIONS[@]} == 0)) || fail "seed $SEED index $INDEX: ${VIOLATIONS[*]}"
done
