# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by what makes an empty Debian.
# shellcheck shell=bash

# debian_sources SUITE: apt's sources of this host for that suite, a line each. Never written down in the project; another release
# lies beside this host's own.
debian_sources() {
        local own

        own=$(. /etc/os-release && printf '%s\n' "$VERSION_CODENAME")
        # shellcheck disable=SC2016
        apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
                sed -nE "s/ $own(-[a-z]+)? / $1\1 /p" | sort --unique
}

# debian_make SUITE PACKAGE,… TARGET: an empty Debian with these packages, as a tar or a directory, whole or not at all.
debian_make() {
        local list

        "$PROJECT/tools/packages" install fresh
        list=$(debian_sources "$1")
        [[ -n $list ]] || die "apt on this host has no source that could have Debian $1"
        rm -rf --one-file-system "$3.new"
        log "making an empty Debian $1"
        mmdebstrap --variant=minbase --include="$2" --quiet "--format=$(debian_format "$3")" "$1" "$3.new" - <<<"$list"
        mv "$3.new" "$3"
}

debian_format() {
        case $1 in
        *.tar) printf 'tar\n' ;;
        *) printf 'directory\n' ;;
        esac
}

# debian_path NAME PACKAGE,…: where the directory of debian_root is.
debian_path() {
        local hash

        hash=$(sha256sum <<<"$2")
        printf '%s\n' "$BUILD/$1-${hash:0:12}"
}

# debian_root NAME SUITE PACKAGE,…: prints the path of an empty Debian with these packages, a directory below build/. It is made once,
# and again when the list changes.
debian_root() {
        local root

        root=$(debian_path "$1" "$3")
        if [[ ! -d $root ]]; then
                rm -rf --one-file-system "$BUILD/$1"-????????????{,.new}
                debian_make "$2" "$3" "$root"
        fi
        printf '%s\n' "$root"
}
