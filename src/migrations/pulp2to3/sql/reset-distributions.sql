-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributions that were there before get back what they had, as far as it is still there; gone has the others then.
UPDATE public.core_distribution d SET base_path = f.base_path, pulp_last_updated = f.pulp_last_updated,
                publication_id = (SELECT p.pulp_id FROM public.core_publication p WHERE p.pulp_id = f.publication_id),
                repository_version_id = (SELECT v.pulp_id FROM public.core_repositoryversion v WHERE v.pulp_id = f.repository_version_id)
        FROM pg_temp.gone g JOIN migrationd_pulp2to3.made m ON m.kind = 'distribution' AND m.id = g.id AND m.former IS NOT NULL
        CROSS JOIN LATERAL jsonb_populate_record(NULL::public.core_distribution, m.former) f
        WHERE d.pulp_id = g.id;
WITH forgotten AS (
        DELETE FROM migrationd_pulp2to3.made m USING pg_temp.gone g WHERE m.kind = 'distribution' AND m.id = g.id RETURNING m.id, m.former
)
DELETE FROM pg_temp.gone g USING forgotten f WHERE f.id = g.id AND f.former IS NOT NULL;
DELETE FROM public.core_distribution d USING pg_temp.gone g WHERE d.pulp_id = g.id;
