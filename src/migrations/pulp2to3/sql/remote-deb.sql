-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What remotes of deb repositories have beside core_remote's columns. $1: name, $2: detail.
-- Of a remote that was there before, what it had.
WITH foreign_detail AS (
        SELECT r.pulp_id, to_jsonb(r) AS remote, to_jsonb(d) AS detail
                FROM public.core_remote r JOIN public.deb_aptremote d ON d.remote_ptr_id = r.pulp_id
                WHERE r.name = $1 AND (d.distributions, d.components, d.architectures, d.gpgkey) IS DISTINCT FROM ($2::jsonb ->> 'distributions',
                        $2::jsonb ->> 'components', $2::jsonb ->> 'architectures', $2::jsonb ->> 'gpgkey') AND
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'remote' AND m.id = r.pulp_id AND m.former IS NULL)
), noted AS (
        INSERT INTO migrationd_pulp2to3.made (kind, id, former)
                SELECT 'remote', pulp_id, remote FROM foreign_detail UNION ALL SELECT 'remotedetail', pulp_id, detail FROM foreign_detail
                ON CONFLICT DO NOTHING
)
INSERT INTO public.deb_aptremote AS d (remote_ptr_id, distributions, components, architectures, sync_sources, sync_udebs,
                sync_installer, gpgkey, ignore_missing_package_indices)
        SELECT pulp_id, $2::jsonb ->> 'distributions', $2::jsonb ->> 'components', $2::jsonb ->> 'architectures', false, false,
                false, $2::jsonb ->> 'gpgkey', false FROM public.core_remote WHERE name = $1
        ON CONFLICT (remote_ptr_id) DO UPDATE SET distributions = excluded.distributions, components = excluded.components,
                architectures = excluded.architectures, gpgkey = excluded.gpgkey
                WHERE (d.distributions, d.components, d.architectures, d.gpgkey) IS DISTINCT FROM
                        (excluded.distributions, excluded.components, excluded.architectures, excluded.gpgkey);
