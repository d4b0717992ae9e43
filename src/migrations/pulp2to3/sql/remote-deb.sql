-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What remotes of deb repositories have beside core_remote's columns. $1: name, $2: detail.
INSERT INTO public.deb_aptremote AS d (remote_ptr_id, distributions, components, architectures, sync_sources, sync_udebs,
                sync_installer, gpgkey, ignore_missing_package_indices)
        SELECT pulp_id, $2::jsonb ->> 'distributions', $2::jsonb ->> 'components', $2::jsonb ->> 'architectures', false, false,
                false, $2::jsonb ->> 'gpgkey', false FROM public.core_remote WHERE name = $1
        ON CONFLICT (remote_ptr_id) DO UPDATE SET distributions = excluded.distributions, components = excluded.components,
                architectures = excluded.architectures, gpgkey = excluded.gpgkey
                WHERE (d.distributions, d.components, d.architectures, d.gpgkey) IS DISTINCT FROM
                        (excluded.distributions, excluded.components, excluded.architectures, excluded.gpgkey);
