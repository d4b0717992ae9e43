-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Makes distributions and changes those that differ. What was there before the migration is noted as it was.
INSERT INTO migrationd_pulp2to3.made (kind, id, former)
        SELECT 'distribution', e.pulp_id, to_jsonb(e) FROM pg_temp.distributions w JOIN public.core_distribution e ON e.name = w.name
        ON CONFLICT DO NOTHING;

UPDATE public.core_distribution e SET base_path = w.base_path, publication_id = w.publication_id,
                repository_version_id = w.version_id, pulp_last_updated = now()
        FROM pg_temp.distributions w WHERE e.name = w.name AND
                (e.base_path, e.publication_id, e.repository_version_id) IS DISTINCT FROM (w.base_path, w.publication_id, w.version_id);

INSERT INTO public.core_distribution (pulp_id, pulp_created, pulp_last_updated, pulp_type, name, base_path, content_guard_id,
                publication_id, remote_id, repository_id, repository_version_id)
        SELECT gen_random_uuid(), now(), now(), distribution_type, name, base_path, NULL, publication_id, NULL, NULL, version_id
                FROM pg_temp.distributions w
                WHERE NOT EXISTS (SELECT FROM public.core_distribution e WHERE e.name = w.name) ORDER BY name;

INSERT INTO migrationd_pulp2to3.made (kind, id)
        SELECT 'distribution', e.pulp_id FROM pg_temp.distributions w JOIN public.core_distribution e ON e.name = w.name
        ON CONFLICT DO NOTHING;
