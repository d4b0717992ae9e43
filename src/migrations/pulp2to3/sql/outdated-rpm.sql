-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What outdated distributions, publications and remotes have in the tables of plugin rpm.
DELETE FROM public.rpm_rpmdistribution d USING pg_temp.gone g WHERE d.distribution_ptr_id = g.id;
DELETE FROM public.rpm_rpmpublication d USING pg_temp.gone g WHERE d.publication_ptr_id = g.id;
DELETE FROM public.rpm_rpmremote d USING pg_temp.gone g WHERE d.remote_ptr_id = g.id;
