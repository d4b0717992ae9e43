#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Nothing in the project tells of the machine that it was written on, or depends on one. Usage: privacy.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

# A path starts here, it is not the middle of another one.
START='(^|[^[:alnum:]_/.)}*-])'

# findings PATTERN FILE…: this file has the patterns.
findings() {
        local pattern=$1
        shift

        grep -nHIE -e "$pattern" "$@" | grep -v '^tests/static/privacy\.sh:' | cut -c 1-200
}

mapfile -t files < <(project_files)
verdict "No path of a developer's machine" \
        "$(findings "$START(/work/|/home/[a-z]|/Users/|/tmp/(build|inst|brief)|/mnt/[a-z])" "${files[@]}" || :)"
verdict "No path in root's home directory" "$(findings "$START/root/[[:alnum:]._]" "${files[@]}" || :)"
verdict "No host of a package registry or mirror: apt and the administrator know where packages come from" \
        "$(findings '\b(((deb|security|ftp|snapshot|archive)\.)+(debian\.org|ubuntu\.com)|pypi\.org|pythonhosted\.org|npmjs\.org|crates\.io|proxy\.golang\.org|ghcr\.io|docker\.io|quay\.io)\b' \
                "${files[@]}" || :)"

mapfile -t outside < <(project_files ! -path './tools/*')
verdict "Only tools/ looks for files beside the project, the real dumps" \
        "$(findings '\.\./shared\b' "${outside[@]}" || :)"
verdict "No key, token or password is in the project" \
        "$(findings '(BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_[[:alnum:]]{20}|\bAKIA[0-9A-Z]{16}\b)' "${files[@]}" || :)"
exit "$bad"
