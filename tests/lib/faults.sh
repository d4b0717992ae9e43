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
# shellcheck source=tests/lib/faults-points.sh
. "$TESTS/lib/faults-points.sh"
# shellcheck source=tests/lib/faults-database.sh
. "$TESTS/lib/faults-database.sh"
# shellcheck source=tests/lib/faults-effects.sh
. "$TESTS/lib/faults-effects.sh"
# shellcheck source=tests/lib/faults-cancel.sh
. "$TESTS/lib/faults-cancel.sh"
# shellcheck source=tests/lib/faults-check.sh
. "$TESTS/lib/faults-check.sh"

FAULTS_RUN_SECONDS=180
# Of the run at hand. INJECTED: `NAME@POINT+` for one that struck, `-` for one that did not. WINDOWS: `CLASS START END` of
# injections that leave no poll, or one that can do nothing.
VIOLATIONS=()
INJECTED=()
HITS=0
WINDOWS=()
DRAWN=0
CLOCK_RUN=false

# Neither poll, database nor bus are touched by these. `stubborn` and `unkillable` are not here: a main process ends seconds before
# its unit.
QUIET_INJECTIONS='^(kill_task|kill_tasks|kill_daemon|point_task|point_daemon|held|frozen|storm|memory|fails|journald|rate_limit|pause|clients|effects_.*)$'
POLL_INJECTIONS='^(kill_poll|kill_poll_tasks|kill_both|two_polls)$'

faults_prepare() {
        migration_user
        volume_install
        [[ ${FAULTS_PLAIN:-} == true ]] || surroundings_install
        wait_until 60 database_answers
        effects_database
        systemctl start migrationd.service
        # The service makes its tables when it has connected.
        wait_until 60 admin 'SELECT count(*) FROM migrationd.report'
        audit_install
        programs_install
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
        [[ ${FAULTS_SILENT:-} == true ]] || printf '# VIOLATION seed %s index %s: %s\n' "$SEED" "$INDEX" "$1" >&2
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
        local deadline=$((SECONDS + 60))

        draw 4
        REPORT=
        while [[ ! $REPORT =~ ^[0-9]+$ ]] && ((SECONDS <= deadline)); do
                # Set by the test files.
                # shellcheck disable=SC2153
                REPORT=$(report_run "$PLAN" workers u $((DRAWN + 2)) 2>/dev/null) || :
                [[ $REPORT =~ ^[0-9]+$ ]] || REPORT=$(sql "SELECT id FROM migrationd.report WHERE finished_at IS NULL" 2>/dev/null) || :
        done
}

# inject NAME POINT: does it and notes what came of it.
inject() {
        local name=$1 start end class=other

        POINT=
        printf -v start '%(%s)T' -1
        if "inject_$name" "$REPORT"; then
                HITS=$((HITS + 1))
                INJECTED+=("$name@$2${POINT:+(${POINT// /_})}+")
        else
                INJECTED+=("$name@$2${POINT:+(${POINT// /_})}-")
        fi
        printf -v end '%(%s)T' -1
        [[ ! $name =~ $QUIET_INJECTIONS ]] || return 0
        [[ ! $name =~ $POLL_INJECTIONS ]] || class=poll
        WINDOWS+=("('$class', to_timestamp($start), to_timestamp($((end + (${#class} > 4 ? 6 : 3)))))")
}

# early_first: in points and chosen of faults_run, what needs a task of the first step changes places with what does not, when its own
# point comes after that step.
early_first() {
        local i j late=$((FAULTS_TASKS * FAULTS_BATCHES - 6)) name

        for ((i = 0; i < count; i++)); do
                [[ ${chosen[i]} =~ effects && ${points[i]} -gt $late ]] || continue
                for ((j = 0; j < i && points[j] <= late; j++)); do
                        [[ ! ${chosen[j]} =~ effects ]] || continue
                        name=${chosen[j]}
                        chosen[j]=${chosen[i]} chosen[i]=$name
                        break
                done
        done
}

# faults_run COUNT: the run of SEED and INDEX with that many injections, drawn from those in NAMES; `each`: all of these, in
# their order. FAULTS_WITHIN: so early come all of them, in counters.
faults_run() {
        local count=$1 points=() i canceled=false each=false chosen=()

        [[ $count != each ]] || each=true count=${#NAMES[@]}
        DRAWS=0 VIOLATIONS=() INJECTED=() HITS=0 WINDOWS=() CLOCK_RUN=false
        for ((i = 0; i < count; i++)); do
                draw "${FAULTS_WITHIN:-$((FAULTS_TOTAL - 8))}"
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
        early_first
        for ((i = 0; i < count; i++)); do
                if ! happens_within "$FAULTS_RUN_SECONDS" reached "$REPORT" "${points[i]}"; then
                        violation "stuck before ${chosen[i]}: ${points[i]} of $FAULTS_TOTAL was not reached in $FAULTS_RUN_SECONDS s"
                        break
                fi
                report_over "$REPORT" && break
                DRAWS=$((1000 * (i + 1)))
                inject "${chosen[i]}" "${points[i]}"
                faults_retried
        done
        if [[ $canceled == true ]]; then
                mapfile -t chosen < <(injection_names | grep -E "$ENDINGS")
                draw ${#chosen[@]}
                inject "${chosen[DRAWN]}" end
        fi
        faults_end
        faults_check
        times_print
        faults_clean
}

report_over() {
        [[ $(sql "SELECT state FROM migrationd.report WHERE id = $1" 2>/dev/null) =~ ^(completed|canceled)$ ]]
}

# faults_retried: one that failed is retried by several clients at once, as an operator would.
faults_retried() {
        [[ $(sql "SELECT state FROM migrationd.report WHERE id = $REPORT" 2>/dev/null) != failed ]] ||
                clients 3 "$REPORT" Retry 'a{sv}' 0
}

# faults_end: until the report has ended well.
faults_end() {
        local deadline=$((SECONDS + FAULTS_RUN_SECONDS))

        until report_over "$REPORT"; do
                if ((SECONDS > deadline)); then
                        violation "not ended $FAULTS_RUN_SECONDS s after the last injection: $(admin "SELECT state, wait_reason
                                FROM migrationd.report WHERE id = $REPORT" 2>&1 || :)"
                        faults_evidence
                        return
                fi
                faults_retried
                [[ $(sql "SELECT state FROM migrationd.report WHERE id = $REPORT" 2>/dev/null) != paused ]] ||
                        report_resumes "$REPORT"
                pause_for 0.2
        done
}

# faults_evidence: of one that is stuck.
faults_evidence() {
        {
                admin "SELECT a.id, a.task_id, a.number, a.state, a.unit, k.state, k.not_before FROM migrationd.attempt a JOIN
                        migrationd.task k ON k.id = a.task_id WHERE a.report_id = $REPORT AND a.recorded_at IS NULL" || :
                systemctl list-units --all --plain --no-legend "migrationd*" "migration-*" || :
                systemctl status --no-pager --lines=5 "migrationd-poll@$REPORT.service" || :
                ps -eo pid,stat,user,args --forest | tail -n 40
                for unit in $(units_of "$REPORT"); do
                        systemctl show --property=Id,ActiveState,SubState,FreezerState,Job,Result "$unit"
                done
        } >&2
}

# times_print: from a task's death, as PID 1 saw it, to its record. quiet: the poll was there; poll: it had been killed; other:
# poll, database or bus could do nothing. Not in a run in which the clock jumped.
times_print() {
        local windows

        [[ $CLOCK_RUN == false ]] || return 0
        windows=$(IFS=,; echo "${WINDOWS[*]:-('none', 'epoch'::timestamptz, 'epoch'::timestamptz)}")
        sql "SELECT '# time', '$SEED', '$INDEX', (SELECT coalesce(min(w.class), 'quiet')
                        FROM (VALUES $windows) AS w (class, start, stop) WHERE w.start <= a.recorded_at AND w.stop >= a.exited_at),
                        round(extract(epoch FROM a.recorded_at - a.exited_at), 3)
                FROM migrationd.attempt a WHERE a.report_id = $REPORT AND a.exited_at IS NOT NULL" | tr '|' '\t' || :
}

# faults_line: what a run came to, for the figures: seed, index, report, injections, hits, violations, what.
faults_line() {
        printf '# run\t%s\t%s\t%d\t%d\t%d\t%s\n' "$SEED" "$INDEX" ${#INJECTED[@]} "$HITS" ${#VIOLATIONS[@]} "${INJECTED[*]}"
}
