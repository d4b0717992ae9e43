#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Distributors and importers that change, go, are in each other's way or cannot be read: what becomes of distributions, publications
# and remotes. Output is TAP.
#
# steps-distributions.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

ISO='{"plugins": [{"type": "iso"}]}'
RPM='{"plugins": [{"type": "rpm"}]}'
SKIP_CORRUPTED='{"skip_corrupted": true}'
DRY_RUN='{"dry_run": true}'
# Younger and older than those of any dump.
OLDEST=000000000000000000000001
YOUNGEST=fffffffffffffffffffffff0

# named REPOSITORY…: a plan of these, each with its importer and distributors.
named() {
        printf '%s\n' "$@" | jq -cR '{name: ., pulp2_importer_repository_id: ., repository_versions: [{pulp2_repository_id: .,
                pulp2_distributor_repository_ids: [.]}]}' | jq -cs '{plugins: [{type: "iso", repositories: .}]}'
}

pulp() {
        db pulp -c "$1"
}

count() {
        pulp "SELECT count(*) FROM $1"
}

# edit OPERATION…: the configured archive is the sample's with these operations on the documents of a repository:
#   set COLLECTION REPOSITORY PATH VALUE      a path is FIELD or FIELD.FIELD, a value JSON
#   unset COLLECTION REPOSITORY PATH
#   remove COLLECTION REPOSITORY
#   copy COLLECTION REPOSITORY ID PATH VALUE  a second document with that object id and that field
edit() {
        local edits=() match

        while (($# > 0)); do
                # shellcheck disable=SC2016
                match='{collection: $c, match: {repo_id: $r}} + '
                case $1 in
                set)
                        edits+=("$(jq -nc --arg c "$2" --arg r "$3" --arg p "$4" --argjson v "$5" "$match"'{set: {($p): $v}}')")
                        shift 5
                        ;;
                unset)
                        edits+=("$(jq -nc --arg c "$2" --arg r "$3" --arg p "$4" "$match"'{unset: [$p]}')")
                        shift 4
                        ;;
                remove)
                        edits+=("$(jq -nc --arg c "$2" --arg r "$3" "$match"'{remove: true}')")
                        shift 3
                        ;;
                copy)
                        edits+=("$(jq -nc --arg c "$2" --arg r "$3" --arg i "$4" --arg p "$5" --argjson v "$6" \
                                "$match"'{copy: {_id: {"$oid": $i}, ($p): $v}}')")
                        shift 6
                        ;;
                esac
        done
        python3 "$ROOT/tests/lib/archive-edit.py" "${ARCHIVE:-$WORK/sample/pulp2.archive}" "$WORK/edited" "${edits[@]}"
}

# sample [OPTION…]: a new target and a generated dump, as it is.
sample() {
        rm -rf "$WORK/sample"
        "$GENERATE" --output "$WORK/sample" --units 40 --repositories 4 "$@" >/dev/null
        edit
        target_make ${SCHEMA:+"$SCHEMA"}
        configure "$WORK/edited" "$WORK/sample/content" "${CONF:-}"
}

migrate() {
        : >"$LOG"
        run "$@"
        expect_state completed
        expect_counters
}

verify() {
        DEFINITION=pulp2to3_verify run "$@"
}

expect_same() {
        verify "${1:-$ISO}"
        [[ $(report_state "$REPORT") == completed ]] || fail "differences: $(problems)"
}

# fails PLAN OPTIONS PATTERN: the run fails, and its log has that line.
fails() {
        : >"$LOG"
        run "$1" "$2"
        expect_state failed
        expect_log "$3"
}

expect_problem() {
        problems | grep -qE "$1" || fail "no problem matches $1: $(problems)"
}

# Lines REPOSITORY PATH of the distributions, the repository being that of the distributor. The generator gives every third a
# path that is not its repository's name.
paths() {
        pulp "SELECT substr(name, 26), base_path FROM core_distribution ORDER BY name"
}

expect_paths() {
        diff <(printf '%s\n' "$@" | sort) <(paths | sort)
}

# Those that the generator did not make.
moved_paths() {
        paths | awk '$1 != $2 && "sample/" $1 != $2' | tr '\n' ';'
}

tasks_of() {
        db migrationd -c "SELECT count(*) FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $REPORT AND t.kind = 'main' AND s.code = '$1'"
}

# What an administrator made, under a name and with a base path.
foreign_distribution() {
        pulp "WITH made AS (INSERT INTO core_distribution (pulp_id, pulp_created, pulp_type, name, base_path)
                        VALUES (gen_random_uuid(), now(), 'file.file', '$1', '$2') RETURNING pulp_id)
                INSERT INTO file_filedistribution SELECT pulp_id FROM made"
}

test_a_distributor_that_is_gone_takes_its_distribution_and_publication_with_it() {
        sample
        migrate "$ISO"
        [[ $(count core_distribution) -eq 4 && $(count core_publication) -eq 4 ]]
        edit remove repo_distributors iso-00001
        migrate "$ISO"
        expect_paths 'iso-00002 iso-00002' 'iso-00003 sample/iso-00003' 'iso-00004 iso-00004'
        [[ $(count core_publication) -eq 3 && $(count file_filepublication) -eq 3 && $(count file_filedistribution) -eq 3 ]]
        [[ $(count core_publishedmetadata) -eq 3 && $(count "core_content WHERE pulp_type = 'core.publishedmetadata'") -eq 3 ]]
        [[ $(count "core_repository WHERE name = 'iso-00001'") -eq 1 ]]
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        expect_same
        migrate "$ISO"
        [[ $(tasks_of distributions) -eq 0 ]]
}

test_a_distributor_that_comes_again_gets_its_distribution_again() {
        edit
        migrate "$ISO"
        [[ $(count core_distribution) -eq 4 && $(count core_publication) -eq 4 ]]
        expect_same
}

test_a_repository_that_is_gone_is_not_published_and_keeps_its_content() {
        local contents

        contents=$(count core_repositorycontent)
        edit remove repos iso-00002 remove repo_importers iso-00002 remove repo_distributors iso-00002 \
                remove repo_content_units iso-00002
        migrate "$ISO"
        expect_paths 'iso-00001 iso-00001' 'iso-00003 sample/iso-00003' 'iso-00004 iso-00004'
        [[ $(count "core_repository WHERE name = 'iso-00002' AND remote_id IS NOT NULL") -eq 1 ]]
        [[ $(count core_repositorycontent) -eq $contents && $(count core_remote) -eq 4 ]]
        expect_same
}

test_a_repository_that_is_taken_out_of_the_plan_is_not_published_any_more() {
        sample
        migrate "$ISO"
        migrate "$(named iso-00001 iso-00003)"
        expect_paths 'iso-00001 iso-00001' 'iso-00003 sample/iso-00003'
        [[ $(count core_repository) -eq 4 && $(count core_publication) -eq 2 ]]
        # The verification of that plan finds what is left of another.
        expect_same "$(named iso-00001 iso-00003)"
        verify "$(named iso-00001)"
        expect_state failed
        expect_problem '^distribution [0-9a-f]{24}-iso-00003: it serves "sample/iso-00003" and is of no distributor of the plan$'
        [[ $(problems | wc -l) -eq 1 ]]
}

test_a_plugin_that_is_not_in_the_plan_keeps_what_it_has() {
        need_shared || return 0
        real_target rpm_base_4repos
        migrate "$RPM" "$SKIP_CORRUPTED"
        [[ $(count rpm_rpmdistribution) -gt 0 && $(count rpm_rpmpublication) -gt 0 && $(count rpm_rpmremote) -gt 0 ]]
        pulp "SELECT * FROM core_distribution ORDER BY 1; SELECT * FROM core_publication ORDER BY 1; SELECT * FROM core_remote ORDER BY 1" \
                >"$WORK/before"
        configure "$SHARED/pulp2/file_base_4repos/mongodb.file_base_4repos.archive" "$WORK/content-rpm_base_4repos"
        : >"$LOG"
        run '{"plugins": [{"type": "iso", "repositories": [{"name": "x", "repository_versions": [{"pulp2_repository_id": "file"}]}]}]}' \
                "$SKIP_CORRUPTED"
        expect_state completed
        pulp "SELECT * FROM core_distribution ORDER BY 1; SELECT * FROM core_publication ORDER BY 1; SELECT * FROM core_remote ORDER BY 1" |
                diff "$WORK/before" -
}

test_a_distribution_that_was_there_before_stays_and_is_a_problem() {
        local name

        sample
        name=$(db_name iso-00001)
        foreign_distribution "$name" before
        migrate "$ISO"
        [[ $(count "core_distribution WHERE name = '$name' AND base_path = 'iso-00001' AND publication_id IS NOT NULL") -eq 1 ]]
        edit remove repo_distributors iso-00001
        migrate "$ISO"
        expect_problem "^distribution $name: it is of no distributor of the plan any more, and stays with the base path \"iso-00001\""
        [[ $(count "core_distribution WHERE name = '$name' AND publication_id IS NOT NULL") -eq 1 && $(count core_publication) -eq 4 ]]
}

# db_name REPOSITORY: what its distribution will be called.
# Also makes a new target.
db_name() {
        run "$ISO"
        expect_state completed
        pulp "SELECT name FROM core_distribution WHERE name LIKE '%-$1'"
        target_make ${SCHEMA:+"$SCHEMA"}
        configure "$WORK/edited" "$WORK/sample/content" "${CONF:-}"
}

test_distributors_of_different_tasks_that_swap_their_paths_are_followed() {
        local ids

        CONF='[Tasks]
TargetDuration=100ms' sample --repositories 120 --units 120
        migrate "$ISO"
        [[ $(tasks_of distributions) -eq 2 ]]
        ids=$(pulp "SELECT string_agg(pulp_id::text, ' ' ORDER BY name) FROM core_distribution")
        edit set repo_distributors iso-00001 config.relative_url '"iso-00120"' \
                set repo_distributors iso-00120 config.relative_url '"iso-00001"' \
                set repo_distributors iso-00002 config.relative_url '"iso-00003"' \
                set repo_distributors iso-00003 config.relative_url '"iso-00004"' \
                set repo_distributors iso-00004 config.relative_url '"elsewhere"'
        migrate "$ISO"
        [[ $(moved_paths) == 'iso-00001 iso-00120;iso-00002 iso-00003;iso-00003 iso-00004;iso-00004 elsewhere;iso-00120 iso-00001;' ]] ||
                fail "paths: $(moved_paths)"
        [[ $(pulp "SELECT string_agg(pulp_id::text, ' ' ORDER BY name) FROM core_distribution") == "$ids" ]]
        expect_same
        # A killed task has changed nothing, and goes on.
        edit
        KILL_AFTER=150
        migrate "$ISO"
        KILL_AFTER=
        [[ -z $(moved_paths) ]] || fail "paths: $(moved_paths)"
}

test_the_path_of_a_distributor_that_is_gone_can_be_taken() {
        sample
        migrate "$ISO"
        edit remove repo_distributors iso-00001 set repo_distributors iso-00004 config.relative_url '"iso-00001"'
        migrate "$ISO"
        expect_paths 'iso-00002 iso-00002' 'iso-00003 sample/iso-00003' 'iso-00004 iso-00001'
        expect_same
}

test_distributors_with_one_path_are_named_by_a_dry_run() {
        local pattern='repo_distributors [0-9a-f]{24} config.relative_url: repository iso-0000[12]: its base path "both" is that of'

        sample
        edit set repo_distributors iso-00001 config.relative_url '"both"' set repo_distributors iso-00002 config.relative_url '"both"'
        fails "$ISO" "$DRY_RUN" "$pattern repo_distributors [0-9a-f]{24} of repository iso-0000[12]; give one of them another path"
        run "$(named iso-00001 iso-00003)" "$DRY_RUN"
        expect_state completed
        run "$ISO" '{"dry_run": true, "skip_corrupted": true}'
        expect_state completed
        expect_problem "^$pattern"
        [[ $(problems | wc -l) -eq 1 ]]
}

test_the_younger_of_two_with_one_path_is_left_out_with_skip_corrupted() {
        local younger

        migrate "$ISO" "$SKIP_CORRUPTED"
        expect_problem '^repo_distributors [0-9a-f]{24} config.relative_url: repository iso-0000[12]: its base path "both" is that of'
        younger=$(pulp "SELECT max(object_id) FROM migrationd_pulp2to3.distributor WHERE relative_url = 'both'")
        problems | grep -q "^repo_distributors $younger config"
        [[ $(count core_distribution) -eq 3 && $(count core_publication) -eq 3 ]]
        [[ $(count "core_distribution WHERE starts_with(name, '$younger')") -eq 0 ]]
        expect_same
        # An older one comes, and takes a path away.
        edit copy repo_distributors iso-00003 "$OLDEST" config '{"relative_url": "iso-00004"}'
        migrate "$ISO" "$SKIP_CORRUPTED"
        [[ $(pulp "SELECT name FROM core_distribution WHERE base_path = 'iso-00004'") == "$OLDEST-iso-00003" ]]
        expect_same
}

test_paths_that_overlap_are_found() {
        sample
        edit set repo_distributors iso-00001 config.relative_url '"a/b"' set repo_distributors iso-00002 config.relative_url '"a/b/c"'
        fails "$ISO" "$DRY_RUN" 'its base path "a/b(/c)?" overlaps with that of repo_distributors [0-9a-f]{24} of repository iso-0000[12], "a/b(/c)?"'
        edit set repo_distributors iso-00001 config.relative_url '"a"' set repo_distributors iso-00002 config.relative_url '"a/"'
        fails "$ISO" "$DRY_RUN" 'its base path "a/?" overlaps with that of repo_distributors'
        run "$ISO" "$SKIP_CORRUPTED"
        expect_state completed
        expect_problem 'its base path "a/?" overlaps with that of'
        edit set repo_distributors iso-00001 config.relative_url '"a/b"' set repo_distributors iso-00002 config.relative_url '"a/bc"'
        migrate "$ISO"
        expect_same
}

test_a_path_of_another_plugin_is_found() {
        local repository

        need_shared || return 0
        SCHEMA=$SHARED/pulp2to3/schema.sql sample --rpm 10 --part-repositories 1
        repository=rpm-00001
        edit set repo_distributors iso-00001 config.relative_url '"both"' set repo_distributors "$repository" config.relative_url '"both/"'
        fails '{"plugins": [{"type": "iso"}, {"type": "rpm"}]}' "$DRY_RUN" "repository (iso-00001|$repository): its base path \"both/?\""
        # A distribution of a plugin that is not in the plan is in the way like any other.
        edit set repo_distributors iso-00001 config.relative_url '"both"'
        migrate "$ISO"
        edit set repo_distributors "$repository" config.relative_url '"both/"'
        fails "$RPM" '{}' "of repository \"$repository\": its base path \"both\" is that of distribution \"[0-9a-f]{24}-iso-00001\", which Pulp 3 has"
}

test_a_path_that_an_administrator_uses_is_named() {
        sample
        migrate "$ISO"
        foreign_distribution mine elsewhere/deep
        edit set repo_distributors iso-00001 config.relative_url '"elsewhere"' set repo_distributors iso-00002 config.relative_url '"iso-00001"'
        fails "$ISO" '{}' 'distribution "[0-9a-f]{24}-iso-00001" of repository "iso-00001": its base path "elsewhere" overlaps with "elsewhere/deep" of distribution "mine"'
        [[ $(count "core_distribution WHERE name LIKE '%-iso-00001' AND base_path = 'iso-00001'") -eq 1 ]]
        foreign_distribution his his
        edit set repo_distributors iso-00001 config.relative_url '"elsewhere"' set repo_distributors iso-00002 config.relative_url '"iso-00001"' \
                set repo_distributors iso-00004 config.relative_url '"his"'
        migrate "$ISO" "$SKIP_CORRUPTED"
        expect_problem '^distribution [0-9a-f]{24}-iso-00001: repository iso-00001: its base path "elsewhere" overlaps'
        expect_problem '^distribution [0-9a-f]{24}-iso-00004: repository iso-00004: its base path "his" is that of'
        [[ $(problems | wc -l) -eq 2 ]] || fail "problems: $(problems)"
        [[ $(pulp "SELECT substr(name, 26) FROM core_distribution WHERE base_path = 'iso-00001'") == iso-00002 ]]
        [[ $(count "core_distribution WHERE name LIKE '%-iso-00001'") -eq 0 ]]
        pulp "DELETE FROM file_filedistribution d USING core_distribution c WHERE c.pulp_id = d.distribution_ptr_id AND c.name IN ('mine', 'his');
                DELETE FROM core_distribution WHERE name IN ('mine', 'his')"
        migrate "$ISO"
        expect_same
}

test_options_of_each_distributor_of_a_repository_are_listed() {
        sample
        edit copy repo_distributors iso-00001 "$OLDEST" config '{"relative_url": "first", "protected": true}' \
                copy repo_distributors iso-00001 "$YOUNGEST" config '{"relative_url": "second", "protected": true}'
        for plan in "$ISO" "$(named iso-00001)"; do
                run "$plan" "$DRY_RUN"
                expect_state completed
                expect_problem "^repo_distributors $OLDEST config.protected: repository iso-00001: the distribution is open"
                expect_problem "^repo_distributors $YOUNGEST config.protected: repository iso-00001: the distribution is open"
        done
        run "$(named iso-00002)" "$DRY_RUN"
        ! problems | grep -q config.protected || fail "problems: $(problems)"
}

test_an_importer_without_feed_loses_its_remote() {
        sample --on-demand 0
        edit set repo_importers iso-00001 config.basic_auth_username '"user"'
        run "$ISO" || true
        key
        migrate "$ISO"
        [[ $(count "core_remote WHERE username IS NOT NULL") -eq 1 && $(count core_remote) -eq 4 ]]
        edit unset repo_importers iso-00001 config.feed
        migrate "$ISO"
        [[ $(count "core_repository WHERE name = 'iso-00001' AND remote_id IS NULL") -eq 1 ]]
        [[ $(count core_remote) -eq 3 && $(count file_fileremote) -eq 3 ]]
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        expect_same
        migrate "$ISO"
        [[ $(tasks_of distributions) -eq 0 ]]
        edit
        migrate "$ISO"
        [[ $(count core_remote) -eq 4 && $(count "core_repository WHERE remote_id IS NULL") -eq 0 ]]
        expect_same
}

key() {
        python3 -c 'import base64; print(base64.urlsafe_b64encode(bytes(range(32))).decode())' >"$WORK/root/key"
}

test_a_remote_of_which_files_on_demand_come_stays_and_is_a_problem() {
        sample --on-demand 100
        migrate "$ISO"
        edit remove repo_importers iso-00001
        migrate "$ISO"
        [[ $(count "core_repository WHERE name = 'iso-00001' AND remote_id IS NULL") -eq 1 && $(count core_remote) -eq 4 ]]
        expect_problem '^remote [0-9a-f]{24}-iso-00001: Pulp 2 has no importer with a feed for it any more; it stays'
        [[ $(problems | wc -l) -eq 1 ]]
        expect_same
        # Another importer of the same files: nothing needs the old remote.
        edit copy repo_importers iso-00001 "$YOUNGEST" last_updated null
        pulp "INSERT INTO core_remoteartifact (pulp_id, pulp_created, url, content_artifact_id, remote_id)
                SELECT gen_random_uuid(), now(), 'http://other/', ra.content_artifact_id, (SELECT pulp_id FROM core_remote
                        WHERE name LIKE '%-iso-00002') FROM core_remoteartifact ra JOIN core_remote r ON r.pulp_id = ra.remote_id
                        WHERE r.name LIKE '%-iso-00001' ON CONFLICT DO NOTHING"
        edit remove repo_importers iso-00001
        migrate "$ISO"
        [[ $(count core_remote) -eq 3 && -z $(problems) ]] || fail "problems: $(problems)"
}

test_distributors_with_other_options_have_publications_of_their_own() {
        local plan='{"plugins": [{"type": "rpm", "repositories": [{"name": "m", "repository_versions": [{"pulp2_repository_id":
                "rpm-with-modules", "pulp2_distributor_repository_ids": ["rpm-with-modules"]}]}]}]}' first fields

        need_shared || return 0
        first=$SHARED/pulp2/rpm_base_4repos/mongodb.rpm_base_4repos.archive
        real_target rpm_base_4repos
        configure "$WORK/edited" "$WORK/content-rpm_base_4repos"
        ARCHIVE=$first edit copy repo_distributors rpm-with-modules "$YOUNGEST" config '{"relative_url": "third", "generate_sqlite": true}'
        cp "$WORK/edited" "$WORK/three"
        ARCHIVE=$WORK/three edit copy repo_distributors rpm-with-modules "$OLDEST" config '{"relative_url": "second", "checksum_type": "sha512"}'
        fields='SELECT d.base_path, p.metadata_checksum_type, p.sqlite_metadata FROM core_distribution d
                JOIN rpm_rpmpublication p ON p.publication_ptr_id = d.publication_id'
        migrate "$plan" "$SKIP_CORRUPTED"
        [[ $(count core_publication) -eq 3 && $(count core_repositoryversion) -eq 2 ]] || fail "$(pulp "$fields")"
        [[ $(pulp "$fields WHERE base_path = 'second'") == 'second sha512 f' ]]
        [[ $(pulp "$fields WHERE base_path = 'third'") == 'third sha256 t' ]]
        [[ $(pulp "$fields WHERE base_path NOT IN ('second', 'third')" | cut -d' ' -f2-) == 'sha256 f' ]]
        migrate "$plan" "$SKIP_CORRUPTED"
        [[ $(tasks_of publications) -eq 0 && $(tasks_of distributions) -eq 0 ]]
        # Equal options again, although said in other words: one publication, and the others go.
        ARCHIVE=$first edit copy repo_distributors rpm-with-modules "$OLDEST" config '{"relative_url": "second", "generate_sqlite": false}'
        migrate "$plan" "$SKIP_CORRUPTED"
        [[ $(count core_publication) -eq 1 && $(count core_distribution) -eq 2 ]] || fail "$(pulp "$fields")"
        expect_same "$plan"
}

test_an_importer_that_cannot_be_read_is_named_or_left_out() {
        sample
        edit set repo_importers iso-00001 config.feed 1
        for plan in "$ISO" "$(named iso-00001)"; do
                fails "$plan" '{}' 'repo_importers [0-9a-f]{24}: field config.feed is not a text; the option skip_corrupted'
                run "$plan" '{"dry_run": true, "skip_corrupted": true}'
                expect_state completed
                expect_problem '^repo_importers [0-9a-f]{24}: field config.feed is not a text$'
                migrate "$plan" "$SKIP_CORRUPTED"
                [[ $(problems | wc -l) -eq 1 ]] || fail "problems: $(problems)"
                expect_problem '^repo_importers [0-9a-f]{24}: field config.feed is not a text$'
                [[ $(count "core_repository WHERE name = 'iso-00001' AND remote_id IS NULL") -eq 1 ]]
                expect_same "$plan"
        done
        # What is not there at all is missing all the same.
        edit remove repo_importers iso-00001
        fails "$(named iso-00001)" "$SKIP_CORRUPTED" 'the plan names what .* lacks: repositories with iso_importer "iso-00001"'
}

test_a_distributor_that_cannot_be_read_is_named_or_left_out() {
        sample
        migrate "$ISO"
        edit set repo_distributors iso-00001 config.relative_url true
        for plan in "$ISO" "$(named iso-00001 iso-00002 iso-00003 iso-00004)"; do
                fails "$plan" '{}' 'repo_distributors [0-9a-f]{24}: field config.relative_url is .*; the option skip_corrupted'
                migrate "$plan" "$SKIP_CORRUPTED"
                expect_problem '^repo_distributors [0-9a-f]{24}: field config.relative_url'
                # It is not known to be gone.
                [[ $(count core_distribution) -eq 4 && $(count core_publication) -eq 4 ]]
                expect_same "$plan"
        done
}

test_an_unknown_checksum_type_is_found_before_anything_is_written() {
        need_shared || return 0
        real_target rpm_base_4repos
        configure "$WORK/edited" "$WORK/content-rpm_base_4repos"
        ARCHIVE=$SHARED/pulp2/rpm_base_4repos/mongodb.rpm_base_4repos.archive edit \
                set repo_distributors srpm-unsigned config.checksum_type '"sha3"'
        fails "$RPM" "$DRY_RUN" 'repo_distributors [0-9a-f]{24}: field config.checksum_type is "sha3"; expected md5, sha1'
        run "$RPM" '{"dry_run": true, "skip_corrupted": true}'
        expect_state completed
        expect_problem '^repo_distributors [0-9a-f]{24}: field config.checksum_type is "sha3"'
}

test_credentials_of_a_proxy_without_host_are_a_problem() {
        sample
        edit set repo_importers iso-00001 config.proxy_username '"hunter"' set repo_importers iso-00001 config.proxy_password '"secret"'
        run "$ISO" "$DRY_RUN"
        expect_state completed
        expect_problem '^repo_importers [0-9a-f]{24} config.proxy_username: repository iso-00001: there is no proxy_host: the remote has no proxy$'
        expect_problem '^repo_importers [0-9a-f]{24} config.proxy_password: repository iso-00001: there is no proxy_host'
        ! problems | grep -E 'hunter|secret'
}

test_remotes_are_written_by_few_statements() {
        sample --repositories 40
        pulp "CREATE TABLE statements (name text);
                CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS \$\$
                BEGIN INSERT INTO public.statements VALUES (TG_TABLE_NAME || ' ' || TG_OP); RETURN NULL; END \$\$;
                CREATE TRIGGER note BEFORE INSERT OR UPDATE ON core_remote FOR EACH STATEMENT EXECUTE FUNCTION note();
                CREATE TRIGGER note BEFORE INSERT OR UPDATE ON file_fileremote FOR EACH STATEMENT EXECUTE FUNCTION note()"
        migrate "$ISO"
        [[ $(count core_remote) -eq 40 ]]
        [[ $(count "statements WHERE name = 'core_remote INSERT'") -eq 1 && $(count "statements WHERE name = 'file_fileremote INSERT'") -eq 1 ]]
        pulp 'DELETE FROM statements'
        # Of 40 remotes none has changed; then one has.
        migrate "$ISO"
        [[ $(count "statements WHERE name LIKE 'core_remote %'") -eq 0 ]]
        pulp "UPDATE core_remote SET url = 'http://elsewhere/' WHERE name LIKE '%-iso-00007'; DELETE FROM statements"
        migrate "$ISO"
        [[ $(count "statements WHERE name = 'core_remote INSERT'") -eq 1 && $(count "core_remote WHERE url = 'http://elsewhere/'") -eq 0 ]]
}

titles=(
        test_a_distributor_that_is_gone_takes_its_distribution_and_publication_with_it
        test_a_distributor_that_comes_again_gets_its_distribution_again
        test_a_repository_that_is_gone_is_not_published_and_keeps_its_content
        test_a_repository_that_is_taken_out_of_the_plan_is_not_published_any_more
        test_a_plugin_that_is_not_in_the_plan_keeps_what_it_has
        test_a_distribution_that_was_there_before_stays_and_is_a_problem
        test_distributors_of_different_tasks_that_swap_their_paths_are_followed
        test_the_path_of_a_distributor_that_is_gone_can_be_taken
        test_distributors_with_one_path_are_named_by_a_dry_run
        test_the_younger_of_two_with_one_path_is_left_out_with_skip_corrupted
        test_paths_that_overlap_are_found
        test_a_path_of_another_plugin_is_found
        test_a_path_that_an_administrator_uses_is_named
        test_options_of_each_distributor_of_a_repository_are_listed
        test_an_importer_without_feed_loses_its_remote
        test_a_remote_of_which_files_on_demand_come_stays_and_is_a_problem
        test_distributors_with_other_options_have_publications_of_their_own
        test_an_importer_that_cannot_be_read_is_named_or_left_out
        test_a_distributor_that_cannot_be_read_is_named_or_left_out
        test_an_unknown_checksum_type_is_found_before_anything_is_written
        test_credentials_of_a_proxy_without_host_are_a_problem
        test_remotes_are_written_by_few_statements
)

steps_run "$@"
