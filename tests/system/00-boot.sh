#!/bin/bash
# container: main
# SPDX-License-Identifier: LGPL-2.1-or-later
# The container itself: what all other tests stand on.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"

unit() {
        systemd-run --wait --pipe --quiet --collect "$@"
}

title "PID 1 is systemd and has finished booting"
expect_eq "$(cat /proc/1/comm)" systemd
expect_match '^(running|degraded)$' sh -c 'systemctl is-system-running --wait || :'

title "No unit of the container failed"
expect_eq "$(systemctl list-units --failed --plain --no-legend)" ''

title "The system bus and polkit answer"
expect busctl --system status org.freedesktop.systemd1
expect busctl --system get-property org.freedesktop.PolicyKit1 /org/freedesktop/PolicyKit1/Authority \
        org.freedesktop.PolicyKit1.Authority BackendName

title "No service of the host is enabled"
expect_eq "$(find /etc/systemd/system -path '*.wants/*' -type l)" ''
expect_eq "$(systemctl is-active postgresql.service || :)" inactive

title "A test runs in a unit of its own"
expect_match '^0::/system.slice/.*\.service$' cat /proc/self/cgroup

title "The exit status of a unit comes back"
expect_exit 7 unit -- sh -c 'exit 7'

title "The sandbox of task units works: read-only system, writable exception, private directories"
expect_exit 0 unit -p ProtectSystem=strict -p PrivateTmp=yes -p PrivateDevices=yes -p ReadWritePaths=/srv -- \
        sh -c 'touch /srv/written /tmp/private && ! touch /etc/refused && ! test -e /dev/kmsg'
expect test ! -e /tmp/private
expect rm /srv/written

title "The sandbox of task units works: privileges, groups, system calls"
expect_match '^NoNewPrivs:[[:space:]]1$' unit -p NoNewPrivileges=yes -- cat /proc/self/status
expect_match '\(adm\)' unit -p User=nobody -p SupplementaryGroups=adm -- id
expect unit -p SystemCallFilter=@system-service -p SystemCallErrorNumber=EPERM -- true
expect_fail unit -p SystemCallFilter=@system-service -p SystemCallErrorNumber=EPERM -- unshare --mount true
expect_fail unit -p RestrictSUIDSGID=yes -p PrivateTmp=yes -- sh -c 'touch /tmp/file && chmod u+s /tmp/file'

title "A slice freezes and thaws, and counts processor time"
expect systemd-run --quiet --slice=boot-test.slice --unit=boot-test sh -c 'exec tail -f /dev/null'
expect systemctl freeze boot-test.slice
expect_eq "$(systemctl show --value --property=FreezerState boot-test.slice)" frozen
expect systemctl thaw boot-test.slice
expect_match '^CPUUsageNSec=[0-9]+$' systemctl show --property=CPUUsageNSec boot-test.service
expect systemctl stop boot-test.slice

title "The product is installed, its users and directories exist"
expect test -x /usr/bin/migrationctl
expect getent passwd migrationd
expect getent group migrationd-worker

title "Debian's PostgreSQL cluster starts when asked"
expect cluster_start
expect_match '^1$' runuser -u postgres -- psql -XAtc 'SELECT 1'
expect systemctl stop postgresql@15-main.service
