#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Publications of yum repositories, made of a real dump's: what distributors say of them, files that repositories bring along, and
# programs that are killed. Output is TAP.
#
# steps-rpm-publication.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

DUMP=rpm_base_4repos
BEFORE=                 # SQL for the target before its publications are made
KILLS=0                 # how many attempts at publications are killed, the first one after some milliseconds

# As the driver's, but runs BEFORE once, when the first task of the step publications is to be started, and kills.
eval "$(declare -f start_attempt | sed '1s/.*/start_attempt_now()/')"
start_attempt() {
        if [[ -n $BEFORE && $6 == publications ]]; then
                db pulp -o /dev/null -c "$BEFORE"
                BEFORE=
        fi
        if [[ $6 == publications && $7 != expand && $KILLS -gt 0 ]]; then
                KILLS=$((KILLS - 1))
                KILL_AFTER=$((${KILL_AFTER:-0} + 50))
                start_attempt_now "$@"
        else
                KILL_AFTER='' start_attempt_now "$@"
        fi
}

plan() {
        cat "$SHARED/pulp2to3/plans/rpm-all.json"
}

# Path and SHA-256 of the metadata of a repository's publications.
metadata() {
        db pulp -c "SELECT m.relative_path, a.sha256 FROM core_publishedmetadata m
                JOIN core_publication p ON p.pulp_id = m.publication_id
                JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id
                JOIN core_contentartifact ca ON ca.content_id = m.content_ptr_id JOIN core_artifact a ON a.pulp_id = ca.artifact_id
                WHERE r.name LIKE '$1' ORDER BY r.name COLLATE \"C\", m.relative_path COLLATE \"C\", a.sha256"
}

# The text of a metadata file of that name in a repository.
text_of() {
        local path sha256

        read -r path sha256 < <(metadata "$1" | grep -F -- "$2 ")
        case $path in
        *.gz) zcat "$WORK/media/artifact/${sha256:0:2}/${sha256:2}" ;;
        *.bz2) bzcat "$WORK/media/artifact/${sha256:0:2}/${sha256:2}" ;;
        *) cat "$WORK/media/artifact/${sha256:0:2}/${sha256:2}" ;;
        esac
}

# Everything that Pulp knows is on the disk, and nothing else.
expect_media() {
        diff <(db pulp -c "SELECT file FROM core_artifact" | LC_ALL=C sort) \
                <(cd "$WORK/media" && find . ! -type d -printf '%P\n' | LC_ALL=C sort)
        [[ -z $(find "$WORK/media" -name '.migration*') ]]
}

test_a_distributors_checksum_type_and_databases_are_published() {
        local path sum

        need_shared || return 0
        real_target "$DUMP"
        BEFORE="UPDATE migrationd_pulp2to3.distributor SET config = config || '{\"checksum_type\": \"sha\", \"generate_sqlite\": true}'
                WHERE repo_id = 'rpm-with-modules'"
        run "$(plan)"
        expect_state completed
        expect_media
        [[ $(db pulp -c "SELECT count(*) FROM rpm_rpmpublication WHERE metadata_checksum_type = 'sha1' AND
                package_checksum_type = 'sha1' AND sqlite_metadata") -eq 1 ]]
        [[ $(db pulp -c "SELECT count(*) FROM rpm_rpmpublication WHERE metadata_checksum_type = 'sha256' AND NOT sqlite_metadata") -eq 4 ]]
        [[ $(metadata rpm-with-modules | grep -cE '^repodata/[0-9a-f]{40}-(primary|filelists|other)\.sqlite\.bz2 ') -eq 3 ]]
        # Each file has the checksum of its name.
        while read -r path sum; do
                [[ $path == */repomd.xml ]] ||
                        sha1sum --check --quiet <<<"$(basename "$path" | cut -d- -f1)  $WORK/media/artifact/${sum:0:2}/${sum:2}"
        done < <(metadata rpm-with-modules)
        # No package is there, so each keeps the checksum that Pulp 2 knows.
        [[ $(text_of rpm-with-modules primary.xml.gz | grep -c '<checksum type="sha256" pkgid="YES">') -eq 35 ]]
        text_of rpm-with-modules primary.sqlite.bz2 >"$WORK/primary.sqlite"
        [[ $(head -c 15 "$WORK/primary.sqlite") == 'SQLite format 3' ]]
}

test_a_checksum_type_that_nobody_knows_fails_the_task_and_names_the_repository() {
        need_shared || return 0
        real_target "$DUMP"
        : >"$LOG"
        BEFORE="UPDATE migrationd_pulp2to3.distributor SET config = config || '{\"checksum_type\": \"crc32\"}' WHERE repo_id = 'rpm-empty'"
        run "$(plan)"
        expect_state failed
        expect_log 'repository rpm-empty: publication: .*checksum_type is "crc32"'
}

# The dump has none: a content like those that content-metadata-file.c makes, of a file that is there.
test_metadata_files_of_a_repository_are_published_with_a_new_name() {
        need_shared || return 0
        real_target "$DUMP"
        BEFORE="BEGIN;
CREATE TEMPORARY TABLE made AS SELECT gen_random_uuid() AS id, t.type, a.pulp_id AS artifact
        FROM (VALUES ('productid'), ('primary'), ('prestodelta')) t (type),
                (SELECT pulp_id FROM core_artifact ORDER BY sha256 LIMIT 1) a;
INSERT INTO core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, timestamp_of_interest)
        SELECT id, now(), now(), 'rpm.repo_metadata_file', now() FROM made;
INSERT INTO rpm_repometadatafile (content_ptr_id, data_type, checksum_type, checksum, relative_path)
        SELECT id, type, 'sha256', 'abc', 'repodata/abc-' || type FROM made;
INSERT INTO core_contentartifact (pulp_id, pulp_created, pulp_last_updated, relative_path, artifact_id, content_id)
        SELECT gen_random_uuid(), now(), now(), 'repodata/abc-' || type, artifact, id FROM made;
INSERT INTO core_repositorycontent (pulp_id, pulp_created, pulp_last_updated, content_id, repository_id, version_added_id)
        SELECT gen_random_uuid(), now(), now(), made.id, r.pulp_id, v.pulp_id FROM made, core_repository r
                JOIN core_repositoryversion v ON v.repository_id = r.pulp_id AND v.number = 1 WHERE r.name = 'srpm-unsigned';
COMMIT"
        run "$(plan)"
        expect_state completed
        expect_media
        metadata srpm-unsigned | matches '^repodata/([0-9a-f]{64})-productid \1$'
        # What is generated is not replaced, and delta packages are not migrated.
        [[ -z $(metadata srpm-unsigned | grep -E '/abc|-abc|prestodelta|-primary ' || true) ]]
        [[ $(text_of srpm-unsigned repomd.xml | grep -oE '<data type="[a-z]+"' | tr '\n' ' ') == *'type="group"'*'type="productid"'* ]]
        [[ $(db pulp -c "SELECT count(*) FROM core_publishedartifact WHERE relative_path LIKE '%abc%'") -eq 0 ]]
}

# The same version gives the same bytes, repomd.xml among them, however often its task is killed.
test_publications_that_are_killed_and_made_again_are_the_same() {
        local before

        need_shared || return 0
        real_target "$DUMP"
        run "$(plan)"
        expect_state completed
        before=$(metadata %)
        [[ $(wc -l <<<"$before") -gt 20 ]]
        db pulp -o /dev/null -c "CREATE TEMPORARY TABLE gone AS SELECT content_ptr_id AS id FROM core_publishedmetadata;
                UPDATE core_distribution SET publication_id = NULL; DELETE FROM core_publishedartifact;
                DELETE FROM core_publishedmetadata; DELETE FROM core_contentartifact WHERE content_id IN (SELECT id FROM gone);
                DELETE FROM core_content WHERE pulp_id IN (SELECT id FROM gone); DELETE FROM rpm_rpmpublication;
                DELETE FROM core_publication"
        KILLS=6
        run "$(plan)"
        KILLS=0
        KILL_AFTER=
        expect_state completed
        diff <(echo "$before") <(metadata %)
        expect_media
        [[ $(db pulp -c "SELECT count(*) FROM core_publication WHERE complete") -eq 5 ]]
        [[ $(db migrationd -c "SELECT count(*) FROM migrationd.attempt a JOIN migrationd.task t ON t.id = a.task_id
                WHERE t.report_id = $REPORT AND a.state = 'failed'") -gt 0 ]]
}

titles=(
        test_a_distributors_checksum_type_and_databases_are_published
        test_a_checksum_type_that_nobody_knows_fails_the_task_and_names_the_repository
        test_metadata_files_of_a_repository_are_published_with_a_new_name
        test_publications_that_are_killed_and_made_again_are_the_same
)
steps_run "$@"
