-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Remotes that were there before get back what they had; those that something else in Pulp 3 still needs stay: a repository, or a file
-- that is on demand and can be had from no other remote. gone has the others then.
UPDATE public.core_remote r SET pulp_last_updated = f.pulp_last_updated, url = f.url, ca_cert = f.ca_cert, client_cert = f.client_cert,
                tls_validation = f.tls_validation, proxy_url = f.proxy_url, download_concurrency = f.download_concurrency,
                policy = f.policy, client_key = f.client_key, username = f.username, password = f.password,
                proxy_username = f.proxy_username, proxy_password = f.proxy_password
        FROM pg_temp.gone g JOIN migrationd_pulp2to3.made m ON m.kind = 'remote' AND m.id = g.id AND m.former IS NOT NULL
        CROSS JOIN LATERAL jsonb_populate_record(NULL::public.core_remote, m.former) f
        WHERE r.pulp_id = g.id;
CREATE TEMPORARY TABLE gone_kept ON COMMIT DROP AS
        SELECT g.id FROM pg_temp.gone g JOIN migrationd_pulp2to3.made m ON m.kind = 'remote' AND m.id = g.id
                WHERE m.former IS NOT NULL OR EXISTS (SELECT FROM public.core_repository r WHERE r.remote_id = g.id) OR
                EXISTS (SELECT FROM public.core_distribution d WHERE d.remote_id = g.id) OR
                EXISTS (SELECT FROM public.core_alternatecontentsource s WHERE s.remote_id = g.id) OR
                EXISTS (SELECT FROM public.core_remoteartifact ra JOIN public.core_contentartifact ca ON ca.pulp_id = ra.content_artifact_id
                        WHERE ra.remote_id = g.id AND ca.artifact_id IS NULL AND NOT EXISTS (
                                SELECT FROM public.core_remoteartifact o WHERE o.content_artifact_id = ca.pulp_id AND o.remote_id <> g.id));
DELETE FROM migrationd_pulp2to3.made m USING pg_temp.gone g WHERE m.kind = 'remote' AND m.id = g.id;
DELETE FROM pg_temp.gone g USING pg_temp.gone_kept k WHERE k.id = g.id;
DELETE FROM public.core_remoteartifact a USING pg_temp.gone g WHERE a.remote_id = g.id;
DROP TABLE pg_temp.gone_kept;
DELETE FROM public.core_remote r USING pg_temp.gone g WHERE r.pulp_id = g.id;
