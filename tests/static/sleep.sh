#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Nothing sleeps: programs and tests wait for an event, with a deadline. Usage: sleep.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

# Files that may, each with its reason.
declare -A MAY=(
        [tests/task/test-command.c]='a program under test stays until it is ended; nothing waits for it'
        [tests/migrations/steps.sh]='the moment of a kill is drawn by lot: it is input, not a wait'
)

# findings PATTERN FILE…: without whole-line comments and the files above.
findings() {
        local pattern=$1 line
        shift

        grep -nHE -e "$pattern" "$@" | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(#|/?\*|//|--)' |
                while read -r line; do
                        [[ -n ${MAY[${line%%:*}]:-} ]] || printf '%s\n' "$line"
                done
}

mapfile -t code < <(project_files \( -path './src/*' -o -path './tests/*' \) -name '*.[ch]')
verdict "No C code calls sleep(), usleep() or nanosleep()" \
        "$(findings '\b(sleep|usleep|nanosleep|clock_nanosleep|thrd_sleep) *\(' "${code[@]}" || :)"

mapfile -t all < <(project_files \( -path './src/*' -o -path './tests/*' -o -path './units/*' \) ! -path '*/static/sleep.sh')
verdict "No shell text runs sleep, in scripts and in strings" \
        "$(findings '\bu?sleep ("?[$]|[0-9.]|inf)' "${all[@]}" || :)"

mapfile -t sql < <(project_files -path './src/*')
verdict "No SQL of the product sleeps" "$(findings '\bpg_sleep' "${sql[@]}" || :)"
exit "$bad"
