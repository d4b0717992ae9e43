# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests/lib/faults.sh: what must hold after every run. tests/faults/05-checker.sh plants a violation of each.
# shellcheck shell=bash

# must_be WHAT GOT WANTED
must_be() {
        [[ $2 == "$3" ]] || violation "$1: '${2//$'\n'/ }', not '$3'"
}

# violations_of LINES: each line `WHAT|COUNT` is one.
violations_of() {
        local line

        while read -r line; do
                [[ -z $line ]] || violation "${line%|*}: ${line##*|}"
        done <<<"$1"
}

# nothing_left: no unit, process, timer, slice of the report.
nothing_left() {
        no_unit_left "$1" &&
                ! systemctl --quiet is-active "migrationd-poll@$1.timer" "migrationd-poll@$1.service" &&
                [[ -z $(systemctl list-units --all --plain --no-legend "migrationd-fence-$1-*" "migration-*-$1-*") ]] &&
                ! pgrep -u worker >/dev/null
}

# What the rows of the service say, as `WHAT|COUNT` for what is not 0.
service_rows() {
        local attempt="migrationd.attempt a WHERE a.report_id = $REPORT"

        admin "SELECT what, n FROM (VALUES
                ('locks', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $REPORT)),
                ('live attempts', (SELECT count(*) FROM $attempt AND state IN ('launching', 'running'))),
                ('attempts without record', (SELECT count(*) FROM $attempt AND recorded_at IS NULL)),
                ('attempts without a true class', (SELECT count(*) FROM $attempt AND NOT coalesce(CASE
                        WHEN state IN ('completed', 'skipped') THEN class IS NULL
                        WHEN class = 'canceled' THEN state = 'lost' AND
                                (SELECT r.state FROM migrationd.report r WHERE r.id = a.report_id) = 'canceled'
                        WHEN state = 'lost' THEN class IS NOT NULL AND class = 'lost' AND result IS NULL
                        WHEN class = 'start' THEN result IS NULL
                        WHEN class = 'stopped' THEN result = 'success' AND exit_code = 'killed'
                        WHEN class = 'no-finish' THEN result = 'success'
                        WHEN class IN ('temporary', 'permanent', 'exec') THEN result = 'exit-code' AND exit_code = 'exited' AND
                                exit_status <> 0
                        ELSE result = class AND (class <> 'signal' OR exit_code IN ('killed', 'dumped')) END, false))),
                ('tasks whose attempts are not numbered', (SELECT count(*) FROM migrationd.task k WHERE report_id = $REPORT AND
                        attempt <> (SELECT count(*) FROM migrationd.attempt a WHERE a.task_id = k.id))),
                ('tasks completed twice', (SELECT count(*) FROM (SELECT FROM $attempt AND state = 'completed' GROUP BY task_id
                        HAVING count(*) > 1) AS twice)),
                ('attempts that overlap', (SELECT count(*) FROM $attempt AND EXISTS (SELECT FROM migrationd.attempt b
                        WHERE b.task_id = a.task_id AND b.number > a.number AND b.claimed_at < a.ended_at AND
                        NOT $CLOCK_RUN))),
                ('counters beyond their total', (SELECT count(*) FROM migrationd.task WHERE report_id = $REPORT AND done > total)),
                ('transactions that changed the state without one event for each change', (SELECT count(*) FROM
                        (SELECT s.xid, count(*) AS n FROM audit_state s WHERE report = $REPORT GROUP BY s.xid) AS c WHERE n <>
                        (SELECT count(*) FROM audit_event e WHERE e.xid = c.xid AND e.report = $REPORT))),
                ('ended otherwise though a cancel was accepted', (SELECT count(*) FROM migrationd.report r WHERE id = $REPORT AND
                        state <> 'canceled' AND EXISTS (SELECT FROM migrationd.event e WHERE e.report_id = r.id AND verb = 'cancel'))),
                ('hooks that were not told', (SELECT count(*) FROM migrationd.hook WHERE report_id = $REPORT AND started_at IS NULL)),
                ('moved after canceled', (SELECT count(*) FROM audit_late WHERE report = $REPORT))
                ) AS x (what, n) WHERE n <> 0"
}

effect_rows() {
        effects "SELECT what, n FROM (VALUES
                ('locks of effects', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND
                        database = (SELECT oid FROM pg_database WHERE datname = current_database()))),
                ('items twice', (SELECT count(*) FROM (SELECT FROM effect WHERE report = $REPORT GROUP BY task, item
                        HAVING count(*) > 1) AS twice)),
                ('items without their position', (SELECT count(*) FROM position p WHERE report = $REPORT AND
                        batch * $FAULTS_ITEMS <> (SELECT count(*) FROM effect e WHERE e.report = p.report AND e.task = p.task)))
                ) AS x (what, n) WHERE n <> 0"
}

# faults_check: every invariant, after every run. What the fault-free run leaves is known exactly: the workload says it.
faults_check() {
        local state

        state=$(sql "SELECT state FROM migrationd.report WHERE id = $REPORT") || state=unreadable
        if ! happens_within "${FAULTS_LEFT_SECONDS:-30}" nothing_left "$REPORT"; then
                violation "left: $(units_of "$REPORT" | tr '\n' ' ') $(systemctl list-units --all --plain --no-legend \
                        "migrationd-poll@$REPORT.*" "migration-$REPORT.slice" "migrationd-fence-$REPORT-*" | tr -s ' ' |
                        tr '\n' ';') $(pgrep -a -u worker | head -n 3)"
        fi
        violations_of "$(service_rows || echo "rows can not be read|1")"
        violations_of "$(effect_rows || echo "effects can not be read|1")"
        must_be "temporary files" "$(find "$FAULTS_FILES" -name '*.part' | wc -l)" \
                "$([[ $state == canceled ]] && find "$FAULTS_FILES" -name '*.part' | wc -l || echo 0)"
        must_be "temporary directories" "$(find /tmp /var/tmp -maxdepth 1 -name '*-migration-*' | head -n 1)" ''
        happens_within "${FAULTS_LEFT_SECONDS:-10}" told "$REPORT" "$state" ||
                violation "the hook was told of: $(grep -E "^$REPORT(:|$)" "$FAULTS_TOLD" | sort | uniq -c | tr -s '\n ' ' ')"
        case $state in
        completed) completed_check ;;
        canceled) canceled_check ;;
        *) violation "the report ended $state" ;;
        esac
}

# told REPORT STATE: its hook was told of its end, and of all steps when it is completed.
told() {
        local end
        local -a ends=("$1")

        [[ $2 != completed ]] || ends+=("$1:rows" "$1:files" "$1:end")
        for end in "${ends[@]}"; do
                grep -qxF "$end" "$FAULTS_TOLD" || return 1
        done
}

completed_check() {
        local tasks=$((2 * FAULTS_TASKS + 1)) items=$((FAULTS_TASKS * FAULTS_BATCHES * FAULTS_ITEMS))

        must_be "rows" "$(effects "SELECT md5(string_agg(task || ' ' || item, ',' ORDER BY task, item)), count(*) FROM effect
                WHERE report = $REPORT")" \
                "$(effects "SELECT md5(string_agg(t || ' ' || i, ',' ORDER BY t, i)), $items FROM generate_series(1, $FAULTS_TASKS) AS t,
                generate_series(1, $((FAULTS_BATCHES * FAULTS_ITEMS))) AS i")"
        must_be "tasks and counters" "$(sql "SELECT count(*), sum(done), sum(total) FROM migrationd.task WHERE report_id = $REPORT AND
                state = 'completed' AND kind = 'main'")" "$tasks|$FAULTS_TOTAL|$FAULTS_TOTAL"
        must_be "open tasks" "$(sql "SELECT count(*) FROM migrationd.task WHERE report_id = $REPORT AND state <> 'completed'")" 0
        must_be "files" "$(for ((i = 1; i <= FAULTS_TASKS; i++)); do cat "$FAULTS_FILES/$REPORT-$i" 2>/dev/null; done | sha256sum)" \
                "$(for ((i = 1; i <= FAULTS_TASKS; i++)); do seq 1 2000 | sed "s/^/$i:/"; done | sha256sum)"
}

canceled_check() {
        local before

        must_be "open tasks" "$(sql "SELECT count(*) FROM migrationd.task WHERE report_id = $REPORT AND
                state IN ('waiting', 'running')")" 0
        before=$(effects "SELECT count(*) FROM effect WHERE report = $REPORT")
        pause_for 1
        must_be "effects after canceled" "$(effects "SELECT count(*) FROM effect WHERE report = $REPORT")" "$before"
}

# faults_clean: what a run leaves on purpose.
faults_clean() {
        find "$FAULTS_FILES" "$FAULTS_FLAGS" -type f -delete
        admin 'TRUNCATE padding' || :
        # The volume is small, and the log of a long series of runs is not looked at.
        journalctl --quiet --vacuum-size=64M >/dev/null 2>&1 || :
}
