# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by system tests of the migration pulp2to3, after system.sh, migration.sh and postgresql.sh.
# shellcheck shell=bash

# sample_make UNITS [OPTION…]: a generated Pulp 2 server below /var/lib/pulp, and the configuration that names it.
sample_make() {
        local units=$1
        shift

        pulp_user_make
        rm -rf /var/lib/pulp/pulp2.archive /var/lib/pulp/content /var/lib/pulp/expected.json /var/lib/pulp/media
        pulp2-generate --output /var/lib/pulp --repositories 20 --units "$units" --seed 1 "$@"
        # Hard links into Pulp 3's layout want one owner for both.
        chown -R pulp:pulp /var/lib/pulp
        configuration_make /var/lib/pulp/pulp2.archive /var/lib/pulp/content
}

# configuration_make ARCHIVE CONTENT
configuration_make() {
        mkdir -p /etc/migrationd
        cat >/etc/migrationd/pulp2to3.conf <<CONF
[Pulp2]
Archive=$1
Content=$2

[Pulp3]
Database=dbname=pulp
MediaRoot=/var/lib/pulp/media
CONF
}

# target_make [SCHEMA.sql]: an empty target, database and artifact store.
target_make() {
        rm -rf /var/lib/pulp/media
        pulp_database_make "$@"
}

# target_digest: one digest of what was migrated, by natural keys: free of ids and times.
target_digest() {
        pulp_sql -c "SELECT r.name, v.number, c.pulp_type, f.relative_path, f.digest, a.sha256, a.size, a.md5
                FROM core_repository r JOIN core_repositoryversion v ON v.repository_id = r.pulp_id
                LEFT JOIN core_repositorycontent rc ON rc.repository_id = r.pulp_id AND rc.version_added_id = v.pulp_id
                LEFT JOIN core_content c ON c.pulp_id = rc.content_id
                LEFT JOIN file_filecontent f ON f.content_ptr_id = c.pulp_id
                LEFT JOIN core_contentartifact ca ON ca.content_id = c.pulp_id
                LEFT JOIN core_artifact a ON a.pulp_id = ca.artifact_id ORDER BY 1, 2, 3, 4, 5" \
                -c "SELECT url, sha256, size FROM core_remoteartifact ORDER BY 1, 2" \
                -c "SELECT name, url, policy FROM core_remote ORDER BY 1" \
                -c "SELECT m.relative_path, a.sha256, a.size FROM core_publishedmetadata m
                JOIN core_contentartifact ca ON ca.content_id = m.content_ptr_id JOIN core_artifact a ON a.pulp_id = ca.artifact_id ORDER BY 1, 2" \
                -c "SELECT d.name, d.base_path, p.complete, v.number, r.name FROM core_distribution d
                JOIN core_publication p ON p.pulp_id = d.publication_id
                JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id ORDER BY 1" | sha256sum | cut -c1-64
}

# target_counts: rows of the tables that grow.
target_counts() {
        pulp_sql -c "SELECT (SELECT count(*) FROM core_artifact), (SELECT count(*) FROM core_content),
                (SELECT count(*) FROM core_contentartifact), (SELECT count(*) FROM core_remoteartifact),
                (SELECT count(*) FROM core_repositorycontent), (SELECT count(*) FROM core_publication),
                (SELECT count(*) FROM core_distribution)"
}

# step_runs REPORT STEP [TASKS]: so many main tasks of that step have claimed and run now.
step_runs() {
        (($(sql "SELECT count(*) FROM migrationd.attempt a JOIN migrationd.task t ON t.id = a.task_id
                JOIN migrationd.step s ON s.report_id = t.report_id AND s.ord = t.step_ord
                WHERE a.report_id = $1 AND s.code = '$2' AND t.kind = 'main' AND a.state = 'running'") >= ${3:-1}))
}
