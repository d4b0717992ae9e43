# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tools/test: the suites, what they consist of and how they run.
# shellcheck shell=bash
#
# static   tests/static/*.sh, on the host, from the project's root
# unit     the C tests of meson's sanitized build
# system   tests/system/*.sh, faults: tests/faults/*.sh, inside a booted container. The first lines of such a
#          file may say
#            # container: NAME     files of one NAME share a boot, in order of their names; `main` if not said
#            # timeout: SECONDS    for the whole file; 600 if not said
#            # debian13: yes       the suite debian13 has it too, which is none of a run without names: the same files in a
#                                  container of Debian 13, with the project built there (see tools/debian13)
#            # vm: yes             the suite vm has it too, which is none of a run without names: in a virtual machine with a
#                                  kernel of its own (see tools/vm)
#            # unit: no            not as a unit, since it restarts the bus by which one is waited for
#            # hosts: 2            the file runs on this machine, its arguments are the names of two containers, which share
#                                  what is at /var/lib/worker
#            # host-resets: N      the file runs N+1 times, with 0, 1, … N as its argument, and between two of
#                                  these runs the container is killed and booted again on the same file system

# shellcheck disable=SC2034
SUITES=(static unit system faults debian13 vm)
# What runs when nothing is named.
# shellcheck disable=SC2034
SUITES_DEFAULT=(static unit system faults)
TESTS_INSIDE=/usr/local/lib/migrationd-tests
PROGRAMS_INSIDE=/usr/local/lib/migrationd-test-programs

# suite_files SUITE: the files of a suite of scripts, a line each.
suite_files() {
        if [[ $1 == debian13 || $1 == vm ]]; then
                grep -lE -m 1 "^# $1: yes\$" "$PROJECT"/tests/system/*.sh | LC_ALL=C sort || :
                return
        fi
        compgen -G "$PROJECT/tests/$1/*.sh" | LC_ALL=C sort || :
}

# file_label FILE: suite and stem, as shown.
file_label() {
        local label=${1#"$PROJECT/tests/"}

        printf '%s%s\n' "${label_prefix:-}" "${label%.sh}"
}

# file_says FILE KEY DEFAULT: a value from the first lines of a file.
file_says() {
        local value

        value=$(sed -n "1,8s/^# $2: *//p" "$1" | head -n 1)
        printf '%s\n' "${value:-$3}"
}

static_run() {
        local file start

        cd "$PROJECT" || return 1
        for file in "$@"; do
                start=$SECONDS
                tap_run "$(file_label "$file")" optional bash "$file"
                tap_took "$(file_label "$file")" "$((SECONDS - start))"
        done
}

# vm_run FILE…: each in a virtual machine of its own, whose processor is emulated: it has five times the time.
vm_run() {
        local file start
        # Seen by file_label.
        local label_prefix=vm/

        for file in "$@"; do
                start=$SECONDS
                tap_run "$(file_label "$file")" needed "$PROJECT/tools/vm" test $((5 * $(file_says "$file" timeout 600))) "$file"
                tap_took "$(file_label "$file")" "$((SECONDS - start))"
        done
}

# unit_names: the names meson has for the C tests.
unit_names() {
        meson introspect --tests "$BUILD/asan" | jq -r '.[].name'
}

# unit_result NAME LOG FILTER: of the log's entry for that test; meson puts the suite before the name.
unit_result() {
        jq -r --arg name "$1" "select(.name == \$name or (.name | endswith(\" / \" + \$name))) | $3" "$2"
}

# unit_replay NAME LOG: output and exit status as the test had them.
unit_replay() {
        unit_result "$1" "$2" '.stdout // ""'
        return "$(unit_result "$1" "$2" '
                if .result == "TIMEOUT" then 124
                elif .returncode < 0 then 128 - .returncode
                else .returncode end')"
}

# unit_errors NAME LOG: what a failed test wrote to standard error.
unit_errors() {
        unit_result "$1" "$2" 'select(.returncode != 0) | .stderr // ""' | tail -n 60 >&2
}

# unit_run NAME…: through meson, which writes what each test printed to a log; that is counted.
unit_run() {
        local results=$BUILD/asan/meson-logs/testlog.json name shared

        # Real dumps, for the tests that want them.
        shared=$(shared_directory)
        if [[ -n $shared ]]; then
                export MIGRATIOND_SHARED=$shared MIGRATIOND_PULP2_DUMPS=$shared/pulp2
        fi
        rm -f "$results"
        CMOCKA_MESSAGE_OUTPUT=tap ASAN_OPTIONS=detect_leaks=1 \
                UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
                meson test -C "$BUILD/asan" --no-rebuild --num-processes "$(nproc)" "$@" </dev/null >&2 || :
        if [[ ! -s $results ]]; then
                tap_report failed unit "meson ran no test"
                return
        fi
        for name in "$@"; do
                tap_run "unit/$name" needed unit_replay "$name" "$results"
                unit_errors "$name" "$results"
                tap_took "unit/$name" "$(unit_result "$name" "$results" '.duration // 0 | floor')"
        done
}

# container_phase NAME FILE PHASE: one run of a file inside; its TAP is the output.
container_phase() {
        local seconds unit=(--unit)

        seconds=$(file_says "$2" timeout 600)
        if [[ $(file_says "$2" hosts 1) == 2 ]]; then
                timeout --kill-after=20 "$seconds" bash "$2" "$1" "$1-b"
                return
        fi
        [[ $(file_says "$2" unit yes) == yes ]] || unit=()
        "$PROJECT/tools/container" exec "$1" "${unit[@]}" --timeout "$seconds" --setenv "CI=${CI:-}" -- \
                "$TESTS_INSIDE/${2#"$PROJECT/tests/"}" "$3"
}

# container_file NAME FILE: a file with its host resets.
container_file() {
        local resets phase label start=$SECONDS

        label=$(file_label "$2")
        resets=$(file_says "$2" host-resets 0)
        for ((phase = 0; phase <= resets; phase++)); do
                if ((phase > 0)); then
                        "$PROJECT/tools/container" kill "$1"
                        if ! "$PROJECT/tools/container" reboot "$1"; then
                                tap_report failed "$label" "the host boots again after a reset"
                                return
                        fi
                fi
                tap_run "$label" needed container_phase "$1" "$2" "$phase"
        done
        tap_took "$label" "$((SECONDS - start))"
}

# group_container GROUP: the name of its container.
group_container() {
        printf 'test-%s-%s\n' "$1" "$$"
}

# container_group GROUP KIND KEEP FILE…: boot, run, remove (or leave, for a look). KIND is release, asan, points or debian13.
container_group() {
        local name kind=$2 keep=$3 install=$BUILD/install programs=$BUILD/$2/tests shared file arguments=() names=() common=
        # Seen by file_label.
        local label_prefix=

        name=$(group_container "$1")
        shift 3
        case $kind in
        asan | points) install=$BUILD/install-$kind ;;
        debian13)
                label_prefix=debian13/
                install=$BUILD/install-debian13
                arguments=(--base "$("$PROJECT/tools/debian13" root)")
                programs=$BUILD/debian13-release/tests
                ;;
        esac
        arguments+=(--layer "$install" --bind-ro "$PROJECT/tests:$TESTS_INSIDE"
                --bind-ro "$programs:$PROGRAMS_INSIDE")
        names=("$name")
        if [[ $(file_says "$1" hosts 1) == 2 ]]; then
                names+=("$name-b")
                common=$(mktemp -d)
                chmod 755 "$common"
                arguments+=(--bind "$common:/var/lib/worker")
        fi
        shared=$(shared_directory)
        if [[ -n $shared ]]; then
                arguments+=(--bind-ro "$shared/pulp2:/srv/pulp2" --bind-ro "$shared/pulp2to3:/srv/pulp2to3")
        fi

        log "container $name: $*"
        for name in "${names[@]}"; do
                "$PROJECT/tools/container" boot "$name" "${arguments[@]}" && continue
                for file in "$@"; do
                        tap_report failed "$(file_label "$file")" "the container boots"
                done
                [[ -z $common ]] || rm -rf "$common"
                return
        done
        for file in "$@"; do
                container_file "${names[0]}" "$file"
        done
        if [[ $keep == true ]]; then
                log "left running; enter it with: MIGRATIOND_CONTAINER=${names[0]} tools/shell"
                return
        fi
        for name in "${names[@]}"; do
                "$PROJECT/tools/container" stop "$name"
        done
        [[ -z $common ]] || rm -rf "$common"
}

# groups_collect DIRECTORY GROUP…: what the groups counted. One that has left nothing ended before its end.
groups_collect() {
        local directory=$1 group
        shift

        for group in "$@"; do
                if [[ -s $directory/$group ]]; then
                        tap_add "$directory/$group"
                else
                        tap_report failed "group $group" "ends"
                fi
        done
}

# group_run DIRECTORY GROUP ARGUMENTS…: one of several groups that run side by side. Its test lines have their
# labels; what else it says gets the group's name.
group_run() {
        local directory=$1 group=$2
        shift 2

        tap_reset
        container_group "$group" "$@" 2> >(sed -u "s/^/[$group] /" >&2)
        tap_save >"$directory/$group"
}

# containers_run KIND KEEP FILE…: the files by group, groups in the order of their first file, as many at once as
# there are processors, but two at the most: the tests have deadlines.
containers_run() {
        local kind=$1 keep=$2 file files group groups=() jobs directory pid
        local -A members=() running=()
        shift 2

        for file in "$@"; do
                group=$(file_says "$file" container main)
                [[ $group =~ ^[a-z0-9-]{1,16}$ ]] || die "$file: not a name for a container: $group"
                [[ -n ${members[$group]:-} ]] || groups+=("$group")
                members[$group]+=$file$'\n'
                # What interrupts this script has to know all of them.
                CONTAINERS+=("$(group_container "$group")")
                [[ $(file_says "$file" hosts 1) == 1 ]] || CONTAINERS+=("$(group_container "$group")-b")
        done
        jobs=$(nproc)
        ((jobs <= 2)) || jobs=2
        if ((jobs == 1 || ${#groups[@]} == 1)); then
                for group in "${groups[@]}"; do
                        mapfile -t files < <(printf '%s' "${members[$group]}")
                        container_group "$group" "$kind" "$keep" "${files[@]}"
                done
                return
        fi
        directory=$(mktemp -d)
        for group in "${groups[@]}"; do
                mapfile -t files < <(printf '%s' "${members[$group]}")
                if ((${#running[@]} >= jobs)); then
                        wait -n -p pid "${!running[@]}" || :
                        unset "running[$pid]"
                fi
                group_run "$directory" "$group" "$kind" "$keep" "${files[@]}" &
                running[$!]=$group
        done
        wait "${!running[@]}" || :
        groups_collect "$directory" "${groups[@]}"
        rm -r "$directory"
}
