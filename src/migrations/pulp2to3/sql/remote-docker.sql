-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What remotes of container repositories have beside core_remote's columns. $1: name, $2: detail.
-- Of a remote that was there before, what it had.
WITH foreign_detail AS (
        SELECT r.pulp_id, to_jsonb(r) AS remote, to_jsonb(d) AS detail
                FROM public.core_remote r JOIN public.container_containerremote d ON d.remote_ptr_id = r.pulp_id
                WHERE r.name = $1 AND (d.upstream_name, d.include_tags::text[]) IS DISTINCT FROM ($2::jsonb ->> 'upstream_name',
                        CASE jsonb_typeof($2::jsonb -> 'include_tags') WHEN 'array' THEN
                        ARRAY(SELECT jsonb_array_elements_text($2::jsonb -> 'include_tags')) END) AND
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'remote' AND m.id = r.pulp_id AND m.former IS NULL)
), noted AS (
        INSERT INTO migrationd_pulp2to3.made (kind, id, former)
                SELECT 'remote', pulp_id, remote FROM foreign_detail UNION ALL SELECT 'remotedetail', pulp_id, detail FROM foreign_detail
                ON CONFLICT DO NOTHING
)
INSERT INTO public.container_containerremote AS d (remote_ptr_id, upstream_name, include_foreign_layers, include_tags, exclude_tags,
                sigstore)
        SELECT pulp_id, $2::jsonb ->> 'upstream_name', false, CASE jsonb_typeof($2::jsonb -> 'include_tags') WHEN 'array' THEN
                ARRAY(SELECT jsonb_array_elements_text($2::jsonb -> 'include_tags')) END, NULL, NULL
                FROM public.core_remote WHERE name = $1
        ON CONFLICT (remote_ptr_id) DO UPDATE SET upstream_name = excluded.upstream_name, include_tags = excluded.include_tags
                WHERE (d.upstream_name, d.include_tags) IS DISTINCT FROM (excluded.upstream_name, excluded.include_tags);
