-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of modules, and links them with their packages.
ANALYZE pg_temp.batch_document;

-- A content gets its row in the master table only if its natural key was really new.
WITH wanted AS (
        SELECT DISTINCT ON (c.name, c.stream, c.version, c.context, c.arch) u.new_id, c.*
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_modulemd, b.document) c
                ORDER BY c.name, c.stream, c.version, c.context, c.arch, u.unit_id
), made AS (
        INSERT INTO public.rpm_modulemd (content_ptr_id, name, stream, version, context, arch, dependencies, artifacts, static_context)
                SELECT new_id, name, stream, version, context, arch, dependencies, artifacts, NULL FROM wanted
                        ORDER BY name COLLATE "C", stream COLLATE "C", version COLLATE "C", context COLLATE "C", arch COLLATE "C"
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'rpm.modulemd', NULL, now() FROM made;

INSERT INTO pg_temp.batch_content (unit_id, pulp_type, content_id)
        SELECT b.unit_id, 'rpm.modulemd', c.content_ptr_id
                FROM pg_temp.batch_document b JOIN pg_temp.batch_unit u ON u.unit_id = b.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_modulemd, b.document) d
                JOIN public.rpm_modulemd c ON c.name = d.name AND c.stream = d.stream AND c.version = d.version AND
                        c.context = d.context AND c.arch = d.arch;

-- Its packages: those of a module that have the name, epoch, version, release and architecture of an artifact.
WITH made AS (
        INSERT INTO public.rpm_modulemd_packages (modulemd_id, package_id)
                SELECT DISTINCT c.content_id, p.content_ptr_id
                        FROM pg_temp.batch_content c JOIN pg_temp.batch_document b ON b.unit_id = c.unit_id
                        CROSS JOIN LATERAL jsonb_to_recordset(b.document -> 'packages') n (name text, epoch text, version text,
                                release text, arch text)
                        JOIN public.rpm_package p ON p.name = n.name AND p.epoch = n.epoch AND p.version = n.version AND
                                p.release = n.release AND p.arch = n.arch AND p.is_modular
                        ORDER BY 1, 2
                ON CONFLICT DO NOTHING
                RETURNING modulemd_id, package_id
)
-- Links of modules that were there before, by their packages.
INSERT INTO migrationd_pulp2to3.made AS o (kind, id, former)
        SELECT 'modulelinks', m.modulemd_id, jsonb_agg(m.package_id ORDER BY m.package_id)
                FROM made m JOIN public.core_content c ON c.pulp_id = m.modulemd_id AND c.pulp_created < now()
                WHERE NOT EXISTS (SELECT FROM migrationd_pulp2to3.made n WHERE n.kind = 'content' AND n.id = m.modulemd_id)
                GROUP BY m.modulemd_id ORDER BY m.modulemd_id
        ON CONFLICT (kind, id) DO UPDATE SET former = o.former || excluded.former;
