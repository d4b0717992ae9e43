#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The patterns have the backtick of Markdown.
# shellcheck disable=SC2016
# Each test that GUARANTEES.md and ARCHITECTURE.md name is there, and each guarantee names one. Usage: guarantees.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

# named FILE: the tests it names, as `SUITE/…` or by their path.
named() {
        grep -oE '`(tests|system|unit|faults|static)/[^`]+`' "$1" | tr -d '`' | sort -u
}

test_is_there() {
        case $1 in
        tests/*) [[ -e ${1%% *} ]] ;;
        unit/*) grep -qF "'${1#unit/}'" tests/meson.build ;;
        *) [[ -e tests/$1.sh ]] ;;
        esac
}

missing() {
        local name

        while read -r name; do
                test_is_there "$name" || printf '%s\n' "$name"
        done < <(named "$1")
}

for file in GUARANTEES.md ARCHITECTURE.md; do
        if [[ -z $(named "$file") ]]; then
                verdict "The tests that $file names are there" 'none was found'
        else
                verdict "The tests that $file names are there" "$(missing "$file")"
        fi
done
verdict "Each guarantee names the test that holds it" "$(
        grep -E '^\| [A-Z][0-9]+ \|' GUARANTEES.md | grep -vE '`(system|unit|faults)/[^`]+`[^|]*\|$' || :
)"
exit "$bad"
