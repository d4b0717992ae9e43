# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests after pulp3-compare.sh: the same for rpm. Every column of every row that is no id and no time, by natural key.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

PULP3_TABLES=(core_artifact core_content core_contentartifact core_distribution core_publication core_publishedartifact
        core_publishedmetadata core_remote core_remoteartifact core_repository core_repositorycontent core_repositoryversion
        core_repositoryversioncontentdetails rpm_checksum rpm_distributiontree rpm_image rpm_modulemd rpm_modulemd_packages
        rpm_modulemddefaults rpm_package rpm_packagecategory rpm_packageenvironment rpm_packagegroup rpm_packagelangpacks
        rpm_rpmdistribution rpm_rpmpublication rpm_rpmremote rpm_rpmrepository rpm_updatecollection rpm_updatecollectionpackage
        rpm_updaterecord rpm_variant)

# The natural key of any content, as one text.
PULP3_RPM_KEYS="(SELECT content_ptr_id, name || ' ' || \"pkgId\" AS key FROM rpm_package
        UNION ALL SELECT content_ptr_id, digest FROM rpm_distributiontree
        UNION ALL SELECT content_ptr_id, digest FROM rpm_modulemddefaults
        UNION ALL SELECT content_ptr_id, concat_ws(' ', name, stream, version, context, arch) FROM rpm_modulemd
        UNION ALL SELECT content_ptr_id, digest FROM rpm_packagecategory
        UNION ALL SELECT content_ptr_id, digest FROM rpm_packageenvironment
        UNION ALL SELECT content_ptr_id, digest FROM rpm_packagegroup
        UNION ALL SELECT content_ptr_id, digest FROM rpm_packagelangpacks
        UNION ALL SELECT content_ptr_id, id FROM rpm_updaterecord
        UNION ALL SELECT content_ptr_id, relative_path FROM core_publishedmetadata)"

# A table of content as a listing: all its columns.
pulp3_rpm_columns() {
        printf "SELECT to_jsonb(t) - 'content_ptr_id' FROM %s t" "$1"
}

# Of repomd.xml only the path is compared: it has the time of publishing in it.
PULP3_RPM_REPOMD="(SELECT ca.artifact_id FROM core_contentartifact ca WHERE ca.relative_path = 'repodata/repomd.xml' AND
        ca.artifact_id IS NOT NULL)"

PULP3_LISTINGS[artifacts]+=" WHERE pulp_id NOT IN $PULP3_RPM_REPOMD"
PULP3_LISTINGS[content-artifacts]="SELECT c.pulp_type, k.key, ca.relative_path,
        CASE WHEN ca.relative_path <> 'repodata/repomd.xml' THEN concat_ws(' ', a.sha256, a.size, a.file) END
        FROM core_contentartifact ca JOIN core_content c ON c.pulp_id = ca.content_id
        LEFT JOIN $PULP3_RPM_KEYS k ON k.content_ptr_id = c.pulp_id
        LEFT JOIN core_artifact a ON a.pulp_id = ca.artifact_id"
PULP3_LISTINGS[published-metadata]="SELECT r.name, v.number, m.relative_path,
        CASE WHEN m.relative_path <> 'repodata/repomd.xml' THEN concat_ws(' ', a.sha256, a.size) END
        FROM core_publishedmetadata m JOIN core_publication p ON p.pulp_id = m.publication_id
        JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id JOIN core_repository r ON r.pulp_id = v.repository_id
        JOIN core_contentartifact ca ON ca.content_id = m.content_ptr_id JOIN core_artifact a ON a.pulp_id = ca.artifact_id"
PULP3_LISTINGS[repo-content]="SELECT r.name, a.number, d.number, c.pulp_type, k.key FROM core_repositorycontent rc
        JOIN core_repository r ON r.pulp_id = rc.repository_id JOIN core_repositoryversion a ON a.pulp_id = rc.version_added_id
        LEFT JOIN core_repositoryversion d ON d.pulp_id = rc.version_removed_id JOIN core_content c ON c.pulp_id = rc.content_id
        LEFT JOIN $PULP3_RPM_KEYS k ON k.content_ptr_id = c.pulp_id"
PULP3_LISTINGS[contents]="SELECT c.pulp_type, c.upstream_id, k.key FROM core_content c
        LEFT JOIN $PULP3_RPM_KEYS k ON k.content_ptr_id = c.pulp_id"
PULP3_LISTINGS[remotes]="SELECT to_jsonb(r) - '{pulp_id,pulp_created,pulp_last_updated}'::text[], to_jsonb(f) - 'remote_ptr_id'
        FROM core_remote r LEFT JOIN rpm_rpmremote f ON f.remote_ptr_id = r.pulp_id"
PULP3_LISTINGS[repositories]="SELECT to_jsonb(r) - '{pulp_id,pulp_created,pulp_last_updated,remote_id,description}'::text[],
        m.name, to_jsonb(f) - 'repository_ptr_id' FROM core_repository r LEFT JOIN core_remote m ON m.pulp_id = r.remote_id
        LEFT JOIN rpm_rpmrepository f ON f.repository_ptr_id = r.pulp_id"
PULP3_LISTINGS[publications]="SELECT r.name, v.number, p.pulp_type, p.complete, p.pass_through, to_jsonb(f) - 'publication_ptr_id',
        a.relative_path, ca.relative_path, c.pulp_type FROM core_publication p
        JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id JOIN core_repository r ON r.pulp_id = v.repository_id
        LEFT JOIN rpm_rpmpublication f ON f.publication_ptr_id = p.pulp_id
        LEFT JOIN core_publishedartifact a ON a.publication_id = p.pulp_id
        LEFT JOIN core_contentartifact ca ON ca.pulp_id = a.content_artifact_id LEFT JOIN core_content c ON c.pulp_id = ca.content_id"
PULP3_LISTINGS[distributions]="SELECT to_jsonb(d) - '{pulp_id,pulp_created,pulp_last_updated,publication_id}'::text[], r.name,
        v.number, f.distribution_ptr_id IS NOT NULL FROM core_distribution d
        LEFT JOIN rpm_rpmdistribution f ON f.distribution_ptr_id = d.pulp_id
        LEFT JOIN core_publication p ON p.pulp_id = d.publication_id
        LEFT JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id
        LEFT JOIN core_repository r ON r.pulp_id = v.repository_id"

for PULP3_RPM_TABLE in rpm_distributiontree rpm_modulemd rpm_modulemddefaults rpm_package rpm_packagecategory \
        rpm_packageenvironment rpm_packagegroup rpm_packagelangpacks; do
        PULP3_LISTINGS[$PULP3_RPM_TABLE]=$(pulp3_rpm_columns "$PULP3_RPM_TABLE")
done
PULP3_LISTINGS[rpm_updaterecord]="SELECT to_jsonb(t) - '{content_ptr_id,digest}'::text[] FROM rpm_updaterecord t"
PULP3_LISTINGS[advisory-digests]="SELECT id, digest FROM rpm_updaterecord"
PULP3_LISTINGS[rpm_modulemd_packages]="SELECT m.name, m.stream, m.version, m.context, m.arch, p.\"pkgId\"
        FROM rpm_modulemd_packages x JOIN rpm_modulemd m ON m.content_ptr_id = x.modulemd_id
        JOIN rpm_package p ON p.content_ptr_id = x.package_id"
for PULP3_RPM_TABLE in rpm_checksum rpm_image rpm_variant; do
        PULP3_LISTINGS[$PULP3_RPM_TABLE]="SELECT d.digest,
                to_jsonb(x) - '{pulp_id,pulp_created,pulp_last_updated,distribution_tree_id}'::text[]
                FROM $PULP3_RPM_TABLE x JOIN rpm_distributiontree d ON d.content_ptr_id = x.distribution_tree_id"
done
PULP3_LISTINGS[rpm_updatecollection]="SELECT r.id, to_jsonb(x) - '{pulp_id,pulp_created,pulp_last_updated,update_record_id}'::text[]
        FROM rpm_updatecollection x JOIN rpm_updaterecord r ON r.content_ptr_id = x.update_record_id"
PULP3_LISTINGS[rpm_updatecollectionpackage]="SELECT r.id, c.name,
        to_jsonb(x) - '{pulp_id,pulp_created,pulp_last_updated,update_collection_id}'::text[]
        FROM rpm_updatecollectionpackage x JOIN rpm_updatecollection c ON c.pulp_id = x.update_collection_id
        JOIN rpm_updaterecord r ON r.content_ptr_id = c.update_record_id"

# pulp3_rpm_differences CONNINFO REFERENCE: lines of the reference alone after "-", of ours alone after "+".
pulp3_rpm_differences() {
        { diff <(pulp3_listings "$1" "$2") <(pulp3_listings "$1") || true; } | sed -n 's/^< /-/p; s/^> /+/p'
}
