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

-- Whose a content is: the migration's, also those of this batch; and whether it says what its unit says.
INSERT INTO pg_temp.batch_module (unit_id, content_id, ours, same, same_file)
        SELECT c.unit_id, c.content_id, o.pulp_created = now() OR EXISTS (
                        SELECT FROM migrationd_pulp2to3.made n WHERE n.kind = 'content' AND n.id = c.content_id),
                (m.dependencies, m.artifacts) = (b.document -> 'dependencies', b.document -> 'artifacts'),
                NOT EXISTS (SELECT FROM pg_temp.batch_file f JOIN public.core_contentartifact ca ON ca.content_id = c.content_id AND
                        ca.relative_path = f.relative_path WHERE f.unit_id = c.unit_id AND ca.artifact_id <> f.artifact_id)
                FROM pg_temp.batch_content c JOIN pg_temp.batch_document b ON b.unit_id = c.unit_id
                JOIN public.core_content o ON o.pulp_id = c.content_id
                JOIN public.rpm_modulemd m ON m.content_ptr_id = c.content_id;

-- Pulp 2 replaces a module in place. So are contents that the migration made; what was published of them is published anew.
UPDATE public.rpm_modulemd m SET dependencies = b.document -> 'dependencies', artifacts = b.document -> 'artifacts'
        FROM pg_temp.batch_module x JOIN pg_temp.batch_document b ON b.unit_id = x.unit_id
        WHERE m.content_ptr_id = x.content_id AND x.ours AND NOT x.same;
UPDATE public.core_content o SET pulp_last_updated = now() FROM pg_temp.batch_module x
        WHERE o.pulp_id = x.content_id AND x.ours AND NOT (x.same AND x.same_file);
WITH outdated AS (
        SELECT p.publication_id FROM migrationd_pulp2to3.publication p
                JOIN public.core_publication c ON c.pulp_id = p.publication_id
                JOIN public.core_repositoryversion v ON v.pulp_id = c.repository_version_id
                WHERE NOT p.options ? 'outdated' AND EXISTS (
                        SELECT FROM pg_temp.batch_module x
                                JOIN public.core_repositorycontent rc ON rc.content_id = x.content_id AND rc.repository_id = v.repository_id
                                JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND
                                        added.number <= v.number
                                LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                                WHERE x.ours AND NOT x.same_file AND (removed.pulp_id IS NULL OR removed.number > v.number))
                ORDER BY p.publication_id FOR NO KEY UPDATE OF p
)
UPDATE migrationd_pulp2to3.publication p SET options = p.options || '{"outdated": true}' FROM outdated o
        WHERE p.publication_id = o.publication_id;

-- Its packages: those of a module that have the name, epoch, version, release and architecture of an artifact. A content that was
-- there before and says something else keeps its own.
INSERT INTO pg_temp.batch_module_link (modulemd_id, package_id)
        SELECT DISTINCT x.content_id, p.content_ptr_id
                FROM pg_temp.batch_module x JOIN pg_temp.batch_document b ON b.unit_id = x.unit_id
                CROSS JOIN LATERAL jsonb_to_recordset(b.document -> 'packages') n (name text, epoch text, version text,
                        release text, arch text)
                JOIN public.rpm_package p ON p.name = n.name AND p.epoch = n.epoch AND p.version = n.version AND
                        p.release = n.release AND p.arch = n.arch AND p.is_modular
                WHERE x.ours OR x.same;
DELETE FROM public.rpm_modulemd_packages l USING pg_temp.batch_module x
        WHERE l.modulemd_id = x.content_id AND x.ours AND
                NOT EXISTS (SELECT FROM pg_temp.batch_module_link n WHERE n.modulemd_id = l.modulemd_id AND n.package_id = l.package_id);
WITH made AS (
        INSERT INTO public.rpm_modulemd_packages (modulemd_id, package_id)
                SELECT modulemd_id, package_id FROM pg_temp.batch_module_link ORDER BY 1, 2
                ON CONFLICT DO NOTHING
                RETURNING modulemd_id, package_id
)
-- Links of modules that were there before, by their packages.
INSERT INTO migrationd_pulp2to3.made AS o (kind, id, former)
        SELECT 'modulelinks', m.modulemd_id, jsonb_agg(m.package_id ORDER BY m.package_id)
                FROM made m JOIN pg_temp.batch_module x ON x.content_id = m.modulemd_id AND NOT x.ours
                GROUP BY m.modulemd_id ORDER BY m.modulemd_id
        ON CONFLICT (kind, id) DO UPDATE SET former = o.former || excluded.former;
