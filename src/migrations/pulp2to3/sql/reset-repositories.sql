-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Versions of the migration, and what they have; then the repositories that it made. A repository that was there before has its
-- former content again: the step before has made sure that nothing follows the migration's versions.
CREATE TEMPORARY TABLE gone_version ON COMMIT DROP AS
        SELECT v.pulp_id AS id FROM public.core_repositoryversion v JOIN pg_temp.gone g ON g.id = v.repository_id
                JOIN migrationd_pulp2to3.made m ON m.kind = 'version' AND m.id = v.pulp_id;
DELETE FROM public.core_repositorycontent c USING pg_temp.gone g, pg_temp.gone_version v
        WHERE c.repository_id = g.id AND c.version_added_id = v.id;
UPDATE public.core_repositorycontent c SET version_removed_id = NULL FROM pg_temp.gone g, pg_temp.gone_version v
        WHERE c.repository_id = g.id AND c.version_removed_id = v.id;
DELETE FROM public.core_repositoryversioncontentdetails d USING pg_temp.gone_version v WHERE d.repository_version_id = v.id;
DELETE FROM public.core_repositoryversion v USING pg_temp.gone_version g WHERE v.pulp_id = g.id;
UPDATE public.core_repository r SET description = f.description, next_version = f.next_version,
                pulp_last_updated = f.pulp_last_updated,
                remote_id = (SELECT o.pulp_id FROM public.core_remote o WHERE o.pulp_id = f.remote_id)
        FROM pg_temp.gone g JOIN migrationd_pulp2to3.made m ON m.kind = 'repository' AND m.id = g.id AND m.former IS NOT NULL
        CROSS JOIN LATERAL jsonb_populate_record(NULL::public.core_repository, m.former) f
        WHERE r.pulp_id = g.id;
DELETE FROM migrationd_pulp2to3.version v USING pg_temp.gone g WHERE v.repository_id = g.id;
DELETE FROM migrationd_pulp2to3.made m USING pg_temp.gone_version v WHERE m.kind = 'version' AND m.id = v.id;
DROP TABLE pg_temp.gone_version;
WITH forgotten AS (
        DELETE FROM migrationd_pulp2to3.made m USING pg_temp.gone g WHERE m.kind = 'repository' AND m.id = g.id RETURNING m.id, m.former
)
DELETE FROM pg_temp.gone g USING forgotten f WHERE f.id = g.id AND f.former IS NOT NULL;
DELETE FROM public.core_repository r USING pg_temp.gone g WHERE r.pulp_id = g.id;
