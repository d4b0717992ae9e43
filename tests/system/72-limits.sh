#!/bin/bash
# container: main
# timeout: 500
# vm: yes
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tasks that want more memory or processes than their unit may have.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
rm -rf /var/lib/worker/items
install -d -o worker /var/lib/worker/items

# attempts_of REPORT: class, memory and state of the attempts of its main tasks, in order.
attempts_of() {
        sql "SELECT string_agg(concat_ws(':', coalesce(a.class, a.state), a.memory_max_bytes / 1048576), ' ' ORDER BY a.id)
                FROM migrationd.attempt a JOIN migrationd.task t ON t.id = a.task_id
                WHERE a.report_id = $1 AND t.kind = 'main'"
}

# Where the host has no memory controller for containers, MemoryMax= is a property without effect. There a task that gets too little
# is killed by itself, which is of class signal; both are the same to the policies.
class=signal
[[ ! -e /sys/fs/cgroup/system.slice/memory.max ]] || class=oom-kill
echo "# class $class" >&2
program eat <<'SH'
#!/bin/sh
# eat MIB: needs so much memory.
max=$(systemctl show --property=MemoryMax --value "$(sed -n "s,^0::.*/,,p" /proc/self/cgroup)")
dd if=/dev/zero of=/dev/null bs="$1M" count=1 2>/dev/null
[ "$max" -gt $(($1 * 1048576)) ] || kill -KILL $PPID
SH

title "A task that runs out of memory gets more with each attempt, until it has enough"
program hungry <<'SH'
#!/bin/sh
/usr/local/lib/migrations/eat 80
migrationd-task progress 1 1
SH
definition grows <<JSON
{ "name": "grows", "description": "Grows", "user": "worker",
  "steps": [ { "code": "eat", "message": "Eating", "memory-max": "32M", "retries": { "attempts": 1, "backoff": "10ms" },
               "failures": { "$class": { "action": "retry", "attempts": 9, "memory-max": "200M" } },
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/hungry"] } ] }
JSON
report=$(report_run "$(plan_create grows '{}')")
wait_until 60 report_has_ended "$report"
expect_eq "$(attempts_of "$report")" "$class:32 $class:64 completed:128"
expect_eq "$(report_get "$report" State)" completed

title "One that has had the ceiling fails, and a retry starts it with as much again"
program hungrier <<'SH'
#!/bin/sh
[ -e /var/lib/worker/sated ] || /usr/local/lib/migrations/eat 150
migrationd-task progress 1 1
SH
sed -e 's/hungry/hungrier/' -e 's/"grows"/"grows_on"/' -e 's/200M/50M/' /etc/migrationd/migrations/grows.json | definition grows_on
rm -f /var/lib/worker/sated
report=$(report_run "$(plan_create grows_on '{}')")
wait_until 60 report_is "$report" failed
expect_eq "$(attempts_of "$report")" "$class:32 $class:50"
touch /var/lib/worker/sated
expect migrationctl retry "$report" --class="$class" --wait
expect_eq "$(attempts_of "$report")" "$class:32 $class:50 completed:50"

title "A task that is too large is split by the expander until its parts are small enough, and each item is done once"
program ranges <<SH
#!/bin/sh -e
if from=\$(migrationd-task input /input/from); then
        to=\$(migrationd-task input /input/to)
        [ "\$(migrationd-task input /split/class)" = $class ]
        middle=\$(((from + to) / 2))
        migrationd-task add-task --total \$((middle - from + 1)) "{\"from\": \$from, \"to\": \$middle}"
        migrationd-task add-task --total \$((to - middle)) "{\"from\": \$((middle + 1)), \"to\": \$to}"
else
        migrationd-task add-task --total 6 '{"from": 1, "to": 6}'
        migrationd-task add-task --total 2 --stage 1 '{"from": 7, "to": 8}'
fi
SH
# So many items at once, so much memory; nothing is done before it is there.
program range <<'SH'
#!/bin/sh -e
from=$(migrationd-task input /input/from)
to=$(migrationd-task input /input/to)
n=$((to - from + 1))
/usr/local/lib/migrations/eat $((n * 20))
for item in $(seq "$from" "$to"); do
        mkdir "/var/lib/worker/items/$item"
done
migrationd-task progress "$n"
SH
definition splits <<JSON
{ "name": "splits", "description": "Splits", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "make", "message": "Making", "memory-max": "55M", "failures": { "$class": "split" },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/ranges"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/range"] } ] }
JSON
report=$(report_run "$(plan_create splits '{}')" workers u 4)
wait_until 90 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" completed
expect_eq "$(find /var/lib/worker/items -mindepth 1 -printf '%f\n' | sort -n | tr '\n' ' ')" '1 2 3 4 5 6 7 8 '
expect_eq "$(report_get "$report" Done)/$(report_get "$report" Total)" 8/8
# 6 into 3 and 3, each of those into 2 and 1, all before the later stage.
expect_eq "$(sql "SELECT string_agg((input->>'from') || '-' || (input->>'to'), ' ' ORDER BY (input->>'from')::int, id)
        FROM migrationd.task WHERE report_id = $report AND split")" '1-6 1-3 4-6'
expect_eq "$(sql "SELECT string_agg(class, ' ') FROM migrationd.attempt WHERE report_id = $report AND class IS NOT NULL")" \
        "$class $class $class"
expect_eq "$(sql "SELECT count(*) FROM migrationd.task a JOIN migrationd.task b ON b.report_id = a.report_id AND b.stage = 1
        WHERE a.report_id = $report AND a.stage = 0 AND a.finished_at > b.started_at")" 0

title "A fork storm stays within TasksMax= of a drop-in, and nothing of it is left when its report is canceled"
if [[ -e /sys/fs/cgroup/system.slice/pids.max ]]; then
        program storm <<'SH'
#!/usr/bin/perl
# Each process starts others, and none ends by itself.
while (1) {
        defined(fork) or select(undef, undef, undef, 0.01);
}
SH
        definition storm <<'JSON'
{ "name": "storm", "description": "A fork storm", "user": "worker",
  "steps": [ { "code": "storm", "message": "Storm", "contract": "exit-code", "exec": ["/usr/local/lib/migrations/storm"] } ] }
JSON
        install -d /etc/systemd/system/migration-storm-.service.d
        printf '[Service]\nTasksMax=30\n' >/etc/systemd/system/migration-storm-.service.d/50-tasks.conf
        systemctl daemon-reload
        report=$(report_run "$(plan_create storm '{}')")
        tasks_are() {
                [[ $(systemctl show --value --property=TasksCurrent "$(units_of "$report" | head -n 1)") == "$1" ]]
        }
        wait_until 60 tasks_are 30
        # The host and the service go on as if nothing were.
        expect_eq "$(report_get "$report" State)" running
        expect report_call "$report" Cancel 'a{sv}' 0
        wait_until 60 report_is "$report" canceled
        wait_until 10 no_unit_left "$report"
        expect_exit 1 pgrep -f /usr/local/lib/migrations/storm
else
        skip "no pids controller for containers on this host; in a machine of its own: tools/test vm"
fi
