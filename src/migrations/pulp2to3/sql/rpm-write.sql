-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of packages. The trigger of rpm_package, which fills evr, looks for its functions on the search path.
ANALYZE pg_temp.batch_package;
SET LOCAL search_path = public;

-- A content gets its row in the master table only if its natural key was really new.
WITH wanted AS (
        SELECT DISTINCT ON (p."pkgId") u.new_id, p.*
                FROM pg_temp.batch_package b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_package, b.package) p
                ORDER BY p."pkgId", u.unit_id
), made AS (
        INSERT INTO public.rpm_package (content_ptr_id, name, epoch, version, release, arch, "pkgId", checksum_type, summary,
                        description, url, changelogs, files, requires, provides, conflicts, obsoletes, suggests, enhances, recommends,
                        supplements, location_base, location_href, rpm_buildhost, rpm_group, rpm_license, rpm_packager, rpm_sourcerpm,
                        rpm_vendor, rpm_header_start, rpm_header_end, is_modular, size_archive, size_installed, size_package,
                        time_build, time_file)
                SELECT new_id, name, epoch, version, release, arch, "pkgId", checksum_type, summary, description, url, changelogs,
                        files, requires, provides, conflicts, obsoletes, suggests, enhances, recommends, supplements, location_base,
                        location_href, rpm_buildhost, rpm_group, rpm_license, rpm_packager, rpm_sourcerpm, rpm_vendor,
                        rpm_header_start, rpm_header_end, is_modular, size_archive, size_installed, size_package, time_build,
                        time_file FROM wanted
                        ORDER BY name COLLATE "C", epoch COLLATE "C", version COLLATE "C", release COLLATE "C", arch COLLATE "C",
                                checksum_type, "pkgId"
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'rpm.package', NULL, now() FROM made;
SET LOCAL search_path = '';

-- Pulp 3 knows a package by its checksum.
INSERT INTO pg_temp.batch_content (unit_id, pulp_type, content_id)
        SELECT b.unit_id, 'rpm.package', p.content_ptr_id
                FROM pg_temp.batch_package b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                JOIN public.rpm_package p ON p."pkgId" = b.package ->> 'pkgId';
