#!/bin/bash
# container: reset
# timeout: 300
# host-resets: 3
# SPDX-License-Identifier: LGPL-2.1-or-later
# The host is reset three times in the middle of a report: the run goes on without an operator and completes.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

done_of() {
        sql "SELECT coalesce(sum(done), 0) FROM migrationd.task WHERE report_id = 1" 2>/dev/null || echo 0
}

# goes_on COUNT: more is done than that.
goes_on() {
        (($(done_of) > $1))
}

title "Boot $PHASE: the report runs, after a reset without anybody asking for it"
if ((PHASE == 0)); then
        migration_user
        program expand_lines <<'SH'
#!/bin/sh
i=0
while [ $i -lt 60 ]; do
        i=$((i + 1))
        migrationd-task add-task "{\"number\": $i}"
done
SH
        # Takes a moment, so that sixty of them outlive three resets.
        program line <<'SH'
#!/bin/sh
migrationd-task progress 0 10 || exit 75
for i in 1 2 3 4 5 6 7 8 9 10; do
        sha256sum /usr/bin/migrationctl /usr/lib/postgresql/15/bin/postgres >/dev/null
        migrationd-task progress $i || exit 75
done
SH
        definition lines <<'JSON'
{ "name": "lines", "description": "Sixty tasks", "user": "worker",
  "steps": [ { "code": "lines", "message": "Lines", "retries": { "attempts": 20, "backoff": "10ms" },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/expand_lines"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/line"] } ] }
JSON
        report_run "$(plan_create lines '{}')" workers u 4 >/dev/null
        wait_until 60 goes_on 20
elif ((PHASE < 3)); then
        wait_until 90 sql 'SELECT 1'
        before=$(done_of)
        wait_until 90 goes_on "$before"
else
        wait_until 90 sql 'SELECT 1'
        wait_until 300 sh -c "busctl --system get-property org.migrationd1 /org/migrationd1/report/_1 org.migrationd1.Report State | grep -q completed"
        expect_eq "$(report_get 1 Done)/$(report_get 1 Total)" 600/600
        expect_eq "$(sql "SELECT count(*) FROM (SELECT FROM migrationd.attempt WHERE state = 'completed' GROUP BY task_id HAVING count(*) > 1) AS twice")" 0
        wait_until 10 no_unit_left 1
fi
