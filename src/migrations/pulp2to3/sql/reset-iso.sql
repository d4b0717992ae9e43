-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a batch's rows have in the tables of plugin iso, whatever kind of row they are.
DELETE FROM public.file_filedistribution d USING pg_temp.gone g WHERE d.distribution_ptr_id = g.id;
DELETE FROM public.file_filepublication d USING pg_temp.gone g WHERE d.publication_ptr_id = g.id;
DELETE FROM public.file_filerepository d USING pg_temp.gone g WHERE d.repository_ptr_id = g.id;
DELETE FROM public.file_fileremote d USING pg_temp.gone g WHERE d.remote_ptr_id = g.id;
DELETE FROM public.file_filecontent d USING pg_temp.gone g WHERE d.content_ptr_id = g.id;
