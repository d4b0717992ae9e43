-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The treeinfo files of a version. $1: version. Columns: its path, and the artifact's path below the media directory; NULL: it has none.
SELECT ca.relative_path, a.file
        FROM public.core_repositoryversion v
        JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
        JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
        LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
        JOIN public.rpm_distributiontree t ON t.content_ptr_id = rc.content_id
        JOIN public.core_contentartifact ca ON ca.content_id = rc.content_id AND ca.relative_path IN ('.treeinfo', 'treeinfo')
        LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
        WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
        ORDER BY ca.relative_path COLLATE "C", t.digest COLLATE "C";
