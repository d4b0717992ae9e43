#!/bin/bash
# container: manual
# timeout: 240
# SPDX-License-Identifier: LGPL-2.1-or-later
# The examples of the manual pages do what they say: each is installed or run as it stands. Those of migrationd.conf(5) are
# in 70-external-database.sh.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/man.sh
. "$TESTS/lib/man.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"

# The user of an installed definition: doctor would miss it.
pulp_user_make
getent passwd mover >/dev/null || useradd --system mover
install -d -o mover /var/lib/mover
export LC_ALL=C.UTF-8

title "Each unit's manual page is there"
for page in man1/migrationctl.1 man1/migrationd-task.1 man5/migration-definition.5 man5/migrationd.conf.5 man5/org.migrationd1.5 \
        man5/migrationd-rest.conf.5 man8/migrationd.8 man8/migrationd-rest.8; do
        expect test -s "/usr/share/man/$page"
done

title "migration-definition(5): a program that knows nothing of migrationd is a migration"
expect block_install migration-definition.5 definition-simple
echo 1,2 >/var/lib/mover/export.csv
chown mover /var/lib/mover/export.csv
expect block_run migration-definition.5 run
expect_output 'tidy_up\.json: valid|valid, migration tidy_up'
expect_output '^Report [0-9]+ completed\.$'
expect test -s /var/lib/mover/export.csv.gz

title "migrationd-task(1) and migration-definition(5): a step with an expander, four tasks at once"
expect block_install migration-definition.5 definition-expand
expect block_install migrationd-task.1 program
chmod 755 /usr/local/lib/copy_all
rm -f /var/lib/mover/hostname /var/lib/mover/os-release
expect block_run migrationd-task.1 run
expect_output '^Report [0-9]+ completed\.$'
expect_output '/nonexistent.*cannot be read'
expect cmp /etc/hostname /var/lib/mover/hostname
expect cmp /etc/os-release /var/lib/mover/os-release

title "migration-definition(5): a drop-in is taken by the units of one migration"
expect block_run migration-definition.5 drop-in
memory_max() {
        systemd-run --quiet --collect --wait --pipe --unit="$1" systemctl show --value --property=MemoryMax "$1"
}
expect_match '^536870912$' memory_max migration-copy_files-copy-4711-1-1.service
expect_match '^infinity$' memory_max migration-copy_all-copy-4711-1-1.service
rm -r /etc/systemd/system/migration-copy_files-.service.d
systemctl daemon-reload

title "migrationd(8): what to look at, and limits for all tasks"
for name in look journal doctor slice; do
        expect block migrationd.8 "$name"
done
# The status of a slice that has nothing in it is not 0.
systemctl start migration.slice
expect block_run migrationd.8 look
expect_output 'migration\.slice'
expect block_run migrationd.8 doctor
expect block_run migrationd.8 slice
expect_eq "$(systemctl show --value --property=CPUWeight migration.slice)" 50
expect_eq "$(systemctl show --value --property=MemoryMax migration.slice)" 2147483648
expect systemctl revert migration.slice
journalctl --sync
expect block_run migrationd.8 journal

title "org.migrationd1(5): a migration with busctl alone"
echo 3,4 >/var/lib/mover/more.csv
chown mover /var/lib/mover/more.csv
expect block_run org.migrationd1.5 run
expect_output '^s "(running|completed)"$'
expect_output '^aa\{sv\} 1 .*"Step" s "compress"'
report=$(migrationctl list --json=short | jq '.[-1].id')
wait_until 30 report_is "$report" completed
expect test -s /var/lib/mover/more.csv.gz

title "org.migrationd1(5): a polkit rule lets a group control reports"
getent group operators >/dev/null || groupadd operators
getent passwd deputy >/dev/null || useradd --system deputy
usermod --append --groups operators deputy
expect_exit 5 runuser -u deputy -- migrationctl cancel "$report" --no-ask-password
expect block_install org.migrationd1.5 rule
# It is allowed then, and refused for another reason: the report has ended.
may_cancel() {
        local status=0

        runuser -u deputy -- migrationctl cancel "$report" --no-ask-password || status=$?
        ((status == 1))
}
wait_until 10 may_cancel
expect_exit 5 runuser -u nobody -- migrationctl cancel "$report" --no-ask-password
rm /etc/polkit-1/rules.d/50-migrations.rules

title "migrationd-rest(8) and migrationd-rest.conf(5): the gateway is turned on, and knows who is in its files"
expect block_run migrationd-rest.8 enable
expect systemctl --quiet is-enabled migrationd-rest.socket
expect block_install migrationd-rest.8 tcp
expect block_install migrationd-rest.conf.5 conf
PASSWORD=secret expect_match '^[0-9a-f]{64}$' block_run migrationd-rest.conf.5 credentials
token=$(tail -n 1 <<<"$OUTPUT")
expect_eq "$(stat --format=%a /etc/migrationd/rest-credentials)" 600
expect block_run migrationd-rest.8 reload
expect block_run migrationd-rest.conf.5 reload
url=http://127.0.0.1:24817/pulp/api/v3/tasks/
expect_exit 22 curl --silent --fail "$url"
expect curl --silent --fail --user deputy:secret "$url"
expect curl --silent --fail --header "Authorization: Bearer $token" "$url"

title "migrationd-rest(8): a plan is stored, run, looked at and canceled"
# No poll, so that the report does not end before it is canceled: nothing is configured for it here.
poll=migrationd-poll@$(($(migrationctl list --json=short | jq '.[-1].id') + 1))
systemctl mask --runtime --quiet "$poll.timer" "$poll.service"
expect bash -euo pipefail -c "$(block migrationd-rest.8 run)
$(block migrationd-rest.8 cancel)"
expect_output '"state": *"running"'
expect_output '"state": *"canceling"'
systemctl unmask --runtime --quiet "$poll.timer" "$poll.service"
wait_until 60 report_has_ended "$(migrationctl list --json=short | jq '.[-1].id')"
