-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a migration of ISO repositories left in Pulp 3's tables, as one JSON object with the keys of
-- pulp2-generate --count.
SELECT json_build_object(
        'repositories', (SELECT count(*) FROM public.core_repository WHERE pulp_type = 'file.file'),
        'units', (SELECT count(*) FROM public.file_filecontent),
        'downloaded', (SELECT count(*)
                FROM public.core_contentartifact ca
                JOIN public.file_filecontent f ON f.content_ptr_id = ca.content_id
                WHERE ca.artifact_id IS NOT NULL),
        'on_demand', (SELECT count(*)
                FROM public.core_contentartifact ca
                JOIN public.file_filecontent f ON f.content_ptr_id = ca.content_id
                WHERE ca.artifact_id IS NULL));
