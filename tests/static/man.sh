#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manual pages are clean mdoc, are installed, and refer to pages that there are. Usage: man.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

mapfile -t pages < <(project_files -path './man/*.[1-9]')
((${#pages[@]} > 0)) || { verdict "There are manual pages" "none was found"; exit 1; }

# Whether pages of other projects are installed here, and listed in a database, says nothing about ours.
verdict "mandoc finds nothing in ${#pages[@]} manual pages" \
        "$(mandoc -Tlint -Wstyle "${pages[@]}" 2>&1 | grep -vE 'outdated mandoc\.db|referenced manual not found' || :)"

verdict "Each page has the title and the section of its file" "$(
        for page in "${pages[@]}"; do
                name=$(basename "$page")
                title=$(sed -n 's/^\.Dt //p' "$page")
                [[ $title == "$(tr '[:lower:]' '[:upper:]' <<<"${name%.*}") ${name##*.}" ]] || printf '%s: .Dt %s\n' "$page" "$title"
        done)"

verdict "Each reference to a page of the project finds it" "$(
        for page in "${pages[@]}"; do
                sed -nE 's/^\.Xr ([^ ]*migration[^ ]*) ([0-9]).*/\1.\2/p' "$page" | sort -u |
                        while read -r name; do
                                [[ -e man/$name ]] || printf '%s: no %s\n' "$page" "$name"
                        done
        done)"

same "Each page is installed by the build" "$(basename -a "${pages[@]}" | sort)" \
        "$(sed -nE "s,.*'([a-z/]*/)?([a-z0-9.-]*\.[1-9])'.*,\2,p" man/meson.build src/*/meson.build | sort)"
same "The build enters the directory of the pages" "subdir('man')" "$(grep -x "subdir('man')" meson.build || :)"

verdict "Examples are plain ASCII: what is copied from a page can be typed" "$(
        for page in "${pages[@]}"; do
                awk -v page="$page" '
                        /^\.Bd -literal/ { inside = 1 }
                        inside && /[^ -~\t]/ { print page ":" NR ": " $0 }
                        /^\.Ed/ { inside = 0 }' "$page"
        done)"
exit "$bad"
