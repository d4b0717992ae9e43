#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs inside the container of tools/bench: for each plugin and number of units the migration of a generated server with each number
# of workers, and once more on the same dump. For each: seconds by step, units a second, and the memory of the largest task; for a
# plugin, that memory with the most units against that with the fewest.
set -euo pipefail

# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/pulp2to3.sh
. "$TESTS/lib/pulp2to3.sh"

# It prints figures, not TAP: called by the trap of system.sh in the place of its own.
# shellcheck disable=SC2317
test_exit() {
        local status=$?

        trap - EXIT ERR
        ((status == 0)) || journal_dump
        exit "$status"
}

# Units a second of pulp-2to3-migration 0.17, which works in one process, with ISO units of this kind on a machine with 2 CPUs.
UPSTREAM=77

plugins=(iso)
sizes=(20000)
workers=(1 2)
while (($# > 0)); do
        case $1 in
        --plugin) read -ra plugins <<<"${2/all/iso rpm deb docker}" ;;
        --units) read -ra sizes <<<"$2" ;;
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

# quotient A B FORMAT
quotient() {
        awk -v a="$1" -v b="$2" -v f="$3" 'BEGIN { printf f, (b > 0 ? a / b : 0) }'
}

# measure TITLE WORKERS: a report from its start to its end; sets last to its seconds, and largest to the memory of its largest task
# in KiB.
measure() {
        local report watcher step contents peak=/run/bench-peak

        echo 0 >"$peak"
        memory_peak "$peak" &
        watcher=$!
        report=$(report_run "$plan" workers u "$2")
        wait_until 3600 report_has_ended "$report"
        kill "$watcher"
        wait "$watcher" 2>/dev/null || :
        [[ $(report_get "$report" State) == completed ]] || { echo "report $report: $(report_get "$report" State)" >&2; exit 1; }
        last=$(sql "SELECT round(extract(epoch FROM finished_at - started_at), 2) FROM migrationd.report WHERE id = $report")
        step=$(sql "SELECT string_agg(code || ' ' || round(extract(epoch FROM finished_at - started_at), 2), ', ' ORDER BY ord)
                FROM migrationd.step WHERE report_id = $report")
        largest=$(cat "$peak")
        contents=$(pulp_sql -c "SELECT count(*) FROM core_content WHERE pulp_type <> 'core.publishedmetadata'")
        printf '%s: %s s, %s units of all types, %s/s, largest task %s MiB (%s)\n' "$1" "$last" "$contents" \
                "$(quotient "$contents" "$last" %.0f)" \
                "$(quotient "$largest" 1024 %.1f)" "$step"
        [[ $plugin != iso ]] || awk -v n="$contents" -v s="$last" -v u="$UPSTREAM" \
                'BEGIN { printf "  upstream takes about %.0f s for as many units (%s units/s): %.1f times as long\n", n / u, u, n / s / u }'
}

# generate PLUGIN N: a server with so many of its units, or packages or images with units of its other types, in 50 repositories.
generate() {
        local amount=(--repositories 50 --units "$2")

        [[ $1 == iso ]] || amount=(--repositories 0 --units 0 --part-repositories 50 "--$1" "$2")
        rm -rf /var/lib/pulp/pulp2.archive /var/lib/pulp/content /var/lib/pulp/expected.json
        pulp2-generate --output /var/lib/pulp --seed 1 "${amount[@]}"
        chown -R pulp:pulp /var/lib/pulp
}

# bench PLUGIN N: sets peak_of[N] to the largest task of the runs that had everything to do.
bench() {
        local plugin=$1 n first='' whole

        generate "$1" "$2"
        plan=$(plan_create pulp2to3 "{\"plugins\": [{\"type\": \"$1\"}]}")
        echo "$1: $2 units, $(nproc) CPUs"
        peak_of[$2]=0
        for n in "${workers[@]}"; do
                # shellcheck disable=SC2119
                target_make "${schema[@]}"
                measure "$1, $2 units, workers $n" "$n"
                ((peak_of[$2] >= largest)) || peak_of[$2]=$largest
                : "${first:=$last}"
                [[ $n == "${workers[0]}" ]] ||
                        echo "workers $n against ${workers[0]}: $(quotient "$first" "$last" %.2f) times as fast"
        done
        whole=$last
        measure "$1, $2 units, again, unchanged" "${workers[-1]}"
        echo "again against the first: $(quotient "$((100 * 10#${last/./}))" "${whole/./}" '%.1f %%')"
}

pulp_user_make
configuration_make /var/lib/pulp/pulp2.archive /var/lib/pulp/content
# The project's own schema has the tables of iso only.
schema=()
[[ ${plugins[*]} == iso ]] || schema=("$PULP2_REFERENCE/schema.sql")
for plugin in "${plugins[@]}"; do
        declare -A peak_of=()
        for n in "${sizes[@]}"; do
                bench "$plugin" "$n"
        done
        mapfile -t ordered < <(printf '%s\n' "${sizes[@]}" | sort -n)
        ((${#ordered[@]} < 2)) || printf '%s: the largest task with %s units against that with %s: %s times the memory\n' "$plugin" \
                "${ordered[-1]}" "${ordered[0]}" "$(quotient "${peak_of[${ordered[-1]}]}" "${peak_of[${ordered[0]}]}" %.2f)"
done
