#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The step programs of pulp2to3 as plain processes, without systemd: a throw-away PostgreSQL cluster, the service's functions
# for the plan, the tasks and the attempts, and this script in the place of the poll. Output is TAP.
#
# steps.sh BUILD [TEST…]: BUILD is a build directory. TEST are names of functions test_*; all by default.
# $MIGRATIOND_SHARED: directory with the real dumps and references (pulp2/, pulp2to3/); without it those tests are skipped.
set -Eeuo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
BUILD=$(cd "${1:?build directory}" && pwd)
shift
SHARED=${MIGRATIOND_SHARED:-}
PROGRAM=$BUILD/src/migrations/pulp2to3/pulp2to3
GENERATE=$BUILD/src/migrations/pulp2to3/pulp2-generate
PG=$(ls -d /usr/lib/postgresql/*/bin | tail -1)

# shellcheck source=tests/lib/pulp3-compare.sh
. "$ROOT/tests/lib/pulp3-compare.sh"

WORK=$(mktemp -d /tmp/pulp2to3-steps.XXXXXX)
chmod 755 "$WORK"
SOCKET=$WORK/socket
LOG=$WORK/log
declare -A RUNNING=()           # process -> attempt
KILL_AFTER=                     # milliseconds: processes are killed after a random part of it

number=0
failed=0

as_postgres() {
        if [[ $EUID -eq 0 ]]; then
                runuser -u postgres -- env --chdir=/ "$@"
        else
                "$@"
        fi
}

cluster_start() {
        mkdir "$SOCKET" "$WORK/cluster"
        [[ $EUID -ne 0 ]] || chown postgres "$SOCKET" "$WORK/cluster"
        as_postgres "$PG/initdb" --no-sync --auth=trust --encoding=UTF8 --locale=C.UTF-8 --username=postgres -D "$WORK/cluster" >"$LOG"
        as_postgres "$PG/pg_ctl" -D "$WORK/cluster" -w -l "$WORK/cluster/log" \
                -o "-c listen_addresses='' -c unix_socket_directories='$SOCKET' -c fsync=off -c log_min_messages=warning" \
                start >>"$LOG"
}

cluster_stop() {
        as_postgres "$PG/pg_ctl" -D "$WORK/cluster" -m immediate stop >/dev/null 2>&1 || true
}

cleanup() {
        local pid

        for pid in "${!RUNNING[@]}"; do
                kill -KILL "$pid" 2>/dev/null || true
        done
        cluster_stop
        if [[ $failed -eq 0 && -z ${KEEP:-} ]]; then
                rm -rf "$WORK"
        else
                echo "# kept: $WORK"
        fi
}
trap cleanup EXIT

# psql on a database of the cluster.
db() {
        psql -XqAt -F ' ' -v ON_ERROR_STOP=1 -h "$SOCKET" -U postgres -d "$@"
}

conninfo() {
        printf 'host=%s user=postgres dbname=%s' "$SOCKET" "$1"
}

service_make() {
        local file

        db postgres -c 'CREATE DATABASE migrationd' -c 'CREATE ROLE migrationd_worker'
        for file in "$ROOT"/src/store/schema/*.sql; do
                db migrationd --single-transaction -f "$file"
        done
}

# target_make [SCHEMA]: an empty Pulp 3 database, media root and configuration for an archive and a content tree.
target_make() {
        db postgres -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS pulp WITH (FORCE)' -c 'CREATE DATABASE pulp'
        db pulp -o /dev/null -f "${1:-$ROOT/src/migrations/pulp2to3/pulp3-schema.sql}" 2>/dev/null
        rm -rf "$WORK/media" "$WORK/root"
        mkdir -p "$WORK/media" "$WORK/root/etc/migrationd"
}

configure() {
        cat >"$WORK/root/etc/migrationd/pulp2to3.conf" <<CONF
[Pulp2]
Archive=$1
Content=$2
[Pulp3]
Database=$(conninfo pulp)
MediaRoot=$WORK/media
KeyFile=$WORK/root/key
${3:-}
CONF
}

# report_make PLAN [OPTIONS] [WORKERS] [DRY]: a report of that plan; prints its id.
report_make() {
        local steps

        steps=$(jq -c '[.steps[] | {code, message, expand: has("expand"), parallel: null, attempts: 50, backoff_msec: 0,
                backoff_max_msec: 0, on_failure: "finish", dry_run: (."dry-run" // false)}]' \
                "$ROOT/src/migrations/pulp2to3/pulp2to3.json")
        db migrationd -v plan="$1" -v options="${2:-{\}}" -v workers="${3:-2}" -v steps="$steps" <<'SQL'
WITH p AS (INSERT INTO migrationd.plan (migration, document, uid) VALUES ('pulp2to3', :'plan', 0) RETURNING id)
SELECT migrationd.report_create(id, 'pulp2to3', :'options', :workers, 'none', :'steps', 0) FROM p;
SQL
}

# start_attempt REPORT ATTEMPT TASK NUMBER TOKEN STEP KIND
start_attempt() {
        local arguments=("$6") delay

        [[ $7 != expand ]] || arguments+=(--expand)
        MIGRATIOND_REPORT=$1 MIGRATIOND_TASK=$3 MIGRATIOND_ATTEMPT=$4 MIGRATIOND_TOKEN=$5 PULP2TO3_ROOT=$WORK/root \
                MIGRATIOND_DATABASE=$(conninfo migrationd) "$PROGRAM" "${arguments[@]}" >>"$LOG" 2>&1 &
        RUNNING[$!]="$2 $6"
        if [[ -n $KILL_AFTER ]]; then
                delay=$((RANDOM % KILL_AFTER))
                { sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"; kill -KILL "$!" 2>/dev/null || true; } &
                KILLERS+=("$!")
        fi
}

# Ends an attempt as the poll does.
end_attempt() {
        local pid=$1 status=$2 attempt outcome=failed permanent=false

        read -r attempt _ <<<"${RUNNING[$pid]}"
        unset "RUNNING[$pid]"
        [[ $status -ne 77 ]] || outcome=skipped
        case $status in
        65 | 66 | 78) permanent=true ;;
        esac
        db migrationd -c "SELECT migrationd.attempt_end($attempt, state, '$outcome', 'exit-code', 'exit $status', $permanent)
                FROM migrationd.attempt WHERE id = $attempt AND state IN ('launching', 'running')" >/dev/null
        ATTEMPTS=$((ATTEMPTS + 1))
}

# report_drive REPORT: runs its tasks until nothing is left; prints nothing. The report's state says how it went.
report_drive() {
        local report=$1 pid status row started

        ATTEMPTS=0
        KILLERS=()
        while :; do
                db migrationd -c "SELECT migrationd.report_advance($report)" >/dev/null
                started=0
                while read -r row; do
                        # shellcheck disable=SC2086
                        [[ -z $row ]] || { start_attempt "$report" $row; started=1; }
                done < <(db migrationd -c "SELECT attempt_id, task, number, token, step, kind
                        FROM migrationd.report_launch($report, 64, ':1.1', gen_random_uuid())")
                if [[ ${#RUNNING[@]} -eq 0 ]]; then
                        [[ $started -eq 1 ]] || break
                        continue
                fi
                status=0
                wait -n -p pid "${!RUNNING[@]}" || status=$?
                end_attempt "$pid" "$status"
        done
        for pid in "${KILLERS[@]}"; do
                wait "$pid" 2>/dev/null || true
        done
        db migrationd -c "SELECT migrationd.report_completed($report) OR migrationd.report_failed($report)" >/dev/null
}

report_state() {
        db migrationd -c "SELECT state FROM migrationd.report WHERE id = $1"
}

# run PLAN [OPTIONS] [WORKERS]: makes and drives a report; sets REPORT.
run() {
        REPORT=$(report_make "$@")
        report_drive "$REPORT"
}

problems() {
        db migrationd -c "SELECT item || ': ' || reason FROM migrationd.problem WHERE report_id = $REPORT ORDER BY item"
}

fail() {
        echo "# $*"
        return 1
}

expect_state() {
        [[ $(report_state "$REPORT") == "$1" ]] || fail "report is $(report_state "$REPORT"), not $1: $(tail -3 "$LOG")"
}

expect_log() {
        grep -qE "$1" "$LOG" || fail "no line matches $1; the last ones: $(tail -3 "$LOG")"
}

# The counters of every completed task agree with its batch row.
expect_counters() {
        local wrong

        wrong=$(db migrationd -c "SELECT string_agg(id || ': ' || done || '/' || total, ', ') FROM migrationd.task
                WHERE report_id = $REPORT AND (state <> 'completed' OR done <> total)")
        [[ -z $wrong ]] || fail "counters: $wrong"
        diff <(db migrationd -c "SELECT id, done, total FROM migrationd.task WHERE report_id = $REPORT AND kind = 'main' AND
                        step_ord >= 3 ORDER BY id") \
                <(db pulp -c "SELECT task, done, total FROM migrationd_pulp2to3.batch WHERE report = $REPORT AND task IN
                        ($(db migrationd -c "SELECT coalesce(string_agg(id::text, ', '), '0') FROM migrationd.task
                                WHERE report_id = $REPORT AND kind = 'main' AND step_ord >= 3")) ORDER BY task")
        # The service knows the problems that were committed.
        diff <(db migrationd -c "SELECT item FROM migrationd.problem WHERE report_id = $REPORT ORDER BY item COLLATE \"C\"") \
                <(db pulp -c "SELECT item FROM migrationd_pulp2to3.problem WHERE report = $REPORT ORDER BY item COLLATE \"C\"")
}

PLAN_ALL='{"plugins":[{"type":"iso"}]}'

need_shared() {
        [[ -n $SHARED && -d $SHARED/pulp2/file_base_4repos ]] || { SKIP='$MIGRATIOND_SHARED names no real dumps'; return 1; }
}

real_target() {
        target_make "$SHARED/pulp2to3/schema.sql"
        configure "$SHARED/pulp2/file_base_4repos/mongodb.file_base_4repos.archive" "$WORK/content" "${1:-}"
        # A copy on the media's file system, so that files can be linked.
        [[ -d $WORK/content ]] || cp -a "$SHARED/pulp2/file_base_4repos/var/lib/pulp/content" "$WORK/content"
        chmod -R u+w "$WORK/content"
}

# A real dump: its ten large files are missing, so it is a case of skip_corrupted.
test_the_real_dump_gives_the_rows_of_the_reference() {
        need_shared || return 0
        real_target
        run "$(cat "$SHARED/pulp2to3/plans/iso-all.json")" '{"skip_corrupted": true}'
        expect_state completed
        expect_counters
        pulp3_compare "$(conninfo pulp)" "$WORK/media" "$SHARED/pulp2to3/reference-file"
        [[ $(problems | grep -c 'is missing: No such file') -eq 10 ]] || fail "problems: $(problems)"
}

test_a_second_run_of_the_same_plan_changes_no_row() {
        local before

        need_shared || return 0
        before=$(pulp3_checksums "$(conninfo pulp)")
        run "$(cat "$SHARED/pulp2to3/plans/iso-all.json")" '{"skip_corrupted": true}'
        expect_state completed
        expect_counters
        diff <(echo "$before") <(pulp3_checksums "$(conninfo pulp)")
        [[ $(problems | wc -l) -eq 10 ]] || fail "problems: $(problems)"
}

test_a_plan_that_names_all_repositories_gives_the_same_rows() {
        need_shared || return 0
        real_target
        run "$(cat "$SHARED/pulp2to3/plans/file-complex.json")" '{"skip_corrupted": true}'
        expect_state completed
        pulp3_compare "$(conninfo pulp)" "$WORK/media" "$SHARED/pulp2to3/reference-file"
}

test_a_missing_file_fails_the_content_task_and_is_named() {
        need_shared || return 0
        real_target
        : >"$LOG"
        run "$PLAN_ALL"
        expect_state failed
        expect_log 'units_iso [0-9a-f-]+ .*iso: .*/units/iso/.*is missing: No such file or directory; the option skip_corrupted'
        [[ $(db migrationd -c "SELECT class || error FROM migrationd.task WHERE report_id = $REPORT AND state = 'failed'") == \
                'exit-codeexit 65' ]]
}

failed_title=
titles=(
        test_the_real_dump_gives_the_rows_of_the_reference
        test_a_second_run_of_the_same_plan_changes_no_row
        test_a_plan_that_names_all_repositories_gives_the_same_rows
        test_a_missing_file_fails_the_content_task_and_is_named
)

# Each test runs in this shell, as the next ones look at what it left; the first command that fails ends it.
run_test() {
        local title=${1#test_} status=0

        SKIP=
        number=$((number + 1))
        title=${title//_/ }
        set +e
        (
                set -e
                "$1"
                echo "$REPORT" >"$WORK/report"
                [[ -z $SKIP ]] || exit 77
        ) >"$WORK/output" 2>&1
        status=$?
        set -e
        sed 's/^/# /' "$WORK/output"
        case $status in
        0) echo "ok $number - $title" ;;
        77) echo "ok $number - $title # SKIP \$MIGRATIOND_SHARED names no real dumps" ;;
        *) echo "not ok $number - $title"; failed=$((failed + 1)) ;;
        esac
}

REPORT=0
cluster_start
service_make
selected=("$@")
[[ ${#selected[@]} -gt 0 ]] || selected=("${titles[@]}")
for t in "${selected[@]}"; do
        run_test "$t"
done
echo "1..$number"
[[ $failed -eq 0 ]]
