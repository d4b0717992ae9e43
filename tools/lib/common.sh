# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by everything in tools/: where things are, messages, waiting, locks.
# shellcheck shell=bash

set -euo pipefail
umask 022

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Read by the scripts that source this file.
# shellcheck disable=SC2034
BUILD=$PROJECT/build

log() {
        printf '==> %s\n' "$*" >&2
}

die() {
        printf '%s: %s\n' "${0##*/}" "$*" >&2
        exit 1
}

# usage TEXT: a wrong call; 2 as everywhere else in the project.
usage() {
        printf 'Usage: %s\n' "$1" >&2
        exit 2
}

need_root() {
        [[ $(id -u) == 0 ]] || die "must run as root"
}

# A descriptor that never has anything to read: waiting on it costs no process.
exec {PAUSE_FD}<> <(:)

# wait_until SECONDS COMMAND…: poll a command ten times a second; 1 when the deadline passes first.
wait_until() {
        local deadline=$((SECONDS + $1))
        shift

        until "$@"; do
                ((SECONDS <= deadline)) || return 1
                read -rt 0.1 -u "$PAUSE_FD" || :
        done
}

# lock_or_wait NAME: one run at a time of what NAME stands for; held until this process ends.
lock_or_wait() {
        mkdir -p "$BUILD"
        exec {LOCK_FD}>"$BUILD/.lock-$1"
        flock "$LOCK_FD"
}

# dev_make ROOT: device nodes of its own for a root directory that programs of packages run in as root, so that
# none of them can touch the host's.
dev_make() {
        local line node

        mount -t tmpfs -o mode=755,nosuid dev "$1/dev"
        mkdir "$1"/dev/{pts,shm}
        for line in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
                IFS=: read -ra node <<<"$line"
                mknod --mode=666 "$1/dev/${node[0]}" c "${node[1]}" "${node[2]}"
        done
        mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$1/dev/pts"
        mount -t tmpfs -o mode=1777,nosuid,nodev shm "$1/dev/shm"
        ln -s pts/ptmx "$1/dev/ptmx"
        ln -s /proc/self/fd "$1/dev/fd"
        ln -s fd/0 "$1/dev/stdin"
        ln -s fd/1 "$1/dev/stdout"
        ln -s fd/2 "$1/dev/stderr"
}

# shared_directory: where real dumps lie when there are any; prints nothing otherwise.
shared_directory() {
        local directory=${MIGRATIOND_SHARED:-$PROJECT/../shared}

        if [[ -d $directory/pulp2 ]]; then
                realpath "$directory"
        fi
}
