-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Where a version differs from what Pulp 2 has in the repository. $1: version, $2: what items begin with.
WITH present AS (
        SELECT rc.content_id FROM public.core_repositoryversion v
                JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
                JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
                LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT $2 || ' content ' || coalesce(w.content_id, p.content_id), CASE WHEN p.content_id IS NULL
                THEN 'it is not in the version; Pulp 2 has it in the repository, as unit ' || w.unit_id
                ELSE 'it is in the version; Pulp 2 has it not in the repository' END
                FROM pg_temp.wanted w FULL JOIN present p ON p.content_id = w.content_id
                WHERE w.content_id IS NULL OR p.content_id IS NULL;
