-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The row of a new version, complete when this transaction commits. $1: repository.
WITH noted AS (
        INSERT INTO migrationd_pulp2to3.made (kind, id, former)
                SELECT 'repository', r.pulp_id, to_jsonb(r) FROM public.core_repository r WHERE r.pulp_id = $1::uuid
                ON CONFLICT DO NOTHING
), repository AS (
        UPDATE public.core_repository SET next_version = next_version + 1, pulp_last_updated = now() WHERE pulp_id = $1::uuid
                RETURNING pulp_id, next_version - 1 AS number
), made AS (
        INSERT INTO public.core_repositoryversion (pulp_id, pulp_created, pulp_last_updated, number, complete, base_version_id,
                        repository_id)
                SELECT gen_random_uuid(), now(), now(), number, true, NULL, pulp_id FROM repository
                RETURNING pulp_id
)
INSERT INTO migrationd_pulp2to3.made (kind, id) SELECT 'version', pulp_id FROM made RETURNING id;
