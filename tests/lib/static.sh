# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests under tests/static: what they look through, and findings as results.
# shellcheck shell=bash

set -euo pipefail
# Columns are characters.
export LC_ALL=C.UTF-8
bad=0

# project_files [FIND-EXPRESSION…]: the project's own files, a line each; not what git and the build make.
project_files() {
        find . \( -path ./.git -o -path ./build \) -prune -o -type f \( -true "$@" \) -printf '%P\n' | sort
}

# verdict SENTENCE FINDINGS: the test passes when there are none; the caller's exit status is $bad.
verdict() {
        if [[ -z $2 ]]; then
                printf 'ok - %s\n' "$1"
        else
                printf '# %s\n' "${2//$'\n'/$'\n# '}"
                printf 'not ok - %s\n' "$1"
                # Read by the callers.
                # shellcheck disable=SC2034
                bad=1
        fi
}

# same SENTENCE LEFT RIGHT: two lists that must be equal, a name on each line; empty ones show that the test looks
# at the wrong place.
same() {
        if [[ -z $2 || -z $3 ]]; then
                verdict "$1" 'nothing was found to compare'
        else
                verdict "$1" "$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") || :)"
        fi
}
