-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What remotes of container repositories have beside core_remote's columns, of a range of the plan's repositories. $1: report,
-- $2: after that number, $3: up to that one.
WITH wanted AS (
        SELECT DISTINCT r.pulp_id, i.detail
                FROM migrationd_pulp2to3.plan_repository p
                JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                JOIN migrationd_pulp2to3.importer i ON i.repo_id = p.importer AND i.plugin = p.plugin AND i.url IS NOT NULL
                JOIN public.core_remote r ON r.name = i.object_id || '-' || i.repo_id AND r.pulp_type = g.remote_type
                WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint AND p.plugin = 'docker'
), foreign_detail AS (
        -- Of a remote that was there before, what it had.
        SELECT r.pulp_id, to_jsonb(r) AS remote, to_jsonb(d) AS detail
                FROM wanted w JOIN public.core_remote r ON r.pulp_id = w.pulp_id
                JOIN public.container_containerremote d ON d.remote_ptr_id = r.pulp_id
                WHERE (d.upstream_name, d.include_tags::text[]) IS DISTINCT FROM (w.detail ->> 'upstream_name',
                        CASE jsonb_typeof(w.detail -> 'include_tags') WHEN 'array' THEN
                        ARRAY(SELECT jsonb_array_elements_text(w.detail -> 'include_tags')) END) AND
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'remote' AND m.id = r.pulp_id AND m.former IS NULL)
), noted AS (
        INSERT INTO migrationd_pulp2to3.made (kind, id, former)
                SELECT 'remote', pulp_id, remote FROM foreign_detail UNION ALL SELECT 'remotedetail', pulp_id, detail FROM foreign_detail
                ON CONFLICT DO NOTHING
)
INSERT INTO public.container_containerremote AS d (remote_ptr_id, upstream_name, include_foreign_layers, include_tags, exclude_tags,
                sigstore)
        SELECT pulp_id, detail ->> 'upstream_name', false, CASE jsonb_typeof(w.detail -> 'include_tags') WHEN 'array' THEN
                        ARRAY(SELECT jsonb_array_elements_text(w.detail -> 'include_tags')) END,
                NULL, NULL FROM wanted w
        ON CONFLICT (remote_ptr_id) DO UPDATE SET upstream_name = excluded.upstream_name, include_tags = excluded.include_tags
                WHERE (d.upstream_name, d.include_tags) IS DISTINCT FROM (excluded.upstream_name, excluded.include_tags);
