-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What remotes of rpm repositories have beside core_remote's columns. $1: name, $2: detail.
-- Of a remote that was there before, what it had.
WITH foreign_detail AS (
        SELECT r.pulp_id, to_jsonb(r) AS remote, to_jsonb(d) AS detail
                FROM public.core_remote r JOIN public.rpm_rpmremote d ON d.remote_ptr_id = r.pulp_id
                WHERE r.name = $1 AND d.sles_auth_token IS DISTINCT FROM $2::jsonb ->> 'sles_auth_token' AND
                        NOT EXISTS (SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'remote' AND m.id = r.pulp_id AND m.former IS NULL)
), noted AS (
        INSERT INTO migrationd_pulp2to3.made (kind, id, former)
                SELECT 'remote', pulp_id, remote FROM foreign_detail UNION ALL SELECT 'remotedetail', pulp_id, detail FROM foreign_detail
                ON CONFLICT DO NOTHING
)
INSERT INTO public.rpm_rpmremote AS d (remote_ptr_id, sles_auth_token)
        SELECT pulp_id, $2::jsonb ->> 'sles_auth_token' FROM public.core_remote WHERE name = $1
        ON CONFLICT (remote_ptr_id) DO UPDATE SET sles_auth_token = excluded.sles_auth_token
                WHERE d.sles_auth_token IS DISTINCT FROM excluded.sles_auth_token;
