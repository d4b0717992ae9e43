#!/bin/bash
# container: pulp
# timeout: 200
# SPDX-License-Identifier: LGPL-2.1-or-later
# The commands of README.md, as they stand there.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/pulp2to3.sh
. "$TESTS/lib/pulp2to3.sh"

README=/usr/share/doc/migrationd/README.md

# readme_line WORD: the one line in a code block that contains it.
readme_line() {
        awk '/^```sh/ { inside = 1; next } /^```/ { inside = 0 } inside' "$README" | grep -F -- "$1"
}

# typed WORD: runs that line.
typed() {
        bash -c "$(readme_line "$1")"
}

sample_make 2000
target_make
# A sample is migrated in seconds: the first task that writes content waits for this lock, and with it the whole migration.
systemd-run --quiet --collect --unit=readme-lock --uid=pulp --service-type=exec psql -XAtq -d pulp \
        -c 'BEGIN; LOCK TABLE core_content IN EXCLUSIVE MODE; SELECT pg_sleep(150)'

title "A plan is stored, run and watched with busctl alone, as the README shows it"
expect_match '^o "/org/migrationd1/plan/_1"$' typed CreatePlan
expect_match '^o "/org/migrationd1/report/_1"$' typed 'Run '
expect_match '^s "running"$' typed get-property
wait_until 60 step_runs 1 content
expect_match 'migration-1.slice' typed 'systemctl status'
expect_match 'migrationd-poll@1.timer' typed list-timers
expect_match '"validate"' typed ListTasks

title "It is seen over HTTP once the gateway is turned on"
expect typed 'systemctl enable'
expect_match '"state": *"running"' typed 'socket http'

title "And canceled"
expect typed Cancel
wait_until 60 report_is 1 canceled
journalctl --sync
expect_match 'Report 1' typed journalctl

title "A report that has ended is not canceled over HTTP"
expect_match canceled typed PATCH
