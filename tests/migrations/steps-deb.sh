#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The steps on a real dump of Debian repositories: rows, links, published trees, and apt's opinion of them. Output is TAP.
#
# steps-deb.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

DUMP=deb_base_4repos
PLAN='{"plugins": [{"type": "deb"}]}'

pulp() {
        db pulp -c "$1"
}

# The published files of a repository's publication, as Pulp would serve them: published_tree REPOSITORY DIRECTORY.
published_tree() {
        local path file

        while IFS=$'\t' read -r path file; do
                mkdir -p "$2/$(dirname "$path")"
                cp "$WORK/media/$file" "$2/$path"
        done < <(db pulp -F $'\t' -c "SELECT a.relative_path, f.file FROM core_publishedartifact a
                JOIN core_contentartifact c ON c.pulp_id = a.content_artifact_id JOIN core_artifact f ON f.pulp_id = c.artifact_id
                JOIN core_publication p ON p.pulp_id = a.publication_id
                JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id WHERE r.name = '$1' ORDER BY 1")
}

count() {
        pulp "SELECT count(*) FROM $1"
}

# The packages of each component: distribution, component, package, the first digits of its SHA-256.
component_packages() {
        pulp "SELECT r.distribution, c.component, p.package, p.version, p.architecture, left(p.sha256, 8)
                FROM deb_packagereleasecomponent l
                JOIN deb_package p ON p.content_ptr_id = l.package_id
                JOIN deb_releasecomponent c ON c.content_ptr_id = l.release_component_id
                JOIN deb_release r ON r.content_ptr_id = c.release_id ORDER BY 1, 2, 3"
}

# The newest version of a repository: content_counts REPOSITORY.
content_counts() {
        pulp "SELECT d.content_type, d.count FROM core_repositoryversioncontentdetails d
                JOIN core_repositoryversion v ON v.pulp_id = d.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id
                WHERE r.name = '$1' AND d.count_type = 'P' AND v.number =
                        (SELECT max(number) FROM core_repositoryversion o WHERE o.repository_id = r.pulp_id) ORDER BY 1"
}

# Each checksum that a Release file has is that of the file, and each index is named: check_release FILE.
check_release() {
        local folder field tool hash size name

        folder=$(dirname "$1")
        while read -r field tool; do
                while read -r hash size name; do
                        [[ $(stat -c %s "$folder/$name") == "$size" ]] || fail "$1: $field: size of $name"
                        [[ $("$tool" <"$folder/$name") == "$hash  -" ]] || fail "$1: $field: checksum of $name"
                done < <(sed -n "/^$field:\$/,/^[^ ]*:/{/^ /p}" "$1" | grep .)
                diff <(cd "$folder" && find . -path '*/binary-*/*' -type f -printf '%P\n' | LC_ALL=C sort) \
                        <(awk -v field="$field:" '/^[^ ]/ {on = $1 == field} /^ / && on {print $3}' "$1" | LC_ALL=C sort)
        done <<'TOOLS'
MD5sum md5sum
SHA1 sha1sum
SHA256 sha256sum
SHA512 sha512sum
TOOLS
}

# apt-get with directories of its own and the repository in a tree as its only source: apt TREE DISTRIBUTION COMPONENTS COMMAND…
apt() {
        local root=$WORK/apt tree=$1 distribution=$2 components=$3

        shift 3
        mkdir -p "$root"/{etc/apt/{preferences.d,trusted.gpg.d,apt.conf.d},lists/partial,archives/partial,state}
        touch "$root/status" "$root/nothing"
        echo "deb [trusted=yes] file:$tree $distribution $components" >"$root/etc/apt/sources.list"
        # Nothing of the machine's configuration, which may name proxies and hooks.
        APT_CONFIG=$root/nothing "$@" -o Dir="$root" -o Dir::Etc="$root/etc/apt" -o Dir::State="$root/state" \
                -o Dir::State::Lists="$root/lists" -o Dir::State::status="$root/status" -o Dir::Cache="$root" \
                -o Dir::Cache::archives="$root/archives" -o APT::Architecture=ppc64 -o APT::Architectures::=ppc64 \
                -o APT::Architectures::=armeb -o APT::Sandbox::User=root -o Acquire::Languages=none
}

# apt takes a distribution without a warning, sees the packages, and takes one, whose checksum it compares:
# expect_apt TREE DISTRIBUTION COMPONENTS PACKAGE….
expect_apt() {
        local tree=$1 distribution=$2 components=$3 p

        shift 3
        rm -rf "$WORK/apt"
        apt "$tree" "$distribution" "$components" apt-get update >"$WORK/apt-output" 2>&1 || fail "apt: $(cat "$WORK/apt-output")"
        # There are no signatures, which it looks for all the same.
        ! grep -E '^(W|E|N|Err|Ign)' "$WORK/apt-output" | grep -vE '^Ign:.* (InRelease|Release.gpg)$' || fail "apt: $(cat "$WORK/apt-output")"
        diff <(for p in "$@"; do echo "$p"; done) \
                <(apt "$tree" "$distribution" "$components" apt-cache dumpavail | sed -n 's/^Package: //p' | LC_ALL=C sort)
        [[ $# -eq 0 ]] || (cd "$WORK/apt" && apt "$tree" "$distribution" "$components" apt-get download "$1" >"$WORK/apt-output" 2>&1) ||
                fail "apt: $(cat "$WORK/apt-output")"
        [[ $# -eq 0 ]] || cmp "$WORK/apt/$1"_*.deb "$(find "$tree/pool" -name "$1_*.deb" | head -1)"
}

test_the_real_dump_gives_all_packages_releases_and_components() {
        need_shared || return 0
        real_target "$DUMP"
        run "$PLAN"
        expect_state completed
        expect_counters
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        diff - <(for t in deb_package deb_release deb_releasecomponent deb_releasearchitecture deb_packagereleasecomponent \
                deb_aptremote deb_aptrepository deb_aptpublication deb_aptdistribution; do echo "$t $(count "$t")"; done) <<'LINES'
deb_package 8
deb_release 3
deb_releasecomponent 6
deb_releasearchitecture 4
deb_packagereleasecomponent 8
deb_aptremote 3
deb_aptrepository 4
deb_aptpublication 4
deb_aptdistribution 4
LINES
        # Every content has its row in the master table, and no other.
        [[ $(pulp "SELECT count(*) FROM core_content c FULL JOIN (
                SELECT content_ptr_id AS id, 'deb.package' AS type FROM deb_package
                UNION ALL SELECT content_ptr_id, 'deb.release' FROM deb_release
                UNION ALL SELECT content_ptr_id, 'deb.release_component' FROM deb_releasecomponent
                UNION ALL SELECT content_ptr_id, 'deb.release_architecture' FROM deb_releasearchitecture
                UNION ALL SELECT content_ptr_id, 'deb.package_release_component' FROM deb_packagereleasecomponent
                UNION ALL SELECT content_ptr_id, 'core.publishedmetadata' FROM core_publishedmetadata) d
                ON d.id = c.pulp_id AND d.type = c.pulp_type WHERE d.id IS NULL OR c.pulp_id IS NULL") -eq 0 ]]
}

# dpkg reads the fields from the package itself.
test_the_columns_of_a_package_are_the_fields_of_its_file() {
        local file

        need_shared || return 0
        while read -r file; do
                dpkg-deb -f "$WORK/media/$file" Package Version Architecture Maintainer Installed-Size Section Priority Multi-Arch Description
        done < <(pulp "SELECT a.file FROM deb_package p JOIN core_contentartifact c ON c.content_id = p.content_ptr_id
                JOIN core_artifact a ON a.pulp_id = c.artifact_id AND a.sha256 = p.sha256 AND c.relative_path = p.relative_path
                ORDER BY p.sha256") | LC_ALL=C sort >"$WORK/fields"
        [[ $(grep -c '^Package: ' "$WORK/fields") -eq 8 ]]
        diff "$WORK/fields" <(pulp "SELECT concat_ws(E'\n', 'Package: ' || package, 'Version: ' || version, 'Architecture: ' || architecture,
                'Maintainer: ' || maintainer, 'Installed-Size: ' || installed_size, 'Section: ' || section, 'Priority: ' || priority,
                'Multi-Arch: ' || multi_arch, 'Description: ' || description) FROM deb_package" | LC_ALL=C sort)
        [[ $(pulp "SELECT count(*) FROM deb_package WHERE custom_fields <> '{}' OR num_nonnulls(source, origin, tag, bugs, essential,
                build_essential, original_maintainer, description_md5, homepage, built_using, auto_built_package, breaks, conflicts,
                depends, recommends, suggests, enhances, pre_depends, provides, replaces) > 0") -eq 0 ]]
}

test_components_are_linked_with_their_releases_packages_and_architectures() {
        need_shared || return 0
        diff - <(pulp "SELECT distribution, codename, suite FROM deb_release ORDER BY 1") <<'LINES'
ginnungagap ginnungagap ginnungagap
ragnarok ragnarok mythology
ragnarok/updates ragnarok stable
LINES
        diff - <(pulp "SELECT r.distribution, string_agg(a.architecture, ' ' ORDER BY a.architecture) FROM deb_release r
                JOIN deb_releasearchitecture a ON a.release_id = r.content_ptr_id GROUP BY 1 ORDER BY 1") <<'LINES'
ragnarok armeb ppc64
ragnarok/updates armeb ppc64
LINES
        diff - <(component_packages) <<'LINES'
ragnarok asgard frigg 1.0 ppc64 96b1094e
ragnarok asgard odin 1.0 ppc64 09d6e0da
ragnarok asgard thor 1.0 ppc64 39aa4480
ragnarok jotunheimr geirrodr 1.0 armeb ad9c1bfb
ragnarok/updates asgard frigg 1.0 ppc64 c7aa7f65
ragnarok/updates asgard odin 1.0 ppc64 be395609
ragnarok/updates asgard thor 1.0 ppc64 71cee842
ragnarok/updates jotunheimr geirrodr 1.0 armeb 1a9f6025
LINES
        diff - <(content_counts debian) <<'LINES'
deb.package 4
deb.package_release_component 4
deb.release 1
deb.release_architecture 2
deb.release_component 2
LINES
        diff - <(content_counts debian_update) <<'LINES'
deb.release 1
deb.release_component 2
LINES
        [[ -z $(content_counts debian-empty) ]]
}

test_remotes_have_the_lists_of_their_importers() {
        need_shared || return 0
        diff - <(pulp "SELECT url, policy, distributions, coalesce(components, '-'), coalesce(architectures, '-'), coalesce(gpgkey, '-')
                FROM core_remote JOIN deb_aptremote ON remote_ptr_id = pulp_id ORDER BY 1") <<'LINES'
https://fixtures.pulpproject.org/debian-complex-dists/ immediate ragnarok/updates - - -
https://fixtures.pulpproject.org/debian/ immediate ragnarok - - -
https://fixtures.pulpproject.org/debian_update/ immediate ginnungagap - ppc64 -
LINES
        diff - <(pulp "SELECT base_path, pulp_type FROM core_distribution ORDER BY 1") <<'LINES'
debian deb.apt-distribution
debian-complex-dists deb.apt-distribution
debian-empty deb.apt-distribution
debian_update deb.apt-distribution
LINES
}

test_a_second_run_changes_no_row_and_has_no_content_task() {
        local before

        need_shared || return 0
        before=$(pulp3_checksums "$(conninfo pulp)")
        pulp3_listings "$(conninfo pulp)" >"$WORK/all"
        component_packages >"$WORK/links"
        run "$PLAN"
        expect_state completed
        diff <(echo "$before") <(pulp3_checksums "$(conninfo pulp)")
        diff "$WORK/links" <(component_packages)
        [[ $(db migrationd -c "SELECT count(*) FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $REPORT AND s.code = 'content' AND t.kind = 'main'") -eq 0 ]]
}

test_release_files_have_the_checksums_of_their_indexes() {
        local repository release n=0

        need_shared || return 0
        for repository in debian debian-complex-dists debian-empty debian_update; do
                published_tree "$repository" "$WORK/tree/$repository"
                while read -r release; do
                        check_release "$release"
                        n=$((n + 1))
                done < <(find "$WORK/tree/$repository" -name Release)
                while read -r release; do
                        gzip -dc "$release" | cmp - "${release%.gz}"
                done < <(find "$WORK/tree/$repository" -name Packages.gz)
        done
        [[ $n -eq 7 ]] || fail "$n files Release"
        diff - <(sed -n '/^Date:/d; /^MD5sum:/q; p' "$WORK/tree/debian-complex-dists/dists/ragnarok/updates/Release") <<'LINES'
Origin: Pulp 3
Suite: stable
Codename: ragnarok
Architectures: all armeb ppc64
Components: asgard jotunheimr
LINES
}

test_apt_takes_the_published_trees() {
        need_shared || return 0
        expect_apt "$WORK/tree/debian" default all frigg geirrodr odin thor
        expect_apt "$WORK/tree/debian" ragnarok 'asgard jotunheimr' frigg geirrodr odin thor
        expect_apt "$WORK/tree/debian" ragnarok asgard frigg odin thor
        expect_apt "$WORK/tree/debian-complex-dists" ragnarok/updates 'asgard jotunheimr' frigg geirrodr odin thor
        expect_apt "$WORK/tree/debian-empty" default all
        expect_apt "$WORK/tree/debian_update" ginnungagap 'asgard jotunheimr'
}

test_apt_refuses_a_tree_whose_index_is_another() {
        local index=$WORK/tree/debian/dists/ragnarok/asgard/binary-ppc64

        need_shared || return 0
        rm "$index/Packages.gz"
        sed -i 's/^Version: 1.0/Version: 2.0/' "$index/Packages"
        rm -rf "$WORK/apt"
        ! apt "$WORK/tree/debian" ragnarok asgard apt-get update >"$WORK/apt-output" 2>&1 || fail 'apt took it'
        grep -qE 'Hash Sum mismatch|unexpected size' "$WORK/apt-output" || fail "apt: $(cat "$WORK/apt-output")"
}

test_one_and_eight_workers_and_programs_that_are_killed_give_the_same_rows() {
        local workers begin

        need_shared || return 0
        for workers in 1 8 3; do
                real_target "$DUMP"
                begin=${EPOCHREALTIME/./}
                run "$PLAN" '{}' "$workers"
                # Twice as long as a program takes on the average: some of the next run's are killed, and all come through.
                KILL_AFTER=
                [[ $workers -ne 8 ]] || KILL_AFTER=$(((${EPOCHREALTIME/./} - begin) / 500 / ATTEMPTS))
                expect_state completed
                # Files Release have the date of their version.
                diff <(stable "$WORK/all") <(pulp3_listings "$(conninfo pulp)" >"$WORK/again" && stable "$WORK/again")
                diff "$WORK/links" <(component_packages)
        done
        [[ $(db migrationd -c "SELECT count(*) > 0 FROM migrationd.attempt WHERE report_id = $REPORT AND state = 'failed'") == t ]]
}

# Listings without what the date in the files Release makes other.
stable() {
        sed -E '/^artifacts\t/d; s/^(.*Release\t).*/\1/' "$1" | LC_ALL=C sort
}

test_a_package_that_was_damaged_is_linked_as_soon_as_it_is_whole() {
        local file

        need_shared || return 0
        real_target "$DUMP"
        rm -rf "$WORK/content-$DUMP"
        cp -a "$SHARED/pulp2/$DUMP/var/lib/pulp/content" "$WORK/content-$DUMP"
        chmod -R u+w "$WORK/content-$DUMP"
        file=$(find "$WORK/content-$DUMP" -name odin_1.0_ppc64.deb -exec sh -c \
                '[ "$(sha256sum "$1" | cut -c 1-8)" = 09d6e0da ] && echo "$1"' sh {} \;)
        mv "$file" "$WORK/odin"
        run "$PLAN" '{"skip_corrupted": true}'
        expect_state completed
        [[ $(problems | wc -l) -eq 1 && $(problems) == units_deb\ *odin_1.0_ppc64.deb*'is missing'* ]] || fail "problems: $(problems)"
        [[ $(count deb_package) -eq 7 && $(count deb_packagereleasecomponent) -eq 7 ]]
        diff <(sed '/09d6e0da/d' "$WORK/links") <(component_packages)
        mv "$WORK/odin" "$file"
        run "$PLAN" '{"skip_corrupted": true}'
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        diff "$WORK/links" <(component_packages)
        [[ $(content_counts debian | sed -n 's/^deb.package_release_component //p') -eq 4 ]]
}

test_a_component_without_a_release_is_a_problem_that_names_both() {
        need_shared || return 0
        pulp "UPDATE migrationd_pulp2to3.unit_document SET migrated = false WHERE type = 'deb_component'"
        pulp "CREATE FUNCTION public.lose() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
                UPDATE migrationd_pulp2to3.unit_document SET document = document || '{\"distribution\": \"other\"}'
                        WHERE type = 'deb_release' AND repo_id = 'debian'; RETURN NULL; END \$\$"
        # Between the premigration, which reads the dump, and the content.
        pulp "CREATE TRIGGER lose AFTER INSERT ON migrationd_pulp2to3.plan_repository FOR EACH STATEMENT EXECUTE FUNCTION public.lose()"
        run "$PLAN" '{"skip_corrupted": true}'
        expect_state completed
        [[ $(problems | grep -c "^units_deb_component .*no units_deb_release of repository debian has the distribution \"ragnarok\"$") -eq 2 ]] ||
                fail "problems: $(problems)"
        pulp 'DROP FUNCTION public.lose CASCADE'
}

titles=(
        test_the_real_dump_gives_all_packages_releases_and_components
        test_the_columns_of_a_package_are_the_fields_of_its_file
        test_components_are_linked_with_their_releases_packages_and_architectures
        test_remotes_have_the_lists_of_their_importers
        test_a_second_run_changes_no_row_and_has_no_content_task
        test_release_files_have_the_checksums_of_their_indexes
        test_apt_takes_the_published_trees
        test_apt_refuses_a_tree_whose_index_is_another
        test_one_and_eight_workers_and_programs_that_are_killed_give_the_same_rows
        test_a_package_that_was_damaged_is_linked_as_soon_as_it_is_whole
        test_a_component_without_a_release_is_a_problem_that_names_both
)
steps_run "$@"
