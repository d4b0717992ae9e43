-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Counts of a new version by content type: added, present, removed. $1: repository, $2: the new version.
INSERT INTO public.core_repositoryversioncontentdetails (count_type, content_type, count, repository_version_id)
        SELECT c.kind, t.pulp_type, count(*), $2::uuid FROM (
                SELECT 'A' AS kind, content_id FROM public.core_repositorycontent
                        WHERE repository_id = $1::uuid AND version_added_id = $2::uuid
                UNION ALL SELECT 'P', content_id FROM pg_temp.wanted
                UNION ALL SELECT 'R', content_id FROM public.core_repositorycontent
                        WHERE repository_id = $1::uuid AND version_removed_id = $2::uuid) c
                JOIN public.core_content t ON t.pulp_id = c.content_id
                GROUP BY c.kind, t.pulp_type ORDER BY c.kind, t.pulp_type;
