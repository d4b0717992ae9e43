-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What of one of the plan's repositories, and of its remote, is not as Pulp 2 says. Certificates are not shown. $1: report, $2: number.
WITH repository AS (
        SELECT p.name, r.pulp_id, r.description, r.remote_id, i.object_id || '-' || i.repo_id AS remote,
                CASE WHEN i.url IS NOT NULL THEN i.remote_id END AS expected_remote,
                (SELECT o.description FROM migrationd_pulp2to3.plan_version v JOIN migrationd_pulp2to3.repository o ON o.repo_id = v.repo_id
                        WHERE v.report = p.report AND v.repository = p.number ORDER BY v.number DESC LIMIT 1) AS expected_description,
                i.url, i.policy, i.proxy_url, i.tls_validation, i.download_concurrency, i.ca_cert, i.client_cert
                FROM migrationd_pulp2to3.plan_repository p
                JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                JOIN public.core_repository r ON r.name = p.name AND r.pulp_type = g.repository_type
                LEFT JOIN LATERAL (SELECT * FROM migrationd_pulp2to3.importer i WHERE i.repo_id = p.importer AND i.plugin = p.plugin
                        ORDER BY object_id LIMIT 1) i ON true
                WHERE p.report = $1::integer AND p.number = $2::bigint
), compared (item, field, actual, expected) AS (
        SELECT 'repository ' || name, 'description', description, expected_description FROM repository
        UNION ALL SELECT 'repository ' || name, 'remote', remote_id::text, expected_remote::text FROM repository
        UNION ALL
        SELECT 'remote ' || r.remote, v.* FROM repository r JOIN public.core_remote m ON m.pulp_id = r.expected_remote
                CROSS JOIN LATERAL (VALUES ('url', m.url, r.url), ('policy', m.policy, r.policy), ('proxy_url', m.proxy_url, r.proxy_url),
                        ('tls_validation', m.tls_validation::text, r.tls_validation::text),
                        ('download_concurrency', m.download_concurrency::text, r.download_concurrency::text),
                        ('the MD5 of ca_cert', md5(m.ca_cert), md5(r.ca_cert)),
                        ('the MD5 of client_cert', md5(m.client_cert), md5(r.client_cert))) v (field, actual, expected)
)
INSERT INTO pg_temp.difference (item, reason)
        SELECT item, format('%s is %s, in Pulp 2 it is %s', field, coalesce(quote_literal(actual), 'absent'),
                coalesce(quote_literal(expected), 'absent'))
                FROM compared WHERE actual IS DISTINCT FROM expected;
