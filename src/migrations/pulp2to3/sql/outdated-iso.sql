-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What outdated distributions, publications and remotes have in the tables of plugin iso.
DELETE FROM public.file_filedistribution d USING pg_temp.gone g WHERE d.distribution_ptr_id = g.id;
DELETE FROM public.file_filepublication d USING pg_temp.gone g WHERE d.publication_ptr_id = g.id;
DELETE FROM public.file_fileremote d USING pg_temp.gone g WHERE d.remote_ptr_id = g.id;
