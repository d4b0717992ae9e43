-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The rows of distributions of plugin docker beside core_distribution's. Pulp 3 keeps who may do what by namespaces, which are the
-- first part of a base path.
WITH made AS (
        INSERT INTO public.container_containernamespace (pulp_id, pulp_created, pulp_last_updated, name)
                SELECT gen_random_uuid(), now(), now(), name
                        FROM (SELECT DISTINCT split_part(base_path, '/', 1) AS name FROM pg_temp.distributions WHERE plugin = 'docker') n
                        WHERE NOT EXISTS (SELECT FROM public.container_containernamespace o WHERE o.name = n.name)
                        ORDER BY name
                ON CONFLICT DO NOTHING RETURNING pulp_id
)
INSERT INTO migrationd_pulp2to3.made (kind, id) SELECT 'namespace', pulp_id FROM made;

INSERT INTO public.container_containerdistribution AS o (distribution_ptr_id, private, namespace_id, description)
        SELECT d.pulp_id, false, n.pulp_id, NULL
                FROM pg_temp.distributions w JOIN public.core_distribution d ON d.name = w.name
                JOIN public.container_containernamespace n ON n.name = split_part(w.base_path, '/', 1)
                WHERE w.plugin = 'docker' AND d.pulp_type = w.distribution_type
        ON CONFLICT (distribution_ptr_id) DO UPDATE SET namespace_id = excluded.namespace_id
                WHERE o.namespace_id IS DISTINCT FROM excluded.namespace_id;
