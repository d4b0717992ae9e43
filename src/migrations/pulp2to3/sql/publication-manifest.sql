-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The files of a version in the order of its manifest. $1: version. Columns: path, SHA-256, size.
SELECT ca.relative_path, coalesce(a.sha256, ra.sha256), coalesce(a.size, ra.size)
        FROM public.core_repositoryversion v
        JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
        JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
        LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
        JOIN public.core_contentartifact ca ON ca.content_id = rc.content_id
        LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
        LEFT JOIN LATERAL (SELECT sha256, size FROM public.core_remoteartifact ra WHERE ra.content_artifact_id = ca.pulp_id
                ORDER BY pulp_created, url LIMIT 1) ra ON ca.artifact_id IS NULL
        WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
        ORDER BY (ca.relative_path || coalesce(a.sha256, ra.sha256)) COLLATE "C" DESC;
