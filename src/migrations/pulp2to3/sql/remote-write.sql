-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Makes or changes a remote. $1: name, $2: url, $3: ca_cert, $4: client_cert, $5: tls_validation, $6: proxy_url,
-- $7: download_concurrency, $8: policy, $9: client_key, $10: username, $11: password, $12: proxy_username, $13: proxy_password, $14: type.
WITH former AS (
        SELECT to_jsonb(r) AS row FROM public.core_remote r WHERE r.name = $1
), written AS (
        INSERT INTO public.core_remote AS r (pulp_id, pulp_created, pulp_last_updated, pulp_type, name, url, ca_cert, client_cert,
                        tls_validation, proxy_url, download_concurrency, policy, client_key, username, password, proxy_username,
                        proxy_password)
                VALUES (gen_random_uuid(), now(), now(), $14, $1, $2, $3, $4, $5::boolean, $6, $7::integer, $8, $9, $10,
                        $11, $12, $13)
                ON CONFLICT (name) DO UPDATE SET pulp_last_updated = now(), url = excluded.url, ca_cert = excluded.ca_cert,
                        client_cert = excluded.client_cert, tls_validation = excluded.tls_validation,
                        proxy_url = excluded.proxy_url, download_concurrency = excluded.download_concurrency,
                        policy = excluded.policy, client_key = excluded.client_key, username = excluded.username,
                        password = excluded.password, proxy_username = excluded.proxy_username,
                        proxy_password = excluded.proxy_password
                RETURNING pulp_id
)
INSERT INTO migrationd_pulp2to3.made (kind, id, former) SELECT 'remote', pulp_id, (SELECT row FROM former) FROM written
        ON CONFLICT DO NOTHING;
