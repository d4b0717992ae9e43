#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs inside the container of tools/bench: the migration of a generated server with each number of workers, and once more on
# the same dump. For each: seconds by step, units a second, and the memory of the largest task.
set -euo pipefail

# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/pulp2to3.sh
. "$TESTS/lib/pulp2to3.sh"

# It prints figures, not TAP.
trap 'status=$?; ((status == 0)) || journal_dump; exit "$status"' EXIT

# Units a second of pulp-2to3-migration 0.17, which works in one process, with units of this kind on a machine with 2 CPUs.
UPSTREAM=77

units=20000
workers=(1 2)
while (($# > 0)); do
        case $1 in
        --units) units=$2 ;;
        --workers) read -ra workers <<<"$2" ;;
        esac
        shift 2
done

# memory_peak FILE: until it is ended, the largest resident set that a task has had by now, in KiB, in the file. VmHWM of proc(5)
# does not fall, so that looking ten times a second misses a task's last tenth only.
memory_peak() {
        local peak=0 pid kib

        exec {pause}<> <(:)
        while :; do
                for pid in $(pgrep -x pulp2to3); do
                        kib=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$pid/status" 2>/dev/null) || continue
                        if ((${kib:-0} > peak)); then
                                peak=$kib
                                echo "$peak" >"$1"
                        fi
                done
                read -rt 0.1 -u "$pause" || :
        done
}

# measure TITLE WORKERS: a report from its start to its end.
measure() {
        local report watcher seconds step peak=/run/bench-peak

        echo 0 >"$peak"
        memory_peak "$peak" &
        watcher=$!
        report=$(report_run "$plan" workers u "$2")
        wait_until 3600 report_has_ended "$report"
        kill "$watcher"
        wait "$watcher" 2>/dev/null || :
        [[ $(report_get "$report" State) == completed ]] || { echo "report $report: $(report_get "$report" State)" >&2; exit 1; }
        seconds=$(sql "SELECT round(extract(epoch FROM finished_at - started_at), 2) FROM migrationd.report WHERE id = $report")
        step=$(sql "SELECT string_agg(code || ' ' || round(extract(epoch FROM finished_at - started_at), 2), ', ' ORDER BY ord)
                FROM migrationd.step WHERE report_id = $report")
        printf '%s: %s s, %s units/s, largest task %s MiB (%s)\n' "$1" "$seconds" \
                "$(awk -v n="$units" -v s="$seconds" 'BEGIN { printf "%.0f", n / s }')" \
                "$(awk '{ printf "%.1f", $1 / 1024 }' "$peak")" "$step"
        awk -v n="$units" -v s="$seconds" -v u="$UPSTREAM" \
                'BEGIN { printf "  upstream takes about %.0f s for as many units (%s units/s): %.1f times as long\n", n / u, u, n / s / u }'
        last=$seconds
}

rm -rf /var/lib/pulp/pulp2.archive /var/lib/pulp/content /var/lib/pulp/expected.json
pulp_user_make
pulp2-generate --output /var/lib/pulp --repositories 50 --units "$units" --seed 1
chown -R pulp:pulp /var/lib/pulp
configuration_make /var/lib/pulp/pulp2.archive /var/lib/pulp/content
plan=$(plan_create pulp2to3 '{"plugins": [{"type": "iso"}]}')
echo "$units units, $(nproc) CPUs"
first=
for n in "${workers[@]}"; do
        # shellcheck disable=SC2119
        target_make
        measure "workers $n" "$n"
        : "${first:=$last}"
        [[ $n == "${workers[0]}" ]] || awk -v a="$first" -v b="$last" -v n="$n" -v m="${workers[0]}" 'BEGIN { printf "workers %s against %s: %.2f times as fast\n", n, m, a / b }'
done
whole=$last
measure "again, unchanged" "${workers[-1]}"
awk -v a="$whole" -v b="$last" 'BEGIN { printf "again against the first: %.1f %%\n", 100 * b / a }'
