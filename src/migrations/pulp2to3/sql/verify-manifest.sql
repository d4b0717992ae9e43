-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Lines that a manifest lacks, and those that it has of nothing. $1: what items begin with.
WITH expected AS (
        SELECT ca.relative_path || ',' || coalesce(a.sha256, ra.sha256) || ',' || coalesce(a.size, ra.size) AS line
                FROM pg_temp.wanted w JOIN public.core_contentartifact ca ON ca.content_id = w.content_id
                LEFT JOIN public.core_artifact a ON a.pulp_id = ca.artifact_id
                LEFT JOIN LATERAL (SELECT sha256, size FROM public.core_remoteartifact ra WHERE ra.content_artifact_id = ca.pulp_id
                        ORDER BY pulp_created, url LIMIT 1) ra ON ca.artifact_id IS NULL
), there AS (
        SELECT line, count(*) AS n FROM pg_temp.manifest_line GROUP BY line
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT $1 || ' line ' || coalesce(e.line, t.line), CASE WHEN t.line IS NULL THEN 'the manifest has no such line'
                WHEN e.line IS NULL THEN 'no content of the repository gives this line' ELSE 'the manifest has it ' || t.n || ' times' END
                FROM expected e FULL JOIN there t ON t.line = e.line WHERE e.line IS NULL OR t.line IS NULL OR t.n > 1;
