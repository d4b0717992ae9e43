#!/bin/bash
# container: pulp
# timeout: 300
# SPDX-License-Identifier: LGPL-2.1-or-later
# The artifact store is full: the task says so and is tried again, and when there is room the report completes with every row.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/pulp2to3.sh
. "$TESTS/lib/pulp2to3.sh"

sample_make 2000
target_make
mount -t tmpfs -o size=1m,uid=pulp,gid=pulp,mode=755 tmpfs /var/lib/pulp/media
plan=$(plan_create pulp2to3 '{"plugins": [{"type": "iso"}]}')

an_attempt_failed() {
        [[ -n $(sql "SELECT 1 FROM migrationd.attempt a JOIN migrationd.task t ON t.id = a.task_id
                JOIN migrationd.step s ON s.report_id = t.report_id AND s.ord = t.step_ord
                WHERE a.report_id = $report AND s.code = 'content' AND t.kind = 'main' AND a.state = 'failed' LIMIT 1") ]]
}

title "A full artifact store is named, and the task waits for its next attempt"
report=$(report_run "$plan")
wait_until 90 an_attempt_failed
expect_match '/var/lib/pulp/media.*No space left on device' journal_of "migration-pulp2to3-content-$report-*"
expect_eq "$(report_get "$report" State)" running
expect_eq "$(sql "SELECT DISTINCT class FROM migrationd.task WHERE report_id = $report AND class IS NOT NULL")" temporary

title "When there is room the report completes by itself: every unit once, each file whole"
expect mount -o remount,size=200m /var/lib/pulp/media
wait_until 150 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" completed
expect_eq "$(pulp_sql -c 'SELECT count(*) FROM file_filecontent')" "$(jq .contents /var/lib/pulp/expected.json)"
expect_eq "$(pulp_sql -c 'SELECT count(*) FROM core_artifact')" "$(find /var/lib/pulp/media/artifact -type f | wc -l)"
expect sh -c "cd /var/lib/pulp/media && find artifact -type f | sed 's,artifact/\(..\)/\(.*\),\1\2  &,' | sha256sum --check --quiet"
umount -l /var/lib/pulp/media
