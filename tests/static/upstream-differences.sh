#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each section of tests/migrations/upstream-differences.txt is of references, has rows and a reason, and is told of in
# docs/pulp2to3.md. Usage: upstream-differences.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

FILE=tests/migrations/upstream-differences.txt

verdict "Each section of upstream-differences.txt has references, a line of the documentation, a reason and rows" "$(
        awk '
                function section_ends() { if (section && !(docs && reason && rows)) print section " is not complete" }
                /^== / { section_ends(); section = "line " FNR; docs = reason = rows = 0; if (NF < 2) print section ": no reference"; next }
                /^# docs: / { docs = 1; next }
                /^# / { reason = docs; next }
                /^[-+]/ { rows = 1; if (!section) print "line " FNR " is in no section"; next }
                /./ { print "line " FNR " is none of a section" }
                END { section_ends(); if (!section) print "there is no section" }' "$FILE"
)"

# Lines are broken elsewhere there.
told=$(sed -n '/^## Other than the upstream tool/,$p' docs/pulp2to3.md | tr -s '\n ' '  ')
verdict "docs/pulp2to3.md tells of each section of upstream-differences.txt" "$(
        sed -n 's/^# docs: //p' "$FILE" | while read -r line; do
                [[ $told == *"$line"* ]] || printf '%s\n' "$line"
        done
)"
exit "$bad"
