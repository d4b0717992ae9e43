#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# No shell script has anything that shellcheck complains of. Usage: shell.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

# scripts: programs by their first line, files that are sourced by their directive.
scripts() {
        local file head

        while read -r file; do
                head=$(head -n 5 "$file" | tr -d '\0')
                if [[ $head =~ ^'#!'[^$'\n']*[/[:space:]](ba)?sh($|[[:space:]]) || $head == *'# shellcheck shell='* ]]; then
                        printf '%s\n' "$file"
                fi
        done < <(project_files)
}

# What writes on behind the end of such a grep is killed by SIGPIPE, and with pipefail the pipe fails, now and again. A plain sh has no
# pipefail. tests/lib/matches.sh reads to the end.
quiet_greps() {
        grep -nHE '\| *grep +-[a-zA-Z]*q' "$@" | grep -vE '^[^:]+:[0-9]+:[[:space:]]*#|sh -c|static/shell.sh:'
}

# Functions with optional arguments: called without them they are right.
EXCLUDED=SC2119,SC2120

mapfile -t files < <(scripts)
if ((${#files[@]} == 0)); then
        verdict "shellcheck finds nothing in the shell scripts" "no script was found"
else
        verdict "shellcheck finds nothing in ${#files[@]} shell scripts" \
                "$(shellcheck --external-sources --exclude="$EXCLUDED" --format=gcc "${files[@]}" 2>&1 || :)"
        verdict "No pipe of a script ends in grep -q" "$(quiet_greps "${files[@]}" || :)"
fi
exit "$bad"
