#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# systemd understands every line of the units, and what they name is there. Usage: units.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

INSTALLED=build/install
# What no service may be without.
FLOOR=(CapabilityBoundingSet= NoNewPrivileges=yes PrivateTmp=yes PrivateDevices=yes ProtectHome=yes ProtectSystem=strict
        RestrictNamespaces=yes RestrictSUIDSGID=yes SystemCallArchitectures=native)

# programs: paths that the units execute, a line each.
programs() {
        sed -nE 's,^Exec[A-Za-z]+=[-@:+!]*([^ ]+).*,\1,p' units/*.service | sort -u
}

# root_make DIRECTORY: the host's units and ours, with programs to find: those of the build when there is one, so
# that a name that is not installed is a finding.
root_make() {
        local program

        mkdir -p "$1/usr/lib/systemd"
        cp -r /usr/lib/systemd/system "$1/usr/lib/systemd/"
        cp units/*.service units/*.socket units/*.timer "$1/usr/lib/systemd/system/"
        if [[ -d $INSTALLED ]]; then
                mkdir -p "$1/usr/libexec"
                cp -r "$INSTALLED/usr/libexec/migrationd" "$1/usr/libexec/"
        fi
        for program in $(programs); do
                if [[ ! -d $INSTALLED || -x $program ]] && [[ ! -e $1$program ]]; then
                        install -D -m 755 /dev/null "$1$program"
                fi
        done
}

# names: the units, templates with an instance.
names() {
        basename -a units/*.service units/*.socket units/*.timer | sed 's/@\./@1./'
}

title="systemd-analyze verify has nothing to say about the units"
if ! command -v systemd-analyze >/dev/null; then
        echo "ok - $title # SKIP this machine has no systemd-analyze"
else
        root=$(mktemp -d)
        trap 'rm -rf "$root"' EXIT
        root_make "$root"
        mapfile -t units < <(names)
        status=0
        output=$(systemd-analyze verify --root="$root" --man=no "${units[@]}" 2>&1) || status=$?
        # Units of the host are not ours to judge.
        findings=$(grep migrationd <<<"$output" | sed "s,$root,,g" | sort -u || :)
        if [[ $status != 0 && -z $findings ]]; then
                findings="exit status $status: $output"
        fi
        verdict "$title" "$findings"
fi

verdict "Each service has the sandbox floor" "$(
        for unit in units/*.service; do
                for line in "${FLOOR[@]}"; do
                        grep -qxF -e "$line" "$unit" || printf '%s lacks %s\n' "$unit" "$line"
                done
        done)"

verdict "Each unit names a manual page that there is" "$(
        for unit in units/*.service units/*.socket units/*.timer; do
                pages=$(sed -nE 's/^Documentation=//p' "$unit" | tr ' ' '\n' | sed -nE 's/^man:(.*)\(([0-9])\)$/man\/\1.\2/p')
                [[ -n $pages ]] || printf '%s names none\n' "$unit"
                for page in $pages; do
                        [[ -e $page ]] || printf '%s: no %s\n' "$unit" "$page"
                done
        done)"
exit "$bad"
