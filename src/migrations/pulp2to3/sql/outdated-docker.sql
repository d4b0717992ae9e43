-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What outdated distributions, publications and remotes have in the tables of plugin docker.
DELETE FROM public.container_containerdistribution d USING pg_temp.gone g WHERE d.distribution_ptr_id = g.id;
DELETE FROM public.container_containerremote d USING pg_temp.gone g WHERE d.remote_ptr_id = g.id;
