-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What remotes of container repositories have beside core_remote's columns. $1: name, $2: detail.
INSERT INTO public.container_containerremote AS d (remote_ptr_id, upstream_name, include_foreign_layers, include_tags, exclude_tags,
                sigstore)
        SELECT pulp_id, $2::jsonb ->> 'upstream_name', false, CASE jsonb_typeof($2::jsonb -> 'include_tags') WHEN 'array' THEN
                ARRAY(SELECT jsonb_array_elements_text($2::jsonb -> 'include_tags')) END, NULL, NULL
                FROM public.core_remote WHERE name = $1
        ON CONFLICT (remote_ptr_id) DO UPDATE SET upstream_name = excluded.upstream_name, include_tags = excluded.include_tags
                WHERE (d.upstream_name, d.include_tags) IS DISTINCT FROM (excluded.upstream_name, excluded.include_tags);
