-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Packages of a version that its publication lacks, and files that it has of something else. $1: publication, $2: what items begin with.
WITH published AS (
        SELECT a.relative_path, ca.content_id, c.pulp_type FROM public.core_publishedartifact a
                JOIN public.core_contentartifact ca ON ca.pulp_id = a.content_artifact_id
                JOIN public.core_content c ON c.pulp_id = ca.content_id
                WHERE a.publication_id = $1::uuid
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT $2 || ' content ' || w.content_id, 'it is not published' FROM pg_temp.wanted w
                JOIN public.core_content c ON c.pulp_id = w.content_id AND c.pulp_type IN ('rpm.package', 'deb.package')
                WHERE NOT EXISTS (SELECT FROM published p WHERE p.content_id = w.content_id)
        UNION ALL
        SELECT $2 || ' file ' || p.relative_path, 'it is published, and not of the version' FROM published p
                WHERE p.pulp_type <> 'core.publishedmetadata' AND
                        NOT EXISTS (SELECT FROM pg_temp.wanted w WHERE w.content_id = p.content_id);
