# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by every test under tests/system and tests/faults, which run inside a booted container.
# shellcheck shell=bash
#
# A file is a list of tests in order. `title` opens one; it passes when the next `title`, or the end of the
# file, is reached and nothing failed. After the first failure of a test its remaining expect* and wait_until
# calls do nothing; a command that fails outside of them ends the file, which counts as a failure, as does a
# file that is killed. Output is TAP. On a failure the last journal lines of the product's units follow on
# standard error.

set -Eeuo pipefail

# Read by the tests.
# shellcheck disable=SC2034
TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/lib/matches.sh
. "$TESTS/lib/matches.sh"
# Programs of tests/programs, as meson built them.
# shellcheck disable=SC2034
TEST_PROGRAMS=/usr/local/lib/migrationd-test-programs
# Real dumps, when the machine has them; see need_dump.
# shellcheck disable=SC2034
PULP2_DUMPS=/srv/pulp2 PULP2_REFERENCE=/srv/pulp2to3
# How often the host was reset before this run of the file, for files that say `# host-resets: N`.
# shellcheck disable=SC2034
PHASE=${1:-0}
# Output and error output of the last command that expect* ran.
OUTPUT=

test_number=0
test_title=
test_state=none         # none, open, passed, failed, skipped
died_at=

# Never readable: waiting on it is a pause that starts no process.
exec {PAUSE_FD}<> <(:)

title() {
        test_close
        test_number=$((test_number + 1))
        test_title=$1
        test_state=open
}

test_close() {
        [[ $test_state != open ]] || ok
}

# ok: the open test passed, said before the next title.
ok() {
        printf 'ok %d - %s\n' "$test_number" "$test_title"
        test_state=passed
}

# fail WHY: before any title there is no test that could fail: the file ends.
fail() {
        local why

        if [[ $test_state == none ]]; then
                printf 'Preparation failed: %s\n' "$1" >&2
                exit 1
        fi
        [[ $test_state == open ]] || return 0
        why=${1//$'\n'/ }
        printf 'not ok %d - %s # %s\n' "$test_number" "$test_title" "${why:0:300}"
        test_state=failed
        journal_dump
}

skip() {
        [[ $test_state == open ]] || return 0
        printf 'ok %d - %s # SKIP %s\n' "$test_number" "$test_title" "$1"
        test_state=skipped
}

# Are commands of the open test still to be run?
test_goes_on() {
        [[ $test_state == none || $test_state == open ]]
}

# need_dump PATH: is this real dump there? If not, the open test is skipped, or fails where CI=true.
need_dump() {
        test_goes_on || return 1
        [[ ! -e $1 ]] || return 0
        if [[ ${CI:-} == true ]]; then
                fail "real dump $1 is missing, CI must have it"
        else
                skip "real dump $1 is not on this machine"
        fi
        return 1
}

output_show() {
        [[ -z $OUTPUT ]] || printf '%s\n' "$OUTPUT" >&2
}

# expect_exit STATUS COMMAND…
expect_exit() {
        local wanted=$1 status=0
        shift

        test_goes_on || return 0
        OUTPUT=$("$@" 2>&1 </dev/null) || status=$?
        if ((status != wanted)); then
                output_show
                fail "exit $status, not $wanted: $*: $(tail -n 1 <<<"$OUTPUT")"
        fi
}

expect() {
        expect_exit 0 "$@"
}

# expect_fail COMMAND…: any exit status but 0.
expect_fail() {
        local status=0

        test_goes_on || return 0
        OUTPUT=$("$@" 2>&1 </dev/null) || status=$?
        ((status != 0)) || fail "exit 0, but was to fail: $*"
}

# expect_eq GOT WANTED
expect_eq() {
        test_goes_on || return 0
        [[ $1 == "$2" ]] || fail "got '$1', not '$2'"
}

# expect_match REGEX COMMAND…: the command exits 0 and some line of its output matches (ERE).
expect_match() {
        local regex=$1
        shift

        test_goes_on || return 0
        expect "$@"
        expect_output "$regex"
}

# expect_output REGEX: some line of what the last expect* command printed matches (ERE).
expect_output() {
        test_goes_on || return 0
        if ! grep -qE -e "$1" <<<"$OUTPUT"; then
                output_show
                fail "no line matches /$1/"
        fi
}

# expect_no_output REGEX: no line of it does.
expect_no_output() {
        local line

        test_goes_on || return 0
        line=$(grep -E -m 1 -e "$1" <<<"$OUTPUT") || return 0
        output_show
        fail "a line matches /$1/: $line"
}

# happens_within SECONDS COMMAND…: poll until the command exits 0; 1 when the deadline passes first.
happens_within() {
        local deadline=$((SECONDS + $1))
        shift

        until "$@" >/dev/null 2>&1 </dev/null; do
                ((SECONDS <= deadline)) || return 1
                read -rt 0.1 -u "$PAUSE_FD" || :
        done
}

# So many times longer than a quiet machine may a busy one take; for the quiet one the seconds of wait_until are meant.
BUSY_FACTOR=3

# wait_until SECONDS COMMAND…: the same as an expectation: the open test fails when the deadline passes. A
# wait on the event itself (busctl wait, systemd-notify, LISTEN) is better where there is one. That something is prompt is
# shown by a measured time, not by this.
wait_until() {
        local seconds=$(($1 * BUSY_FACTOR))

        test_goes_on || return 0
        happens_within "$seconds" "${@:2}" || fail "not within $seconds s: ${*:2}"
}

# journal_of UNIT [ARGUMENTS…]: the messages of a unit (a pattern will do), complete up to now.
journal_of() {
        journalctl --sync
        journalctl --no-pager --quiet --output=cat --unit="$1" "${@:2}"
}

journal_dump() {
        {
                journalctl --sync
                # Fails when no such unit has logged yet.
                journalctl --no-pager --quiet --output=short-precise --lines=60 \
                        --unit='migrationd*' --unit='migration-*' 2>/dev/null
        } >&2 || :
}

test_exit() {
        local status=$?

        trap - EXIT ERR
        set +e
        if ((status != 0)); then
                if [[ $test_state != open ]]; then
                        title "The file runs to its end"
                fi
                fail "died with status $status in line ${died_at:-?}"
                # A test that was decided before must not hide it.
                status=1
        fi
        test_close
        printf '1..%d\n' "$test_number"
        exit "$status"
}

# The line of the test file, also when the command is one of a function that it called.
trap 'if ((${#BASH_LINENO[@]} > 1)); then died_at=${BASH_LINENO[-2]}; else died_at=$LINENO; fi' ERR
trap test_exit EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
