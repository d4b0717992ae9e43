#!/bin/bash
# container: faults
# timeout: 30
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs with host resets, called by tools/faults with PHASE SEED INDEX: phase 0 starts a report and says how many resets there are;
# each phase waits for its point of progress, at which it returns and the host is reset; the last one waits for the end and checks.
# Nobody asks for anything after the first phase. Does nothing in tools/test, where tests/system/63-host-reset.sh is.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

title "A run with host resets ends as one without"
if (($# < 3)); then
        skip "tools/faults runs it"
        exit 0
fi
SEED=$2 INDEX=$3
FAULTS_PLAIN=true
# shellcheck source=tests/lib/faults.sh
. "$TESTS/lib/faults.sh"

RESETS=4
if ((PHASE == 0)); then
        [[ -e /var/lib/worker/prepared ]] || { faults_prepare; touch /var/lib/worker/prepared; }
        PLAN=$(plan_create faults '{}')
        DRAWS=0
        start_report
        printf '%s\n' "$REPORT" >/var/lib/worker/report
else
        wait_until 90 database_answers
        systemctl start postgresql@15-main.service
fi
REPORT=$(cat /var/lib/worker/report)
printf '# resets %d\n' "$RESETS"

# The points of progress of all resets, in order: in the middle of every step.
DRAWS=100
points=()
for ((i = 0; i < RESETS; i++)); do
        draw $((FAULTS_TOTAL - 2))
        points+=("$DRAWN")
done
mapfile -t points < <(printf '%s\n' "${points[@]}" | sort -n)

if ((PHASE < RESETS)); then
        happens_within "$FAULTS_RUN_SECONDS" reached "$REPORT" "${points[PHASE]}" ||
                fail "phase $PHASE of seed $SEED index $INDEX: ${points[PHASE]} was not reached"
        # Also at any moment of what follows it.
        draw 10
        pause_for "0.$DRAWN"
        exit 0
fi
deadline=$((SECONDS + FAULTS_RUN_SECONDS))
until report_over "$REPORT" || ((SECONDS > deadline)); do
        pause_for 0.3
done
# Temporary directories of units that a reset cut off are removed at boot by systemd-tmpfiles, those of PrivateTmp= by age.
faults_check
faults_clean
for point in "${points[@]}"; do
        INJECTED+=("reset@$point+")
        HITS=$((HITS + 1))
done
faults_line
((${#VIOLATIONS[@]} == 0)) || fail "seed $SEED index $INDEX: ${VIOLATIONS[*]}"
