-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What remotes of rpm repositories have beside core_remote's columns. $1: name, $2: detail.
INSERT INTO public.rpm_rpmremote AS d (remote_ptr_id, sles_auth_token)
        SELECT pulp_id, $2::jsonb ->> 'sles_auth_token' FROM public.core_remote WHERE name = $1
        ON CONFLICT (remote_ptr_id) DO UPDATE SET sles_auth_token = excluded.sles_auth_token
                WHERE d.sles_auth_token IS DISTINCT FROM excluded.sles_auth_token;
