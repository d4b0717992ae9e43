-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a batch's rows have in the tables of plugin deb, whatever kind of row they are. What another repository's rows need stays:
-- links need components and packages, components and architectures need releases.
DELETE FROM pg_temp.gone g WHERE EXISTS (SELECT FROM public.deb_packagereleasecomponent l WHERE l.release_component_id = g.id) OR
        EXISTS (SELECT FROM public.deb_packagereleasecomponent l WHERE l.package_id = g.id) OR
        EXISTS (SELECT FROM public.deb_releasecomponent c WHERE c.release_id = g.id) OR
        EXISTS (SELECT FROM public.deb_releasearchitecture a WHERE a.release_id = g.id);
DELETE FROM public.deb_aptdistribution d USING pg_temp.gone g WHERE d.distribution_ptr_id = g.id;
DELETE FROM public.deb_aptpublication d USING pg_temp.gone g WHERE d.publication_ptr_id = g.id;
DELETE FROM public.deb_aptrepository d USING pg_temp.gone g WHERE d.repository_ptr_id = g.id;
DELETE FROM public.deb_aptremote d USING pg_temp.gone g WHERE d.remote_ptr_id = g.id;
DELETE FROM public.deb_packagereleasecomponent d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.deb_releasearchitecture d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.deb_releasecomponent d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.deb_release d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
DELETE FROM public.deb_package d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;

-- Remotes that were there before get back what they had here.
UPDATE public.deb_aptremote d SET distributions = f.distributions, components = f.components, architectures = f.architectures, gpgkey = f.gpgkey
        FROM migrationd_pulp2to3.made m CROSS JOIN LATERAL jsonb_populate_record(NULL::public.deb_aptremote, m.former) f
        WHERE m.kind = 'remotedetail' AND m.id = d.remote_ptr_id;
DELETE FROM migrationd_pulp2to3.made m USING public.deb_aptremote d WHERE m.kind = 'remotedetail' AND m.id = d.remote_ptr_id;
