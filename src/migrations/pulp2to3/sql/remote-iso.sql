-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What remotes of ISO files have beside core_remote's columns. $1: name, $2: detail.
INSERT INTO public.file_fileremote (remote_ptr_id)
        SELECT r.pulp_id FROM public.core_remote r WHERE r.name = $1 AND $2::jsonb IS NOT NULL ON CONFLICT DO NOTHING;
