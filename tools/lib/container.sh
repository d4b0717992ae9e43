# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tools/container: state of the containers, their processes and control groups.
# shellcheck shell=bash
#
# A container is two processes on the host. The keeper (tools/lib/container-keeper) holds a private mount
# namespace with the container's file system, so that killing the other one, systemd-nspawn, loses nothing:
# that is a host reset, and starting nspawn again in the keeper's namespace is the boot after it. Below
# STATE/NAME:
#   keeper, nspawn, leader   "PID START-TIME" of the keeper, of nspawn, and of the container's PID 1 as the
#                            host sees it
#   group, leader-group      control groups of the container and of its PID 1, as paths below /sys/fs/cgroup
#                            of the keeper's namespace
#   base, layers, binds      what the container was made of, a line each
#   console.log              what the container printed while booting, and nspawn's own messages

STATE=/run/migrationd-test

# Started from here nothing of the caller's environment reaches the container.
CLEAN_ENVIRONMENT=(env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8)

# process_start_time PID: clock ticks since boot; with the PID it names a process for good.
process_start_time() {
        local text

        text=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
        # Field 22; the second field (the name) may hold spaces and ends at the last parenthesis.
        read -ra text <<<"${text##*) }"
        printf '%s\n' "${text[19]}"
}

# process_record NAME WHAT PID
process_record() {
        printf '%s %s\n' "$3" "$(process_start_time "$3")" >"$STATE/$1/$2"
}

# process_of NAME WHAT: the recorded PID while that very process lives and is no zombie.
process_of() {
        local pid start now

        read -r pid start 2>/dev/null <"$STATE/$1/$2" || return 1
        now=$(process_start_time "$pid") && [[ $now == "$start" ]] || return 1
        ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null || return 1
        printf '%s\n' "$pid"
}

process_gone() {
        ! process_of "$1" "$2" >/dev/null
}

# keeper_run NAME COMMAND…: run a command in the container's mount namespace on the host's side.
keeper_run() {
        local keeper

        keeper=$(process_of "$1" keeper) || return 1
        shift
        nsenter --target "$keeper" --mount --root --wd -- "$@"
}

# leader_find NAME: the child of nspawn that is PID 1 in a PID namespace of its own.
leader_find() {
        local nspawn child children

        nspawn=$(process_of "$1" nspawn) || return 1
        mapfile -td ' ' children 2>/dev/null <"/proc/$nspawn/task/$nspawn/children" || return 1
        for child in "${children[@]}"; do
                if grep -q "^NSpid:.*[[:space:]]1\$" "/proc/$child/status" 2>/dev/null; then
                        process_record "$1" leader "$child"
                        return 0
                fi
        done
        return 1
}

# leader_path NAME PATH: a file of the running container, by a path the host can open.
leader_path() {
        printf '/proc/%s/root%s\n' "$(process_of "$1" leader)" "$2"
}

# leader_group_record NAME: the control group of the container's PID 1, as the keeper sees it. Our own view of
# it may start elsewhere; the keeper's starts at the root of its mount.
leader_group_record() {
        keeper_run "$1" sed -n 's/^0:://p' "/proc/$(process_of "$1" leader)/cgroup" >"$STATE/$1/leader-group"
}

# container_enter NAME COMMAND…: a process inside the container, in the control group of its PID 1, so that it
# is killed with it and the container's services see a caller that belongs to a unit.
container_enter() {
        local leader group

        leader=$(process_of "$1" leader) || die "container $1 is not running"
        group=/proc/$(process_of "$1" keeper)/root/sys/fs/cgroup$(cat "$STATE/$1/leader-group")
        shift
        (
                printf '%s\n' "$BASHPID" >"$group/cgroup.procs"
                exec nsenter --target "$leader" --mount --uts --ipc --net --pid --cgroup --root --wd -- \
                        "${CLEAN_ENVIRONMENT[@]}" HOME=/root "TERM=${TERM:-dumb}" "$@"
        )
}

# group_kill NAME: SIGKILL to everything in the container's group, then remove the group.
group_kill() {
        local group

        group=/sys/fs/cgroup$(cat "$STATE/$1/group")
        # shellcheck disable=SC2016
        keeper_run "$1" bash -c '
                [[ -d $1 ]] || exit 0
                echo 1 >"$1/cgroup.kill"
                for ((try = 0; try < 100; try++)); do
                        find "$1" -depth -type d -exec rmdir {} + 2>/dev/null && exit 0
                        read -rt 0.1 <> <(:) || :
                done
                echo "control group $1 can not be removed" >&2
                exit 1' - "$group"
}
