-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of components: each a component of its release, the architectures of its packages, and a link for each package.
-- Packages that are not migrated have no link; the premigration makes the component due again as long as there are some.
ANALYZE pg_temp.batch_document;

INSERT INTO pg_temp.batch_component (unit_id, component, release_id)
        SELECT b.unit_id, b.document ->> 'component', (b.document ->> 'release_id')::uuid
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id;
INSERT INTO pg_temp.batch_component_package (unit_id, package_unit, package_id, architecture)
        SELECT DISTINCT b.unit_id, d.unit_id, p.content_ptr_id, p.architecture
                FROM pg_temp.batch_document b
                JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                CROSS JOIN LATERAL jsonb_array_elements_text(b.document -> 'packages') g (id)
                JOIN migrationd_pulp2to3.unit_document d ON d.type = 'deb' AND d.unit_id = g.id
                JOIN public.deb_package p ON p.content_ptr_id = d.content_id;
ANALYZE pg_temp.batch_component_package;

WITH made AS (
        INSERT INTO public.deb_releasecomponent (content_ptr_id, component, release_id)
                SELECT gen_random_uuid(), component, release_id
                        FROM (SELECT DISTINCT component, release_id FROM pg_temp.batch_component) c
                        ORDER BY component COLLATE "C", release_id
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'deb.release_component', NULL, now() FROM made;
UPDATE pg_temp.batch_component b SET content_id = c.content_ptr_id FROM public.deb_releasecomponent c
        WHERE c.component = b.component AND c.release_id = b.release_id;
ANALYZE pg_temp.batch_component;

-- Packages of architecture all are for each of them.
WITH made AS (
        INSERT INTO public.deb_releasearchitecture (content_ptr_id, architecture, release_id)
                SELECT gen_random_uuid(), architecture, release_id
                        FROM (SELECT DISTINCT p.architecture, c.release_id FROM pg_temp.batch_component_package p
                                JOIN pg_temp.batch_component c ON c.unit_id = p.unit_id WHERE p.architecture <> 'all') a
                        ORDER BY architecture COLLATE "C", release_id
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'deb.release_architecture', NULL, now() FROM made;

WITH made AS (
        INSERT INTO public.deb_packagereleasecomponent (content_ptr_id, package_id, release_component_id)
                SELECT gen_random_uuid(), package_id, content_id
                        FROM (SELECT DISTINCT p.package_id, c.content_id FROM pg_temp.batch_component_package p
                                JOIN pg_temp.batch_component c ON c.unit_id = p.unit_id) l
                        ORDER BY content_id, package_id
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'deb.package_release_component', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, subkey, pulp_type, content_id)
        SELECT unit_id, 'component', 'deb.release_component', content_id FROM pg_temp.batch_component
        UNION ALL
        SELECT DISTINCT p.unit_id, 'architecture ' || p.architecture, 'deb.release_architecture', a.content_ptr_id
                FROM pg_temp.batch_component_package p JOIN pg_temp.batch_component c ON c.unit_id = p.unit_id
                JOIN public.deb_releasearchitecture a ON a.architecture = p.architecture AND a.release_id = c.release_id
        UNION ALL
        SELECT p.unit_id, 'package ' || p.package_unit, 'deb.package_release_component', l.content_ptr_id
                FROM pg_temp.batch_component_package p JOIN pg_temp.batch_component c ON c.unit_id = p.unit_id
                JOIN public.deb_packagereleasecomponent l ON l.package_id = p.package_id AND l.release_component_id = c.content_id;
