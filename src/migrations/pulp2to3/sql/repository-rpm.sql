-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What rpm repositories have beside core_repository's columns. An importer that says nothing of retained packages leaves alone
-- what an administrator has set since. $1: report, $2: after that number, $3: up to that one.
WITH wanted AS (
        SELECT r.pulp_id, i.retain_package_versions
                FROM migrationd_pulp2to3.plan_repository p
                JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                JOIN public.core_repository r ON r.name = p.name AND r.pulp_type = g.repository_type
                LEFT JOIN LATERAL (SELECT i.retain_package_versions FROM migrationd_pulp2to3.importer i WHERE i.repo_id = p.importer
                        AND i.plugin = p.plugin ORDER BY i.object_id LIMIT 1) i ON true
                WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint AND p.plugin = 'rpm'
), noted AS (
        -- Of a repository that was there before, what it had.
        INSERT INTO migrationd_pulp2to3.made (kind, id, former)
                SELECT 'repositorydetail', d.repository_ptr_id, to_jsonb(d)
                        FROM wanted w JOIN public.rpm_rpmrepository d ON d.repository_ptr_id = w.pulp_id
                        WHERE w.retain_package_versions > 0 AND d.retain_package_versions <> w.retain_package_versions AND
                                NOT EXISTS (SELECT FROM migrationd_pulp2to3.made m
                                        WHERE m.kind = 'repository' AND m.id = w.pulp_id AND m.former IS NULL)
                ON CONFLICT DO NOTHING
)
INSERT INTO public.rpm_rpmrepository AS d (repository_ptr_id, metadata_signing_service_id, original_checksum_types,
                retain_package_versions, autopublish, gpgcheck, metadata_checksum_type, package_checksum_type, repo_gpgcheck,
                sqlite_metadata, last_sync_details)
        SELECT pulp_id, NULL, '{}', coalesce(retain_package_versions, 0), false, 0, NULL, NULL, 0, false, '{}' FROM wanted
        ON CONFLICT (repository_ptr_id) DO UPDATE SET retain_package_versions = excluded.retain_package_versions
                WHERE excluded.retain_package_versions > 0 AND
                        d.retain_package_versions <> excluded.retain_package_versions;
