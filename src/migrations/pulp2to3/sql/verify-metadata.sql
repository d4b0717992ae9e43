-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The metadata files of a publication. $1: publication. Columns: path, SHA-256, size; NULL: there is no artifact.
SELECT m.relative_path, a.sha256, a.size FROM public.core_publishedmetadata m
        LEFT JOIN public.core_contentartifact ca ON ca.content_id = m.content_ptr_id
        LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
        WHERE m.publication_id = $1::uuid ORDER BY m.relative_path COLLATE "C";
