#!/bin/bash
# container: main
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page docs/shell-migration.md does what it says: its blocks are installed and run as they stand.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

PAGE=/usr/share/doc/migrationd/shell-migration.md

# block INFO: the text of the fenced block with exactly this info string.
block() {
        awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } inside && $0 == "```" { exit } inside' "$PAGE"
}

# block_install LANGUAGE PATH
block_install() {
        install -d "$(dirname "$2")"
        block "$1 $2" >"$2"
        [[ -s $2 ]]
}

directory=$(mktemp -d)
cd "$directory"

title "The page's definition and program take less than 40 lines"
expect block_install json /etc/migrationd/migrations/copy_files.json
expect block_install sh /usr/local/lib/copy_files
lines=$(cat /etc/migrationd/migrations/copy_files.json /usr/local/lib/copy_files | wc -l)
expect test "$lines" -lt 40

title "The page's commands run it to its end"
block sh >commands
expect test -s commands
expect bash -eux commands
expect_output '/nonexistent.*cannot be read'

title "The files are there, and belong to the user of the definition"
expect cmp /etc/hostname /var/lib/mover/hostname
expect cmp /etc/os-release /var/lib/mover/os-release
expect_eq "$(stat -c %U /var/lib/mover/hostname)" mover
expect_eq "$(find /var/lib/mover -type f | wc -l)" 2

title "The report is completed, with a task for each file and the expander"
expect_match 'completed' migrationctl status
expect_eq "$(migrationctl tasks --no-legend --no-pager | grep -c completed)" 4

title "A program that its group can write to is refused before anything runs"
chmod 775 /usr/local/lib/copy_files
expect_fail migrationctl run copy-etc --wait
expect_output 'copy_files.*writable by its group'
chmod 755 /usr/local/lib/copy_files

title "A program that is not there is refused before anything runs"
mv /usr/local/lib/copy_files hidden
expect_fail migrationctl run copy-etc --wait
expect_output '/steps/0/exec/3: /usr/local/lib/copy_files'
mv hidden /usr/local/lib/copy_files

title "It runs again over what is there"
expect migrationctl run copy-etc --wait
expect_eq "$(find /var/lib/mover -type f | wc -l)" 2
cd /
rm -r "$directory"
