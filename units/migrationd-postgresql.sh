#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The embedded PostgreSQL of migrationd. Usage: migrationd-postgresql setup|exec|reload
#   setup  creates the cluster at the first start: roles, database, authentication by peer credentials only
#   exec   becomes the server
#   reload makes it read its configuration again
set -eu

state=${STATE_DIRECTORY:-/var/lib/migrationd:/var/lib/migrationd/postgresql}
data=${state#*:}/data
socket=/run/migrationd-postgresql

# The newest installed server, or the one that made the cluster.
bindir() {
        if [ -e "$data/PG_VERSION" ]; then
                dir=/usr/lib/postgresql/$(cat "$data/PG_VERSION")/bin
        else
                # Names of Debian's: numbers.
                # shellcheck disable=SC2012
                dir=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
        fi
        if [ ! -x "$dir/postgres" ]; then
                echo "no PostgreSQL server in '$dir': install the package postgresql, or set Database= in migrationd.conf" >&2
                exit 78
        fi
        echo "$dir"
}

write_authentication() {
        cat >"$1/pg_hba.conf" <<-HBA
        # Who may connect is decided by the socket's directory and by peer credentials.
        local all postgres peer map=admin
        local migrationd migrationd peer map=service
        local migrationd migrationd_worker peer map=worker
	HBA
        cat >"$1/pg_ident.conf" <<-IDENT
        admin migrationd postgres
        service migrationd migrationd
        service root migrationd
        worker /^.*\$ migrationd_worker
	IDENT
}

write_settings() {
        cat >>"$1/postgresql.conf" <<-CONF
        # Settings of migrationd; more in conf.d/*.conf beside this file.
        listen_addresses = ''
        unix_socket_directories = '$socket'
        # One session for each running task, and a few for the service.
        max_connections = 300
        logging_collector = off
        log_line_prefix = ''
        log_min_messages = warning
        include_dir = 'conf.d'
	CONF
        mkdir -p "$1/conf.d"
}

setup() {
        [ -e "$data/PG_VERSION" ] && exit 0
        bin=$(bindir)
        new=$data.new
        rm -rf "$new"
        "$bin/initdb" --pgdata="$new" --username=postgres --auth=peer --encoding=UTF8 --locale=C.UTF-8 --data-checksums >/dev/null
        write_authentication "$new"
        write_settings "$new"
        "$bin/postgres" --single -D "$new" postgres >/dev/null <<-SQL
	CREATE ROLE migrationd LOGIN;
	CREATE ROLE migrationd_worker LOGIN;
	CREATE DATABASE migrationd OWNER migrationd;
	SQL
        # Whole or not at all: a setup that was interrupted starts anew.
        mv "$new" "$data"
}

# The server does not start when its lock file names a process that lives and is its user's, whatever that is: after a crash of the
# host the number may be another's. Then the file gets our own number, which the server will have: it goes on to look whether
# the memory named in there is in use, which alone tells of processes that a former server left. Nor does it with an empty one,
# which a host that lost power may leave and which names nothing.
disown_lock() {
        [ -e "$data/postmaster.pid" ] || return 0
        [ -s "$data/postmaster.pid" ] || rm -f "$data/postmaster.pid"
        pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null || :)
        # The name alone: the rest of a process of another group is not to be read.
        case $(cat "/proc/$pid/comm" 2>/dev/null || :) in
        postgres | '')
                ;;
        *)
                echo "process $pid, named by $data/postmaster.pid, is no server: the file is of one that is gone" >&2
                sed -i "1s/.*/$$/" "$data/postmaster.pid"
                ;;
        esac
}

case ${1:-} in
setup)
        setup
        ;;
reload)
        kill -HUP "$MAINPID"
        ;;
exec)
        disown_lock
        exec "$(bindir)/postgres" -D "$data"
        ;;
*)
        echo "Usage: migrationd-postgresql setup|exec|reload" >&2
        exit 64
        ;;
esac
