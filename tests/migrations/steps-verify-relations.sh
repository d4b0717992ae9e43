#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The verification compares what hangs on contents: packages and references of advisories, packages and profiles of modules, parts of
# trees, releases of components, blobs of manifests. What is changed there is one problem that names it. Output is TAP.
#
# steps-verify-relations.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift
# shellcheck source=tests/migrations/steps-samples.sh
. "$HERE/steps-samples.sh"
# shellcheck source=tests/migrations/steps-verify-common.sh
. "$HERE/steps-verify-common.sh"

# After a change only the units of its plugin are verified.
ALL='{"plugins": [{"type": "iso"}, {"type": "rpm"}, {"type": "deb"}, {"type": "docker"}]}'

# changed TABLE STATEMENT UNIT REASON: after the statement, which changes rows of the table, there is one problem, which is of a unit
# of that type and has that reason, a pattern. The table is as before then.
changed() {
        pulp "DROP TABLE IF EXISTS public.saved_$1; CREATE TABLE public.saved_$1 AS TABLE $1" 2>/dev/null
        # One that does nothing is none.
        [[ $(pulp "WITH changed AS ($2 RETURNING 1) SELECT count(*) > 0 FROM changed") == t ]] || fail "no row: $2"
        expect_difference "^unit $3 [0-9a-f-]+ .*: $4\$"
        pulp "DELETE FROM $1; INSERT INTO $1 TABLE public.saved_$1"
}

# one TABLE COLUMN: a condition, of the row whose value is the least.
one() {
        echo "$2 = (SELECT $2 FROM $1 ORDER BY $2 LIMIT 1)"
}

lacks() {
        echo "it lacks $1, which Pulp 2 has"
}

has() {
        echo "it has $1, which Pulp 2 has not"
}

test_a_generated_dump_of_all_plugins_has_no_difference() {
        need_shared || return 0
        generate whole --on-demand 20 --shared 10 --docker 24
        target whole
        PLAN=$ALL
        run "$PLAN"
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        expect_none
}

test_a_package_and_a_collection_of_an_advisory_are_compared() {
        local sum="sum [0-9]* '[0-9a-f]*'"

        need_shared || return 0
        PLAN=$RPM
        changed rpm_updatecollectionpackage "DELETE FROM rpm_updatecollectionpackage WHERE $(one rpm_updatecollectionpackage pulp_id)" \
                erratum "$(lacks "the package [^ ]+ of collection-[0-9]+ [(]file '[^']*', source '[^']*', $sum(, [a-z, ]+)?[)]")"
        changed rpm_updatecollectionpackage "UPDATE rpm_updatecollectionpackage SET sum = 'abc', restart_suggested = NOT restart_suggested
                WHERE $(one rpm_updatecollectionpackage pulp_id)" \
                erratum "$(has "the package .*, sum [0-9]* 'abc'.*"); $(lacks "the package .*, $sum.*")"
        changed rpm_updatecollection "UPDATE rpm_updatecollection SET module = module || '{\"stream\": \"x\"}'
                WHERE pulp_id = (SELECT pulp_id FROM rpm_updatecollection WHERE module IS NOT NULL ORDER BY 1 LIMIT 1)" erratum \
                "$(has 'the collection collection-[0-9]+ of the module [^ ]+:x:[^ ]+'); $(lacks 'the collection .*')"
        changed rpm_updatecollection "INSERT INTO rpm_updatecollection (pulp_id, pulp_created, name, shortname, update_record_id)
                SELECT gen_random_uuid(), now(), 'more', 'm', content_ptr_id FROM rpm_updaterecord
                WHERE $(one rpm_updaterecord content_ptr_id)" erratum "$(has 'the collection more [(]m[)]')"
        expect_none
}

test_a_reference_of_an_advisory_is_compared() {
        need_shared || return 0
        PLAN=$RPM
        changed rpm_updatereference "UPDATE rpm_updatereference SET href = 'http://x/' WHERE $(one rpm_updatereference pulp_id)" erratum \
                "$(has "the reference 'http://x/' [(]id '[^']*', title '[^']*', type '[a-z]+'[)]"); $(lacks "the reference 'https://[^;]*")"
        changed rpm_updatereference "DELETE FROM rpm_updatereference WHERE $(one rpm_updatereference pulp_id)" erratum \
                "$(lacks "the reference 'https://[^;]*")"
        # A second one that is the same.
        changed rpm_updatereference "INSERT INTO rpm_updatereference SELECT gen_random_uuid(), pulp_created, pulp_last_updated, href, ref_id,
                title, ref_type, update_record_id FROM rpm_updatereference WHERE $(one rpm_updatereference pulp_id)" erratum \
                "$(has "the reference 'https://[^;]*")"
        expect_none
}

test_links_and_profiles_of_modules_are_compared() {
        local condition

        need_shared || return 0
        PLAN=$RPM
        changed rpm_modulemd_packages "DELETE FROM rpm_modulemd_packages WHERE $(one rpm_modulemd_packages id)" modulemd \
                "$(lacks 'the link with the package [^ ]+, content [0-9a-f-]+')"
        # Of packages that are in no module: one with another name, and one that is called as an artifact of it.
        for condition in 'NOT m.artifacts::jsonb ? v.nevra' 'm.artifacts::jsonb ? v.nevra'; do
                changed rpm_modulemd_packages "INSERT INTO rpm_modulemd_packages (modulemd_id, package_id)
                        SELECT m.content_ptr_id, p.content_ptr_id FROM rpm_modulemd m, rpm_package p, LATERAL format('%s-%s:%s-%s.%s',
                                p.name, p.epoch, p.version, p.release, p.arch) v (nevra) WHERE NOT p.is_modular AND $condition
                        ORDER BY m.content_ptr_id, p.content_ptr_id LIMIT 1" modulemd \
                        "$(has 'a link with the package [^ ]+, content [0-9a-f-]+')"
        done
        changed rpm_modulemddefaults "UPDATE rpm_modulemddefaults SET profiles = '{\"x\": [\"y\"]}'
                WHERE $(one rpm_modulemddefaults content_ptr_id)" modulemd_defaults \
                "profiles is '[{]\"x\": [[]\"y\"[]][}]', in Pulp 2 it is '[{]\"[^;]*[}]'"
        expect_none
}

# Of all columns of the first tree, and of one from before there was a section [header].
test_columns_of_trees_are_compared() {
        local changes="header_version = 'x', release_name = 'x', release_short = 'x', release_version = 'x', base_product_name = 'x',
                release_is_layered = NOT release_is_layered, base_product_short = 'x', base_product_version = 'x', arch = 'x',
                instimage = 'x', mainimage = 'x', discnum = 7, totaldiscs = 7, build_timestamp = 7, digest = 'x'" condition

        need_shared || return 0
        PLAN=$RPM
        for condition in "= '0.0'" "<> '0.0'"; do
                changed rpm_distributiontree "UPDATE rpm_distributiontree SET $changes WHERE content_ptr_id =
                        (SELECT content_ptr_id FROM rpm_distributiontree WHERE header_version $condition ORDER BY 1 LIMIT 1)" distribution \
                        '([a-z0-9_]+ is [^;]+, in Pulp 2 it is [^;]+(; )?){15}'
        done
        expect_none
}

test_parts_of_trees_are_compared() {
        need_shared || return 0
        PLAN=$RPM
        changed rpm_checksum "DELETE FROM rpm_checksum WHERE $(one rpm_checksum pulp_id)" distribution \
                "$(lacks 'the checksum sha256:[0-9a-f]{64} of [^;]*')"
        changed rpm_image "DELETE FROM rpm_image WHERE $(one rpm_image pulp_id)" distribution \
                "$(lacks 'the image (kernel|initrd) of [a-z0-9_, ]+ at images/[^;]*')"
        changed rpm_image "UPDATE rpm_image SET path = 'x' WHERE $(one rpm_image pulp_id)" distribution \
                "$(has 'the image (kernel|initrd) of [a-z0-9_, ]+ at x'); $(lacks 'the image .* at images/[^;]*')"
        changed rpm_image "UPDATE rpm_image SET platforms = 'x' WHERE $(one rpm_image pulp_id)" distribution \
                "$(has 'the image [^;]* of x at [^;]*'); $(lacks 'the image [^;]*')"
        changed rpm_variant "DELETE FROM rpm_variant WHERE $(one rpm_variant pulp_id)" distribution \
                "$(lacks "the variant Server [(]uid Server, name Server, type variant, packages 'Packages', sources NULL in NULL, debug NULL in NULL, identity NULL[)]")"
        changed rpm_variant "UPDATE rpm_variant SET debug_packages = 'x' WHERE $(one rpm_variant pulp_id)" distribution \
                "$(has "the variant Server [^;]* debug 'x' in NULL,[^;]*"); $(lacks 'the variant Server [^;]*')"
        changed rpm_addon "INSERT INTO rpm_addon (pulp_id, pulp_created, addon_id, uid, name, type, packages, distribution_tree_id,
                repository_id) SELECT gen_random_uuid(), now(), 'x', 'x', 'x', 'addon', 'x', content_ptr_id,
                (SELECT pulp_id FROM core_repository LIMIT 1) FROM rpm_distributiontree ORDER BY content_ptr_id LIMIT 1" distribution \
                "$(has 'the addon x [(]name x, type addon[)]')"
        changed core_contentartifact "UPDATE core_contentartifact SET relative_path = 'x' WHERE pulp_id = (
                SELECT a.pulp_id FROM core_contentartifact a JOIN rpm_distributiontree t ON t.content_ptr_id = a.content_id
                WHERE a.relative_path LIKE 'images/%' AND a.artifact_id IS NOT NULL ORDER BY 1 LIMIT 1)" distribution \
                "$(has 'the file x'); $(lacks 'the file images/[^;]*')"
        expect_none
}

# Nothing is compared with what is no .treeinfo.
test_a_treeinfo_with_other_bytes_is_one_difference() {
        local file

        need_shared || return 0
        PLAN=$RPM
        file=$(pulp "SELECT a.file FROM core_artifact a JOIN core_contentartifact c ON c.artifact_id = a.pulp_id
                WHERE c.relative_path = '.treeinfo' ORDER BY 1 LIMIT 1")
        with_other_bytes "$file"
        expect_difference "^unit distribution [0-9a-f-]+ .*: $WORK/media/$file has the SHA-256 [0-9a-f]{64}$"
        restore "$file"
        expect_none
}

test_releases_packages_and_architectures_of_components_are_compared() {
        local lone="(SELECT c.content_id FROM migrationd_pulp2to3.unit_content c WHERE c.pulp_type = 'deb.release_component'
                GROUP BY 1 HAVING count(*) = 1 ORDER BY 1 LIMIT 1)" id units

        need_shared || return 0
        PLAN=$DEB
        # A release that has no component yet.
        pulp "WITH made AS (INSERT INTO core_content (pulp_id, pulp_created, pulp_type, timestamp_of_interest)
                SELECT gen_random_uuid(), now(), 'deb.release', now() RETURNING pulp_id)
                INSERT INTO deb_release (content_ptr_id, codename, suite, distribution) SELECT pulp_id, 'x', 'y', 'z' FROM made"
        changed deb_releasecomponent "UPDATE deb_releasecomponent SET release_id = (SELECT content_ptr_id FROM deb_release WHERE codename = 'x')
                WHERE content_ptr_id = $lone" deb_component "release is 'z x y', in Pulp 2 it is '[^']+'"
        changed deb_packagereleasecomponent "DELETE FROM deb_packagereleasecomponent WHERE content_ptr_id = (
                SELECT content_id FROM migrationd_pulp2to3.unit_content WHERE pulp_type = 'deb.package_release_component'
                GROUP BY 1 HAVING count(*) = 1 ORDER BY 1 LIMIT 1)" deb_component "$(lacks 'the link with the package [^;]*')"
        # One that is missing is a difference of each component that has packages of it.
        id=$(pulp "SELECT content_ptr_id FROM deb_releasearchitecture ORDER BY 1 LIMIT 1")
        units=$(pulp "SELECT count(*) FROM migrationd_pulp2to3.unit_content WHERE content_id = '$id'")
        pulp "UPDATE deb_releasearchitecture SET architecture = 'x' || architecture WHERE content_ptr_id = '$id'"
        verify "$PLAN"
        expect_state failed
        [[ $(problems | grep -cE '^unit deb_component .*: its release lacks the architecture [a-z0-9]+, which Pulp 2 has$') -eq $units &&
                $(problems | wc -l) -eq $units ]] || fail "problems: $(problems)"
        pulp "UPDATE deb_releasearchitecture SET architecture = substr(architecture, 2) WHERE content_ptr_id = '$id'"
        expect_none
}

test_blobs_of_manifests_are_compared() {
        local digest='sha256:[0-9a-f]{64}'

        need_shared || return 0
        PLAN=$DOCKER
        changed container_blobmanifest "DELETE FROM container_blobmanifest WHERE $(one container_blobmanifest id)" docker_manifest \
                "$(lacks "the blob $digest")"
        changed container_blobmanifest "INSERT INTO container_blobmanifest (manifest_id, manifest_blob_id)
                SELECT m.content_ptr_id, b.content_ptr_id FROM container_manifest m, container_blob b
                WHERE m.schema_version = 2 AND m.media_type NOT LIKE '%list%' AND NOT EXISTS (SELECT FROM container_blobmanifest o
                        WHERE o.manifest_id = m.content_ptr_id AND o.manifest_blob_id = b.content_ptr_id)
                ORDER BY m.digest, b.digest LIMIT 1" docker_manifest "$(has "the blob $digest")"
        changed container_manifest "UPDATE container_manifest m SET config_blob_id = (SELECT content_ptr_id FROM container_blob b
                WHERE b.content_ptr_id <> m.config_blob_id ORDER BY 1 LIMIT 1) WHERE digest = (
                SELECT min(digest) FROM container_manifest WHERE config_blob_id IS NOT NULL)" docker_manifest \
                "$(has "the config blob $digest"); $(lacks "the config blob $digest")"
        changed container_manifest "UPDATE container_manifest m SET config_blob_id = NULL WHERE digest = (
                SELECT min(digest) FROM container_manifest WHERE config_blob_id IS NOT NULL)" docker_manifest \
                "$(lacks "the config blob $digest")"
        expect_none
}

test_manifests_of_lists_are_compared() {
        local digest='sha256:[0-9a-f]{64}' id

        need_shared || return 0
        PLAN=$DOCKER
        changed container_manifestlistmanifest "DELETE FROM container_manifestlistmanifest WHERE $(one container_manifestlistmanifest id)" \
                docker_manifest_list "$(lacks "the manifest $digest")"
        changed container_manifestlistmanifest "UPDATE container_manifestlistmanifest l SET manifest_list_id = (SELECT content_ptr_id
                FROM container_manifest m WHERE NOT EXISTS (SELECT FROM container_manifestlistmanifest o WHERE
                        o.image_manifest_id = l.image_manifest_id AND o.manifest_list_id = m.content_ptr_id) ORDER BY 1 LIMIT 1)
                WHERE $(one container_manifestlistmanifest id)" docker_manifest_list \
                "$(has "the manifest $digest"); $(lacks "the manifest $digest")"
        changed container_manifestlistmanifest "UPDATE container_manifestlistmanifest SET architecture = 'x', os = 'x', os_version = 'x',
                variant = 'x', os_features = 'x', features = 'x' WHERE $(one container_manifestlistmanifest id)" docker_manifest_list \
                "([a-z_]+ of the manifest $digest is 'x', in Pulp 2 it is '[^;]*'(; )?){6}"
        # It is of somebody else's making then.
        id=$(pulp "SELECT image_manifest_id FROM container_manifestlistmanifest ORDER BY id LIMIT 1")
        pulp "DELETE FROM migrationd_pulp2to3.made WHERE kind = 'content' AND id = '$id';
                DELETE FROM container_manifestlistmanifest WHERE image_manifest_id = '$id'"
        expect_none
}

# Nor what follows from it: manifests without the blobs that could not be migrated, advisories and modules without packages.
test_what_a_problem_was_told_of_is_no_difference() {
        need_shared || return 0
        generate damaged --units 200 --on-demand 20 --shared 10 --damaged-documents 4 --corrupted 5 --docker 40
        target damaged
        PLAN=$ALL
        run "$PLAN" "$SKIP_CORRUPTED"
        expect_state completed
        problems | matches '^units_docker_manifest .*: migrated without the blobs' || fail "problems: $(problems)"
        expect_none
}

test_a_link_that_a_problem_was_told_of_is_compared_once_pulp_3_has_what_it_is_with() {
        local digest file

        need_shared || return 0
        target_make "$SHARED/pulp2to3/schema.sql"
        "$GENERATE" --output "$WORK/docker" --repositories 0 --units 0 --docker 24 --part-repositories 2
        configure "$WORK/docker/pulp2.archive" "$WORK/docker/content"
        digest=$(find "$WORK/docker/content/units/docker_manifest_list" -type f -exec jq -r '.manifests[].digest' {} + | sort | head -1)
        file=$(find "$WORK/docker/content/units/docker_manifest" -name "$digest")
        cp "$file" "$WORK/saved"
        printf ' ' >>"$file"
        PLAN=$DOCKER
        run "$PLAN" "$SKIP_CORRUPTED"
        expect_state completed
        problems | matches "^units_docker_manifest_list .*: migrated without the manifests .*$digest" || fail "problems: $(problems)"
        expect_none
        cp "$WORK/saved" "$file"
        run "$PLAN"
        expect_state completed
        expect_none
        changed container_manifestlistmanifest "DELETE FROM container_manifestlistmanifest WHERE id = (
                SELECT l.id FROM container_manifestlistmanifest l JOIN container_manifest m ON m.content_ptr_id = l.manifest_list_id
                WHERE m.digest = '$digest' ORDER BY 1 LIMIT 1)" docker_manifest_list "$(lacks "the manifest $digest")"
}

test_each_generation_of_a_dump_has_no_difference_after_the_former_ones() {
        local generation

        need_shared || return 0
        PLAN=$ALL
        for generation in 0 1 2; do
                generate "generation-$generation" --generation "$generation" --docker 24
                [[ $generation -gt 0 ]] || target generation-0
                use "generation-$generation"
                run "$PLAN"
                expect_state completed
                expect_none
        done
}

titles=(
        test_a_generated_dump_of_all_plugins_has_no_difference
        test_a_package_and_a_collection_of_an_advisory_are_compared
        test_a_reference_of_an_advisory_is_compared
        test_links_and_profiles_of_modules_are_compared
        test_columns_of_trees_are_compared
        test_parts_of_trees_are_compared
        test_a_treeinfo_with_other_bytes_is_one_difference
        test_releases_packages_and_architectures_of_components_are_compared
        test_blobs_of_manifests_are_compared
        test_manifests_of_lists_are_compared
        test_what_a_problem_was_told_of_is_no_difference
        test_a_link_that_a_problem_was_told_of_is_compared_once_pulp_3_has_what_it_is_with
        test_each_generation_of_a_dump_has_no_difference_after_the_former_ones
)

steps_run "$@"
