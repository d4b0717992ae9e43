-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Whether a version has exactly the wanted content. $1: version.
WITH present AS (
        SELECT rc.content_id FROM public.core_repositoryversion v
                JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
                JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
                LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
)
SELECT NOT EXISTS (SELECT FROM pg_temp.wanted w FULL JOIN present p ON p.content_id = w.content_id
        WHERE w.content_id IS NULL OR p.content_id IS NULL);
