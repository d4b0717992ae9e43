# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by steps*.sh with its arguments: BUILD [TEST…]. What the tests of the step programs have in common: directories, checks,
# and steps_run, which runs the functions of the array titles, or those that the caller named. Output is TAP.
# shellcheck shell=bash disable=SC2034,SC2154

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
BUILD=$(cd "${1:?build directory}" && pwd)
shift
SHARED=${MIGRATIOND_SHARED:-}
PROGRAM=$BUILD/src/migrations/pulp2to3/pulp2to3
GENERATE=$BUILD/src/migrations/pulp2to3/pulp2-generate
PG=$(printf '%s\n' /usr/lib/postgresql/*/bin | tail -1)

# shellcheck source=tests/lib/matches.sh
. "$ROOT/tests/lib/matches.sh"
# shellcheck source=tests/lib/pulp3-compare.sh
. "$ROOT/tests/lib/pulp3-compare.sh"

WORK=$(mktemp -d /tmp/pulp2to3-steps.XXXXXX)
chmod 755 "$WORK"
SOCKET=$WORK/socket
LOG=$WORK/log
PIDS=$WORK/pids                 # a file for each attempt that runs: its process
declare -A RUNNING=()           # attempt -> step and kind
KILL_AFTER=                     # milliseconds, doubled by each attempt: programs are killed after a random part of it; empty: never

number=0
failed=0

# shellcheck source=tests/migrations/steps-driver.sh
. "$HERE/steps-driver.sh"

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

need_shared() {
        [[ -n $SHARED && -d $SHARED/pulp2/file_base_4repos ]] || { SKIP=1; return 1; }
}

# real_target [NAME]: the real schema, and the dump of that name with a copy of its content on the media's file system, so that
# files can be linked.
real_target() {
        local name=${1:-file_base_4repos}

        target_make "$SHARED/pulp2to3/schema.sql"
        configure "$SHARED/pulp2/$name/mongodb.$name.archive" "$WORK/content-$name"
        [[ -d $WORK/content-$name ]] || cp -a "$SHARED/pulp2/$name/var/lib/pulp/content" "$WORK/content-$name"
        chmod -R u+w "$WORK/content-$name"
}

# Each test runs in this shell, as the next ones look at what it left; the first command that fails ends it.
run_test() {
        local title=${1#test_} status=0

        SKIP=
        number=$((number + 1))
        title=${title//_/ }
        set +e
        (
                set -e
                trap 'echo "line $LINENO: $BASH_COMMAND"' ERR
                "$1"
                echo "$REPORT" >"$WORK/report"
                [[ -z $SKIP ]] || exit 77
        ) >"$WORK/output" 2>&1
        status=$?
        set -e
        sed 's/^/# /' "$WORK/output"
        case $status in
        0) echo "ok $number - $title" ;;
        77) echo "ok $number - $title # SKIP no real dumps in \$MIGRATIOND_SHARED, or no second file system" ;;
        *) echo "not ok $number - $title"; failed=$((failed + 1)) ;;
        esac
}

# steps_run [TEST…]: all of titles by default.
steps_run() {
        local t selected=("$@")

        REPORT=0
        mkdir "$PIDS"
        mkfifo "$WORK/ended"
        exec {ENDED}<>"$WORK/ended"
        cluster_start
        service_make
        [[ ${#selected[@]} -gt 0 ]] || selected=("${titles[@]}")
        for t in "${selected[@]}"; do
                run_test "$t"
        done
        echo "1..$number"
        [[ $failed -eq 0 ]]
}
