-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Makes or changes the remotes of the table.
WITH former AS (
        SELECT r.pulp_id, to_jsonb(r) AS row FROM pg_temp.remotes w JOIN public.core_remote r ON r.name = w.name
), written AS (
        INSERT INTO public.core_remote AS r (pulp_id, pulp_created, pulp_last_updated, pulp_type, name, url, ca_cert, client_cert,
                        tls_validation, proxy_url, download_concurrency, policy, client_key, username, password, proxy_username,
                        proxy_password)
                SELECT gen_random_uuid(), now(), now(), pulp_type, name, url, ca_cert, client_cert, tls_validation, proxy_url,
                        download_concurrency, policy, client_key, username, password, proxy_username, proxy_password
                        FROM pg_temp.remotes ORDER BY name
                ON CONFLICT (name) DO UPDATE SET pulp_last_updated = now(), url = excluded.url, ca_cert = excluded.ca_cert,
                        client_cert = excluded.client_cert, tls_validation = excluded.tls_validation,
                        proxy_url = excluded.proxy_url, download_concurrency = excluded.download_concurrency,
                        policy = excluded.policy, client_key = excluded.client_key, username = excluded.username,
                        password = excluded.password, proxy_username = excluded.proxy_username,
                        proxy_password = excluded.proxy_password
                RETURNING pulp_id
)
INSERT INTO migrationd_pulp2to3.made (kind, id, former)
        SELECT 'remote', n.pulp_id, f.row FROM written n LEFT JOIN former f ON f.pulp_id = n.pulp_id
        ON CONFLICT DO NOTHING;
