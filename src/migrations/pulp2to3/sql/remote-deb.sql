-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What remotes of deb repositories have beside core_remote's columns, of a range of the plan's repositories. $1: report, $2: after that number,
-- $3: up to that one.
WITH wanted AS (
        SELECT DISTINCT r.pulp_id, i.detail
                FROM migrationd_pulp2to3.plan_repository p
                JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                JOIN migrationd_pulp2to3.importer i ON i.repo_id = p.importer AND i.plugin = p.plugin AND i.url IS NOT NULL
                JOIN public.core_remote r ON r.name = i.object_id || '-' || i.repo_id AND r.pulp_type = g.remote_type
                WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint AND p.plugin = 'deb'
), foreign_detail AS (
        -- Of a remote that was there before, what it had.
        SELECT r.pulp_id, to_jsonb(r) AS remote, to_jsonb(d) AS detail
                FROM wanted w JOIN public.core_remote r ON r.pulp_id = w.pulp_id
                JOIN public.deb_aptremote d ON d.remote_ptr_id = r.pulp_id
                WHERE (d.distributions, d.components, d.architectures, d.gpgkey) IS DISTINCT FROM (w.detail ->> 'distributions',
                        w.detail ->> 'components', w.detail ->> 'architectures', w.detail ->> 'gpgkey') AND
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'remote' AND m.id = r.pulp_id AND m.former IS NULL)
), noted AS (
        INSERT INTO migrationd_pulp2to3.made (kind, id, former)
                SELECT 'remote', pulp_id, remote FROM foreign_detail UNION ALL SELECT 'remotedetail', pulp_id, detail FROM foreign_detail
                ON CONFLICT DO NOTHING
)
INSERT INTO public.deb_aptremote AS d (remote_ptr_id, distributions, components, architectures, sync_sources, sync_udebs,
                sync_installer, gpgkey, ignore_missing_package_indices)
        SELECT pulp_id, detail ->> 'distributions', detail ->> 'components', detail ->> 'architectures', false, false, false,
                detail ->> 'gpgkey', false FROM wanted
        ON CONFLICT (remote_ptr_id) DO UPDATE SET distributions = excluded.distributions, components = excluded.components,
                architectures = excluded.architectures, gpgkey = excluded.gpgkey
                WHERE (d.distributions, d.components, d.architectures, d.gpgkey) IS DISTINCT FROM
                        (excluded.distributions, excluded.components, excluded.architectures, excluded.gpgkey);
