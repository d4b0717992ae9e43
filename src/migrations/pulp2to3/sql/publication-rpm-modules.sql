-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The snippets of a version's modules and module defaults, in the order of modules.yaml. $1: version. Columns: what it is, and the
-- artifact's path below the media directory; NULL: it has none.
SELECT coalesce(concat_ws(':', 'module ' || m.name, m.stream, m.version, m.context, m.arch), 'defaults of module ' || d.module), a.file
        FROM public.core_repositoryversion v
        JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
        JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
        LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
        LEFT JOIN public.rpm_modulemd m ON m.content_ptr_id = rc.content_id
        LEFT JOIN public.rpm_modulemddefaults d ON d.content_ptr_id = rc.content_id
        JOIN public.core_contentartifact ca ON ca.content_id = rc.content_id
        LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
        WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number) AND
                (m.content_ptr_id IS NOT NULL OR d.content_ptr_id IS NOT NULL)
        ORDER BY d.content_ptr_id IS NOT NULL, m.name COLLATE "C", m.stream COLLATE "C", m.version COLLATE "C", m.context COLLATE "C",
                m.arch COLLATE "C", d.digest COLLATE "C";
