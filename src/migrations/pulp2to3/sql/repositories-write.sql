-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Makes a range of the plan's repositories, each with its empty version 0, and changes those that differ. The description is
-- that of the Pulp 2 repository of the last version. $1: report, $2: after that number, $3: up to that one.
WITH wanted AS (
        SELECT p.name, d.description, i.remote_id, g.repository_type
                FROM migrationd_pulp2to3.plan_repository p JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                LEFT JOIN LATERAL (SELECT r.description FROM migrationd_pulp2to3.plan_version v
                        JOIN migrationd_pulp2to3.repository r ON r.repo_id = v.repo_id
                        WHERE v.report = p.report AND v.repository = p.number ORDER BY v.number DESC LIMIT 1) d ON true
                LEFT JOIN LATERAL (SELECT remote_id FROM migrationd_pulp2to3.importer i WHERE i.repo_id = p.importer
                        AND i.plugin = p.plugin
                        ORDER BY object_id LIMIT 1) i ON true
                WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint
), noted AS (
        INSERT INTO migrationd_pulp2to3.made (kind, id, former)
                SELECT 'repository', r.pulp_id, to_jsonb(r) FROM public.core_repository r JOIN wanted w ON r.name = w.name
                        WHERE (r.description, r.remote_id) IS DISTINCT FROM (w.description, w.remote_id)
                ON CONFLICT DO NOTHING
), changed AS (
        UPDATE public.core_repository r SET description = w.description, remote_id = w.remote_id, pulp_last_updated = now()
                FROM wanted w WHERE r.name = w.name AND
                        (r.description, r.remote_id) IS DISTINCT FROM (w.description, w.remote_id)
), made AS (
        INSERT INTO public.core_repository (pulp_id, pulp_created, pulp_last_updated, name, description, next_version, pulp_type,
                        remote_id, retain_repo_versions, user_hidden)
                SELECT gen_random_uuid(), now(), now(), name, description, 1, repository_type, remote_id, NULL, false
                        FROM wanted w
                        WHERE NOT EXISTS (SELECT FROM public.core_repository r WHERE r.name = w.name) ORDER BY name
                RETURNING pulp_id
), versions AS (
        INSERT INTO public.core_repositoryversion (pulp_id, pulp_created, pulp_last_updated, number, complete, base_version_id,
                        repository_id)
                SELECT gen_random_uuid(), now(), now(), 0, true, NULL, pulp_id FROM made
                RETURNING pulp_id
)
INSERT INTO migrationd_pulp2to3.made (kind, id)
        SELECT 'repository', pulp_id FROM made UNION ALL SELECT 'version', pulp_id FROM versions;
