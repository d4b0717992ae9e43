#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What libmigrationd-task exports is what its header declares, no more and no less, all under one version.
# Usage: exported-symbols.sh [PROJECT [LIBRARY]]
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"
library=${2:-build/release/src/task/libmigrationd-task.so.0}
bad=0

check() {
        local difference

        if [ -z "$2" ]; then
                echo "not ok - $1 # nothing was found to compare"
                bad=1
        elif difference=$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3")); then
                echo "ok - $1"
        else
                printf '# %s\n' "${difference//$'\n'/$'\n# '}"
                echo "not ok - $1"
                bad=1
        fi
}

# With an argument: comments name functions as migrationd_task_x().
declared=$(grep -oE '\bmigrationd_task_[a-z_]+\([^)]' src/task/task.h | sed 's/(.$//' | LC_ALL=C sort -u)
listed=$(sed -n 's/^ *\(migrationd_task_[a-z_]*\);$/\1/p' src/task/libmigrationd-task.sym | LC_ALL=C sort)
check "The symbol file lists what the header declares" "$declared" "$listed"

if [ ! -e "$library" ]; then
        echo "not ok - $library is not built"
        bad=1
else
        exported=$(nm --dynamic --defined-only "$library" | awk '$2 == "T" { print $3 }' | LC_ALL=C sort)
        check "The library exports what the header declares" \
                "${declared//$'\n'/@@LIBMIGRATIOND_TASK_0$'\n'}@@LIBMIGRATIOND_TASK_0" "$exported"
        others=$(nm --dynamic --defined-only "$library" | awk '$2 != "T" && $2 != "A" { print $3 }')
        check "It exports no data" "-${others}" "-"
        check "Its name has the version of its interface" \
                "$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')" libmigrationd-task.so.0
fi
exit "$bad"
