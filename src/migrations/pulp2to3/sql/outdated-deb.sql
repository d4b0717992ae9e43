-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What outdated distributions, publications and remotes have in the tables of plugin deb.
DELETE FROM public.deb_aptdistribution d USING pg_temp.gone g WHERE d.distribution_ptr_id = g.id;
DELETE FROM public.deb_aptpublication d USING pg_temp.gone g WHERE d.publication_ptr_id = g.id;
DELETE FROM public.deb_aptremote d USING pg_temp.gone g WHERE d.remote_ptr_id = g.id;
