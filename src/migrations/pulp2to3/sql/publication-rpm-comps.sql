-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a version's comps.xml holds, in its order. $1: version. Columns: kind (CompsKind), document as comps.h has it.
WITH content AS (
        SELECT rc.content_id AS id FROM public.core_repositoryversion v
                JOIN public.core_repositorycontent rc ON rc.repository_id = v.repository_id
                JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= v.number
                LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                WHERE v.pulp_id = $1::uuid AND (removed.pulp_id IS NULL OR removed.number > v.number)
), found (kind, digest, document) AS (
        SELECT 0, g.digest, to_jsonb(g) FROM content JOIN public.rpm_packagegroup g ON g.content_ptr_id = content.id
        UNION ALL
        SELECT 1, g.digest, to_jsonb(g) FROM content JOIN public.rpm_packagecategory g ON g.content_ptr_id = content.id
        UNION ALL
        SELECT 2, g.digest, to_jsonb(g) FROM content JOIN public.rpm_packageenvironment g ON g.content_ptr_id = content.id
        UNION ALL
        SELECT 3, g.digest, to_jsonb(g) FROM content JOIN public.rpm_packagelangpacks g ON g.content_ptr_id = content.id
)
SELECT f.kind, f.document || (
                SELECT jsonb_object_agg(k, (SELECT coalesce(jsonb_agg(jsonb_build_array(key, value) ORDER BY key COLLATE "C"), '[]')
                                FROM jsonb_each_text(f.document -> k)))
                        FROM unnest(ARRAY['name_by_lang', 'desc_by_lang', 'matches']) k WHERE jsonb_typeof(f.document -> k) = 'object')
        FROM found f ORDER BY f.kind, f.digest COLLATE "C";
