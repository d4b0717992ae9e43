# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests/faults/*.sh, inside a container: a run is a seed and an index; they alone draw the injections and the points
# of progress at which they happen. After each run everything that must hold is checked by faults_check.
# shellcheck shell=bash

# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/faults-workload.sh
. "$TESTS/lib/faults-workload.sh"
# shellcheck source=tests/lib/faults-inject.sh
. "$TESTS/lib/faults-inject.sh"

FAULTS_RUN_SECONDS=180
# Violations and figures of the run at hand.
VIOLATIONS=()
INJECTED=()
WORST_QUIET=0
WORST=0
DRAWN=0

faults_prepare() {
        migration_user
        volume_install
        wait_until 60 database_answers
        effects_database
        # The service makes its tables when it has connected.
        wait_until 60 admin 'SELECT count(*) FROM migrationd.report'
        audit_install
        programs_install
        PLAN=$(plan_create faults '{}')
}

# draw N: leaves a number below N in DRAWN; which one is decided by seed, index and the draws before.
draw() {
        local hash

        hash=$(printf '%s %s %s' "$SEED" "$INDEX" "$DRAWS" | sha256sum)
        DRAWS=$((DRAWS + 1))
        DRAWN=$((16#${hash:0:8} % $1))
}

violation() {
        VIOLATIONS+=("$1")
        printf '# VIOLATION seed %s index %s: %s\n' "$SEED" "$INDEX" "$1" >&2
}

# must_be WHAT GOT WANTED
must_be() {
        [[ $2 == "$3" ]] || violation "$1: '${2//$'\n'/ }', not '$3'"
}

# reached REPORT DONE: the counters are there, or the report has ended.
reached() {
        local row

        row=$(sql "SELECT r.state IN ('completed', 'failed', 'canceled') OR (SELECT coalesce(sum(done), 0) >= $2 FROM migrationd.task
                WHERE report_id = $1 AND kind = 'main') FROM migrationd.report r WHERE id = $1")
        [[ $row == t ]]
}

# start_report: a lost answer is no lost run: the report is there, or it is asked for again.
start_report() {
        draw 4
        REPORT=$(report_run "$PLAN" workers u $((DRAWN + 2)))
}

# faults_run COUNT: the run of SEED and INDEX with that many injections, drawn from those named in NAMES; `each`: all of these,
# in their order.
faults_run() {
        local count=$1 points=() point=0 name i canceled=false each=false chosen=()

        [[ $count != each ]] || each=true count=${#NAMES[@]}
        DRAWS=0 VIOLATIONS=() INJECTED=()
        for ((i = 0; i < count; i++)); do
                draw $((FAULTS_TOTAL - 2))
                points+=("$DRAWN")
        done
        ((count == 0)) || mapfile -t points < <(printf '%s\n' "${points[@]}" | sort -n)
        draw 8
        [[ $each == true ]] || ((DRAWN != 0)) || canceled=true
        start_report
        # Which injections: drawn before any of them happens, so that their own draws change nothing here.
        for ((i = 0; i < count; i++)); do
                draw ${#NAMES[@]}
                [[ $each == false ]] || DRAWN=$i
                chosen+=("${NAMES[DRAWN]}")
        done
        for ((i = 0; i < count; i++)); do
                point=${points[i]} name=${chosen[i]}
                if ! happens_within "$FAULTS_RUN_SECONDS" reached "$REPORT" "$point"; then
                        violation "stuck before $name: $point of $FAULTS_TOTAL was not reached in $FAULTS_RUN_SECONDS s"
                        break
                fi
                report_over "$REPORT" && break
                DRAWS=$((1000 * (i + 1)))
                INJECTED+=("$name@$point")
                "inject_$name" "$REPORT" || violation "$name could not be injected or undone"
        done
        if [[ $canceled == true ]]; then
                happens_within 30 clients 2 "$REPORT" Cancel 'a{sv}' 0 || :
                INJECTED+=("cancel@$point")
        fi
        faults_end
        faults_check
}

report_over() {
        [[ $(sql "SELECT state FROM migrationd.report WHERE id = $1" 2>/dev/null) =~ ^(completed|canceled)$ ]]
}

# faults_end: until the report has ended well; one that failed is retried by several clients at once, as an operator would.
faults_end() {
        local deadline=$((SECONDS + FAULTS_RUN_SECONDS)) state=

        until report_over "$REPORT"; do
                if ((SECONDS > deadline)); then
                        violation "not ended $FAULTS_RUN_SECONDS s after the last injection: $(admin "SELECT state, wait_reason
                                FROM migrationd.report WHERE id = $REPORT" 2>&1 || :)"
                        return
                fi
                state=$(report_get "$REPORT" State 2>/dev/null) || state=
                case $state in
                failed) clients 3 "$REPORT" Retry 'a{sv}' 0 ;;
                paused) report_resumes "$REPORT" || : ;;
                esac
                pause_for 0.2
        done
}

# nothing_left: no unit, process, timer, slice of the report.
nothing_left() {
        no_unit_left "$1" &&
                ! systemctl --quiet is-active "migrationd-poll@$1.timer" "migrationd-poll@$1.service" &&
                [[ -z $(systemctl list-units --all --plain --no-legend "migrationd-fence-$1-*" "migration-*-$1-*") ]] &&
                ! pgrep -u worker >/dev/null
}

# faults_check: every invariant, after every run. What the fault-free run leaves is known exactly: the workload says it.
faults_check() {
        local state where="report_id = $REPORT"

        state=$(sql "SELECT state FROM migrationd.report WHERE id = $REPORT") || state=unreadable
        if ! happens_within 15 nothing_left "$REPORT"; then
                violation "left: $(units_of "$REPORT" | tr '\n' ' ') $(systemctl list-units --all --plain --no-legend \
                        "migrationd-poll@$REPORT.*" "migration-$REPORT.slice" "migrationd-fence-$REPORT-*" | tr -s ' ' | tr '\n' ';') $(pgrep -a -u worker | head -n 3)"
        fi
        must_be "locks" "$(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $REPORT")" 0
        must_be "locks of effects" "$(effects "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" 0
        must_be "items twice" "$(effects "SELECT count(*) FROM (SELECT FROM effect WHERE report = $REPORT GROUP BY task, item
                HAVING count(*) > 1) AS twice")" 0
        must_be "items without their position" "$(effects "SELECT count(*) FROM position p WHERE report = $REPORT AND batch * $FAULTS_ITEMS <>
                (SELECT count(*) FROM effect e WHERE e.report = p.report AND e.task = p.task)")" 0
        must_be "live attempts" "$(sql "SELECT count(*) FROM migrationd.attempt WHERE $where AND state IN ('launching', 'running')")" 0
        must_be "attempts without record" "$(sql "SELECT count(*) FROM migrationd.attempt WHERE $where AND recorded_at IS NULL")" 0
        must_be "attempts without a true class" "$(sql "SELECT count(*) FROM migrationd.attempt WHERE $where AND NOT CASE state
                WHEN 'lost' THEN true
                WHEN 'completed' THEN coalesce(result, 'success') IS NOT NULL
                ELSE result IS NOT NULL AND (result <> 'signal' OR exit_code IN ('killed', 'dumped')) END")" 0
        must_be "attempts without number" "$(sql "SELECT count(*) FROM migrationd.task k WHERE $where AND attempt <>
                (SELECT count(*) FROM migrationd.attempt a WHERE a.task_id = k.id)")" 0
        must_be "tasks completed twice" "$(sql "SELECT count(*) FROM (SELECT FROM migrationd.attempt WHERE $where AND state = 'completed'
                GROUP BY task_id HAVING count(*) > 1) AS twice")" 0
        must_be "human changes without event" "$(admin "SELECT count(*) FROM audit_state s WHERE report = $REPORT AND
                (after IN ('paused', 'canceling') OR before IN ('paused', 'failed')) AND
                NOT EXISTS (SELECT FROM audit_event e WHERE e.xid = s.xid AND e.report = s.report)")" 0
        must_be "moved after canceled" "$(admin "SELECT count(*) FROM audit_late WHERE report = $REPORT")" 0
        case $state in
        completed) completed_check ;;
        canceled) canceled_check ;;
        *) violation "the report ended $state" ;;
        esac
        rm -f "$FAULTS_FLAGS"/*
        times_measure
}

completed_check() {
        local tasks=$((2 * FAULTS_TASKS + 1))

        must_be "rows" "$(effects "SELECT count(*), count(DISTINCT (task, item)), min(item), max(item), count(DISTINCT task) FROM effect
                WHERE report = $REPORT")" \
                "$((FAULTS_TASKS * FAULTS_BATCHES * FAULTS_ITEMS))|$((FAULTS_TASKS * FAULTS_BATCHES * FAULTS_ITEMS))|1|$((FAULTS_BATCHES * FAULTS_ITEMS))|$FAULTS_TASKS"
        must_be "tasks and counters" "$(sql "SELECT count(*), sum(done), sum(total) FROM migrationd.task WHERE report_id = $REPORT AND
                state = 'completed' AND kind = 'main'")" "$tasks|$FAULTS_TOTAL|$FAULTS_TOTAL"
        must_be "files" "$(cat "$FAULTS_FILES/$REPORT"-* | sha256sum)" \
                "$(for ((i = 1; i <= FAULTS_TASKS; i++)); do seq 1 2000 | sed "s/^/$i:/"; done | sha256sum)"
        must_be "temporary files" "$(find "$FAULTS_FILES" -name '*.part' | head -n 1)" ''
        rm -f "$FAULTS_FILES"/*
}

canceled_check() {
        local before

        must_be "open tasks" "$(sql "SELECT count(*) FROM migrationd.task WHERE report_id = $REPORT AND state IN ('waiting', 'running')")" 0
        before=$(effects "SELECT count(*) FROM effect WHERE report = $REPORT")
        pause_for 1
        must_be "effects after canceled" "$(effects "SELECT count(*) FROM effect WHERE report = $REPORT")" "$before"
        rm -f "$FAULTS_FILES"/*
}

# times_measure: from a task's death, as PID 1 saw it, to its record: the worst, and the worst of runs that left poll and
# database alone.
times_measure() {
        WORST=$(sql "SELECT coalesce(round(extract(epoch FROM max(recorded_at - exited_at)), 3), 0) FROM migrationd.attempt
                WHERE report_id = $REPORT AND exited_at IS NOT NULL")
        WORST_QUIET=-
        [[ " ${INJECTED[*]} " =~ (kill_poll|kill_both|db_|bus_|reexec|reload) ]] || WORST_QUIET=$WORST
}

# faults_line: what a run came to, for the figures: index, report, injections, violations, worst, worst quiet, what.
faults_line() {
        printf '# run\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n' "$SEED" "$INDEX" ${#INJECTED[@]} ${#VIOLATIONS[@]} "$WORST" "$WORST_QUIET" \
                "${INJECTED[*]}"
}
