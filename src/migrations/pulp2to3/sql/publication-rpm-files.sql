-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Metadata files that a version brings along. $1: version. Columns: type, file name, checksum, and the artifact's path below the media
-- directory; NULL: it has none. Delta packages are not migrated, nor what lists them.
SELECT f.data_type, regexp_replace(ca.relative_path, '^.*/', ''), f.checksum, a.file
        FROM public.core_repositoryversion v
        JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
        JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
        LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
        JOIN public.rpm_repometadatafile f ON f.content_ptr_id = rc.content_id
        JOIN public.core_contentartifact ca ON ca.content_id = rc.content_id
        LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
        WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number) AND
                f.data_type NOT IN ('prestodelta', 'deltainfo')
        ORDER BY f.data_type COLLATE "C", ca.relative_path COLLATE "C";
