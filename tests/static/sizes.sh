#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Files and lines of src/ stay short enough to be read. Usage: sizes.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

LINES_MAX=500
COLUMNS_MAX=120

# Exceptions: a pattern of paths, its limit of columns, the reason. The first that matches counts.
EXCEPTIONS=(
        '*.sql 148 a clause of a statement stays on its line'
        '*.def 144 a table has its columns side by side'
        '*.json 200 the argument list of a program is one array'
        '*/meson.build 160 the sources of a room are one list'
)

columns_of() {
        local exception pattern limit reason

        for exception in "${EXCEPTIONS[@]}"; do
                read -r pattern limit reason <<<"$exception"
                # The pattern is one.
                # shellcheck disable=SC2053
                if [[ $1 == $pattern && -n $reason ]]; then
                        printf '%s\n' "$limit"
                        return
                fi
        done
        printf '%s\n' "$COLUMNS_MAX"
}

mapfile -t files < <(project_files -path './src/*')
((${#files[@]} > 0)) || { verdict "There are files in src" "there are none"; exit 1; }

verdict "No file of src has more than $LINES_MAX lines" \
        "$(awk -v max="$LINES_MAX" 'FNR > max && FNR == max + 1 { print FILENAME " is longer" }' "${files[@]}")"
verdict "No line of src has more than $COLUMNS_MAX columns" "$(
        for file in "${files[@]}"; do
                # Not awk: some count bytes.
                grep -nE "^.{$(($(columns_of "$file") + 1)),}" "$file" | sed "s,^\\([0-9]*\\):.*,$file:\\1," || :
        done)"
exit "$bad"
