-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The packages of a version, in the order of the repodata. $1: version, $2: checksum type that is asked for; empty: each its own. A
-- package that is not downloaded has its own only. Columns: as in repodata-package.h. The path is that of publication-rpm.sql.
SELECT p.name, p.epoch, p.version, p.release, p.arch, coalesce(d.checksum, p."pkgId"),
        CASE WHEN d.checksum IS NULL THEN p.checksum_type ELSE $2 END, p.summary, p.description, p.url, p.location_base,
        'Packages/' || lower(left(ca.relative_path, 1)) || '/' || ca.relative_path, p.rpm_buildhost, p.rpm_group, p.rpm_license,
        p.rpm_packager, p.rpm_sourcerpm, p.rpm_vendor, p.rpm_header_start, p.rpm_header_end, p.size_archive, p.size_installed,
        p.size_package, p.time_build, p.time_file, p.requires, p.provides, p.conflicts, p.obsoletes, p.suggests, p.enhances,
        p.recommends, p.supplements, p.files, p.changelogs
        FROM public.core_repositoryversion v
        JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
        JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
        LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
        JOIN public.rpm_package p ON p.content_ptr_id = rc.content_id
        JOIN public.core_contentartifact ca ON ca.content_id = rc.content_id
        LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
        CROSS JOIN LATERAL (SELECT CASE $2 WHEN 'md5' THEN a.md5 WHEN 'sha1' THEN a.sha1 WHEN 'sha224' THEN a.sha224
                WHEN 'sha256' THEN a.sha256 WHEN 'sha384' THEN a.sha384 WHEN 'sha512' THEN a.sha512 END AS checksum) d
        WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
        ORDER BY p.name COLLATE "C", p.epoch COLLATE "C", p.version COLLATE "C", p.release COLLATE "C", p.arch COLLATE "C",
                p.checksum_type COLLATE "C", p."pkgId" COLLATE "C";
