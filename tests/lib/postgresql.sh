# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by system tests and by the demo, inside the container: Debian's PostgreSQL cluster, which no boot
# starts by itself, and a Pulp 3 database in it.
# shellcheck shell=bash

# The newest that is installed.
CLUSTER_VERSION=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -n 1)
PULP3_SCHEMA=/usr/share/migrationd/pulp2to3/pulp3-schema.sql

# cluster_start: the cluster main of that version, made when there is none, running and answering.
cluster_start() {
        if [[ ! -d "/etc/postgresql/$CLUSTER_VERSION/main" ]]; then
                # It lives as long as the container: no reason to wait for a disk.
                pg_createcluster "$CLUSTER_VERSION" main -- --no-sync >/dev/null
        fi
        # Returns when the server answers.
        systemctl start "postgresql@$CLUSTER_VERSION-main.service"
}

# pulp_user_make: the system user that a Pulp server runs as, with its directory.
pulp_user_make() {
        getent passwd pulp >/dev/null ||
                useradd --system --user-group --home-dir /var/lib/pulp --shell /usr/sbin/nologin pulp
        install -d -o pulp -g pulp -m 755 /var/lib/pulp /var/lib/pulp/media
}

# pulp_database_make [SCHEMA.sql]: role and database `pulp`, empty tables of pulpcore in it; replaces an older
# one.
pulp_database_make() {
        cluster_start
        pulp_user_make
        psql_as postgres -d postgres >/dev/null <<'SQL'
SET client_min_messages = warning;
DROP DATABASE IF EXISTS pulp WITH (FORCE);
DROP ROLE IF EXISTS pulp;
CREATE ROLE pulp LOGIN;
CREATE DATABASE pulp OWNER pulp;
SQL
        pulp_sql --single-transaction --output=/dev/null <"${1:-$PULP3_SCHEMA}"
}

# pulp_sql PSQL-ARGUMENTS…: psql on that database as its owner; plain output, no headers.
pulp_sql() {
        psql_as pulp -d pulp "$@"
}

# psql_as USER PSQL-ARGUMENTS…
psql_as() {
        # The caller's directory may be closed to that user.
        runuser -u "$1" -- env --chdir=/ psql -XqAt -v ON_ERROR_STOP=1 "${@:2}"
}
